/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the calls of a run to the tightest profile that lets all of them pass. */
#ifndef MPOLRUN_EVENTS_LEARN_H
#define MPOLRUN_EVENTS_LEARN_H

#include <pthread.h>
#include <stdio.h>

#include "event.h"
#include "profile/profile.h"

#define LEARN_TASKS 4096 /* that are told apart; a power of two */

/* Rules that a system call filter cannot see (nodes, files, cpuset) are not learned. */
struct learner {
	pthread_mutex_t lock;
	uint64_t seen[MPOL_RULE_COUNT]; /* calls, by the rules that could speak of them */
	uint64_t probed[MPOL_RULE_COUNT]; /* those of them that are libnuma's at its start */
	uint64_t undecoded; /* calls of ABIs that no profile can allow */
	__u64 nodes[MPOL_NODES_WORDS]; /* that policies named */
	bool nodes_unknown; /* some could not be read */
	/*
	 * A task, as far as its start goes: libnuma asks for the policy, sets preferred-many,
	 * and sets what it had.
	 */
	struct learn_task {
		pid_t tid; /* 0: free */
		enum learn_step {
			LEARN_NOTHING,
			LEARN_ASKED,
			LEARN_PROBING
		} step;
	} task[LEARN_TASKS];
	uint64_t tasks;
};

void learner_init(struct learner *learner);

/* Learn from @event. A struct learner as @arg; from any thread. */
void learner_add(void *arg, const struct event *event);

/*
 * Write the profile: what was seen is allowed, and all else that may be refused without a word
 * of warning is. @merge, unless NULL: a profile that this one is to be no tighter than. @status:
 * how the run ended.
 */
void learner_write(FILE *out, const struct learner *learner, int status,
		   const struct profile *merge);

#endif
