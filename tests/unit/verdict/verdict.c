/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one decision, against what it has to say, spelled out call by call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/mempolicy.h>

#include "verdict.h"

#define BIND MPOL_ABI_MODE_BIND
#define INTERLEAVE MPOL_ABI_MODE_INTERLEAVE
#define STATIC MPOL_ABI_FLAG_STATIC
#define RELATIVE MPOL_ABI_FLAG_RELATIVE
#define BALANCING MPOL_ABI_FLAG_BALANCING

static const __u16 eperm = MPOL_ANSWER(MPOL_ERRNO, EPERM);
static const __u16 einval = MPOL_ANSWER(MPOL_ERRNO, EINVAL);
static const __u16 eacces = MPOL_ANSWER(MPOL_ERRNO, EACCES);
static const __u16 kill_it = MPOL_ANSWER(MPOL_KILL, 0);
static const __u16 ignore = MPOL_ANSWER(MPOL_IGNORE, 0);
static const __u16 audit = MPOL_ANSWER(MPOL_AUDIT, 0);

static __u16 ask(const struct mpol_rules *rules, __u32 syscall, __u64 a0, __u64 a1, __u64 a2,
		 __u64 a3, __u64 a4, __u64 a5)
{
	const __u64 args[6] = {a0, a1, a2, a3, a4, a5};
	struct mpol_call call;

	mpol_decode(syscall, args, &call);
	return MPOL_VERDICT_ANSWER(mpol_verdict(rules, &call));
}

static __u16 set(const struct mpol_rules *rules, __u64 mode)
{
	return ask(rules, MPOL_SYS_SET_MEMPOLICY, mode, 0, 0, 0, 0, 0);
}

static __u16 mbind(const struct mpol_rules *rules, __u64 mode, __u64 flags)
{
	return ask(rules, MPOL_SYS_MBIND, 0x1000, 4096, mode, 0, 0, flags);
}

static const struct mpol_rules nobind = {
	.version = MPOL_RULES_VERSION,
	.answer = {[MPOL_RULE_MODE + BIND] = MPOL_ANSWER(MPOL_ERRNO, EPERM),
		   [MPOL_RULE_MODE_UNKNOWN] = MPOL_ANSWER(MPOL_ERRNO, EINVAL)},
};

static void no_rules_allow_everything(void **state)
{
	static const struct mpol_rules none = {.version = MPOL_RULES_VERSION};
	__u32 syscall;
	__u64 arg;

	(void)state;
	for (syscall = 0; syscall < MPOL_SYS_COUNT + 3; syscall++)
		for (arg = 0; arg < 70000; arg++)
			assert_int_equal(ask(&none, syscall, arg, arg, arg, arg, arg, arg),
					 MPOL_ALLOW);
}

static void bind_is_refused_in_every_disguise(void **state)
{
	static const __u64 high[] = {0, 1ULL << 32, 0xffffffff00000000ULL, 1ULL << 63};
	static const __u32 flags[] = {
		0, STATIC, RELATIVE, BALANCING, STATIC | BALANCING, STATIC | RELATIVE | BALANCING};
	size_t i, k;

	(void)state;
	for (i = 0; i < 4; i++)
		for (k = 0; k < 6; k++) {
			assert_int_equal(set(&nobind, high[i] | BIND | flags[k]), eperm);
			assert_int_equal(mbind(&nobind, high[i] | BIND | flags[k], 7), eperm);
			assert_int_equal(set(&nobind, high[i] | INTERLEAVE | flags[k]), MPOL_ALLOW);
			assert_int_equal(mbind(&nobind, high[i] | INTERLEAVE | flags[k], 7),
					 MPOL_ALLOW);
		}
}

static void a_mode_from_the_future_is_not_let_through(void **state)
{
	(void)state;
	assert_int_equal(set(&nobind, 7), einval);
	assert_int_equal(set(&nobind, 1u << 12), einval);
	assert_int_equal(set(&nobind, 1u << 16 | BIND), einval);
	assert_int_equal(set(&nobind, (__u64)-1), einval);
	assert_int_equal(set(&nobind, 0x80000000u), einval);
	assert_int_equal(set(&nobind, 6), MPOL_ALLOW);
}

static void the_strictest_rule_wins_and_the_first_errno_stays(void **state)
{
	struct mpol_rules rules = nobind;

	(void)state;
	rules.answer[MPOL_RULE_MODE_FLAG + 2] = eacces; /* static-nodes */
	rules.answer[MPOL_RULE_MBIND_FLAG + 2] = kill_it; /* move-all */
	rules.answer[MPOL_RULE_MODE + INTERLEAVE] = ignore;
	assert_int_equal(set(&rules, BIND | STATIC), eperm);
	assert_int_equal(set(&rules, INTERLEAVE), ignore);
	assert_int_equal(set(&rules, INTERLEAVE | STATIC), eacces);
	assert_int_equal(mbind(&rules, BIND | STATIC, 4), kill_it);
	assert_int_equal(mbind(&rules, INTERLEAVE, 4ULL | 1ULL << 40), kill_it);
	assert_int_equal(mbind(&rules, INTERLEAVE, 3), ignore);
}

