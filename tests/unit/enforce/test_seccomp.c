/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The enforcer's two steps: from a plan to a program, and onto the calling thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bpf_sim.h"
#include "enforce/enforcer.h"
#include "profile/load.h"

/* What becomes of nobind where seccomp holds @groups. */
static void prepare(uint32_t groups, bool audit, struct enforcement *ret)
{
	_cleanup_(cleanup_policy) struct policy *policy = NULL;
	struct profile_set set = {.n = 0};
	struct plan plan = {.n_rows = 0};
	struct fault fault = {.line = 0};

	assert_int_equal(profile_load("builtin:nobind", &set, &fault), 0);
	assert_int_equal(policy_build(set.profiles, set.n, &policy, &fault), 0);
	plan.policy = policy;
	plan.held[MECH_SECCOMP] = groups;
	ret->filter_len = SIZE_MAX;
	assert_int_equal(seccomp_enforcer.prepare(&plan, audit, ret, &fault), 0);
	profile_set_done(&set);
}

static uint32_t ask(const struct enforcement *enforcement, enum mpol_syscall call, uint64_t arg0,
		    uint64_t arg4)
{
	const struct abi *abi = &abi_family_native()->abis[0];
	struct seccomp_data data = {
		.nr = abi->number[call], .arch = abi->audit_arch, .args = {arg0, 0, 0, 0, arg4}};

	assert_null(bpf_invalid(enforcement->filter, enforcement->filter_len));
	return bpf_run(enforcement->filter, enforcement->filter_len, &data);
}

static void only_what_seccomp_holds_is_in_the_filter(void **state)
{
	struct enforcement enforcement;

	(void)state;
	prepare(GROUP_BIT(GROUP_MODES) | GROUP_BIT(GROUP_MOUNT), false, &enforcement);
	assert_int_equal(ask(&enforcement, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_BIND, 0),
			 SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(ask(&enforcement, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_INTERLEAVE, 0),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&enforcement, MPOL_SYS_MOUNT, 0, 1), SECCOMP_RET_ERRNO | EPERM);

	prepare(GROUP_BIT(GROUP_MODES), false, &enforcement);
	assert_int_equal(ask(&enforcement, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_BIND, 0),
			 SECCOMP_RET_ERRNO | EPERM);
	assert_int_equal(ask(&enforcement, MPOL_SYS_MOUNT, 0, 1), SECCOMP_RET_ALLOW);

	prepare(0, false, &enforcement);
	assert_int_equal(enforcement.filter_len, 0);
}

static bool is_seal(const struct seccomp_seal *seal, uint32_t action)
{
	size_t i;

	for (i = 0; i < SECCOMP_SEAL_PARTS; i++)
		if (action == (SECCOMP_RET_ERRNO | seal->part[i]))
			return true;
	return false;
}

static void audit_reports_and_refuses_nothing(void **state)
{
	struct enforcement enforcement;
	size_t i;

	(void)state;
	prepare(GROUP_BIT(GROUP_MODES) | GROUP_BIT(GROUP_MOUNT), true, &enforcement);
	assert_int_equal(ask(&enforcement, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_BIND, 0),
			 SECCOMP_RET_LOG);
	assert_int_equal(ask(&enforcement, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_INTERLEAVE, 0),
			 SECCOMP_RET_ALLOW);
	for (i = 0; i < enforcement.filter_len; i++)
		if (enforcement.filter[i].code == (BPF_RET | BPF_K) &&
		    !is_seal(&enforcement.seal, enforcement.filter[i].k))
			assert_true(enforcement.filter[i].k >= SECCOMP_RET_LOG);
}

enum {
	REFUSED = 10,
	NOT_REFUSED,
	CANNOT_TEST,
	NOT_ENTERED = 100 /* plus the errno */
};

/* A filter of somebody above us that gives one answer to one call, or to two. */
static int answer(uint32_t nr, uint32_t other, uint32_t err)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, other, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = ELEMENTSOF(code), .filter = code};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/*
 * An interleave that reaches the kernel fails there, at its bad pointer: the filter's allowed twin.
 */
static int bind_status(void)
{
	if (syscall(SYS_set_mempolicy, MPOL_ABI_MODE_INTERLEAVE, 1, 64) == 0 || errno != EFAULT)
		return CANNOT_TEST;
	if (syscall(SYS_set_mempolicy, MPOL_ABI_MODE_BIND, 1, 64) == 0)
		return CANNOT_TEST;
	return errno == EPERM ? REFUSED : NOT_REFUSED;
}

