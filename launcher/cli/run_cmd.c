/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run_cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/exit.h"
#include "base/text.h"
#include "end_as.h"
#include "front.h"
#include "launch.h"
#include "read.h"
#include "run/choices.h"
#include "run/elsewhere.h"
#include "status.h"

int cmd_fail(const struct fault *fault)
{
	char text[640];

	fprintf(stderr, "mpolrun: %s\n", fault_text(fault, text, sizeof(text)));
	return EXIT_MPOLRUN;
}

static struct json_object *plan_object(const struct mpol_plan *plan)
{
	char *json = NULL;

	return mpol_plan_json(plan, &json) == 0 ? read_json(json) : NULL;
}

static void say_dry_run(const struct mpol_plan *of, char *const *argv)
{
	struct json_object *plan = plan_object(of), *rules;
	char title[256], command[256];
	size_t i, n;

	(void)snprintf(title, sizeof(title), "%s", read_text(plan, "title"));
	(void)snprintf(command, sizeof(command), "%s", argv[0]);
	text_make_printable(title);
	text_make_printable(command);
	printf("would run %s under %s:", command, title);
	rules = read_array(plan, "restricted", &n);
	for (i = 0; i < n; i++) {
		const char *rule = json_object_get_string(json_object_array_get_idx(rules, i));
		const char *by = read_mechanism(plan, rule);

		printf("%s %s by %s", i ? "," : "", rule, by[0] ? by : "nothing");
	}
	printf("%s\n", n ? "" : " nothing is refused");
	json_object_put(plan);
}

static void note(void *arg, uint32_t kind, const char *text)
{
	(void)arg;
	fprintf(stderr, "mpolrun: %s%s\n", kind == MPOL_NOTE_WARNING ? "warning: " : "", text);
}

static int check(const struct options *options, struct fault *fault)
{
	bool wants_layer = options->live || options->name || options->ticket_fd >= 0;
	bool kernel_log = options->log && strcmp(options->log, "audit") == 0;

	if (options->layer && wants_layer)
		return fault_set(fault, -EINVAL,
				 "--layer runs under a layer that there is; --live, --name and "
				 "--ticket-fd make a new one");
	if ((options->mode || options->group) && !options->name && options->command == COMMAND_RUN)
		return fault_set(fault, -EINVAL,
				 "--mode and --group are those of a named layer's "
				 "ticket; there is no --name");
	if (options->layer && (options->n_sources || options->audit))
		return fault_set(fault, -EINVAL,
				 "the policy is that of layer '%s'; -p, --deny and --audit go with "
				 "new layers only",
				 options->layer);
	if (options->layer && options_watch(options))
		return fault_set(
			fault, -EINVAL,
			"--log and --summary go with new layers only; this one has what it "
			"was made with");
	if (kernel_log && (front_is_live(options) || options->summary)) {
		fault_hint(fault, "a live layer, and --summary, go with any other log");
		return fault_set(fault, -EINVAL,
				 "--log audit is the kernel's own, of what a static filter "
				 "refuses");
	}
	if (options->log_format == MPOL_LOG_TEXT)
		return 0;
	if (!options->log)
		return fault_set(fault, -EINVAL,
				 "--log-format says how --log writes; there is no --log");
	if (kernel_log)
		return fault_set(fault, -EINVAL,
				 "--log-format is that of lines, and --log audit writes none");
	if (strcmp(options->log, "journal") == 0)
		return fault_set(fault, -EINVAL,
				 "--log-format is that of lines, and the journal has fields of its "
				 "own");
	return 0;
}

/* Whether somebody reads what is found out for the plan. */
static bool is_told(const struct options *options)
{
	return options->dry_run || options->status_fd >= 0 || options->verbosity > 0;
}

static int join(const struct options *options, struct mpol_plan **ret, struct fault *fault)
{
	struct mpol_error err = {.what = ""};
	_cleanup_close_ int layer = -EBADF;
	int r;

	layer = front_layer(options->layer, MPOL_RIGHT_INSTALL, fault);
	if (layer < 0)
		return layer;
	r = mpol_plan_of_layer(layer, is_told(options) ? 0 : MPOL_PLAN_UNTOLD, ret, &err);
	if (r == -EOPNOTSUPP && *ret)
		return front_not_covered(*ret, &err, fault);
	return r < 0 ? fault_set(fault, r, "cannot go under layer '%s': %s", options->layer,
				 err.what[0] ? err.what : mpol_strerror(r))
		     : 0;
}

static int make_plan(const struct options *options, struct mpol_plan **ret, struct fault *fault)
{
	if (options->layer)
		return join(options, ret, fault);
	return front_plan(options, MPOL_PLAN_LAUNCH | (is_told(options) ? 0 : MPOL_PLAN_UNTOLD),
			  ret, fault);
}

