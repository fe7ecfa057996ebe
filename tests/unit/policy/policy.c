/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/policy.h"
#include "profile/load.h"

#define MODE(n) (MPOL_RULE_MODE + (n))
#define ERR(e) MPOL_ANSWER(MPOL_ERRNO, e)

/* Up to three profiles, as text; NULL ends. The error where it fails, else 0 and *ret. */
static int build(struct policy **ret, struct fault *fault, const char *a, const char *b,
		 const char *c)
{
	const char *const text[] = {a, b, c};
	struct profile *profiles[3] = {NULL};
	struct fault unused = {.line = 0};
	size_t n = 0, i;
	int r = 0;

	for (i = 0; i < 3 && text[i]; i++) {
		char name[8];

		snprintf(name, sizeof(name), "p%zu", i + 1);
		r = profile_parse(text[i], strlen(text[i]), name, PROFILE_INLINE, &profiles[n],
				  &unused);
		if (r < 0)
			fail_msg("%s: %s", text[i], unused.what);
		n++;
	}
	r = policy_build(profiles, n, ret, fault);
	for (i = 0; i < n; i++)
		profile_free(profiles[i]);
	return r;
}

static struct policy *built(const char *a, const char *b, const char *c)
{
	struct policy *policy = NULL;
	struct fault fault = {.line = 0};
	int r = build(&policy, &fault, a, b, c);

	if (r < 0)
		fail_msg("%s: %s", a, fault.what);
	return policy;
}

static void nothing_said_means_nothing_refused(void **state)
{
	_cleanup_(cleanup_policy) struct policy *policy = built("{version: 1}", NULL, NULL);
	uint32_t rule;

	(void)state;
	assert_int_equal(policy->restricted, 0);
	assert_int_equal(policy->inherited, START_KEEP);
	for (rule = 0; rule < MPOL_RULES_ROOM; rule++)
		assert_int_equal(policy->rules.answer[rule], MPOL_ALLOW);
}

static void the_strictest_profile_wins_rule_by_rule(void **state)
{
	_cleanup_(cleanup_policy) struct policy *policy =
		built("{mempolicy: {modes: {bind: audit, interleave: EACCES, local: kill}}}",
		      "{mempolicy: {modes: {bind: ignore, interleave: EPERM, local: EPERM}}}",
		      "{mempolicy: {modes: {bind: allow, preferred: audit}}}");

	(void)state;
	assert_int_equal(policy->rules.answer[MODE(2)], MPOL_ANSWER(MPOL_IGNORE, 0));
	assert_string_equal(policy->source[MODE(2)].profile, "p2");
	assert_int_equal(policy->rules.answer[MODE(3)], ERR(EACCES));
	assert_string_equal(policy->source[MODE(3)].profile, "p1");
	assert_int_equal(policy->rules.answer[MODE(4)], MPOL_ANSWER(MPOL_KILL, 0));
	assert_int_equal(policy->rules.answer[MODE(1)], MPOL_ANSWER(MPOL_AUDIT, 0));
	assert_string_equal(policy->source[MODE(1)].profile, "p3");
	assert_int_equal(policy->rules.answer[MODE(0)], MPOL_ALLOW);
}

static void nodes_refused_by_any_profile_are_refused(void **state)
{
	_cleanup_(cleanup_policy) struct policy *policy =
		built("{mempolicy: {nodes: {0-1: allow, others: EPERM}}}",
		      "{mempolicy: {nodes: {1: EACCES, others: allow}}}", NULL);

	(void)state;
	assert_int_equal(policy->rules.answer[MPOL_RULE_NODES], ERR(EPERM));
	assert_int_equal(policy->rules.nodes_refused[0], ~1ULL);
	assert_int_equal(policy->rules.nodes_refused[MPOL_NODES_WORDS - 1], ~0ULL);
}

static void who_may_not_use_all_nodes_may_not_choose_a_home_node(void **state)
{
	_cleanup_(cleanup_policy) struct policy *policy =
		built("{mempolicy: {nodes: {0: allow, others: EACCES}}}", NULL, NULL);
	_cleanup_(cleanup_policy) struct policy *stricter = built(
		"{mempolicy: {nodes: {0: allow, others: EACCES}, home-node: kill}}", NULL, NULL);

	(void)state;
	assert_int_equal(policy->rules.answer[MPOL_RULE_HOME_NODE], ERR(EACCES));
	assert_true(policy->must & GROUP_BIT(GROUP_HOME_NODE));
	assert_int_equal(stricter->rules.answer[MPOL_RULE_HOME_NODE], MPOL_ANSWER(MPOL_KILL, 0));
}

