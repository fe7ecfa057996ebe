/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keywords.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"

/* The values are the kernel's own numbers, as offsets from the rule's first slot. */
static const struct name modes[] = {
	{"default", MPOL_ABI_MODE_DEFAULT, "MPOL_DEFAULT",
	 "the kernel's own choice: the node of the CPU that asks"},
	{"preferred", MPOL_ABI_MODE_PREFERRED, "MPOL_PREFERRED", "one node first, then the others"},
	{"bind", MPOL_ABI_MODE_BIND, "MPOL_BIND",
	 "these nodes only: a full one is an out-of-memory kill"},
	{"interleave", MPOL_ABI_MODE_INTERLEAVE, "MPOL_INTERLEAVE",
	 "page by page over these nodes"},
	{"local", MPOL_ABI_MODE_LOCAL, "MPOL_LOCAL", "the node of the CPU that asks"},
	{"preferred-many", MPOL_ABI_MODE_PREFERRED_MANY, "MPOL_PREFERRED_MANY",
	 "these nodes first, then the others"},
	{"weighted-interleave", MPOL_ABI_MODE_WEIGHTED_INTERLEAVE, "MPOL_WEIGHTED_INTERLEAVE",
	 "over these nodes, by their weights"},
};

static const struct name mode_flags[] = {
	{"static-nodes", 2, "MPOL_F_STATIC_NODES", "nodes stay when the cpuset changes"},
	{"relative-nodes", 1, "MPOL_F_RELATIVE_NODES", "nodes are counted within the cpuset"},
	{"numa-balancing", 0, "MPOL_F_NUMA_BALANCING", "pages may follow their users"},
};

static const struct name mbind_flags[] = {
	{"strict", 0, "MPOL_MF_STRICT", "fails if pages are elsewhere"},
	{"move", 1, "MPOL_MF_MOVE", "moves the process's own pages"},
	{"move-all", 2, "MPOL_MF_MOVE_ALL", "moves pages that others use too"},
};

_Static_assert(ELEMENTSOF(modes) == MPOL_ABI_MODES, "a mode without a word");
_Static_assert(ELEMENTSOF(mode_flags) == MPOL_RULE_MBIND_FLAG - MPOL_RULE_MODE_FLAG,
	       "a mode flag without a word");
_Static_assert(ELEMENTSOF(mbind_flags) == MPOL_ABI_MF_BITS, "an mbind flag without a word");

#define WORDS(table) .words = (table), .n_words = ELEMENTSOF(table), .slots = ELEMENTSOF(table)