/*
 * What happens to bind in a child that enters below a filter that answers @err to these two calls.
 */
static int status_below(uint32_t nr, uint32_t other, uint32_t err)
{
	struct enforcement enforcement;
	int status, r;
	pid_t pid;

	prepare(GROUP_BIT(GROUP_MODES), false, &enforcement);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || answer(nr, other, err) < 0 ||
		    bind_status() != NOT_REFUSED)
			_exit(CANNOT_TEST);
		r = seccomp_enforcer.enter(&enforcement);
		if (r < 0)
			_exit(bind_status() == NOT_REFUSED ? NOT_ENTERED - r : CANNOT_TEST);
		_exit(bind_status());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void entering_refuses_bind(void **state)
{
	(void)state;
	assert_int_equal(status_below(UINT32_MAX, UINT32_MAX, EACCES), REFUSED);
}

static void a_filter_above_that_refuses_seccomp_does_not_stop_us(void **state)
{
	(void)state;
	assert_int_equal(status_below(SYS_seccomp, UINT32_MAX, EACCES), REFUSED);
}

static void entering_fails_aloud_where_both_ways_are_refused(void **state)
{
	(void)state;
	assert_int_equal(status_below(SYS_seccomp, SYS_prctl, EACCES), NOT_ENTERED + EACCES);
}

/* errno 0 is success to the caller: what `ignore` of a layer above would look like to us. */
static void a_false_success_of_a_filter_above_is_found_out(void **state)
{
	(void)state;
	assert_int_equal(status_below(SYS_seccomp, SYS_prctl, 0), NOT_ENTERED + EPROTO);
	assert_int_equal(status_below(SYS_seccomp, UINT32_MAX, 0), NOT_ENTERED + EPROTO);
}

static void the_seal_answers_its_own_call_and_no_other(void **state)
{
	const struct abi_family *family = abi_family_native();
	const struct mpol_rules rules = {
		.version = MPOL_RULES_VERSION,
		.answer = {[MPOL_RULE_MODE + MPOL_ABI_MODE_BIND] = MPOL_ANSWER(MPOL_ERRNO, EPERM)}};
	const struct seccomp_seal seal = {{1234, 1, 4095, 7}};
	struct sock_filter sealed[SECCOMP_PROGRAM_MAX], plain[SECCOMP_PROGRAM_MAX];
	size_t sealed_len, plain_len, i;
	int nr;

	(void)state;
	assert_int_equal(seccomp_compile(&rules, family, plain, &plain_len), 0);
	assert_int_equal(seccomp_compile_sealed(&rules, &seal, sealed, &sealed_len), 0);
	assert_null(bpf_invalid(sealed, sealed_len));
	for (i = 0; i < family->n; i++)
		for (nr = 0; nr < 1024; nr++) {
			struct seccomp_data data = {.nr = nr | (int)family->abis[i].number_bit,
						    .arch = family->abis[i].audit_arch,
						    .args = {SECCOMP_SEAL_OP + nr % 4}};
			bool own = data.arch == abi_native()->audit_arch && data.nr == SYS_seccomp;

			assert_int_equal(bpf_run(sealed, sealed_len, &data),
					 own ? SECCOMP_RET_ERRNO | seal.part[nr % 4]
					     : bpf_run(plain, plain_len, &data));
			data.args[0] = MPOL_ABI_MODE_BIND;
			assert_int_equal(bpf_run(sealed, sealed_len, &data),
					 bpf_run(plain, plain_len, &data));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_seccomp_holds_is_in_the_filter),
		cmocka_unit_test(audit_reports_and_refuses_nothing),
		cmocka_unit_test(entering_refuses_bind),
		cmocka_unit_test(a_filter_above_that_refuses_seccomp_does_not_stop_us),
		cmocka_unit_test(entering_fails_aloud_where_both_ways_are_refused),
		cmocka_unit_test(a_false_success_of_a_filter_above_is_found_out),
		cmocka_unit_test(the_seal_answers_its_own_call_and_no_other),
	};

	return cmocka_run_group_tests_name("seccomp", tests, NULL, NULL);
}
