/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A supervisor in a process above the command, for who waits for the result: a good init. */
#ifndef MPOLRUN_ABOVE_H
#define MPOLRUN_ABOVE_H

#include <sys/types.h>

#include "supervisor.h"

/* What the resident has counted of the layer, by the end of the last one under it. */
struct above_counts {
	bool known; /* it has, and could be asked */
	uint64_t allowed;
	uint64_t answered[MPOL_RULES_ROOM]; /* refused or audited, by rule */
	uint64_t told[MPOL_RULES_ROOM]; /* of those, that watch.seen was told of */
};

/* What came of it. */
struct above_end {
	int status; /* of the command, as of waitpid(2) */
	pid_t pid; /* that it had */
	uint64_t peak_kib; /* the most memory that one of its processes had at once */
	struct layer_state state; /* the layer's, at the end */
	struct above_counts resident;
};

/*
 * Fork. 0 in the child, which goes on to become the command: *ret_socket and *ret_ticket as
 * those of beside_start(). 1 in the parent, when the command and every process under the layer
 * have ended.
 *
 * @resident: the keys of the layer that the child will make there, for its part; NULL: it has none.
 *
 * The parent keeps the standard files and the log's, is not dumpable, and reaps whom the command
 * left behind. It hands on each signal that some process sent it; not those of a terminal, which
 * the command gets itself. That a process sent one to a whole group or cgroup cannot be seen: the
 * command gets that twice. Signals of faults, and those that stop, are its own. Once the command
 * has ended SIGINT, SIGTERM and SIGHUP end the wait for the others, whose calls nobody answers
 * then.
 *
 * Phase: before this process is changed, with one thread, once. -errno: in one of the two; the
 * other one says what became of the command.
 */
int above_run(const struct layer_policy *policy, const struct layer_keys *resident,
	      const struct watch *watch, int *ret_socket, struct ticket *ret_ticket,
	      struct above_end *ret_end);

#endif