static void what_nobody_has_a_name_for_is_refused_where_its_kind_is_restricted(void **state)
{
	_cleanup_(cleanup_policy) struct policy *bind =
		built("{mempolicy: {modes: {bind: EPERM}}}", NULL, NULL);
	_cleanup_(cleanup_policy) struct policy *all =
		built("{mempolicy: {modes: {others: ENOSYS}}}", NULL, NULL);
	_cleanup_(cleanup_policy) struct policy *audit = built(
		"{mempolicy: {modes: {others: audit}, mbind-flags: {move: audit}}}", NULL, NULL);
	_cleanup_(cleanup_policy) struct policy *flags =
		built("{mempolicy: {mbind-flags: {move-all: EPERM}}}", NULL, NULL);

	(void)state;
	assert_int_equal(bind->rules.answer[MPOL_RULE_MODE_UNKNOWN], ERR(EINVAL));
	assert_int_equal(bind->rules.answer[MPOL_RULE_MBIND_FLAG_UNKNOWN], MPOL_ALLOW);
	assert_int_equal(all->rules.answer[MPOL_RULE_MODE_UNKNOWN], ERR(ENOSYS));
	assert_int_equal(audit->rules.answer[MPOL_RULE_MODE_UNKNOWN], MPOL_ANSWER(MPOL_AUDIT, 0));
	assert_int_equal(audit->rules.answer[MPOL_RULE_MBIND_FLAG_UNKNOWN],
			 MPOL_ANSWER(MPOL_AUDIT, 0));
	assert_int_equal(flags->rules.answer[MPOL_RULE_MODE_UNKNOWN], MPOL_ALLOW);
	assert_int_equal(flags->rules.answer[MPOL_RULE_MBIND_FLAG_UNKNOWN], ERR(EINVAL));
}

static void a_rule_may_be_lost_only_if_every_profile_that_restricts_it_says_so(void **state)
{
	static const char loses[] = "{best-effort: [files], mempolicy: {files: deny}}";
	static const char keeps[] = "{mempolicy: {files: deny}}";
	static const char other[] = "{mempolicy: {mount: deny}}";
	_cleanup_(cleanup_policy) struct policy *both = built(loses, other, NULL);
	_cleanup_(cleanup_policy) struct policy *one = built(loses, keeps, NULL);

	(void)state;
	assert_false(both->must & GROUP_BIT(GROUP_FILES));
	assert_true(both->must & GROUP_BIT(GROUP_MOUNT));
	assert_true(one->must & GROUP_BIT(GROUP_FILES));
}

static void an_inherited_policy_is_treated_as_the_strictest_profile_says(void **state)
{
	static const struct {
		const char *a, *b;
		enum start_inherited expected;
	} rows[] = {
		{"{mempolicy: {mount: deny}}", NULL, START_KEEP},
		{"{mempolicy: {modes: {bind: EPERM}}}", NULL, START_RESET},
		{"{mempolicy: {mode-flags: {static-nodes: EPERM}}}", NULL, START_RESET},
		{"{mempolicy: {nodes: {0: allow, others: EPERM}}}", NULL, START_RESET},
		{"{mempolicy: {modes: {bind: audit}}}", NULL, START_KEEP},
		{"{start: {inherited: keep}}", "{mempolicy: {modes: {bind: EPERM}}}", START_RESET},
		{"{start: {inherited: refuse}}", "{start: {inherited: reset}}", START_REFUSE},
		{"{start: {inherited: reset}}", "{start: {inherited: keep}}", START_RESET},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(rows); i++) {
		_cleanup_(cleanup_policy) struct policy *policy = built(rows[i].a, rows[i].b, NULL);

		assert_int_equal(policy->inherited, rows[i].expected);
	}
}