int launch_prepare(const struct options *options, const struct mpol_plan *plan,
		   struct mpol_launch **ret, struct fault *fault)
{
	static const uint32_t cgroups[] = {
		[OWN_CGROUP_AUTO] = 0,
		[OWN_CGROUP_YES] = MPOL_LAUNCH_CGROUP,
		[OWN_CGROUP_NO] = MPOL_LAUNCH_NO_CGROUP,
	};
	bool watch = options_watch(options), named = options->command == COMMAND_RUN;
	struct front_owner owner = {.mode = 0600, .group = (uint32_t)-1};
	const struct mpol_log log = {
		.size = sizeof(log),
		.format = (uint32_t)options->log_format,
		.where = options->log,
		.layer = options->name,
	};
	struct mpol_launch_request request = {
		.size = sizeof(request),
		.flags = (options->keep_fds ? MPOL_LAUNCH_KEEP_FDS : 0) |
			 (options->keep_caps && !options->keep_caps_list ? MPOL_LAUNCH_KEEP_CAPS
									 : 0) |
			 (options->no_new_privs == NNP_YES ? MPOL_LAUNCH_NO_NEW_PRIVS : 0) |
			 cgroups[options->own_cgroup] |
			 (options->log && !watch ? MPOL_LAUNCH_KERNEL_LOG : 0) |
			 (options->summary ? MPOL_LAUNCH_SUMMARY : 0) |
			 (options->verbosity > 0 ? MPOL_LAUNCH_DETAILS : 0),
		.keep_caps = options->keep_caps_list,
		.name = options->name,
		.ticket_fd = options->ticket_fd,
		.log = watch && options->log ? &log : NULL,
		.note = options->verbosity >= 0 ? note : NULL,
	};
	struct mpol_error err = {.what = ""};
	int r;

	r = named ? front_owner(options, &owner, fault) : 0;
	if (r < 0)
		return r;
	request.mode = owner.mode;
	request.group = owner.group;
	r = mpol_launch_prepare(plan, &request, ret, &err);
	return r < 0 ? front_fault(r, &err, fault) : 0;
}

int launch_above(struct mpol_launch *launch, struct mpol_outcome **ret, struct fault *fault)
{
	struct mpol_error err = {.what = ""};
	int r = mpol_launch_above(launch, ret, &err);

	return r < 0 ? front_fault(r, &err, fault) : r;
}

/* In the process above: the run is over. */
static void finish(const struct options *options, const struct mpol_plan *of,
		   struct mpol_outcome *outcome) __attribute__((noreturn));

static void finish(const struct options *options, const struct mpol_plan *of,
		   struct mpol_outcome *outcome)
{
	struct mpol_end end = {.size = sizeof(end)};
	struct json_object *plan = plan_object(of);
	char title[256], said[400], *text;

	(void)snprintf(title, sizeof(title), "%s", read_text(plan, "title"));
	text_make_printable(title);
	(void)snprintf(said, sizeof(said), "%s%s%s", options->name ? options->name : "",
		       options->name ? " under " : "", title);
	if (mpol_outcome_text(outcome, said, &text) == 0)
		fputs(text, stderr);
	(void)mpol_outcome_end(outcome, &end);
	end_as(end.status);
}

static int fail(const struct options *options, int status, const struct fault *fault)
{
	char text[640];

	if (options->status_fd >= 0)
		(void)status_failed(options->status_fd, fault_text(fault, text, sizeof(text)),
				    status);
	cmd_fail(fault);
	return status;
}

static int say_status(const struct options *options, const struct mpol_plan *of,
		      struct fault *fault)
{
	struct json_object *plan;
	int r;

	if (options->status_fd < 0)
		return 0;
	plan = plan_object(of);
	r = plan ? status_covered(options->status_fd, plan) : -ENOMEM;
	json_object_put(plan);
	if (r == 0)
		r = status_exec(options->status_fd, options->argv[0]);
	return r < 0 ? fault_set(fault, r, "--status-fd %d: %s", options->status_fd, strerror(-r))
		     : 0;
}

int launch_execute(const struct options *options, const struct mpol_plan *plan,
		   struct mpol_launch *launch)
{
	struct mpol_error err = {.what = ""};
	struct fault fault = {.line = 0};
	int r;

	r = mpol_launch_enter(launch, &err);
	if (r < 0) {
		front_fault(r, &err, &fault);
		return fail(options, EXIT_MPOLRUN, &fault);
	}
	if (say_status(options, plan, &fault) < 0)
		return cmd_fail(&fault);
	execvp(options->argv[0], options->argv);
	r = errno;
	fault_set(&fault, -r, "cannot execute '%s': %s", options->argv[0], strerror(r));
	return fail(options, r == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE, &fault);
}

static void warn_of_elsewhere(const struct options *options, const struct mpol_launch *launch)
{
	const char *warning = NULL;

	if (options->verbosity >= 0)
		warning = elsewhere_warning(options->argv, mpol_launch_no_new_privs(launch));
	if (warning)
		note(NULL, MPOL_NOTE_WARNING, warning);
}

/* What is made is not freed: execve(2), or the end, comes next. */
int cmd_run(const struct options *options)
{
	struct mpol_outcome *outcome = NULL;
	struct mpol_launch *launch = NULL;
	struct fault fault = {.line = 0};
	struct mpol_plan *plan = NULL;
	int r;

	r = check(options, &fault);
	if (r == 0)
		r = make_plan(options, &plan, &fault);
	if (r < 0)
		return cmd_fail(&fault);
	if (options->status_fd >= 0 && status_open(options->status_fd, &fault) < 0)
		return cmd_fail(&fault);
	if (launch_prepare(options, plan, &launch, &fault) < 0)
		return fail(options, EXIT_MPOLRUN, &fault);
	warn_of_elsewhere(options, launch);
	if (options->dry_run) {
		say_dry_run(plan, options->argv);
		return 0;
	}
	r = options->summary ? launch_above(launch, &outcome, &fault) : 0;
	if (r < 0)
		return fail(options, EXIT_MPOLRUN, &fault);
	if (r > 0)
		finish(options, plan, outcome);
	return launch_execute(options, plan, launch);
}
