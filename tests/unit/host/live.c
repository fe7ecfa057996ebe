/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The probe bare, and below filters such as containers and units install. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe.h"

static void bare_every_call_reaches_the_kernel(void **state)
{
	size_t i;

	(void)state;
	probe(NULL, ASK_ALL);
	for (i = 0; i < MPOL_SYS_COUNT; i++) {
		assert_true(found->call[i].tried);
		assert_int_equal(found->call[i].blocked, 0);
		assert_false(found->call[i].absent);
	}
	assert_true(found->move_query.tried);
	assert_int_equal(found->move_query.blocked, 0);
	assert_true(found->bind_tried);
	assert_int_equal(found->bind, 0);
	assert_true(found->numa);
	assert_true(found->nodes[0] & found->nodes_allowed[0]);
	assert_true(found->mechanism[MECH_SECCOMP].ready);
	assert_true(found->mechanism[MECH_LAUNCHER].ready);
	assert_true(found->features & HOST_ACTION_LOG);
	assert_true(found->features & HOST_ACTION_KILL_PROCESS);
	assert_true(found->features & HOST_LISTENER_FREE);
	assert_false(found->filtered);
	assert_false(found->mounts_unseen);
	assert_int_equal(found->carries_unknown, 0);
	assert_false(found->carries);
	assert_int_equal(found->uid, geteuid());
}

/* This release loads no programs, so these are never to be had, and say why. */
static void what_is_not_built_is_not_ready(void **state)
{
	(void)state;
	probe(NULL, ASK_ALL);
	assert_false(found->features & HOST_RESIDENT);
	assert_false(found->resident.ready);
	assert_true(found->resident.why[0] != '\0');
	assert_false(found->mechanism[MECH_LSM].ready);
	assert_true(found->mechanism[MECH_LSM].why[0] != '\0');
	assert_false(found->mechanism[MECH_FMOD_RET].ready);
	assert_true(found->mechanism[MECH_FMOD_RET].why[0] != '\0');
}

static void a_listener_is_to_be_had_unless_there_is_one(void **state)
{
	(void)state;
	probe(NULL, ASK_MECHANISMS | ASK_LISTENER);
	assert_true(found->mechanism[MECH_NOTIFY].ready);
	assert_true(found->features & HOST_LISTENER_FREE);
	probe(NULL, ASK_MECHANISMS);
	assert_false(found->features & HOST_LISTENER_FREE);
}

UNDER(under_eperm, SECCOMP_RET_ERRNO | EPERM)
UNDER(under_enosys, SECCOMP_RET_ERRNO | ENOSYS)
UNDER(under_kill_process, SECCOMP_RET_KILL_PROCESS)
UNDER(under_kill_thread, SECCOMP_RET_KILL_THREAD)
UNDER(under_trap, SECCOMP_RET_TRAP)
UNDER(under_allow, SECCOMP_RET_ALLOW)

static void a_container_s_eperm_is_told_from_the_kernel_s_answer(void **state)
{
	(void)state;
	probe(under_eperm, ASK_ALL);
	expect_blocked(EPERM);
}

/* The kernel that the tests run on has all these calls: ENOSYS can only come from the filter. */
static void a_filter_s_enosys_is_not_taken_for_an_old_kernel(void **state)
{
	(void)state;
	probe(under_enosys, ASK_ALL);
	expect_blocked(ENOSYS);
}

static void a_filter_that_kills_kills_only_a_child(void **state)
{
	(void)state;
	probe(under_kill_process, ASK_ALL);
	expect_blocked(HOST_KILLED);
	probe(under_kill_thread, ASK_ALL);
	expect_blocked(HOST_KILLED);
	probe(under_trap, ASK_ALL);
	expect_blocked(HOST_KILLED);
}

static void a_filter_that_allows_blocks_nothing(void **state)
{
	size_t i;

	(void)state;
	probe(under_allow, ASK_ALL);
	assert_true(found->filtered);
	assert_int_equal(found->bind, 0);
	assert_int_equal(found->carries_unknown, 0);
	for (i = 0; i < MPOL_SYS_COUNT; i++)
		assert_int_equal(found->call[i].blocked, 0);
}

