/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The probe where mounts, users, files or signals are not what they usually are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe.h"

#define NOBODY 65534

UNDER(under_allow, SECCOMP_RET_ALLOW)
UNDER(under_trap, SECCOMP_RET_TRAP)
UNDER(under_enosys, SECCOMP_RET_ERRNO | ENOSYS)

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

static void below_read_only_cgroups_and_no_children(void)
{
	static const int calls[] = {SYS_clone};

	below_read_only_cgroups();
	must(filter_calls(SECCOMP_RET_ERRNO | EAGAIN, calls, 1) == 0);
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
	/* Nor is it where that could not be tried. */
	probe(below_read_only_cgroups_and_no_children, ASK_CPUSET);
	if (geteuid() == 0)
		assert_non_null(strstr(found->cpuset_writable, "for all that is known"));
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

	return cmocka_run_group_tests(tests, probe_tests_begin, NULL);
}
