/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a run came to: calls that were not simply allowed, by kind and by who made them. */
#ifndef MPOLRUN_EVENTS_SUMMARY_H
#define MPOLRUN_EVENTS_SUMMARY_H

#include <pthread.h>
#include <stdio.h>

#include "event.h"

#define SUMMARY_ROWS 32 /* kinds of calls that are told apart; the others are counted together */

/* The most that the whole tree had on each node, at one look. */
struct summary_memory {
	uint64_t looks; /* 0: nothing was seen */
	bool there[MPOL_NODES_MAX]; /* there is such a node */
	uint64_t kib[MPOL_NODES_MAX];
};

struct summary {
	pthread_mutex_t lock;
	struct timespec started; /* CLOCK_REALTIME */
	struct summary_row {
		struct event first;
		uint64_t n;
		bool counted; /* by the kernel: by whom, and when, is not known */
	} row[SUMMARY_ROWS];
	size_t n_rows;
	uint64_t others;
	struct summary_memory memory; /* filled in by who looks */
};

void summary_init(struct summary *summary);

/* Count @event. A struct summary as @arg; from any thread. */
void summary_add(void *arg, const struct event *event);

/* Count @n calls of which only the rule is known that answered, and how: that of @event. */
void summary_add_counted(struct summary *summary, const struct event *event, uint64_t n);

/* How many there were. */
uint64_t summary_total(struct summary *summary);

/*
 * Some lines of at most 80 columns, unless names are long, @title in the first: how it ended
 * (@status, of waitpid(2)), and what was refused, most often first. @allowed is their number,
 * unless that is not counted; @lost that of events that were not written to a log; @peak_kib the
 * most memory that one process had.
 */
void summary_print(FILE *out, struct summary *summary, const char *title, int status,
		   const uint64_t *allowed, uint64_t lost, uint64_t peak_kib);

#endif
