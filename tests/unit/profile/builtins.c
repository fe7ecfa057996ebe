/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profiles in the program say what the documentation says of them, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "parse.h"
#include "profile/load.h"

#define IGNORE MPOL_ANSWER(MPOL_IGNORE, 0)
#define NOSYS MPOL_ANSWER(MPOL_ERRNO, ENOSYS)

#define M_FILES (GROUP_BIT(GROUP_FILES) | GROUP_BIT(GROUP_CPUSET))

/* A rule in words of the table below: first slot, how many, the answer. */
struct expected {
	uint32_t rule, n;
	uint16_t answer;
};

#define M                                                       \
	{MPOL_RULE_MOUNT, 1, DENY}, {MPOL_RULE_FILES, 1, DENY}, \
	{                                                       \
		MPOL_RULE_CPUSET, 1, DENY                       \
	}
#define UNKNOWN_MODE(answer)                      \
	{                                         \
		MPOL_RULE_MODE_UNKNOWN, 1, answer \
	}

static const struct builtin {
	const char *name;
	const char *extends;
	uint32_t best_effort;
	enum start_inherited inherited;
	struct expected rules[16];
} table[] = {
	{"nobind", NULL, M_FILES, START_RESET, {{MPOL_RULE_MODE + MPOL_ABI_MODE_BIND, 1, DENY}, M}},
	{"nobind-quiet",
	 NULL,
	 M_FILES,
	 START_RESET,
	 {{MPOL_RULE_MODE + MPOL_ABI_MODE_BIND, 1, IGNORE}, M}},
	{"container",
	 "builtin:nobind-quiet",
	 0,
	 START_RESET,
	 {{MPOL_RULE_MBIND_FLAG + 2, 1, DENY},
	  {MPOL_RULE_MIGRATE, 1, DENY},
	  {MPOL_RULE_MOVE, 1, DENY}}},
	{"interleave-only",
	 NULL,
	 M_FILES,
	 START_RESET,
	 {{MPOL_RULE_MODE + MPOL_ABI_MODE_PREFERRED, 2, DENY},
	  {MPOL_RULE_MODE + MPOL_ABI_MODE_LOCAL, 2, DENY},
	  UNKNOWN_MODE(DENY),
	  {MPOL_RULE_HOME_NODE, 1, DENY},
	  M}},
	{"local-only",
	 NULL,
	 M_FILES,
	 START_RESET,
	 {{MPOL_RULE_MODE + MPOL_ABI_MODE_PREFERRED, 3, DENY},
	  {MPOL_RULE_MODE + MPOL_ABI_MODE_PREFERRED_MANY, 2, DENY},
	  UNKNOWN_MODE(DENY),
	  M}},
	{"nomigrate",
	 NULL,
	 0,
	 START_RESET,
	 {{MPOL_RULE_MBIND_FLAG + 1, 2, DENY},
	  {MPOL_RULE_MIGRATE, 1, DENY},
	  {MPOL_RULE_MOVE, 1, DENY}}},
	{"nonuma",
	 NULL,
	 M_FILES,
	 START_RESET,
	 {{MPOL_RULE_MODE, 8, NOSYS},
	  {MPOL_RULE_MODE_FLAG, 3, NOSYS},
	  {MPOL_RULE_MBIND_FLAG, 4, NOSYS},
	  {MPOL_RULE_HOME_NODE, 1, NOSYS},
	  {MPOL_RULE_GET_MEMPOLICY, 1, NOSYS},
	  {MPOL_RULE_MIGRATE, 1, NOSYS},
	  {MPOL_RULE_MOVE, 2, NOSYS},
	  M}},
	{"audit-all",
	 NULL,
	 M_FILES,
	 START_RESET,
	 {{MPOL_RULE_MODE, MPOL_RULE_NODES, AUDIT},
	  {MPOL_RULE_HOME_NODE, MPOL_RULE_COUNT - MPOL_RULE_HOME_NODE, AUDIT}}},
	{"unrestricted", NULL, 0, START_UNSAID, {{0}}},
};

static const struct profile_builtin *builtin(const char *name)
{
	size_t i;

	for (i = 0; i < n_profile_builtins; i++)
		if (strcmp(profile_builtins[i].name, name) == 0)
			return &profile_builtins[i];
	fail_msg("no %s", name);
	return NULL;
}

