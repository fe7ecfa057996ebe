/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of a launch that look before anything is changed. Needs a kernel with NUMA (one node
 * will do).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "profile/load.h"
#include "run/caps.h"
#include "run/elsewhere.h"
#include "run/fds.h"
#include "run/pages.h"
#include "run/start.h"

static struct policy *policy_of(const char *what)
{
	_cleanup_(profile_set_done) struct profile_set set = {.n = 0};
	struct policy *policy = NULL;
	struct fault fault = {.line = 0};

	if (profile_load(what, &set, &fault) < 0 ||
	    policy_build(set.profiles, set.n, &policy, &fault) < 0)
		fail_msg("%s: %s", what, fault.what);
	return policy;
}

/*
 * A memfd of @pages pages of which those from @from on have a policy; inherited, as bash leaves it.
 */
static int memfd_with(size_t pages, size_t from, int mode)
{
	const size_t size = 4096;
	unsigned long node = 1;
	int fd = memfd_create("test", 0);
	char *map;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)(pages * size)), 0);
	map = mmap(NULL, pages * size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(syscall(SYS_mbind, map + from * size, (pages - from) * size, mode,
				 mode == MPOL_DEFAULT ? NULL : &node, mode == MPOL_DEFAULT ? 0 : 64,
				 0),
			 0);
	munmap(map, pages * size);
	return fd;
}

static int look(const struct policy *policy, struct fds_report *report, struct fault *fault)
{
	memset(fault, 0, sizeof(*fault));
	fds_report_done(report);
	return fds_look(policy, report, fault);
}

static void a_bound_file_stops_the_launch_and_its_twin_does_not(void **state)
{
	_cleanup_(cleanup_policy) struct policy *nobind = policy_of("builtin:nobind");
	_cleanup_(cleanup_policy) struct policy *mounts = policy_of("{mempolicy: {mount: deny}}");
	_cleanup_(fds_report_done) struct fds_report report = {.gap = NULL};
	struct fault fault;
	int fd;

	(void)state;
	fd = memfd_with(4, 0, MPOL_BIND);
	assert_int_equal(look(nobind, &report, &fault), -EPERM);
	assert_non_null(strstr(fault.what, "bind"));
	assert_int_equal(look(mounts, &report, &fault), 0);
	close(fd);

	fd = memfd_with(4, 0, MPOL_INTERLEAVE);
	assert_int_equal(look(nobind, &report, &fault), 0);
	close(fd);
	fd = memfd_with(4, 0, MPOL_DEFAULT);
	assert_int_equal(look(nobind, &report, &fault), 0);
	close(fd);
}

static void one_bound_page_anywhere_is_found(void **state)
{
	_cleanup_(cleanup_policy) struct policy *nobind = policy_of("builtin:nobind");
	_cleanup_(fds_report_done) struct fds_report report = {.gap = NULL};
	struct fault fault;
	int fd = memfd_with(20000, 12345, MPOL_BIND);

	(void)state;
	assert_int_equal(look(nobind, &report, &fault), -EPERM);
	/* A range behind the end waits for the file to grow. */
	assert_int_equal(ftruncate(fd, 12345 * 4096), 0);
	assert_int_equal(look(nobind, &report, &fault), -EPERM);
	close(fd);
}

static void a_file_is_looked_at_however_it_is_open(void **state)
{
	static const int modes[] = {O_PATH, O_WRONLY, O_RDONLY};
	_cleanup_(cleanup_policy) struct policy *nobind = policy_of("builtin:nobind");
	_cleanup_(fds_report_done) struct fds_report report = {.gap = NULL};
	struct fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(modes); i++) {
		int fd = memfd_with(4, 2, MPOL_BIND), other;
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		other = open(path, modes[i]);
		assert_true(other >= 0);
		close(fd);
		assert_int_equal(look(nobind, &report, &fault), -EPERM);
		close(other);
		assert_int_equal(look(nobind, &report, &fault), 0);
	}
}

