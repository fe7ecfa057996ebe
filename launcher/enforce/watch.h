/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a supervisor is to do besides deciding: tell of calls, or learn from them. */
#ifndef MPOLRUN_WATCH_H
#define MPOLRUN_WATCH_H

#include "events/summary.h"
#include "events/target.h"

struct watch {
	struct log_target log; /* LOG_NOWHERE: none */
	char layer[EVENT_NAME_MAX]; /* its name; "": it has none */
	/*
	 * The filters hand over only what a rule has something to say to, and nobody has a key to
	 * change the rules. Allowed calls are not seen then, and not counted, see .counts.
	 */
	bool fixed;
	/*
	 * Of .fixed: GROUP_BIT()s of rules that the resident gets as well, to count what is let
	 * through. What they refuse is refused, and told of, before.
	 */
	uint32_t counts;
	/*
	 * Told of each call that is not simply allowed, before it is answered, by several
	 * threads; or NULL.
	 */
	void (*seen)(void *arg, const struct event *event);
	void *arg;
	/*
	 * Filled in by who waits above, at the end: the memory of the command and of all that came
	 * of it, on each node. NULL: nobody looks.
	 */
	struct summary_memory *memory;
};

#endif
