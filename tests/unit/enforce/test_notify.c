/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filter of a live layer, and what its supervisor answers. */
#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "bpf_sim.h"
#include "enforce/logged_compile.h"
#include "enforce/notify_compile.h"
#include "enforce/notify_decide.h"
#include "space.h"

#define ALL_CALLS ((UINT32_C(1) << MPOL_SYS_COUNT) - 1)

static const uint32_t archs[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64};

static uint32_t run_call(const struct sock_filter *code, size_t len, const struct abi *abi, int nr,
			 uint64_t flags)
{
	struct seccomp_data data = {.arch = abi->audit_arch,
				    .nr = (int)((uint32_t)nr | abi->number_bit),
				    .args = {1, flags}};

	return bpf_run(code, len, &data);
}

static void check_family(const struct abi_family *family, uint32_t calls)
{
	struct sock_filter code[SECCOMP_PROGRAM_MAX];
	uint32_t call, expected;
	size_t len, i;

	assert_int_equal(notify_compile(calls, family, code, &len), 0);
	assert_null(bpf_invalid(code, len));
	for (i = 0; i < family->n; i++) {
		const struct abi *abi = &family->abis[i];

		for (call = 0; call < MPOL_SYS_COUNT; call++) {
			if (abi->number[call] < 0)
				continue;
			expected = !(calls >> call & 1) ? SECCOMP_RET_ALLOW
				   : abi->decoded       ? SECCOMP_RET_USER_NOTIF
							: SECCOMP_RET_ERRNO | ENOSYS;
			assert_int_equal(run_call(code, len, abi, abi->number[call], 0), expected);
			assert_int_equal(run_call(code, len, abi, abi->number[call], UINT64_MAX),
					 expected);
		}
		assert_true(bpf_allows_by_number(code, len, abi->audit_arch,
						 (int)(39 | abi->number_bit)) ||
			    abi->number_bit);
		if (abi->seccomp < 0)
			continue;
		assert_int_equal(run_call(code, len, abi, abi->seccomp, 0), SECCOMP_RET_ALLOW);
		assert_int_equal(run_call(code, len, abi, abi->seccomp, ~UINT64_C(8)),
				 SECCOMP_RET_ALLOW);
		assert_int_equal(run_call(code, len, abi, abi->seccomp, 8),
				 SECCOMP_RET_ERRNO | EBUSY);
		assert_int_equal(run_call(code, len, abi, abi->seccomp, UINT64_MAX),
				 SECCOMP_RET_ERRNO | EBUSY);
	}
}

static void calls_are_handed_over_in_every_abi_and_listeners_refused(void **state)
{
	uint32_t call;
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(archs); i++) {
		check_family(abi_family_find(archs[i]), ALL_CALLS);
		for (call = 0; call < MPOL_SYS_COUNT; call++)
			check_family(abi_family_find(archs[i]), UINT32_C(1) << call);
	}
}

static void another_architecture_is_refused_whole(void **state)
{
	const struct abi_family *family = abi_family_find(AUDIT_ARCH_X86_64);
	struct sock_filter code[SECCOMP_PROGRAM_MAX];
	struct seccomp_data data = {.arch = AUDIT_ARCH_S390X, .nr = 1};
	size_t len;

	(void)state;
	assert_int_equal(notify_compile(1, family, code, &len), 0);
	assert_int_equal(bpf_run(code, len, &data), SECCOMP_RET_ERRNO | ENOSYS);
}

static void x86_has_seccomp_in_all_its_abis(void **state)
{
	const struct abi_family *family = abi_family_find(AUDIT_ARCH_X86_64);
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < family->n; i++)
		n += family->abis[i].seccomp >= 0;
	assert_int_equal(n, 3); /* x86_64, i386, x32 */
}

static struct notify_decision decide(const struct mpol_rules *rules, uint32_t arch, int nr,
				     uint64_t first)
{
	struct seccomp_data data = {.arch = arch, .nr = nr, .args = {first}};
	struct notify_decision decision;

	notify_decide(rules, abi_family_find(AUDIT_ARCH_X86_64), &data, &decision);
	return decision;
}

static void each_kind_of_answer_is_given(void **state)
{
	static const uint16_t answers[] = {
		MPOL_ANSWER(MPOL_ALLOW, 0), MPOL_ANSWER(MPOL_AUDIT, 0), MPOL_ANSWER(MPOL_IGNORE, 0),
		MPOL_ANSWER(MPOL_ERRNO, EACCES), MPOL_ANSWER(MPOL_KILL, 0)};
	static const int errors[] = {0, 0, 0, -EACCES, -EPERM};
	const struct abi *abi = &abi_family_find(AUDIT_ARCH_X86_64)->abis[0];
	int nr = abi->number[MPOL_SYS_SET_MEMPOLICY];
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(answers); i++) {
		struct mpol_rules rules = {.version = MPOL_RULES_VERSION};
		struct notify_decision decision;

		rules.answer[2] = answers[i];
		decision = decide(&rules, AUDIT_ARCH_X86_64, nr, 2);
		assert_int_equal(decision.error, errors[i]);
		assert_int_equal(decision.go_on, i < 2);
		assert_int_equal(decision.kill, i == 4);
		assert_true(decision.known);
		rules.flags = MPOL_RULES_AUDIT;
		assert_true(decide(&rules, AUDIT_ARCH_X86_64, nr, 2).go_on);
		rules.flags = 0;
		assert_true(decide(&rules, AUDIT_ARCH_X86_64, nr, 3).go_on);
	}
}

