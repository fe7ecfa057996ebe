/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which calls were refused, and to whom most often. Pure, no allocation. */
#ifndef MPOLRUN_WATCH_CALLS_H
#define MPOLRUN_WATCH_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "watch_view.h"

#define WATCH_CALLERS 64 /* that are told apart, for each kind */

struct watch_calls {
	struct watch_kind {
		char what[64];
		uint64_t n;
		struct watch_who who[WATCH_CALLERS];
		size_t n_who;
	} kind[WATCH_ROWS];
	size_t n;
	uint64_t others;
};

/* An event as JSON has it: @nodes "" where they are not known. */
void watch_calls_count(struct watch_calls *calls, const char *rule, const char *nodes,
		       const char *comm, int pid);

/* The rows of a picture, most often first: their number. */
size_t watch_calls_rows(const struct watch_calls *calls, struct watch_row ret[WATCH_ROWS]);

#endif
