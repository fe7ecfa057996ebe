/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who made a call that was handed over, and what it looked like. */
#ifndef MPOLRUN_CALLER_H
#define MPOLRUN_CALLER_H

#include <linux/seccomp.h>

#include "events/event.h"
#include "notify_decide.h"

/* What the arguments say, and what was decided. Pure. */
void caller_of_decision(const struct seccomp_data *data, const struct notify_decision *decision,
			const struct mpol_rules *rules, struct event *ret);

/*
 * What /proc says of the task that waits for an answer to @notif, and the nodes that its memory
 * holds at this moment. What cannot be read (another user's, not dumpable, in another pid
 * namespace, gone) is left out. Never fails. The task can make it wait, for as long as it likes, so
 * that nobody else may have to: to be called without a lock. @ret: what caller_of_decision() says.
 */
void caller_look(int listener, const struct seccomp_notif *notif, struct event *ret);

/* What /proc says of where the process @pid is, and which program it runs. */
void caller_look_at(pid_t pid, struct event *ret);

/*
 * From the text of /proc/PID/cgroup, the path in the memory controller's hierarchy, else in the
 * unified one; its length in *ret_length. NULL: neither is there. Pure.
 */
const char *caller_cgroup(const char *text, size_t *ret_length);

#endif
