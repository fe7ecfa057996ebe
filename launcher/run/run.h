/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a covered plan to execve(2), in this very process. */
#ifndef MPOLRUN_RUN_H
#define MPOLRUN_RUN_H

#include <stdbool.h>

#include "base/exit.h"
#include "base/fault.h"
#include "caps.h"
#include "live.h"
#include "plan/plan.h"

struct run_request {
	const struct plan *plan; /* covered */
	const struct host *host;
	char *const *argv; /* of the command, ends in NULL */
	bool kernel_log; /* what seccomp refuses goes to the kernel's audit log */
	bool audit; /* refuse nothing, report what would be */
	bool keep_fds;
	bool keep_all_caps;
	const char *keep_caps; /* names, comma-separated; or NULL */
	enum no_new_privs no_new_privs;
	struct live_request live; /* of no meaning where nothing is held by a live layer */
	enum own_cgroup cgroup;
	int status_fd; /* JSON lines; -EBADF: none */
	bool dry_run;
	int verbosity; /* -1: no warnings; 1: say what is done */
};

/*
 * Once a process: execute the command under the plan. Whatever can fail comes before what changes
 * this process, the filter comes last, and no failure lets the command run half-covered.
 *
 * Returns only if the command was not executed (or --dry-run): an exit status, and a sentence in
 * @fault unless it is 0. Warnings go to stderr.
 */
int run(const struct run_request *request, struct fault *fault);

#endif