static void what_execve_closes_is_nobodys_business(void **state)
{
	_cleanup_(cleanup_policy) struct policy *nobind = policy_of("builtin:nobind");
	_cleanup_(fds_report_done) struct fds_report report = {.gap = NULL};
	struct fault fault;
	int fd = memfd_with(4, 0, MPOL_BIND);

	(void)state;
	assert_int_equal(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
	assert_int_equal(look(nobind, &report, &fault), 0);
	close(fd);
}

static bool reported(const struct fds_report *report, int fd, const char *what)
{
	size_t i;

	for (i = 0; i < report->n_dangerous; i++)
		if (report->dangerous[i].fd == fd)
			return strcmp(report->dangerous[i].what, what) == 0;
	return false;
}

static void rights_to_undo_the_layer_are_told_from_ordinary_files(void **state)
{
	_cleanup_(cleanup_policy) struct policy *nobind = policy_of("builtin:nobind");
	struct io_uring_params params = {.flags = 0};
	_cleanup_(fds_report_done) struct fds_report report = {.gap = NULL};
	struct fault fault;
	int ring, pipes[2], cgroup;

	(void)state;
	ring = (int)syscall(SYS_io_uring_setup, 1, &params);
	cgroup = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY);
	assert_int_equal(pipe(pipes), 0);
	if (ring >= 0)
		assert_int_equal(fcntl(ring, F_SETFD, 0), 0);
	assert_int_equal(look(nobind, &report, &fault), 0);
	if (ring >= 0)
		assert_true(reported(&report, ring, "io_uring"));
	assert_false(reported(&report, pipes[0], "io_uring"));
	assert_int_equal(fds_close(&report), 0);
	if (ring >= 0)
		assert_int_equal(fcntl(ring, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(pipes[0], F_GETFD), 0);
	assert_int_equal(look(nobind, &report, &fault), 0);
	assert_false(reported(&report, ring, "io_uring"));
	close(ring);
	close(cgroup);
	close(pipes[0]);
	close(pipes[1]);
}

static void capabilities_are_kept_by_name_only(void **state)
{
	static const char *const good[] = {"sys_admin", "CAP_SYS_ADMIN", "cap_sys_admin"};
	struct fault fault = {.line = 0};
	uint64_t all = 0, drop = 0;
	char text[128];
	size_t i;

	(void)state;
	assert_int_equal(caps_to_drop(NULL, &all, &fault), 0);
	assert_string_equal(
		caps_text(all, text, sizeof(text)),
		"sys_admin bpf perfmon sys_module sys_rawio sys_boot sys_ptrace mac_admin mknod");
	for (i = 0; i < ELEMENTSOF(good); i++) {
		assert_int_equal(caps_to_drop(good[i], &drop, &fault), 0);
		assert_true(drop == (all & ~(UINT64_C(1) << CAP_SYS_ADMIN)));
	}
	assert_int_equal(caps_to_drop("mknod,bpf", &drop, &fault), 0);
	assert_int_equal(__builtin_popcountll(all ^ drop), 2);
	assert_int_equal(caps_to_drop("sys_admn", &drop, &fault), -EINVAL);
	assert_non_null(strstr(fault.hint, "sys_admin"));
	assert_int_equal(caps_to_drop("chown", &drop, &fault), -EINVAL);
	assert_true(caps_spare_nnp(UINT64_C(1) << CAP_SYS_ADMIN | UINT64_C(1) << CAP_SETPCAP));
	assert_false(caps_spare_nnp(UINT64_C(1) << CAP_SYS_ADMIN));
	assert_false(caps_spare_nnp(UINT64_C(1) << CAP_SETPCAP));
}

#define WARNING(no_new_privs, ...) elsewhere_warning((char *[]){__VA_ARGS__, NULL}, no_new_privs)

static void who_works_elsewhere_is_warned_of(void **state)
{
	(void)state;
	assert_non_null(strstr(WARNING(true, "docker"), "entrypoint"));
	assert_non_null(strstr(WARNING(false, "/usr/bin/systemd-run"), "systemd"));
	assert_non_null(strstr(WARNING(false, "systemd-run", "--", "x", "--scope"), "systemd"));
	assert_null(WARNING(false, "systemd-run", "--user", "--scope", "-p", "CPUQuota=9%", "x"));
	assert_non_null(strstr(WARNING(true, "docker", "--scope"), "entrypoint"));
	assert_non_null(strstr(WARNING(true, "sudo"), "no_new_privs"));
	assert_null(WARNING(false, "sudo"));
	assert_null(WARNING(true, "dockerd"));
	assert_null(WARNING(true, ""));
	assert_null(WARNING(true, "/"));
}

static void an_inherited_policy_is_refused_only_where_there_is_one(void **state)
{
	_cleanup_(cleanup_policy) struct policy *refuse = policy_of("{start: {inherited: refuse}}");
	_cleanup_(cleanup_policy) struct policy *reset = policy_of("{start: {inherited: reset}}");
	struct host none = {.carries = false}, some = {.carries = true},
		    unknown = {.carries_unknown = EPERM};
	struct fault fault = {.line = 0};

	(void)state;
	some.carried = (struct start_policy){.set = true, .mode = MPOL_BIND, .nodes = {1}};
	assert_int_equal(start_check(refuse, &none, &fault), 0);
	assert_int_equal(start_check(refuse, &some, &fault), -EPERM);
	assert_non_null(strstr(fault.what, "bind"));
	assert_int_equal(start_check(refuse, &unknown, &fault), -EPERM);
	assert_int_equal(start_check(reset, &some, &fault), 0);
	assert_int_equal(start_check(reset, &unknown, &fault), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bound_file_stops_the_launch_and_its_twin_does_not),
		cmocka_unit_test(one_bound_page_anywhere_is_found),
		cmocka_unit_test(a_file_is_looked_at_however_it_is_open),
		cmocka_unit_test(what_execve_closes_is_nobodys_business),
		cmocka_unit_test(rights_to_undo_the_layer_are_told_from_ordinary_files),
		cmocka_unit_test(capabilities_are_kept_by_name_only),
		cmocka_unit_test(who_works_elsewhere_is_warned_of),
		cmocka_unit_test(an_inherited_policy_is_refused_only_where_there_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
