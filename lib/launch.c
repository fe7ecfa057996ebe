/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "launch.h"

#define FLAGS                                                                      \
	(MPOL_LAUNCH_KEEP_FDS | MPOL_LAUNCH_KEEP_CAPS | MPOL_LAUNCH_NO_NEW_PRIVS | \
	 MPOL_LAUNCH_CGROUP | MPOL_LAUNCH_NO_CGROUP | MPOL_LAUNCH_KERNEL_LOG |     \
	 MPOL_LAUNCH_SUMMARY | MPOL_LAUNCH_DETAILS)

_Static_assert(MPOL_NOTE_WARNING == (int)RUN_WARNING, "the kinds of notes");
_Static_assert(MPOL_NOTE_STEP == (int)RUN_STEP, "the kinds of notes");

static int check(const struct mpol_plan *plan, const struct mpol_launch_request *with,
		 struct fault *fault)
{
	const uint32_t both = MPOL_LAUNCH_CGROUP | MPOL_LAUNCH_NO_CGROUP;
	bool named = with->name || with->ticket_fd >= 0;
	int r;

	r = lib_size_check(with, with->size, sizeof(*with));
	if (r < 0)
		return r;
	if ((with->flags & ~FLAGS) || (with->flags & both) == both || with->zero ||
	    (with->mode & ~(uint32_t)0777))
		return -EINVAL;
	if (!plan->launch || !plan->plan.covered)
		return -EOPNOTSUPP;
	if (plan->joins && (named || with->log || with->flags & MPOL_LAUNCH_SUMMARY))
		return fault_set(fault, -EINVAL,
				 "a layer that there is has the name and the log that it was "
				 "made with");
	if (named && !plan->live)
		return fault_set(fault, -EINVAL, "only a live layer has a name, or a ticket");
	if (plan->joins || !plan->live || live_holds(&plan->plan))
		return 0;
	fault_hint(fault, "start from one that restricts what may be restricted later, audited; "
			  "audit-all does");
	return fault_set(fault, -EINVAL, "the profile restricts nothing that a live layer holds");
}

/*
 * What the resident is to have besides, to count what is let through: all that it could hold as
 * well, if that is most calls, those that set a policy.
 */
static uint32_t groups_to_count(const struct plan *plan)
{
	uint32_t groups = plan_counted_by_resident(plan);

	return (groups | plan_held_by_resident(plan)) & GROUP_BIT(GROUP_MODES) ? groups : 0;
}

/* Who is to tell of calls, and of what. */
static int prepare_watch(const struct mpol_plan *plan, const struct mpol_launch_request *with,
			 struct watch *ret, struct fault *fault)
{
	const struct ability *notify = &plan->host.mechanism[MECH_NOTIFY];
	int r = 0;

	if (plan->plan.held[MECH_SECCOMP] && !(plan->host.features & HOST_LISTENER_FREE)) {
		fault_hint(fault, "%s",
			   notify->fix[0] ? notify->fix : "the kernel's audit log needs none");
		return fault_set(
			fault, -EBUSY, "refused calls cannot be told of: %s",
			notify->why[0] ? notify->why
				       : "a seccomp listener above us leaves no room for another");
	}
	memset(ret, 0, sizeof(*ret));
	ret->log.fd = -EBADF;
	if (with->log)
		r = lib_log_open(with->log, ret, fault);
	ret->fixed = plan->plan.held[MECH_SECCOMP] != 0;
	if (with->flags & MPOL_LAUNCH_SUMMARY && ret->fixed)
		ret->counts = groups_to_count(&plan->plan);
	return r;
}

static void fill_in(const struct mpol_plan *plan, const struct mpol_launch_request *with,
		    struct run_request *ret)
{
	*ret = (struct run_request){
		.plan = &plan->plan,
		.host = &plan->host,
		.kernel_log = with->flags & MPOL_LAUNCH_KERNEL_LOG,
		.audit = plan->audit,
		.keep_fds = with->flags & MPOL_LAUNCH_KEEP_FDS,
		.keep_all_caps = with->flags & MPOL_LAUNCH_KEEP_CAPS,
		.keep_caps = with->keep_caps,
		.no_new_privs = with->flags & MPOL_LAUNCH_NO_NEW_PRIVS ? NNP_YES : NNP_AUTO,
		.live =
			{
				.join = plan->joins && plan->live ? &plan->ticket : NULL,
				.join_resident = plan->by_resident,
				.name = with->name,
				.mode = (mode_t)with->mode,
				.group = (gid_t)with->group,
				.ticket_fd = with->ticket_fd < 0 ? -EBADF : with->ticket_fd,
				.audit = plan->audit,
			},
		.cgroup = with->flags & MPOL_LAUNCH_CGROUP      ? OWN_CGROUP_YES
			  : with->flags & MPOL_LAUNCH_NO_CGROUP ? OWN_CGROUP_NO
								: OWN_CGROUP_AUTO,
		.note = with->note,
		.note_arg = with->note_arg,
		.details = with->flags & MPOL_LAUNCH_DETAILS,
	};
}

int mpol_launch_prepare(const struct mpol_plan *plan, const struct mpol_launch_request *with,
			struct mpol_launch **ret, struct mpol_error *err)
{
	struct fault fault = {.line = 0};
	struct mpol_launch *launch;
	int r;

	r = check(plan, with, &fault);
	if (r < 0)
		return lib_error(r, &fault, err);
	/* Not calloc(3): most of it is never touched, and a launch pays for each page. */
	launch = malloc(sizeof(*launch));
	if (!launch)
		return -ENOMEM;
	run_init(&launch->launch);
	launch->plan = plan;
	launch->learning = NULL;
	fill_in(plan, with, &launch->request);
	launch->above = with->flags & MPOL_LAUNCH_SUMMARY;
	launch->watched = with->log || launch->above;
	if (launch->watched) {
		launch->request.live.watch = &launch->watch;
		r = prepare_watch(plan, with, &launch->watch, &fault);
	}
	if (r == 0)
		r = run_prepare(&launch->request, &launch->launch, &fault);
	if (r < 0) {
		mpol_launch_free(launch);
		return lib_error(r, &fault, err);
	}
	*ret = launch;
	return 0;
}

int mpol_launch_no_new_privs(const struct mpol_launch *launch)
{
	return launch->launch.nnp;
}

int mpol_launch_enter(struct mpol_launch *launch, struct mpol_error *err)
{
	struct fault fault = {.line = 0};
	int r = run_enter(&launch->request, &launch->launch, &fault);

	return lib_error(r, &fault, err);
}

struct mpol_launch *mpol_launch_free(struct mpol_launch *launch)
{
	if (!launch)
		return NULL;
	run_done(&launch->launch);
	learning_free(launch->learning);
	if (launch->watched && launch->watch.log.fd > STDERR_FILENO)
		close(launch->watch.log.fd);
	free(launch);
	return NULL;
}
