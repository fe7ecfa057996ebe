/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lib/launch.c and lib/outcome.c share. */
#ifndef MPOL_LAUNCH_H
#define MPOL_LAUNCH_H

#include "enforce/watch.h"
#include "lib.h"
#include "run/run.h"

struct learning;

struct mpol_launch {
	struct run_request request;
	const struct mpol_plan *plan; /* the caller's */
	struct learning *learning; /* mpol_launch_learn(); NULL: it is not wanted */
	bool watched; /* .watch is not for nothing */
	bool above; /* MPOL_LAUNCH_SUMMARY */
	struct launch launch;
	struct watch watch;
	struct live_above supervisor; /* mpol_launch_above() */
};

struct learning *learning_free(struct learning *learning);

#endif
