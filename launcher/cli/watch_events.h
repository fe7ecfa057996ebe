/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who made the calls that a layer did not simply allow, from when somebody began to watch it. */
#ifndef MPOLRUN_WATCH_EVENTS_H
#define MPOLRUN_WATCH_EVENTS_H

#include "mpol.h"
#include "watch_calls.h"

struct watch_events {
	struct mpol_events *events; /* NULL: we are not told */
	struct watch_calls calls;
	uint64_t lost;
};

/* Of @layer, which has the install right. Who may not be told is not. */
void watch_events_begin(int layer, const char *name, struct watch_events *ret);

/* Take in what there is, without waiting. -errno: what tells of it is gone. */
int watch_events_read(struct watch_events *events);

void watch_events_done(struct watch_events *events);

#endif
