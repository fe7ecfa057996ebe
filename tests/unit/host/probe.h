/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The probe on the real kernel, in a child that something was done to first: below filters such as
 * containers and units install, without files, as somebody else. After cmocka.h.
 */
#ifndef TEST_HOST_PROBE_H
#define TEST_HOST_PROBE_H

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

static struct host *found; /* shared with the child that probes */

/* Probe in a child of its own, after @enter (if any) put it where it shall be. */
static inline void probe(void (*enter)(void), uint32_t ask)
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
static inline void must(bool works)
{
	if (!works)
		_exit(99);
}

static const int numa_calls[] = {
	SYS_mbind,         SYS_set_mempolicy, 450 /* set_mempolicy_home_node */,
	SYS_get_mempolicy, SYS_migrate_pages, SYS_move_pages,
};

static inline bool of_numa(size_t call)
{
	return call != MPOL_SYS_MOUNT && call != MPOL_SYS_FSCONFIG;
}

static inline void expect_blocked(int answer)
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

static inline int probe_tests_begin(void **state)
{
	(void)state;
	found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	return found == MAP_FAILED ? -1 : 0;
}

#endif
