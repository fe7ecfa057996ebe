/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --deny: a profile in one word. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "build.h"
#include "profile.h"

/* What --deny can say: every slot by its dotted name, and modes by their bare one. */
#define DENY_MAX (2 * MPOL_RULES_ROOM)

struct deny_names {
	struct name name[DENY_MAX]; /* value: the rule */
	char text[DENY_MAX][64];
	size_t n;
};

static void add(struct deny_names *names, uint32_t rule, const char *section, const char *word)
{
	struct name *name = &names->name[names->n];
	char *text = names->text[names->n++];

	snprintf(text, sizeof(names->text[0]), "%s%s%s", section, section[0] ? "." : "", word);
	*name = (struct name){text, (int)rule};
}

static void collect(struct deny_names *names)
{
	enum rule_group group;
	size_t i;

	names->n = 0;
	for (group = 0; group < GROUP_COUNT; group++) {
		const struct keyword *keyword = &keywords[group];

		if (keyword->form == KEYWORD_NODES)
			continue;
		if (keyword->form != KEYWORD_WORDS) {
			add(names, keyword->slot, "", keyword->name);
			continue;
		}
		for (i = 0; i < keyword->n_words; i++) {
			const struct name *word = &keyword->words[i];
			uint32_t rule = keyword->slot + (uint32_t)word->value;

			add(names, rule, keyword->name, word->name);
			add(names, rule, keyword->name, word->alias);
			if (group == GROUP_MODES) {
				add(names, rule, "", word->name);
				add(names, rule, "", word->alias);
			}
		}
	}
}

/* `move-all` for `mbind-flags.move-all`: the bare last part, where it is not a mode. */
static const char *by_last_part(const struct deny_names *names, const char *text)
{
	size_t i;

	for (i = 0; i < names->n; i++) {
		const char *dot = strchr(names->name[i].name, '.');

		if (dot && strcmp(dot + 1, text) == 0)
			return names->name[i].name;
	}
	return NULL;
}

static int find_rule(const char *text, uint32_t *ret, struct fault *fault)
{
	struct deny_names names;
	const struct name *name;
	size_t length = strlen(text);
	const char *nearest;
	int group;

	collect(&names);
	name = name_find(names.name, names.n, text);
	if (name) {
		*ret = (uint32_t)name->value;
		return 0;
	}

	group = group_find(text, NULL);
	if (group == GROUP_NODES) {
		fault_hint(fault, "in a profile: `nodes: {0: EPERM, others: allow}`");
		return fault_set(fault, -EINVAL, "cannot say which nodes");
	}
	if (group >= 0) {
		fault_hint(fault, "for example '%s.%s'", text, keywords[group].words[0].name);
		return fault_set(fault, -EINVAL, "'%s' are several: which %s?", text,
				 keywords[group].noun);
	}
	/* `pages` of `pages.migrate` */
	for (group = 0; group < GROUP_COUNT; group++)
		if (strncmp(keywords[group].name, text, length) == 0 &&
		    keywords[group].name[length] == '.') {
			fault_hint(fault, "for example '%s'", keywords[group].name);
			return fault_set(fault, -EINVAL, "'%s' are several: which rule?", text);
		}
	nearest = by_last_part(&names, text);
	if (!nearest)
		nearest = word_nearest(names.name, names.n, text);
	if (nearest)
		fault_hint(fault, "did you mean '%s'?", nearest);
	else
		fault_hint(fault, "a mode like 'bind', or a rule like 'mbind-flags.move-all'");
	return fault_set(fault, -EINVAL, "unknown mode or rule '%.80s'", text);
}

int profile_from_deny(const char *text, struct profile **ret, struct fault *fault)
{
	_cleanup_(cleanup_profile) struct profile *profile = NULL;
	uint16_t answer = MPOL_ANSWER(MPOL_ERRNO, EPERM);
	const char *equals = strchr(text, '=');
	const struct keyword *keyword;
	char name[256], what[64];
	uint32_t rule;
	bool both;
	int r;

	fault_place(fault, "--deny", 0, 0);
	fault_hint(fault, "%s", "");
	snprintf(what, sizeof(what), "%.*s", (int)(equals ? equals - text : (long)sizeof(what)),
		 text);
	r = find_rule(what, &rule, fault);
	if (r < 0)
		return r;

	keyword = &keywords[group_of_rule(rule)];
	both = keyword->form == KEYWORD_MOVE;
	if (equals && both && strcmp(equals + 1, "query") == 0) {
		both = false;
	} else if (equals) {
		r = build_answer(keyword, what, equals + 1, &answer, fault);
		if (r < 0)
			return r;
	}
	if (MPOL_ANSWER_KIND(answer) == MPOL_ALLOW)
		return fault_set(fault, -EINVAL, "'%.80s' denies nothing", text);

	snprintf(name, sizeof(name), "--deny %s", text);
	r = profile_new(name, &profile);
	if (r < 0)
		return r;
	profile_answer(profile, rule, answer, (struct place){0});
	if (both)
		profile_answer(profile, rule + 1, answer, (struct place){0});
	*ret = TAKE_PTR(profile);
	return 0;
}