static void under_false_success(void)
{
	static const int calls[] = {SYS_mbind, SYS_set_mempolicy};

	must(filter_calls(SECCOMP_RET_ERRNO | 0, calls, ELEMENTSOF(calls)) == 0);
}

static void a_false_success_is_not_a_bind(void **state)
{
	(void)state;
	probe(under_false_success, ASK_ALL);
	assert_int_equal(found->bind, HOST_IGNORED);
	assert_int_equal(found->call[MPOL_SYS_MBIND].blocked, HOST_IGNORED);
	assert_int_equal(found->call[MPOL_SYS_SET_MEMPOLICY].blocked, HOST_IGNORED);
	assert_int_equal(found->call[MPOL_SYS_GET_MEMPOLICY].blocked, 0);
}

static void under_one_call(void)
{
	static const int calls[] = {SYS_set_mempolicy};

	must(filter_calls(SECCOMP_RET_ERRNO | EPERM, calls, 1) == 0);
}

static void one_call_left_open_is_enough_to_bind(void **state)
{
	(void)state;
	probe(under_one_call, ASK_ALL);
	assert_int_equal(found->call[MPOL_SYS_SET_MEMPOLICY].blocked, EPERM);
	assert_int_equal(found->call[MPOL_SYS_MBIND].blocked, 0);
	assert_int_equal(found->bind, 0);
}

/* As SystemCallFilter= of a unit: a short list, and a kill for everything else. */
static void under_short_list(void)
{
	static const int calls[] = {
		SYS_read,         SYS_write,          SYS_openat,  SYS_close,    SYS_fstat,
		SYS_newfstatat,   SYS_mmap,           SYS_munmap,  SYS_mprotect, SYS_brk,
		SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_clone,   SYS_wait4,    SYS_exit_group,
		SYS_prctl,        SYS_uname,          SYS_geteuid, SYS_getuid,   SYS_getegid,
		SYS_getgid,       SYS_faccessat,      SYS_capget,  SYS_lseek,
#ifdef SYS_alarm
		SYS_alarm,        SYS_access,
#else
		SYS_setitimer,
#endif
	};

	must(filter_all_but(SECCOMP_RET_KILL_PROCESS, calls, ELEMENTSOF(calls)) == 0);
}

static void a_filter_with_a_short_list_is_survived(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip(); /* its runtime makes calls that are not on the list */
#endif
	probe(under_short_list, ASK_ALL);
	assert_false(found->mechanism[MECH_SECCOMP].ready);
	assert_non_null(strstr(found->mechanism[MECH_SECCOMP].why, "a kill"));
	assert_true(found->mechanism[MECH_SECCOMP].fix[0] != '\0');
	assert_false(found->features & HOST_LISTENER_FREE);
	assert_int_equal(found->bind, HOST_KILLED);
	assert_int_equal(found->call[MPOL_SYS_MOUNT].blocked, HOST_KILLED);
	assert_int_equal(found->call[MPOL_SYS_FSCONFIG].blocked, HOST_KILLED);
}

static void under_a_listener(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {1, &allow};

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		     &program) >= 0);
}

static void a_listener_above_is_noticed(void **state)
{
	(void)state;
	probe(under_a_listener, ASK_TRIALS);
	assert_false(found->features & HOST_LISTENER_FREE);
	assert_true(found->no_new_privs);
	probe(under_allow, ASK_TRIALS);
	assert_true(found->features & HOST_LISTENER_FREE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bare_every_call_reaches_the_kernel),
		cmocka_unit_test(what_is_not_built_is_not_ready),
		cmocka_unit_test(a_listener_is_to_be_had_unless_there_is_one),
		cmocka_unit_test(a_container_s_eperm_is_told_from_the_kernel_s_answer),
		cmocka_unit_test(a_filter_s_enosys_is_not_taken_for_an_old_kernel),
		cmocka_unit_test(a_filter_that_kills_kills_only_a_child),
		cmocka_unit_test(a_filter_that_allows_blocks_nothing),
		cmocka_unit_test(a_false_success_is_not_a_bind),
		cmocka_unit_test(one_call_left_open_is_enough_to_bind),
		cmocka_unit_test(a_filter_with_a_short_list_is_survived),
		cmocka_unit_test(a_listener_above_is_noticed),
	};

	return cmocka_run_group_tests(tests, probe_tests_begin, NULL);
}