static void unknown_mbind_flags_have_a_rule_of_their_own(void **state)
{
	struct mpol_rules rules = {.version = MPOL_RULES_VERSION};

	(void)state;
	rules.answer[MPOL_RULE_MBIND_FLAG_UNKNOWN] = einval;
	assert_int_equal(mbind(&rules, 0, 8), einval);
	assert_int_equal(mbind(&rules, 0, 0x80000007u), einval);
	assert_int_equal(mbind(&rules, 0, 7), MPOL_ALLOW);
	assert_int_equal(mbind(&rules, 0, 1ULL << 32), MPOL_ALLOW);
	assert_int_equal(set(&rules, 8), MPOL_ALLOW);
}

static void nodes_count_only_where_they_were_seen(void **state)
{
	struct mpol_rules rules = {.version = MPOL_RULES_VERSION};
	__u64 none[MPOL_NODES_WORDS] = {0}, first[MPOL_NODES_WORDS] = {1},
	      last[MPOL_NODES_WORDS] = {1, [MPOL_NODES_WORDS - 1] = 1ULL << 63};
	struct mpol_call call = {.act = MPOL_ACT_SET, .mode = BIND};

	(void)state;
	rules.answer[MPOL_RULE_NODES] = eperm;
	rules.nodes_refused[MPOL_NODES_WORDS - 1] = 1ULL << 63;

	assert_int_equal(mpol_see_nodes(&rules, none), MPOL_NODES_EMPTY);
	assert_int_equal(mpol_see_nodes(&rules, first), MPOL_NODES_ALLOWED);
	assert_int_equal(mpol_see_nodes(&rules, last), MPOL_NODES_REFUSED);

	call.nodes = MPOL_NODES_UNSEEN;
	assert_int_equal(mpol_verdict(&rules, &call), 0);
	call.nodes = MPOL_NODES_ALLOWED;
	assert_int_equal(mpol_verdict(&rules, &call), 0);
	call.mode = BIND | RELATIVE;
	assert_int_equal(mpol_verdict(&rules, &call), MPOL_VERDICT(eperm, MPOL_RULE_NODES));
	call.mode = BIND;
	call.nodes = MPOL_NODES_REFUSED;
	assert_int_equal(mpol_verdict(&rules, &call), MPOL_VERDICT(eperm, MPOL_RULE_NODES));
}

static void preferred_without_nodes_is_local_where_that_shows(void **state)
{
	struct mpol_rules rules = {.version = MPOL_RULES_VERSION};
	struct mpol_call call = {.act = MPOL_ACT_SET, .mode = MPOL_ABI_MODE_PREFERRED};

	(void)state;
	rules.answer[MPOL_RULE_MODE + MPOL_ABI_MODE_LOCAL] = eperm;
	assert_int_equal(mpol_verdict(&rules, &call), 0);
	call.nodes = MPOL_NODES_ALLOWED;
	assert_int_equal(mpol_verdict(&rules, &call), 0);
	call.nodes = MPOL_NODES_EMPTY;
	assert_int_equal(MPOL_VERDICT_ANSWER(mpol_verdict(&rules, &call)), eperm);
}

static void each_other_act_asks_its_own_rule(void **state)
{
	static const struct {
		__u32 act, rule;
	} acts[] = {
		{MPOL_ACT_HOME_NODE, MPOL_RULE_HOME_NODE},
		{MPOL_ACT_GET, MPOL_RULE_GET_MEMPOLICY},
		{MPOL_ACT_MIGRATE, MPOL_RULE_MIGRATE},
		{MPOL_ACT_MOVE, MPOL_RULE_MOVE},
		{MPOL_ACT_MOVE_QUERY, MPOL_RULE_MOVE_QUERY},
		{MPOL_ACT_MOUNT, MPOL_RULE_MOUNT},
		{MPOL_ACT_FILE, MPOL_RULE_FILES},
		{MPOL_ACT_CPUSET, MPOL_RULE_CPUSET},
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < 8; i++)
		for (k = 0; k < 8; k++) {
			struct mpol_rules rules = {.version = MPOL_RULES_VERSION};
			struct mpol_call call = {.act = acts[i].act};

			rules.answer[acts[k].rule] = eacces;
			assert_int_equal(mpol_verdict(&rules, &call),
					 i == k ? MPOL_VERDICT(eacces, acts[k].rule) : 0);
		}
}

static void registers_tell_a_query_from_a_move(void **state)
{
	struct mpol_rules rules = {.version = MPOL_RULES_VERSION};

	(void)state;
	rules.answer[MPOL_RULE_MOVE] = eperm;
	assert_int_equal(ask(&rules, MPOL_SYS_MOVE_PAGES, 0, 1, 2, 0, 5, 6), MPOL_ALLOW);
	assert_int_equal(ask(&rules, MPOL_SYS_MOVE_PAGES, 0, 1, 2, 8, 5, 6), eperm);
	assert_int_equal(ask(&rules, MPOL_SYS_MOVE_PAGES, 0, 1, 2, 1ULL << 32, 5, 6), eperm);
}

