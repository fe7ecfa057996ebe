/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a route can be tried from, and after what: one function each, all of the same shape, named
 * in the table of from.c. Each fills the outcome whatever happens.
 */
#ifndef BYPASS_FROM_H
#define BYPASS_FROM_H

#include <sys/types.h>

#include "route.h"

struct job {
	const struct route *route;
	struct outcome *out; /* in memory that all of the tree shares */
	const char *self; /* this program's path */
};

typedef void from_fn(const struct job *job);

/* Wait for @pid, for @seconds at most; then it is killed, and its call counts as refused. */
void job_wait(const struct job *job, pid_t pid, int seconds);

/* Run @argv, which ends in this program with --into, and take the outcome from there. */
void job_exec(const struct job *job, char **argv, size_t end);

/* Filters of one's own, until the kernel has no room for another. 0 or -errno. */
int crowd_filters(void);

/* The thread that was there before anything else; see prober.c. */
void old_thread_start(void);

/* from_places.c: namespaces, another program, many processes, many layers */
from_fn from_userns, from_cgroupns, from_setuid, from_storm, from_nested15, from_nested16,
	from_crowd, from_old_thread;
/* from_away.c: without its supervisor, in another cgroup */
from_fn from_supervisor_killed, from_supervisor_killed_listener, from_supervisor_stopped,
	from_supervisor_starved, from_moved_by_write, from_moved_by_uring, from_moved_by_clone;

#endif
