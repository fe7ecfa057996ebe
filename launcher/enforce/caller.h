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
 * namespace, gone) is left out. Never fails, and blocks for nothing that the task could hold up.
 */
void caller_look(int listener, const struct seccomp_notif *notif, struct event *ret);

#endif
