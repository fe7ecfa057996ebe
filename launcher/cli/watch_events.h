/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who made the calls that a layer did not simply allow, from when somebody began to watch it. */
#ifndef MPOLRUN_WATCH_EVENTS_H
#define MPOLRUN_WATCH_EVENTS_H

#include "enforce/told.h"
#include "follow.h"
#include "watch_calls.h"

struct watch_events {
	bool tells; /* the resident does, by .told */
	struct told told;
	struct follow follow; /* of a supervisor, if it tells us */
	bool follows;
	struct watch_calls calls;
	uint64_t lost, missing; /* of a supervisor's; of the resident's, as it is now */
};

/* Of the layer of @ticket, which has the install right. Who may not be told is not. */
void watch_events_begin(const char *name, const struct ticket *ticket, struct watch_events *ret);

/* Take in what there is, without waiting. -errno: the layer has ended. */
int watch_events_read(struct watch_events *events);

void watch_events_done(struct watch_events *events);

#endif
