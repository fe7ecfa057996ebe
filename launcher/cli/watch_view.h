/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `layer show --watch` prints each time: from numbers to text. Pure. */
#ifndef MPOLRUN_WATCH_VIEW_H
#define MPOLRUN_WATCH_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define WATCH_ROWS 8 /* kinds of calls that are told apart */
#define WATCH_WHO 3 /* who made most of them, for each */

struct watch_who {
	char comm[17];
	int pid;
	uint64_t n;
};

struct watch_row {
	char what[64]; /* "bind nodes 0" */
	uint64_t n;
	struct watch_who who[WATCH_WHO];
	size_t n_who;
};

struct watch_node {
	unsigned int node;
	uint64_t ours, free, total; /* KiB */
};

/* Who holds a policy from before it was refused. */
struct watch_bound {
	char name[32];
	int pid;
	const char *what; /* "bind:0, 2 areas, 9 MiB" */
};

#define WATCH_BOUND 4 /* of them that are named */

struct watch_view {
	const char *name, *held, *title;
	const char *members; /* "7 members" */
	uint64_t generation;
	bool audit;
	bool keys; /* somebody may press q */
	const struct watch_node *node;
	size_t n_nodes;
	bool memory_known; /* else .ours are not */
	size_t n_unseen; /* processes that are not in .ours */
	uint64_t rate; /* refused, or under .audit audited, in the last second */
	uint64_t refused, audited, ignored, lost;
	const struct watch_row *row;
	size_t n_rows;
	uint64_t others; /* calls that are in no row */
	const struct watch_bound *bound;
	size_t n_bound, more_bound;
};

void watch_print(FILE *out, const struct watch_view *view);

#endif