static void each_says_what_it_is_documented_to_say(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < ELEMENTSOF(table); i++) {
		_cleanup_(cleanup_profile) struct profile *p = good(builtin(table[i].name)->text);
		uint16_t answers[MPOL_RULE_COUNT] = {0};
		uint32_t rule;

		for (k = 0; k < ELEMENTSOF(table[i].rules); k++)
			for (rule = 0; rule < table[i].rules[k].n; rule++)
				answers[table[i].rules[k].rule + rule] = table[i].rules[k].answer;
		for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
			if (p->rule[rule].answer != answers[rule])
				fail_msg("%s: rule %u: %04x, not %04x", table[i].name, rule,
					 p->rule[rule].answer, answers[rule]);
		assert_int_equal(p->best_effort, table[i].best_effort);
		assert_int_equal(p->inherited, table[i].inherited);
		assert_false(p->start.set);
		assert_int_equal(p->n_extends, table[i].extends ? 1 : 0);
		if (table[i].extends)
			assert_string_equal(p->extends[0], table[i].extends);
	}
}

static void there_are_no_others_and_they_are_sorted(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(n_profile_builtins, ELEMENTSOF(table));
	for (i = 1; i < n_profile_builtins; i++)
		assert_true(strcmp(profile_builtins[i - 1].name, profile_builtins[i].name) < 0);
	for (i = 0; i < n_profile_builtins; i++)
		assert_int_equal(strlen(profile_builtins[i].text), profile_builtins[i].len);
}

static void each_describes_itself_in_a_sentence(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < n_profile_builtins; i++) {
		_cleanup_(cleanup_profile) struct profile *p = good(profile_builtins[i].text);
		const char *text = p->description;

		if (strcmp(profile_builtins[i].name, "unrestricted") == 0) {
			/* `version: 1` and nothing else */
			assert_null(text);
			continue;
		}
		assert_non_null(text);
		assert_int_equal(text[strlen(text) - 1], '.');
		assert_null(strstr(text, ". "));
	}
}

static void assert_same_place(struct place a, struct place b)
{
	assert_int_equal(a.line, b.line);
	assert_int_equal(a.column, b.column);
}

/* What was parsed when the program was built is what its parser makes of the text now. */
static void each_is_what_its_text_says(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < n_profile_builtins; i++) {
		_cleanup_(cleanup_profile) struct profile *parsed = good(profile_builtins[i].text);
		_cleanup_(profile_set_done) struct profile_set set = {.n = 0};
		const struct profile *made;
		char name[64];

		snprintf(name, sizeof(name), "builtin:%s", profile_builtins[i].name);
		assert_int_equal(profile_load(name, &set, NULL), 0);
		made = set.profiles[0];
		assert_string_equal(made->name, name);
		if (parsed->description)
			assert_string_equal(made->description, parsed->description);
		else
			assert_null(made->description);
		assert_int_equal(made->n_extends, parsed->n_extends);
		for (k = 0; k < parsed->n_extends; k++) {
			assert_string_equal(made->extends[k], parsed->extends[k]);
			assert_same_place(made->extends_place[k], parsed->extends_place[k]);
		}
		for (k = 0; k < MPOL_RULE_COUNT; k++) {
			assert_int_equal(made->rule[k].set, parsed->rule[k].set);
			assert_int_equal(made->rule[k].answer, parsed->rule[k].answer);
			assert_same_place(made->rule[k].place, parsed->rule[k].place);
		}
		assert_int_equal(made->best_effort, parsed->best_effort);
		assert_memory_equal(made->nodes_refused, parsed->nodes_refused,
				    sizeof(made->nodes_refused));
		assert_int_equal(made->inherited, parsed->inherited);
		assert_same_place(made->inherited_place, parsed->inherited_place);
		assert_int_equal(made->start.set, parsed->start.set);
		assert_int_equal(made->start.mode, parsed->start.mode);
		assert_memory_equal(made->start.nodes, parsed->start.nodes,
				    sizeof(made->start.nodes));
		assert_same_place(made->start.place, parsed->start.place);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_says_what_it_is_documented_to_say),
		cmocka_unit_test(there_are_no_others_and_they_are_sorted),
		cmocka_unit_test(each_describes_itself_in_a_sentence),
		cmocka_unit_test(each_is_what_its_text_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