static void any_option_string_of_a_mount_counts_and_a_bind_mount_has_none(void **state)
{
	struct mpol_rules rules = {.version = MPOL_RULES_VERSION};

	(void)state;
	rules.answer[MPOL_RULE_MOUNT] = eperm;
	assert_int_equal(ask(&rules, MPOL_SYS_MOUNT, 1, 2, 3, 0, 0, 0), MPOL_ALLOW);
	assert_int_equal(ask(&rules, MPOL_SYS_MOUNT, 1, 2, 3, 0, 8, 0), eperm);
	assert_int_equal(ask(&rules, MPOL_SYS_MOUNT, 1, 2, 3, 0, 1ULL << 40, 0), eperm);
	assert_int_equal(ask(&rules, MPOL_SYS_MOUNT, 1, 2, 3, 0xC0ED0000u, 8, 0), eperm);
	assert_int_equal(ask(&rules, MPOL_SYS_MOUNT, 1, 2, 3, 0x1000, 8, 0), MPOL_ALLOW);
	assert_int_equal(ask(&rules, MPOL_SYS_MOUNT, 1, 2, 3, 1ULL << 44, 8, 0), eperm);
	assert_int_equal(ask(&rules, MPOL_SYS_FSCONFIG, 3, 1, 2, 3, 0, 0), eperm);
	assert_int_equal(ask(&rules, MPOL_SYS_FSCONFIG, 3, 1ULL << 32 | 1, 2, 3, 0, 0), eperm);
	assert_int_equal(ask(&rules, MPOL_SYS_FSCONFIG, 3, 0, 2, 3, 0, 0), MPOL_ALLOW);
	assert_int_equal(ask(&rules, MPOL_SYS_FSCONFIG, 3, 6, 2, 3, 0, 0), MPOL_ALLOW);
}

static void under_audit_nothing_is_refused_and_the_rule_is_still_named(void **state)
{
	struct mpol_rules rules = nobind;
	struct mpol_call call = {.act = MPOL_ACT_SET, .mode = BIND};

	(void)state;
	rules.flags = MPOL_RULES_AUDIT;
	assert_int_equal(mpol_verdict(&rules, &call), MPOL_VERDICT(audit, MPOL_RULE_MODE + BIND));
	call.mode = INTERLEAVE;
	assert_int_equal(mpol_verdict(&rules, &call), 0);
}

/* The kernel's header and ours must mean the same numbers; ours exists for BPF alone. */
static void our_numbers_are_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(MPOL_DEFAULT, MPOL_ABI_MODE_DEFAULT);
	assert_int_equal(MPOL_PREFERRED, MPOL_ABI_MODE_PREFERRED);
	assert_int_equal(MPOL_BIND, MPOL_ABI_MODE_BIND);
	assert_int_equal(MPOL_INTERLEAVE, MPOL_ABI_MODE_INTERLEAVE);
	assert_int_equal(MPOL_LOCAL, MPOL_ABI_MODE_LOCAL);
	assert_int_equal(MPOL_PREFERRED_MANY, MPOL_ABI_MODE_PREFERRED_MANY);
	assert_int_equal(MPOL_MODE_FLAGS & ~MPOL_ABI_MODE_FLAGS, 0);
	assert_int_equal(MPOL_F_RELATIVE_NODES, MPOL_ABI_FLAG_RELATIVE);
	assert_int_equal(MPOL_F_STATIC_NODES, MPOL_ABI_FLAG_STATIC);
	assert_int_equal(MPOL_F_NUMA_BALANCING, MPOL_ABI_FLAG_BALANCING);
	assert_int_equal(MPOL_ABI_FLAG_BALANCING, 1 << MPOL_ABI_FLAG_SHIFT);
	assert_int_equal(MPOL_MF_MOVE_ALL, 1 << (MPOL_ABI_MF_BITS - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_rules_allow_everything),
		cmocka_unit_test(bind_is_refused_in_every_disguise),
		cmocka_unit_test(a_mode_from_the_future_is_not_let_through),
		cmocka_unit_test(the_strictest_rule_wins_and_the_first_errno_stays),
		cmocka_unit_test(unknown_mbind_flags_have_a_rule_of_their_own),
		cmocka_unit_test(nodes_count_only_where_they_were_seen),
		cmocka_unit_test(preferred_without_nodes_is_local_where_that_shows),
		cmocka_unit_test(each_other_act_asks_its_own_rule),
		cmocka_unit_test(registers_tell_a_query_from_a_move),
		cmocka_unit_test(any_option_string_of_a_mount_counts_and_a_bind_mount_has_none),
		cmocka_unit_test(under_audit_nothing_is_refused_and_the_rule_is_still_named),
		cmocka_unit_test(our_numbers_are_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
