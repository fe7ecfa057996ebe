/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a covered plan to where execve(2) comes next, in this very process. */
#ifndef MPOLRUN_RUN_H
#define MPOLRUN_RUN_H

#include <stdbool.h>

#include "base/fault.h"
#include "caps.h"
#include "cgroup/own.h"
#include "enforce/enforcer.h"
#include "fds.h"
#include "live.h"
#include "plan/plan.h"

enum run_note {
	RUN_WARNING, /* of what is lost */
	RUN_STEP, /* what is done */
};

struct run_request {
	const struct plan *plan; /* covered */
	const struct host *host;
	bool kernel_log; /* what seccomp refuses goes to the kernel's audit log */
	bool audit; /* refuse nothing, report what would be */
	bool keep_fds;
	bool keep_all_caps;
	const char *keep_caps; /* names, comma-separated; or NULL */
	enum no_new_privs no_new_privs;
	struct live_request live; /* of no meaning where nothing is held by a live layer */
	enum own_cgroup cgroup;
	void (*note)(void *arg, uint32_t kind, const char *text); /* a sentence; or NULL */
	void *note_arg;
	bool details; /* RUN_STEP, too, and what the profile itself lets go */
};

/*
 * Worked out before anything in this process is changed. run_init() first. Ordered so that what
 * every launch touches lies together.
 */
struct launch {
	uint64_t drop; /* capabilities */
	bool nnp;
	/* Of the live layer, to be handed out once it is entered; or no rights. */
	struct ticket ticket;
	struct cgroup_folder cgroup; /* of its own, in which we are then */
	struct fds_report fds;
	struct enforcement enforcement;
};

/* Not all of it: who launches pays for each page that is touched. */
void run_init(struct launch *launch);

/* Whatever can fail without a change to this process. -errno with a sentence; run_done(). */
int run_prepare(const struct run_request *request, struct launch *launch, struct fault *fault);

/*
 * Once a process: what changes this process, the filter last. After a failure it must not execute
 * the command, which would be half-covered. -errno with a sentence.
 */
int run_enter(const struct run_request *request, struct launch *launch, struct fault *fault);

void run_done(struct launch *launch);

#endif