static void what_cannot_work_is_refused_where_it_stands(void **state)
{
	static const struct {
		const char *a, *b, *what;
		uint32_t line;
	} rows[] = {
		{"mempolicy:\n  modes: {bind: EPERM}\nstart: {inherited: keep}\n", NULL,
		 "inherited: keep", 3},
		{"mempolicy:\n  modes: {default: EPERM}\n", NULL, "preferred-many", 2},
		{"start: {policy: 'interleave:0'}\n", "\nstart: {policy: 'bind:0'}\n", "differs",
		 2},
		{"mempolicy: {modes: {bind: EPERM}}\nstart: {policy: 'bind:0'}\n", NULL,
		 "modes.bind", 2},
		{"mempolicy: {nodes: {0: allow, others: EPERM}}\nstart: {policy: 'prefer:1'}\n",
		 NULL, "nodes", 2},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(rows); i++) {
		struct policy *policy = NULL;
		struct fault fault = {.line = 0};

		assert_int_equal(build(&policy, &fault, rows[i].a, rows[i].b, NULL), -EINVAL);
		assert_null(policy);
		if (!strstr(fault.what, rows[i].what))
			fail_msg("'%s' does not say '%s'", fault.what, rows[i].what);
		assert_int_equal(fault.line, rows[i].line);
	}
}

static void what_works_beside_them_is_taken(void **state)
{
	static const char *const good[] = {
		"{mempolicy: {modes: {default: EPERM, preferred-many: EPERM}}}",
		"{start: {inherited: keep}, mempolicy: {modes: {bind: audit}}}",
		"{start: {policy: 'interleave:0'}, mempolicy: {modes: {bind: EPERM}}}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(good); i++)
		policy_free(built(good[i], NULL, NULL));
	policy_free(built("{start: {policy: 'interleave:0'}}", "{start: {policy: 'interleave:0'}}",
			  NULL));
}

static void a_part_of_the_rules_keeps_only_that_part(void **state)
{
	_cleanup_(cleanup_policy) struct policy *policy = built(
		"{mempolicy: {modes: {bind: EPERM}, mount: deny, nodes: {1: EPERM}}}", NULL, NULL);
	struct mpol_rules rules;

	(void)state;
	policy_rules_of(policy, GROUP_BIT(GROUP_MODES), &rules);
	assert_int_equal(rules.answer[MODE(2)], ERR(EPERM));
	assert_int_equal(rules.answer[MPOL_RULE_MODE_UNKNOWN], ERR(EINVAL));
	assert_int_equal(rules.answer[MPOL_RULE_MOUNT], MPOL_ALLOW);
	assert_int_equal(rules.answer[MPOL_RULE_NODES], MPOL_ALLOW);
	assert_int_equal(rules.nodes_refused[0], 0);
}

static void every_shipped_profile_makes_a_policy(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < n_profile_builtins; i++) {
		_cleanup_(profile_set_done) struct profile_set set = {.n = 0};
		_cleanup_(cleanup_policy) struct policy *policy = NULL;
		struct fault fault = {.line = 0};
		char name[64];

		snprintf(name, sizeof(name), "builtin:%s", profile_builtins[i].name);
		assert_int_equal(profile_load(name, &set, &fault), 0);
		assert_int_equal(policy_build(set.profiles, set.n, &policy, &fault), 0);
		assert_int_equal(policy->restricted == 0,
				 strcmp(profile_builtins[i].name, "unrestricted") == 0);
	}
	assert_int_equal(n_profile_builtins, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_means_nothing_refused),
		cmocka_unit_test(the_strictest_profile_wins_rule_by_rule),
		cmocka_unit_test(nodes_refused_by_any_profile_are_refused),
		cmocka_unit_test(who_may_not_use_all_nodes_may_not_choose_a_home_node),
		cmocka_unit_test(
			what_nobody_has_a_name_for_is_refused_where_its_kind_is_restricted),
		cmocka_unit_test(
			a_rule_may_be_lost_only_if_every_profile_that_restricts_it_says_so),
		cmocka_unit_test(an_inherited_policy_is_treated_as_the_strictest_profile_says),
		cmocka_unit_test(what_cannot_work_is_refused_where_it_stands),
		cmocka_unit_test(what_works_beside_them_is_taken),
		cmocka_unit_test(a_part_of_the_rules_keeps_only_that_part),
		cmocka_unit_test(every_shipped_profile_makes_a_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
