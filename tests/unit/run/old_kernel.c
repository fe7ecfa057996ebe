/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a launch looks at where the kernel lacks newer calls, or where /proc is not there: the same
 * is found, by other ways. The calls are refused by the linker's --wrap; the mounts are made in a
 * namespace of the test's own, which not every machine allows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "profile/load.h"
#include "run/fds.h"

static long missing = -1; /* this call is not there */

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
	long arg[6];
	va_list list;
	int i;

	if (number == missing) {
		errno = ENOSYS;
		return -1;
	}
	va_start(list, number);
	for (i = 0; i < 6; i++)
		arg[i] = va_arg(list, long);
	va_end(list);
	return __real_syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

static int teardown(void **state)
{
	(void)state;
	missing = -1;
	return 0;
}

/*
 * Run @f in a mount namespace where a new tmpfs covers @path; its answer. 77: nobody may mount.
 */
static int where_covered(const char *path, int (*f)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) < 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("none", path, "tmpfs", 0, NULL) < 0)
			exit(77);
		exit(f());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	return WEXITSTATUS(status);
}

static void without_openat2_the_kernels_own_files_are_read(void **state)
{
	char text[6] = "";
	int fd;

	(void)state;
	missing = SYS_openat2;
	fd = proc_open_self("status", O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, 5), 5);
	assert_string_equal(text, "Name:");
	close(fd);
	assert_int_equal(proc_open_self("there-is-no-such-file", O_RDONLY), -ENOENT);
}

/* 0: the covered folder is noticed, and the one beside it is opened. */
static int covered_is_noticed(void)
{
	int fd = proc_open_self("fdinfo", O_RDONLY | O_DIRECTORY);

	return fd >= 0 && proc_open_self("attr", O_RDONLY | O_DIRECTORY) == -EXDEV ? 0 : 1;
}

static void what_is_mounted_over_it_is_not_taken_for_it(void **state)
{
	(void)state;
	assert_int_equal(where_covered("/proc/self/attr", covered_is_noticed), 0);
	missing = SYS_openat2;
	assert_int_equal(where_covered("/proc/self/attr", covered_is_noticed), 0);
}

static struct policy *nobind(void)
{
	_cleanup_(profile_set_done) struct profile_set set = {.n = 0};
	struct policy *policy = NULL;
	struct fault fault = {.line = 0};

	if (profile_load("builtin:nobind", &set, &fault) < 0 ||
	    policy_build(set.profiles, set.n, &policy, &fault) < 0)
		fail_msg("%s", fault.what);
	return policy;
}

/* A memfd that execve(2) keeps, with a page that is bound if @bound. */
static int memfd(bool bound)
{
	unsigned long node = 1;
	int fd = memfd_create("test", 0);
	char *map;

	if (fd < 0 || ftruncate(fd, 4096) < 0)
		return -1;
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED ||
	    (bound && syscall(SYS_mbind, map, 4096L, (long)MPOL_BIND, &node, 64L, 0L) < 0))
		return -1;
	munmap(map, 4096);
	return fd;
}

static int look(struct fds_report *report)
{
	_cleanup_(cleanup_policy) struct policy *policy = nobind();
	struct fault fault = {.line = 0};

	return fds_look(policy, report, &fault);
}

/* 0: both files are looked at, though nothing lists them. */
static int found_by_number(void)
{
	_cleanup_(fds_report_done) struct fds_report report = {.gap = NULL};
	int unbound = memfd(false), bound;

	if (unbound < 0 || look(&report) != 0)
		return 1;
	bound = memfd(true);
	return bound >= 0 && look(&report) == -EPERM ? 0 : 2;
}

static void without_proc_a_bound_file_is_found_and_its_twin_passes(void **state)
{
	(void)state;
	assert_int_equal(where_covered("/proc", found_by_number), 0);
}

/* 0: what cannot be told is closed, and an ordinary file is not. */
static int unknown_is_closed(void)
{
	_cleanup_(fds_report_done) struct fds_report report = {.gap = NULL};
	int pipes[2], end = syscall(SYS_eventfd2, 0L, 0L);

	if (end < 0 || pipe(pipes) < 0 || look(&report) != 0 || report.n_dangerous != 1)
		return 1;
	if (report.dangerous[0].fd != end ||
	    strcmp(report.dangerous[0].what, "anonymous file") != 0)
		return 2;
	if (fds_close(&report) < 0)
		return 3;
	return fcntl(end, F_GETFD) == FD_CLOEXEC && fcntl(pipes[0], F_GETFD) == 0 ? 0 : 4;
}

static void without_proc_a_file_of_no_known_kind_is_closed(void **state)
{
	(void)state;
	assert_int_equal(where_covered("/proc", unknown_is_closed), 0);
}

static void without_close_range_what_came_later_is_closed_too(void **state)
{
	_cleanup_(fds_report_done) struct fds_report report = {.gap = NULL};
	int first = memfd(false), later;

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(look(&report), 0);
	later = fcntl(first, F_DUPFD, 40);
	assert_true(later >= 40);
	missing = SYS_close_range;
	assert_int_equal(fds_close(&report), 0);
	assert_int_equal(fcntl(later, F_GETFD), FD_CLOEXEC);
	/* It was looked at, and stays. */
	assert_int_equal(fcntl(first, F_GETFD), 0);
	close(later);
	close(first);
}

static void more_dangerous_files_than_there_is_room_for_are_refused(void **state)
{
	_cleanup_(fds_report_done) struct fds_report report = {.gap = NULL};
	struct io_uring_params params = {0};
	int ring = (int)syscall(SYS_io_uring_setup, 1L, &params), fd = -1, i;

	(void)state;
	if (ring < 0)
		skip();
	for (i = 0; i < FDS_DANGEROUS_MAX; i++) {
		fd = fcntl(ring, F_DUPFD, 100);
		assert_true(fd >= 0);
	}
	/* One of them is not passed on: as many as there is room for. */
	assert_int_equal(fcntl(ring, F_SETFD, FD_CLOEXEC), 0);
	assert_int_equal(look(&report), 0);
	assert_int_equal(report.n_dangerous, FDS_DANGEROUS_MAX);
	fds_report_done(&report);
	assert_int_equal(fcntl(ring, F_SETFD, 0), 0);
	assert_int_equal(look(&report), -EMFILE);
	close_range(100, (unsigned int)fd, 0);
	close(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(without_openat2_the_kernels_own_files_are_read, teardown),
		cmocka_unit_test_teardown(what_is_mounted_over_it_is_not_taken_for_it, teardown),
		cmocka_unit_test(without_proc_a_bound_file_is_found_and_its_twin_passes),
		cmocka_unit_test(without_proc_a_file_of_no_known_kind_is_closed),
		cmocka_unit_test_teardown(without_close_range_what_came_later_is_closed_too,
					  teardown),
		cmocka_unit_test(more_dangerous_files_than_there_is_room_for_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
