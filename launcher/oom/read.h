/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the lines come from: the kernel, a file, standard input. */
#ifndef MPOLRUN_OOM_READ_H
#define MPOLRUN_OOM_READ_H

#include "base/fault.h"
#include "parse.h"

struct oom_read {
	const char *path; /* NULL: the running kernel's log; "-": standard input */
	bool follow; /* go on at its end, until killed; a pipe has one all the same */
	uint64_t lost; /* out: how often the kernel dropped lines before they were read */
	bool live; /* out: the events are of this boot, their .usec is of this clock */
};

/*
 * Feed the log to @parser, and end it. Memory stays the same however long the log is.
 *   -EPERM  the kernel's log is for who has CAP_SYSLOG (kernel.dmesg_restrict)
 *   and the errors of open(2) and read(2), each with a sentence
 */
int oom_read(struct oom_read *source, struct oom_parser *parser, struct fault *fault);

/* The local time of @usec since the boot, "Nov 22 20:14:07", into @buf, which is returned. */
const char *oom_wall_time(int64_t usec, char *buf, size_t size);

/*
 * What of @task can be found in /proc, if it still lives: fills .cgroup where it is "". Returns the
 * state of its seccomp filter (0 none, 2 some), or -1 if it is not there, or is not the one that it
 * was: another name, another user, or younger than @usec.
 */
int oom_look(struct oom_task *task, int64_t usec);

#endif
