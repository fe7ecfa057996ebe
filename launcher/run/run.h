/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a covered plan to execve(2), in this very process. */
#ifndef MPOLRUN_RUN_H
#define MPOLRUN_RUN_H

#include <stdbool.h>

#include "base/exit.h"
#include "base/fault.h"
#include "live.h"
#include "plan/plan.h"

enum no_new_privs {
	NNP_AUTO, /* left off only where SYS_ADMIN and SETPCAP make it unnecessary */
	NNP_YES,
};

struct run_request {
	const struct plan *plan; /* covered */
	const struct host *host;
	char *const *argv; /* of the command, ends in NULL */
	bool audit; /* refuse nothing, report what would be */
	bool keep_fds;
	bool keep_all_caps;
	const char *keep_caps; /* names, comma-separated; or NULL */
	enum no_new_privs no_new_privs;
	struct live_request live; /* of no meaning where nothing is held by a live layer */
	int status_fd; /* JSON lines; -EBADF: none */
	bool dry_run;
	bool quiet;
	bool verbose;
};

/*
 * Once a process: execute the command under the plan, in the order of the design, section 8: whatever
 * can fail comes before what changes this process, and no failure lets the command run half-covered.
 *
 * Returns only if the command was not executed (or --dry-run): an exit status, and a sentence in
 * @fault unless it is 0. Warnings go to stderr.
 */
int run(const struct run_request *request, struct fault *fault);

#endif
