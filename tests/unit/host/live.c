/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The probe on the real kernel: bare, and below filters such as containers and units install. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/host.h"
#include "under_filter.h"

#define NOBODY 65534

static struct host *found; /* shared with the child that probes */

/* Probe in a child of its own, after @enter (if any) put it where it shall be. */
static void probe(void (*enter)(void), uint32_t ask)
{
	int status;
	pid_t pid;

	fflush(NULL);
	memset(found, 0xff, sizeof(*found));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (enter)
			enter();
		host_probe(ask, found);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the probing process ended with status %#x", (unsigned int)status);
}

/* For what must work in the child: its parent sees the status. */
static void must(bool works)
{
	if (!works)
		_exit(99);
}

static const int numa_calls[] = {
	SYS_mbind,         SYS_set_mempolicy, 450 /* set_mempolicy_home_node */,
	SYS_get_mempolicy, SYS_migrate_pages, SYS_move_pages,
};

static bool of_numa(size_t call)
{
	return call != MPOL_SYS_MOUNT && call != MPOL_SYS_FSCONFIG;
}

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

static void expect_blocked(int answer)
{
	size_t i;

	for (i = 0; i < MPOL_SYS_COUNT; i++) {
		assert_true(found->call[i].tried);
		assert_int_equal(found->call[i].blocked, of_numa(i) ? answer : 0);
		assert_false(found->call[i].absent);
	}
	assert_int_equal(found->move_query.blocked, answer);
	assert_true(found->bind_tried);
	assert_int_equal(found->bind, answer);
	assert_int_equal(found->carries_unknown, answer);
	assert_false(found->carries);
	assert_true(found->filtered);
	assert_true(found->mechanism[MECH_SECCOMP].ready);
}

