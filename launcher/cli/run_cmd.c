/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run_cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/exit.h"
#include "base/text.h"
#include "enforce/above.h"
#include "events/summary.h"
#include "front.h"
#include "front_launch.h"
#include "run/run.h"
#include "watch_options.h"

int cmd_fail(const struct fault *fault)
{
	char text[640];

	fprintf(stderr, "mpolrun: %s\n", fault_text(fault, text, sizeof(text)));
	return EXIT_MPOLRUN;
}

static void say_dry_run(const struct front *front, char *const *argv)
{
	char title[256], command[256];
	size_t i;

	policy_title(front->policy, title, sizeof(title));
	snprintf(command, sizeof(command), "%s", argv[0]);
	text_make_printable(title);
	text_make_printable(command);
	printf("would run %s under %s:", command, title);
	for (i = 0; i < front->plan.n_rows; i++) {
		const struct plan_row *row = &front->plan.row[i];

		printf("%s %s by %s", i ? "," : "", keywords[row->group].name,
		       row->cover == COVER_NONE ? "nothing" : mechanism_names[row->by].name);
	}
	printf("%s\n", front->plan.n_rows ? "" : " nothing is refused");
}

/* Become two: 0 in the one that is to become the command; the other one ends here. */
static int wait_above(const struct front *front, struct run_request *request, struct watch *watch,
		      struct live_above *above, struct fault *fault)
{
	static struct summary summary;
	char title[256], said[400];
	struct layer_policy policy;
	struct above_end end;
	int r;

	live_policy_of_launch(&request->live, &front->plan, &policy);
	if (policy.deciders && (request->live.name || request->live.ticket_fd >= 0))
		return fault_set(fault, -EOPNOTSUPP,
				 "--summary does not go with a layer that can be changed and in "
				 "which the resident has a part");
	summary_init(&summary);
	watch->seen = summary_add;
	watch->arg = &summary;
	r = above_run(&policy, watch, &above->socket, &above->ticket, &end);
	if (r == 0)
		request->live.above = above;
	if (r < 0)
		return fault_set(fault, r, "cannot start a supervisor: %s", live_error_text(r));
	if (r == 0)
		return 0;
	policy_title(front->policy, title, sizeof(title));
	text_make_printable(title);
	snprintf(said, sizeof(said), "%s%s%s", request->live.name ? request->live.name : "",
		 request->live.name ? " under " : "", title);
	summary_print(stderr, &summary, said, end.status,
		      watch->fixed ? NULL : (const uint64_t *)&end.state.allowed, end.state.lost,
		      end.peak_kib);
	above_exit(end.status);
}

int cmd_run(const struct options *options)
{
	/* Until execve(2) or the end; on the stack every page of it would be touched. */
	static struct front front;
	static struct watch watch;
	static struct live_above above;
	struct fault fault = {.line = 0};
	struct run_request request = {
		.plan = &front.plan,
		.host = &front.host,
		.argv = options->argv,
		.audit = options->audit,
		.keep_fds = options->keep_fds,
		.keep_all_caps = options->keep_caps && !options->keep_caps_list,
		.keep_caps = options->keep_caps_list,
		.no_new_privs = (enum no_new_privs)options->no_new_privs,
		.cgroup = (enum own_cgroup)options->own_cgroup,
		.status_fd = options->status_fd,
		.dry_run = options->dry_run,
		.verbosity = options->verbosity,
	};
	int status, r;
	bool watched;

	if (options->layer && (options->live || options->name || options->ticket_fd >= 0)) {
		fault_set(&fault, -EINVAL,
			  "--layer runs under a layer that there is; --live, --name and "
			  "--ticket-fd make a new one");
		return cmd_fail(&fault);
	}
	r = front_live(options, &request.live, &fault);
	if (r == 0)
		r = options->layer ? front_join(options, &front, &fault)
				   : front_make(options, 0, &front, &fault);
	if (r < 0)
		return cmd_fail(&fault);
	request.live.join_resident = front.by_resident;
	if (front.joins && front.ticket.kind != TICKET_SECCOMP)
		request.live.join = &front.ticket;
	else if (front.joins)
		request.audit = front.policy->rules.flags & MPOL_RULES_AUDIT;
	if (front_is_live(options) && !live_holds(&front.plan) && front.plan.covered) {
		fault_hint(&fault, "start from one that restricts what may be restricted later, "
				   "with --audit; audit-all does");
		fault_set(&fault, -EINVAL, "the profile restricts nothing that a live layer holds");
		return cmd_fail(&fault);
	}
	if (!front.plan.covered) {
		front_say_not_covered(&front.plan, &fault);
		return cmd_fail(&fault);
	}
	r = watch_options(options, &front, &watch, &watched, &request.kernel_log, &fault);
	if (r < 0)
		return cmd_fail(&fault);
	if (watched)
		request.live.watch = &watch;
	r = options->summary && !options->dry_run
		    ? wait_above(&front, &request, &watch, &above, &fault)
		    : 0;
	if (r < 0)
		return cmd_fail(&fault);
	status = run(&request, &fault);
	if (status)
		cmd_fail(&fault);
	else
		say_dry_run(&front, options->argv);
	return status;
}
