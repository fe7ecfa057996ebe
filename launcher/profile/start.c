/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory policy that a command starts with, in the words of tmpfs(5): read:
 * mm/mempolicy.c:mpol_parse_str() for what the kernel accepts, mpol_to_str() for what it prints.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "build.h"
#include "profile.h"

/* The kernel's words; two of them have blanks, which the profiles' own spelling avoids. */
static const struct name start_modes[] = {
	{"default", MPOL_ABI_MODE_DEFAULT},
	{"prefer", MPOL_ABI_MODE_PREFERRED, "preferred"},
	{"bind", MPOL_ABI_MODE_BIND},
	{"interleave", MPOL_ABI_MODE_INTERLEAVE},
	{"local", MPOL_ABI_MODE_LOCAL},
	{"preferred-many", MPOL_ABI_MODE_PREFERRED_MANY, "prefer (many)"},
	{"weighted-interleave", MPOL_ABI_MODE_WEIGHTED_INTERLEAVE, "weighted interleave"},
};
_Static_assert(ELEMENTSOF(start_modes) == MPOL_ABI_MODES, "a mode without a word");

static const struct name start_flags[] = {
	{"static", MPOL_ABI_FLAG_STATIC, "static-nodes"},
	{"relative", MPOL_ABI_FLAG_RELATIVE, "relative-nodes"},
	{"balancing", MPOL_ABI_FLAG_BALANCING, "numa-balancing"},
	{"static|balancing", MPOL_ABI_FLAG_STATIC | MPOL_ABI_FLAG_BALANCING},
	{"relative|balancing", MPOL_ABI_FLAG_RELATIVE | MPOL_ABI_FLAG_BALANCING},
};

/* At most so many characters, the longest list that 1024 nodes can make being "0,2,4,...,1022". */
#define START_TEXT_MAX 4096

bool start_policy_means_all_nodes(const struct start_policy *start)
{
	uint32_t mode = start->mode & ~MPOL_ABI_MODE_FLAGS;

	return start->set &&
	       (mode == MPOL_ABI_MODE_INTERLEAVE || mode == MPOL_ABI_MODE_WEIGHTED_INTERLEAVE) &&
	       bitmap_is_empty(start->nodes, MPOL_NODES_WORDS);
}

bool start_policy_equal(const struct start_policy *a, const struct start_policy *b)
{
	return a->set == b->set && a->mode == b->mode &&
	       memcmp(a->nodes, b->nodes, sizeof(a->nodes)) == 0;
}

static int check(const char *nodelist, uint32_t mode, uint32_t flags, const __u64 *nodes)
{
	if (nodelist && bitmap_is_empty(nodes, MPOL_NODES_WORDS))
		return -EINVAL;
	switch (mode) {
	case MPOL_ABI_MODE_DEFAULT:
	case MPOL_ABI_MODE_LOCAL:
		/* no nodes, no flags: mpol_new() */
		return nodelist || flags ? -EINVAL : 0;
	case MPOL_ABI_MODE_PREFERRED:
		/* one node, or none for `local`, which then has no flags */
		if (nodelist && nodelist[strspn(nodelist, "0123456789")])
			return -EINVAL;
		return !nodelist && flags ? -EINVAL : flags & MPOL_ABI_FLAG_BALANCING ? -EINVAL : 0;
	case MPOL_ABI_MODE_BIND:
	case MPOL_ABI_MODE_PREFERRED_MANY:
		return nodelist ? 0 : -EINVAL;
	default:
		/* interleaving, by default over all nodes with memory */
		return flags & MPOL_ABI_FLAG_BALANCING ? -EINVAL : 0;
	}
}

int start_policy_parse(const char *text, struct start_policy *ret)
{
	struct start_policy start = {.set = true};
	char word[START_TEXT_MAX], *flag, *nodelist;
	const struct name *mode, *flags = NULL;
	int r;

	if (strcmp(text, "none") == 0) {
		*ret = (struct start_policy){.set = false};
		return 0;
	}
	if ((size_t)snprintf(word, sizeof(word), "%s", text) >= sizeof(word))
		return -EINVAL;
	nodelist = strchr(word, ':');
	if (nodelist)
		*nodelist++ = '\0';
	flag = strchr(word, '=');
	if (flag)
		*flag++ = '\0';

	mode = name_find(start_modes, ELEMENTSOF(start_modes), word);
	if (!mode)
		return -ENOENT;
	if (flag) {
		flags = name_find(start_flags, ELEMENTSOF(start_flags), flag);
		if (!flags)
			return -EINVAL;
	}
	if (nodelist) {
		r = text_to_bitmap(nodelist, start.nodes, MPOL_NODES_WORDS);
		if (r < 0)
			return r;
	}
	start.mode = (uint32_t)mode->value | (uint32_t)(flags ? flags->value : 0);
	r = check(nodelist, (uint32_t)mode->value, start.mode & MPOL_ABI_MODE_FLAGS, start.nodes);
	if (r < 0)
		return r;
	if (mode->value == MPOL_ABI_MODE_PREFERRED && !nodelist)
		start.mode = MPOL_ABI_MODE_LOCAL;
	*ret = start;
	return 0;
}

const char *start_policy_nearest(const char *text)
{
	char word[32];

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, "=:"), text);
	return word_nearest(start_modes, ELEMENTSOF(start_modes), word);
}

const char *start_policy_text(const struct start_policy *start, char *buf, size_t size)
{
	char nodes[START_TEXT_MAX];
	const char *mode, *flags;

	if (!start->set) {
		snprintf(buf, size, "none");
		return buf;
	}
	mode = name_of(start_modes, ELEMENTSOF(start_modes),
		       (int)(start->mode & ~MPOL_ABI_MODE_FLAGS));
	flags = name_of(start_flags, ELEMENTSOF(start_flags),
			(int)(start->mode & MPOL_ABI_MODE_FLAGS));
	text_from_bitmap(start->nodes, MPOL_NODES_WORDS, nodes, sizeof(nodes));
	snprintf(buf, size, "%s%s%s%s%s", mode ? mode : "unknown", flags ? "=" : "",
		 flags ? flags : "", nodes[0] ? ":" : "", nodes);
	return buf;
}
