/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every profile that we ship, from its text to its filter, against mpol_verdict(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/audit.h>
#include <stdio.h>
#include <string.h>

#include "equal.h"
#include "policy/policy.h"
#include "profile/load.h"

/* The rules that seccomp is given where it holds every group. */
static void rules_of(const char *name, struct mpol_rules *ret)
{
	struct profile_set set = {.n = 0};
	struct policy *policy = NULL;
	struct fault fault = {.line = 0};
	char what[64], text[1024];

	assert_true(snprintf(what, sizeof(what), "builtin:%s", name) < (int)sizeof(what));
	if (profile_load(what, &set, &fault) < 0 ||
	    policy_build(set.profiles, set.n, &policy, &fault) < 0)
		fail_msg("%s: %s", what, fault_text(&fault, text, sizeof(text)));
	policy_rules_of(policy, UINT32_MAX, ret);
	policy_free(policy);
	profile_set_done(&set);
}

static void each_equals_the_verdict_enforced_and_audited(void **state)
{
	struct mpol_rules rules;
	size_t i;

	(void)state;
	assert_true(n_profile_builtins >= 9);
	for (i = 0; i < n_profile_builtins; i++) {
		struct sock_filter code[SECCOMP_PROGRAM_MAX];

		rules_of(profile_builtins[i].name, &rules);
		assert_equal_to_verdict(&rules, SPACE_ALL);
		/* The one that restricts nothing needs no filter; every other one needs one. */
		assert_int_equal(compile_checked(&rules, AUDIT_ARCH_X86_64, code) == 0,
				 !strcmp(profile_builtins[i].name, "unrestricted"));
		rules.flags |= MPOL_RULES_AUDIT;
		assert_equal_to_verdict(&rules, SPACE_ALL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_equals_the_verdict_enforced_and_audited),
	};

	return cmocka_run_group_tests_name("shipped_profiles", tests, NULL, NULL);
}