static void a_call_that_is_none_of_ours_does_not_go_on(void **state)
{
	struct mpol_rules rules = {.version = MPOL_RULES_VERSION};
	const struct abi_family *family = abi_family_find(AUDIT_ARCH_X86_64);
	size_t i;

	(void)state;
	assert_false(decide(&rules, AUDIT_ARCH_X86_64, 0, 0).go_on);
	assert_int_equal(decide(&rules, AUDIT_ARCH_X86_64, 0, 0).error, -ENOSYS);
	assert_false(decide(&rules, AUDIT_ARCH_S390X, 238, 0).go_on);
	for (i = 0; i < family->n; i++) {
		const struct abi *abi = &family->abis[i];
		int nr = abi->number[MPOL_SYS_MBIND];

		if (nr < 0)
			continue;
		nr |= (int)abi->number_bit;
		assert_int_equal(decide(&rules, abi->audit_arch, nr, 0).go_on, abi->decoded);
	}
}

/* What the static program says, as an answer; of what it lets through or only reports: to go on. */
static void check_answer(uint32_t action, const struct notify_decision *decision)
{
	bool allowed = action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;

	assert_int_equal(decision->go_on, allowed);
	assert_int_equal(decision->kill, action == SECCOMP_RET_KILL_PROCESS);
	if (!allowed && !decision->kill)
		assert_int_equal(decision->error, -(int)(action & SECCOMP_RET_DATA));
}

static void check_watched(const struct mpol_rules *rules, const struct abi_family *family)
{
	struct sock_filter plain[SECCOMP_PROGRAM_MAX], code[SECCOMP_PROGRAM_MAX];
	const struct seccomp_data *samples;
	struct notify_decision decision;
	struct seccomp_data data;
	size_t len, plain_len, i, s, n;
	uint32_t call, action;

	assert_int_equal(seccomp_compile(rules, family, plain, &plain_len), 0);
	assert_int_equal(logged_compile(rules, family, code, &len), 0);
	assert_int_equal(len, plain_len);
	if (!len)
		return;
	assert_null(bpf_invalid(code, len));
	for (i = 0; i < family->n; i++)
		for (call = 0; call < MPOL_SYS_COUNT; call++) {
			samples = space_samples(call, SPACE_FEW, &n);
			for (s = 0; family->abis[i].number[call] >= 0 && s < n; s++) {
				data = samples[s];
				data.arch = family->abis[i].audit_arch;
				data.nr = (int)((uint32_t)family->abis[i].number[call] |
						family->abis[i].number_bit);
				action = bpf_run(plain, len, &data);
				assert_int_equal(bpf_run(code, len, &data),
						 action == SECCOMP_RET_ALLOW
							 ? SECCOMP_RET_ALLOW
							 : SECCOMP_RET_USER_NOTIF);
				notify_decide_watched(rules, family, &data, &decision);
				check_answer(action, &decision);
			}
		}
	/* Other calls stay as free as they were. */
	assert_int_equal(bpf_allows_by_number(code, len, family->native, 39),
			 bpf_allows_by_number(plain, len, family->native, 39));
}

static void a_watched_layer_answers_as_a_static_one(void **state)
{
	static const uint16_t answers[] = {
		MPOL_ANSWER(MPOL_ALLOW, 0),      MPOL_ANSWER(MPOL_ALLOW, 0),
		MPOL_ANSWER(MPOL_AUDIT, 0),      MPOL_ANSWER(MPOL_IGNORE, 0),
		MPOL_ANSWER(MPOL_ERRNO, EACCES), MPOL_ANSWER(MPOL_KILL, 0)};
	struct mpol_rules rules = {.version = MPOL_RULES_VERSION};
	uint64_t sequence = 7;
	uint32_t rule, i;

	(void)state;
	for (i = 0; i < 200; i++) {
		for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
			rules.answer[rule] = answers[noise(&sequence) % ELEMENTSOF(answers)];
		rules.flags = i % 4 ? 0 : MPOL_RULES_AUDIT;
		check_watched(&rules, abi_family_find(archs[i % 2]));
	}
	/* Nothing but one audited call: another ABI's is let through, too. */
	memset(rules.answer, 0, sizeof(rules.answer));
	rules.answer[MPOL_RULE_MIGRATE] = MPOL_ANSWER(MPOL_AUDIT, 0);
	check_watched(&rules, abi_family_find(AUDIT_ARCH_X86_64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_handed_over_in_every_abi_and_listeners_refused),
		cmocka_unit_test(another_architecture_is_refused_whole),
		cmocka_unit_test(x86_has_seccomp_in_all_its_abis),
		cmocka_unit_test(each_kind_of_answer_is_given),
		cmocka_unit_test(a_call_that_is_none_of_ours_does_not_go_on),
		cmocka_unit_test(a_watched_layer_answers_as_a_static_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
