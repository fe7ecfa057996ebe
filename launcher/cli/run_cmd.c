/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run_cmd.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/exit.h"
#include "base/text.h"
#include "front.h"
#include "run/run.h"

int cmd_fail(const struct fault *fault)
{
	char text[640];

	fprintf(stderr, "mpolrun: %s\n", fault_text(fault, text, sizeof(text)));
	return EXIT_MPOLRUN;
}

/* The first rule that is not covered is the sentence; explain has the rest. */
static void say_not_covered(const struct plan *plan, struct fault *fault)
{
	size_t i, missing = 0;

	for (i = plan->n_rows; i-- > 0;) {
		const struct plan_row *row = &plan->row[i];
		const char *name = keywords[row->group].name;

		if (row->cover > COVER_PART || row->loss != LOSS_NO)
			continue;
		missing++;
		fault_set(fault, -EOPNOTSUPP, "%s cannot be %senforced here: %s", name,
			  row->cover == COVER_PART ? "wholly " : "",
			  row->why[0] ? row->why : row->note);
		fault_hint(fault,
			   "%s%s--best-effort %s to go on without; mpolrun explain shows all",
			   row->fix, row->fix[0] ? ", or " : "", name);
	}
	if (missing > 1) {
		char what[sizeof(fault->what)];

		snprintf(what, sizeof(what), "%s", fault->what);
		fault_set(fault, -EOPNOTSUPP, "%.200s, and %zu more", what, missing - 1);
	}
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

int cmd_run(const struct options *options)
{
	_cleanup_(front_done) struct front front = {.policy = NULL};
	struct fault fault = {.line = 0};
	struct run_request request = {
		.plan = &front.plan,
		.host = &front.host,
		.argv = options->argv,
		.audit = options->audit,
		.keep_fds = options->keep_fds,
		.keep_all_caps = options->keep_caps && !options->keep_caps_list,
		.keep_caps = options->keep_caps_list,
		.no_new_privs = options->no_new_privs == NO_NEW_PRIVS_YES ? NNP_YES : NNP_AUTO,
		.status_fd = options->status_fd,
		.dry_run = options->dry_run,
		.quiet = options->verbosity<0, .verbose = options->verbosity> 0,
	};
	int status;

	if (front_make(options, 0, &front, &fault) < 0)
		return cmd_fail(&fault);
	if (!front.plan.covered) {
		say_not_covered(&front.plan, &fault);
		return cmd_fail(&fault);
	}
	status = run(&request, &fault);
	if (status)
		cmd_fail(&fault);
	else
		say_dry_run(&front, options->argv);
	return status;
}
