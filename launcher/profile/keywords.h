/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keyword table: what a profile can say. The parser, --deny, --best-effort, the plan's report,
 * the man page and the completions all read it. A new rule is a row here, a slot in mpol_abi.h, a
 * case in verdict.h, a row in plan/table.c and a row in the bypass suite.
 */
#ifndef MPOLRUN_KEYWORDS_H
#define MPOLRUN_KEYWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/names.h"
#include "mpol_abi.h"

/*
 * The rules as people know them, each of one or more slots; enforced, lost and reported as a whole.
 */
enum rule_group {
	GROUP_MODES,
	GROUP_MODE_FLAGS,
	GROUP_MBIND_FLAGS,
	GROUP_NODES,
	GROUP_HOME_NODE,
	GROUP_GET_MEMPOLICY,
	GROUP_MOUNT,
	GROUP_FILES,
	GROUP_CPUSET,
	GROUP_MIGRATE,
	GROUP_MOVE,
	GROUP_COUNT,
};

#define GROUP_BIT(group) (UINT32_C(1) << (group))

enum keyword_form {
	KEYWORD_WORDS, /* {bind: EPERM, others: allow}: one slot per word */
	KEYWORD_NODES, /* {0-3: allow, others: EPERM}: a bitmap and one answer */
	KEYWORD_ANSWER, /* one answer, one slot */
	KEYWORD_MOVE, /* an answer for both slots, or `query` */
};

struct keyword {
	const char *name; /* dotted, as --best-effort, --deny and explain say it: "pages.move" */
	const char *section; /* "mempolicy" or "pages" */
	const char *key; /* "move" */
	enum keyword_form form;
	uint16_t slot; /* the first slot */
	uint16_t slots; /* how many, without the one for what is unknown */
	const struct name *words; /* KEYWORD_WORDS: value is the offset from @slot */
	size_t n_words;
	const char *noun; /* of one of the words: "mode flag" */
	bool may_ignore; /* a false success does no harm here */
	const char *help;
};

/* In the order of enum rule_group. */
extern const struct keyword keywords[GROUP_COUNT];

/* How many slots a group has from its first one on, with the one for what is unknown. */
uint32_t group_slots(enum rule_group group);

/* enum mpol_rule -> its group; MODE_UNKNOWN belongs to modes, and so on. GROUP_COUNT: no rule. */
enum rule_group group_of_rule(uint32_t rule);

/*
 * "modes.bind", "mbind-flags.move-all", "pages.move", "pages.move-query", "nodes", and
 * "modes.unknown" for what has no word: into @buf, which is returned. 40 bytes suffice.
 */
const char *rule_name(uint32_t rule, char *buf, size_t size);

/* The group of a dotted name, or -ENOENT; @nearest, if wanted, is the nearest name or NULL. */
int group_find(const char *name, const char **nearest);

/* As name_nearest(), but a word that differs in case only is the nearest of all. */
const char *word_nearest(const struct name *table, size_t n, const char *text);

/*
 * An answer's text: "allow", "audit", "ignore", "kill", "deny" (EPERM) or an errno's name or number
 * ("EINVAL", "38"). -EINVAL if it is none; @nearest as above.
 */
int answer_parse(const char *text, uint16_t *ret, const char **nearest);

/* The reverse ("EPERM" for deny), into @buf, which is returned. 24 bytes suffice. */
const char *answer_text(uint16_t answer, char *buf, size_t size);

#endif