const struct keyword keywords[GROUP_COUNT] = {
	[GROUP_MODES] = {.name = "modes",
			 .section = "mempolicy",
			 .key = "modes",
			 .form = KEYWORD_WORDS,
			 .slot = MPOL_RULE_MODE,
			 WORDS(modes),
			 .noun = "mode",
			 .may_ignore = true,
			 .help = "modes of set_mempolicy(2) and mbind(2)"},
	[GROUP_MODE_FLAGS] = {.name = "mode-flags",
			      .section = "mempolicy",
			      .key = "mode-flags",
			      .form = KEYWORD_WORDS,
			      .slot = MPOL_RULE_MODE_FLAG,
			      WORDS(mode_flags),
			      .noun = "mode flag",
			      .may_ignore = true,
			      .help = "flags that ride on a mode"},
	[GROUP_MBIND_FLAGS] = {.name = "mbind-flags",
			       .section = "mempolicy",
			       .key = "mbind-flags",
			       .form = KEYWORD_WORDS,
			       .slot = MPOL_RULE_MBIND_FLAG,
			       WORDS(mbind_flags),
			       .noun = "mbind flag",
			       .may_ignore = true,
			       .help = "flags of mbind(2)"},
	[GROUP_NODES] = {.name = "nodes",
			 .section = "mempolicy",
			 .key = "nodes",
			 .form = KEYWORD_NODES,
			 .slot = MPOL_RULE_NODES,
			 .slots = 1,
			 .may_ignore = true,
			 .help = "nodes that a policy may name"},
	[GROUP_HOME_NODE] = {.name = "home-node",
			     .section = "mempolicy",
			     .key = "home-node",
			     .form = KEYWORD_ANSWER,
			     .slot = MPOL_RULE_HOME_NODE,
			     .slots = 1,
			     .may_ignore = true,
			     .help = "set_mempolicy_home_node(2)"},
	[GROUP_GET_MEMPOLICY] = {.name = "get-mempolicy",
				 .section = "mempolicy",
				 .key = "get-mempolicy",
				 .form = KEYWORD_ANSWER,
				 .slot = MPOL_RULE_GET_MEMPOLICY,
				 .slots = 1,
				 .help = "get_mempolicy(2), which software probes with"},
	[GROUP_MOUNT] = {.name = "mount",
			 .section = "mempolicy",
			 .key = "mount",
			 .form = KEYWORD_ANSWER,
			 .slot = MPOL_RULE_MOUNT,
			 .slots = 1,
			 .help = "tmpfs mounts with mpol="},
	[GROUP_FILES] = {.name = "files",
			 .section = "mempolicy",
			 .key = "files",
			 .form = KEYWORD_ANSWER,
			 .slot = MPOL_RULE_FILES,
			 .slots = 1,
			 .help = "files that already carry a forbidden policy"},
	[GROUP_CPUSET] = {.name = "cpuset",
			  .section = "mempolicy",
			  .key = "cpuset",
			  .form = KEYWORD_ANSWER,
			  .slot = MPOL_RULE_CPUSET,
			  .slots = 1,
			  .help = "writes to a cgroup's cpuset.mems"},
	[GROUP_MIGRATE] = {.name = "pages.migrate",
			   .section = "pages",
			   .key = "migrate",
			   .form = KEYWORD_ANSWER,
			   .slot = MPOL_RULE_MIGRATE,
			   .slots = 1,
			   .help = "migrate_pages(2)"},
	[GROUP_MOVE] = {.name = "pages.move",
			.section = "pages",
			.key = "move",
			.form = KEYWORD_MOVE,
			.slot = MPOL_RULE_MOVE,
			.slots = 2,
			.help = "move_pages(2); `query` lets it ask where pages are"},
};

_Static_assert(MPOL_RULE_MOVE_QUERY == MPOL_RULE_MOVE + 1, "pages.move has both slots");

uint32_t group_slots(enum rule_group group)
{
	/* The slot behind the words of these is for what is unknown. */
	return keywords[group].slots + (group == GROUP_MODES || group == GROUP_MBIND_FLAGS);
}

enum rule_group group_of_rule(uint32_t rule)
{
	enum rule_group group;

	for (group = 0; group < GROUP_COUNT; group++)
		if (rule - keywords[group].slot < group_slots(group))
			return group;
	return GROUP_COUNT;
}

const char *rule_name(uint32_t rule, char *buf, size_t size)
{
	enum rule_group group = group_of_rule(rule);
	const struct keyword *keyword;
	const char *word = NULL;

	if (group == GROUP_COUNT) {
		snprintf(buf, size, "rule %u", rule);
		return buf;
	}
	keyword = &keywords[group];
	if (keyword->form == KEYWORD_WORDS) {
		word = name_of(keyword->words, keyword->n_words, (int)(rule - keyword->slot));
		if (!word)
			word = "unknown";
	}
	if (word)
		snprintf(buf, size, "%s.%s", keyword->name, word);
	else if (rule == MPOL_RULE_MOVE_QUERY)
		snprintf(buf, size, "%s-query", keyword->name);
	else
		snprintf(buf, size, "%s", keyword->name);
	return buf;
}

const char *word_nearest(const struct name *table, size_t n, const char *text)
{
	size_t i;

	/* A shift key held too long is no edit distance. */
	for (i = 0; i < n; i++) {
		if (strcasecmp(table[i].name, text) == 0)
			return table[i].name;
		if (table[i].alias && strcasecmp(table[i].alias, text) == 0)
			return table[i].alias;
	}
	return name_nearest(table, n, text);
}

