/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A log of events: a ring of fixed size, and a thread that writes it out. Nobody who logs ever
 * waits for a reader: an event that finds no room is counted as lost, and the number is written as
 * soon as something can be written again.
 */
#ifndef MPOLRUN_EVENTS_LOG_H
#define MPOLRUN_EVENTS_LOG_H

#include "event.h"
#include "target.h"

struct event_log;

/*
 * Start one, for a layer of that name (""; it has none). @target's fd stays the caller's and must
 * outlive it. Makes a thread, in which all signals are blocked. -ENOMEM, -EAGAIN.
 */
int event_log_new(const struct log_target *target, const char *layer, struct event_log **ret);

/*
 * Log @event, from any thread. Comes back when it has been written, so that a line stands in front
 * of what its reader does next; but where the last one could not be written in time, at once.
 */
void event_log_put(struct event_log *log, const struct event *event);

/* The same, and come back at once: @event is lost where there is no room. */
void event_log_post(struct event_log *log, const struct event *event);

/* Events that were not written, so far. */
uint64_t event_log_lost(struct event_log *log);

/*
 * Give the thread a moment to write what is left and the number of what was lost, and free it;
 * where it is stuck in a write(2), it is left behind until the process ends. NULL is fine.
 */
void event_log_end(struct event_log *log);

#endif
