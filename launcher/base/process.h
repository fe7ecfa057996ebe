/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What /proc tells of another process. */
#ifndef MPOLRUN_PROCESS_H
#define MPOLRUN_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/*
 * When @pid was started, in clock ticks since boot: with the pid, what tells a process from all
 * others of this boot. -ENOENT: there is none, or it cannot be seen; -EIO: /proc is not what it
 * should be.
 */
int process_started(pid_t pid, uint64_t *ret);

/*
 * How many seccomp filters @pid is under: they are inherited, and never become fewer. A kernel that
 * does not count (before 5.9) says 0 of none and UINT32_MAX of any. -ENOENT, -EIO as above.
 */
int process_filters(pid_t pid, uint32_t *ret);

struct process {
	pid_t pid, parent, session;
	uint64_t started;
	uint32_t filters;
};

/* All of that of one process. -ENOENT, -EIO as above. */
int process_look(pid_t pid, struct process *ret);

#endif