#define UNDER(name, action)                                                          \
	static void name(void)                                                       \
	{                                                                            \
		must(filter_calls(action, numa_calls, ELEMENTSOF(numa_calls)) == 0); \
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

static void interleaved(void)
{
	unsigned long node = 1;

	must(syscall(SYS_set_mempolicy, MPOL_ABI_MODE_INTERLEAVE, &node, 64) == 0);
}

static void interleaved_under_allow(void)
{
	interleaved();
	under_allow();
}

static void a_carried_policy_is_seen(void **state)
{
	(void)state;
	probe(interleaved, ASK_CARRIED);
	assert_true(found->carries);
	assert_int_equal(found->carried.mode, MPOL_ABI_MODE_INTERLEAVE);
	assert_int_equal(found->carried.nodes[0], 1);
	/* Now a child is asked instead of us. */
	probe(interleaved_under_allow, ASK_CARRIED);
	assert_true(found->carries);
	assert_int_equal(found->carried.mode, MPOL_ABI_MODE_INTERLEAVE);
	assert_int_equal(found->carried.nodes[0], 1);
	probe(NULL, ASK_CARRIED);
	assert_false(found->carries);
}

static void new_mounts(void)
{
	must(unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) == 0);
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

static void a_tmpfs_with_a_policy(void)
{
	new_mounts();
	must(mount("x", "/tmp", "tmpfs", 0, "mpol=interleave:0") == 0);
}

static void a_tmpfs_without(void)
{
	new_mounts();
	must(mount("x", "/tmp", "tmpfs", 0, "size=4k") == 0);
}

static void a_mounted_policy_is_seen(void **state)
{
	(void)state;
	probe(a_tmpfs_with_a_policy, ASK_MOUNTS);
	assert_int_equal(found->n_mpol_mounts, 1);
	assert_string_equal(found->mpol_mount[0].point, "/tmp");
	assert_int_equal(found->mpol_mount[0].policy.mode, MPOL_ABI_MODE_INTERLEAVE);
	assert_int_equal(found->mpol_mount[0].policy.nodes[0], 1);
	probe(a_tmpfs_without, ASK_MOUNTS);
	assert_int_equal(found->n_mpol_mounts, 0);
	assert_false(found->mounts_unseen);
}

static void as_nobody(void)
{
	if (geteuid() != 0)
		return;
	must(syscall(SYS_setgroups, 0, NULL) == 0); /* <grp.h> has a struct group */
	must(setresgid(NOBODY, NOBODY, NOBODY) == 0);
	must(setresuid(NOBODY, NOBODY, NOBODY) == 0);
}

static void an_ordinary_user_finds_out_the_same(void **state)
{
	size_t i;

	(void)state;
	probe(as_nobody, ASK_ALL);
	assert_int_not_equal(found->uid, 0);
	assert_int_equal(found->capabilities, 0);
	assert_int_equal(found->bind, 0);
	assert_true(found->mechanism[MECH_SECCOMP].ready);
	assert_true(found->features & HOST_LISTENER_FREE);
	for (i = 0; i < MPOL_SYS_COUNT; i++)
		assert_int_equal(found->call[i].blocked, 0);
	if (geteuid() == 0)
		assert_string_equal(found->cpuset_writable, "");
}

/* Every cgroup file system becomes read-only, as container runtimes mount it. */
static void below_read_only_cgroups(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/mountinfo", "re");
	char point[256], type[64], *line = NULL;
	size_t size = 0;

	must(f != NULL);
	new_mounts();
	while (getline(&line, &size, f) > 0) {
		const char *dash = strstr(line, " - ");

		must(dash && sscanf(line, "%*s %*s %*s %*s %255s", point) == 1 &&
		     sscanf(dash, " - %63s", type) == 1);
		if (strncmp(type, "cgroup", 6) == 0)
			must(mount(NULL, point, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0);
	}
	free(line);
}

static void below_read_only_cgroups_and_no_namespaces(void)
{
	static const int calls[] = {SYS_unshare};

	below_read_only_cgroups();
	must(filter_calls(SECCOMP_RET_ERRNO | EPERM, calls, 1) == 0);
}

/* Root owns its cgroup, and can mount it anew: a read-only mount alone protects nothing. */
static void a_read_only_mount_is_not_taken_for_protection(void **state)
{
	(void)state;
	probe(below_read_only_cgroups, ASK_CPUSET);
	if (geteuid() == 0)
		assert_non_null(strstr(found->cpuset_writable, "in a new mount of cgroup"));
	else
		assert_string_equal(found->cpuset_writable, "");
	probe(below_read_only_cgroups_and_no_namespaces, ASK_CPUSET);
	assert_string_equal(found->cpuset_writable, "");
}

static void in_an_empty_root(void)
{
	char folder[] = "/tmp/mpolrun-empty-XXXXXX";

	must(mkdtemp(folder) != NULL);
	must(geteuid() == 0 || unshare(CLONE_NEWUSER) == 0);
	must(chroot(folder) == 0 && chdir("/") == 0 && rmdir("/") < 0);
}

static int remove_empty_roots(void **state)
{
	(void)state;
	return system("rmdir /tmp/mpolrun-empty-??????") == 0 ? 0 : -EIO;
}

static void an_empty_root_is_no_error(void **state)
{
	(void)state;
	probe(in_an_empty_root, ASK_ALL);
	assert_true(found->mounts_unseen);
	assert_int_equal(found->n_mpol_mounts, 0);
	assert_string_equal(found->cpuset_writable, "");
	assert_string_equal(found->preempt, "unknown");
	assert_int_equal(found->bind, 0);
	assert_true(found->numa);
	assert_true(found->nodes_allowed[0] != 0);
	assert_true(found->mechanism[MECH_SECCOMP].ready);
	assert_false(found->mechanism[MECH_LSM].ready);
	assert_non_null(strstr(found->mechanism[MECH_LSM].why, "cannot tell"));
	assert_int_equal(found->features_unknown, HOST_KERNEL_FEATURES);
	assert_int_equal(found->features & HOST_KERNEL_FEATURES, 0);
}

static void in_an_empty_root_under_enosys(void)
{
	in_an_empty_root();
	under_enosys();
}

/* Nothing there tells whether the kernel has NUMA: then a filter's answer stays a filter's. */
static void an_empty_root_does_not_hide_a_filter(void **state)
{
	(void)state;
	probe(in_an_empty_root_under_enosys, ASK_ALL);
	expect_blocked(ENOSYS);
}

static void without_standard_files(void)
{
	close(0);
	close(1);
	close(2);
}

static void closed_standard_files_do_no_harm(void **state)
{
	(void)state;
	probe(without_standard_files, ASK_ALL);
	assert_int_equal(found->bind, 0);
	assert_false(found->mounts_unseen);
	assert_true(found->mechanism[MECH_SECCOMP].ready);
}

static void without_sigchld(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN, .sa_flags = SA_NOCLDWAIT};

	must(sigaction(SIGCHLD, &ignore, NULL) == 0);
}

static void with_signals_blocked(void)
{
	sigset_t all;

	sigfillset(&all);
	must(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
	under_trap();
}

static void signals_that_are_ignored_or_blocked_do_no_harm(void **state)
{
	(void)state;
	probe(without_sigchld, ASK_ALL);
	assert_int_equal(found->bind, 0);
	probe(with_signals_blocked, ASK_ALL);
	expect_blocked(HOST_KILLED);
}

static size_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	must(dir != NULL);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void probing_leaves_no_trace(void **state)
{
	static sigset_t child, pending;
	size_t before = open_files();
	int mode = -1;

	(void)state;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	host_probe(ASK_ALL, found);
	sigpending(&pending);
	sigprocmask(SIG_UNBLOCK, &child, NULL);

	assert_int_equal(found->bind, 0);
	assert_false(sigismember(&pending, SIGCHLD));
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(open_files(), before);
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_GET_SECCOMP, 0, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
	assert_int_equal(alarm(0), 0);
	assert_int_equal(syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0), 0);
	assert_int_equal(mode, MPOL_ABI_MODE_DEFAULT);
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
		cmocka_unit_test(a_carried_policy_is_seen),
		cmocka_unit_test(a_mounted_policy_is_seen),
		cmocka_unit_test(an_ordinary_user_finds_out_the_same),
		cmocka_unit_test(a_read_only_mount_is_not_taken_for_protection),
		cmocka_unit_test_teardown(an_empty_root_is_no_error, remove_empty_roots),
		cmocka_unit_test_teardown(an_empty_root_does_not_hide_a_filter, remove_empty_roots),
		cmocka_unit_test(closed_standard_files_do_no_harm),
		cmocka_unit_test(signals_that_are_ignored_or_blocked_do_no_harm),
		cmocka_unit_test(probing_leaves_no_trace),
	};

	found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (found == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