int group_find(const char *name, const char **nearest)
{
	struct name names[GROUP_COUNT];
	enum rule_group group;

	for (group = 0; group < GROUP_COUNT; group++)
		if (strcmp(keywords[group].name, name) == 0)
			return (int)group;
	if (!nearest)
		return -ENOENT;

	for (group = 0; group < GROUP_COUNT; group++) {
		names[group] = (struct name){keywords[group].name, (int)group};
		/* `migrate` for `pages.migrate` */
		if (strcmp(keywords[group].key, keywords[group].name) != 0)
			names[group].alias = keywords[group].key;
	}
	*nearest = word_nearest(names, GROUP_COUNT, name);
	for (group = 0; *nearest && group < GROUP_COUNT; group++)
		if (*nearest == keywords[group].key)
			*nearest = keywords[group].name;
	return -ENOENT;
}

static const struct name answers[] = {
	{"allow", MPOL_ANSWER(MPOL_ALLOW, 0), NULL, "as the kernel would"},
	{"audit", MPOL_ANSWER(MPOL_AUDIT, 0), NULL, "allow, and report"},
	{"ignore", MPOL_ANSWER(MPOL_IGNORE, 0), NULL, "report success, do nothing"},
	{"deny", MPOL_ANSWER(MPOL_ERRNO, EPERM), NULL, "EPERM"},
	{"kill", MPOL_ANSWER(MPOL_KILL, 0), NULL, "end the process"},
};

/* Names that share their number with another, which is the one that strerrorname_np() knows. */
static const struct name errno_twins[] = {
	{"EWOULDBLOCK", EWOULDBLOCK},
	{"EDEADLOCK", EDEADLOCK},
	{"ENOTSUP", ENOTSUP},
};

#define ERRNO_NAMED_MAX 160 /* the highest with a name is EHWPOISON, 133 */

static int errno_find(const char *text, uint32_t *ret)
{
	const struct name *twin;
	int err;

	if (text[0] != 'E')
		return -ENOENT;
	for (err = 1; err < ERRNO_NAMED_MAX; err++) {
		const char *name = strerrorname_np(err);

		if (name && strcmp(name, text) == 0) {
			*ret = (uint32_t)err;
			return 0;
		}
	}
	twin = name_find(errno_twins, ELEMENTSOF(errno_twins), text);
	if (!twin)
		return -ENOENT;
	*ret = (uint32_t)twin->value;
	return 0;
}

static const char *answer_nearest(const char *text)
{
	struct name names[ELEMENTSOF(answers) + ERRNO_NAMED_MAX];
	size_t n = ELEMENTSOF(answers);
	int err;

	memcpy(names, answers, sizeof(answers));
	for (err = 1; err < ERRNO_NAMED_MAX; err++) {
		const char *name = strerrorname_np(err);

		if (name)
			names[n++] = (struct name){name, err};
	}
	return word_nearest(names, n, text);
}

int answer_parse(const char *text, uint16_t *ret, const char **nearest)
{
	const struct name *answer = name_find(answers, ELEMENTSOF(answers), text);
	uint32_t err = 0;

	if (answer) {
		*ret = (uint16_t)answer->value;
		return 0;
	}
	if (errno_find(text, &err) < 0 && text_to_u32(text, MPOL_ANSWER_ERRNO_MASK, &err) < 0)
		err = 0;
	if (err) {
		*ret = MPOL_ANSWER(MPOL_ERRNO, err);
		return 0;
	}
	if (nearest)
		*nearest = answer_nearest(text);
	return -EINVAL;
}

const char *answer_text(uint16_t answer, char *buf, size_t size)
{
	const char *name;

	if (MPOL_ANSWER_KIND(answer) != MPOL_ERRNO)
		name = name_of(answers, ELEMENTSOF(answers), answer);
	else
		name = strerrorname_np(MPOL_ANSWER_ERR(answer));

	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "%u", (unsigned int)MPOL_ANSWER_ERR(answer));
	return buf;
}
