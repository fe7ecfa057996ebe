/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "start.h"

/* In the order in which they are entered: seccomp last, since nothing of ours may be filtered. */
static const struct enforcer *const enforcers[] = {
	&lsm_enforcer, &fmod_ret_enforcer, &kprobe_enforcer, &notify_enforcer, &seccomp_enforcer,
};

static void note(const struct run_request *request, uint32_t kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void note(const struct run_request *request, uint32_t kind, const char *format, ...)
{
	char text[640];
	va_list args;

	if (!request->note || (kind == RUN_STEP && !request->details))
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	request->note(request->note_arg, kind, text);
}

/*
 * A loss that the caller allowed on the command line is said once; the profile's own, by explain.
 */
/* Of what holds a part, the part that it does not hold is what to know. */
static bool is_part(const struct plan_row *row)
{
	return row->cover == COVER_PART && row->note[0];
}

static void warn_of_losses(const struct run_request *request)
{
	const struct plan *plan = request->plan;
	size_t i;

	for (i = 0; i < plan->n_rows; i++) {
		const struct plan_row *row = &plan->row[i];

		if (row->loss == LOSS_CALLER || (row->loss == LOSS_PROFILE && request->details))
			note(request, RUN_WARNING, "%s is not %senforced here: %s",
			     keywords[row->group].name, row->cover == COVER_PART ? "wholly " : "",
			     row->why[0] && !is_part(row) ? row->why : row->note);
	}
}

/*
 * Best effort: where the policy may not lose `files`, the plan did not cover it and we are not
 * here. A loss that the profile declares is not pushed at those who did not ask.
 */
static void warn_of_mounts(const struct run_request *request)
{
	const struct host *host = request->host;
	char text[96];
	size_t i;

	if (!request->details || !policy_refuses(request->plan->policy, MPOL_RULE_FILES) ||
	    request->plan->held[MECH_LAUNCHER] == 0)
		return;
	if (host->mpol_mounts_more)
		note(request, RUN_WARNING, "more mounts with mpol= than can be looked at");
	for (i = 0; i < host->n_mpol_mounts; i++) {
		const struct host_mount *mount = &host->mpol_mount[i];

		if (mount->policy.set &&
		    !policy_refuses_start(request->plan->policy, &mount->policy))
			continue;
		note(request, RUN_WARNING,
		     "files on %s get the refused policy %s, and nothing here stops "
		     "the command from using them",
		     mount->point,
		     mount->policy.set ? start_policy_text(&mount->policy, text, sizeof(text))
				       : "of an unknown kind");
	}
}

static void warn(const struct run_request *request, const struct launch *launch)
{
	char text[96];
	size_t i;

	warn_of_losses(request);
	warn_of_mounts(request);
	if (launch->fds.unseen)
		note(request, RUN_WARNING,
		     "%zu inherited files on tmpfs cannot be looked at; one that "
		     "carries a refused policy would pass",
		     launch->fds.unseen);
	if (!request->details)
		return;
	if (launch->fds.unasked)
		note(request, RUN_STEP,
		     "%zu inherited files on tmpfs are not looked at: a filter above refuses "
		     "get_mempolicy(2)",
		     launch->fds.unasked);
	for (i = 0; !request->keep_fds && i < launch->fds.n_dangerous; i++)
		note(request, RUN_STEP, "closing inherited file %d (%s)",
		     launch->fds.dangerous[i].fd, launch->fds.dangerous[i].what);
	if (launch->drop)
		note(request, RUN_STEP, "dropping capabilities: %s",
		     caps_text(launch->drop, text, sizeof(text)));
}

/* A live layer that restricts nothing now may restrict something later. */
static bool has_layer(const struct run_request *request)
{
	return request->plan->n_rows || request->live.join;
}

static bool takes_part(const struct run_request *request, enum mechanism mechanism)
{
	const struct live_request *live = &request->live;

	if (request->plan->held[mechanism])
		return true;
	if (mechanism == MECH_NOTIFY && live_is_fixed(live, request->plan))
		return true;
	/* Whichever of the resident's it is, the first one enters for all of them. */
	if (mechanism == MECH_LSM && live->watch && live->watch->counts)
		return true;
	if (!live->join)
		return false;
	return (mechanism == MECH_NOTIFY && live->join->kind == TICKET_NOTIFY) ||
	       (mechanism == MECH_LSM && live->join_resident);
}

/* Whether somebody else may change what the command will be under, decides on it, or counts. */
static bool is_live(const struct run_request *request)
{
	const struct live_request *live = &request->live;

	return takes_part(request, MECH_NOTIFY) || live->join || live->name ||
	       live->ticket_fd >= 0 || live->above;
}

static int prepare(const struct run_request *request, struct launch *launch, struct fault *fault)
{
	const struct policy *policy = request->plan->policy;
	size_t i;
	int r;

	r = start_check(policy, request->host, fault);
	if (r < 0)
		return r;
	r = fds_look(policy, &launch->fds, fault);
	if (r < 0)
		return r;

	/* A policy that takes nothing away has no layer that could be undone. */
	if (has_layer(request) && !request->keep_all_caps) {
		r = caps_to_drop(request->keep_caps, &launch->drop, fault);
		if (r < 0)
			return r;
	}
	launch->enforcement.counts = request->live.watch ? request->live.watch->counts : 0;
	for (i = 0; i < ELEMENTSOF(enforcers); i++) {
		if (!takes_part(request, enforcers[i]->mechanism))
			continue;
		if (!live_is_fixed(&request->live, request->plan))
			r = enforcers[i]->prepare(request->plan, request->audit,
						  &launch->enforcement, fault);
		else if (enforcers[i]->mechanism == MECH_SECCOMP)
			r = notify_prepare_watched(request->plan, request->audit,
						   &launch->enforcement, fault);
		else if (enforcers[i]->mechanism != MECH_NOTIFY)
			r = enforcers[i]->prepare(request->plan, request->audit,
						  &launch->enforcement, fault);
		if (r < 0)
			return r;
	}
	launch->enforcement.kernel_log = request->kernel_log;
	launch->nnp = request->no_new_privs == NNP_YES ||
		      (has_layer(request) &&
		       (!caps_spare_nnp(request->host->capabilities) || getauxval(AT_SECURE)));
	return 0;
}

/* It returns 1 where it is set, which no filter above can answer in the kernel's place. */
static int set_no_new_privs(struct fault *fault)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fault_set(fault, -errno, "prctl(PR_SET_NO_NEW_PRIVS): %s", strerror(errno));
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return fault_set(fault, -EPROTO, "no_new_privs was not set: " ANSWERED_ABOVE);
	return 0;
}

static const char *enter_error_text(int err)
{
	return err == -EPROTO ? ANSWERED_ABOVE : strerror(-err);
}

/*
 * From here on this process is the command's. Where no_new_privs is left off, seccomp(2) asks for
 * CAP_SYS_ADMIN, so the held capabilities go after the filter; execve(2) could not bring them back.
 */
static int enter(const struct run_request *request, const struct launch *launch,
		 struct fault *fault)
{
	bool nnp;
	size_t i;
	int r;

	r = start_enter(request->plan->policy, request->host, fault);
	if (r < 0)
		return r;
	r = request->keep_fds ? 0 : fds_close(&launch->fds);
	if (r < 0)
		return fault_set(fault, r, "cannot close inherited files: %s", enter_error_text(r));

	r = launch->drop ? caps_forbid(launch->drop) : 0;
	if (r < 0)
		return fault_set(fault, r, "cannot drop capabilities: %s", enter_error_text(r));
	/* What execve(2) could give back after all, no_new_privs keeps away. */
	nnp = launch->nnp || (launch->drop && !caps_are_out_of_bounds(launch->drop));
	r = nnp ? set_no_new_privs(fault) : 0;
	if (r < 0)
		return r;
	r = launch->drop && nnp ? caps_drop(launch->drop) : 0;
	if (r < 0)
		return fault_set(fault, r, "cannot drop capabilities: %s", enter_error_text(r));

	for (i = 0; i < ELEMENTSOF(enforcers); i++) {
		if (!takes_part(request, enforcers[i]->mechanism))
			continue;
		r = enforcers[i]->enter(&launch->enforcement);
		if (r < 0)
			return fault_set(fault, r, "%s: cannot be entered: %s",
					 mechanism_names[enforcers[i]->mechanism].name,
					 enforcers[i]->why ? enforcers[i]->why(r)
							   : enter_error_text(r));
	}

	r = launch->drop && !nnp ? caps_drop(launch->drop) : 0;
	if (r < 0)
		return fault_set(fault, r, "cannot drop capabilities: %s", enter_error_text(r));
	return 0;
}

/* The number that the kernel gives to the first user namespace. */
#define FIRST_USER_NAMESPACE 0xeffffffdU

static bool is_host_root(void)
{
	struct stat st;

	return geteuid() == 0 && stat("/proc/self/ns/user", &st) == 0 &&
	       st.st_ino == FIRST_USER_NAMESPACE;
}

/*
 * Before anything else in this process is changed. What is attached to it does not depend on it:
 * the tree is under the layer anyway. So where nobody asked for one, it may be that there is none.
 */
static int own_cgroup(const struct run_request *request, struct launch *launch, struct fault *fault)
{
	struct resident_enforcement *resident = &launch->enforcement.resident;
	/* Attaching takes CAP_SYS_ADMIN, which goes before the join where no_new_privs has come. */
	bool attaches = resident->verb && !launch->nnp && is_host_root();
	bool must = request->cgroup == OWN_CGROUP_YES;
	struct fault own = {.line = 0};
	int r;

	launch->cgroup.fd = -EBADF;
	if (request->cgroup == OWN_CGROUP_NO || (!must && !attaches))
		return 0;
	r = cgroup_own_enter(&launch->cgroup, must ? fault : &own);
	if (r < 0) {
		if (request->details && !must)
			note(request, RUN_STEP, "no cgroup of its own: %s", own.what);
		return must ? r : 0;
	}
	if (request->details)
		note(request, RUN_STEP, "moved to %s", launch->cgroup.path);
	if (attaches) {
		resident->cgroup = launch->cgroup.fd;
		resident->cgroup_must = must;
	}
	return 0;
}

void run_init(struct launch *launch)
{
	launch->drop = 0;
	launch->nnp = false;
	launch->ticket.rights = 0;
	launch->cgroup.fd = -EBADF;
	launch->fds.gap = NULL;
	memset(&launch->enforcement, 0, offsetof(struct enforcement, filter));
}

int run_prepare(const struct run_request *request, struct launch *launch, struct fault *fault)
{
	int r = prepare(request, launch, fault);

	if (r == 0 && request->note)
		warn(request, launch);
	return r;
}

int run_enter(const struct run_request *request, struct launch *launch, struct fault *fault)
{
	int r = 0;

	if (is_live(request))
		r = live_open(&request->live, request->plan, &launch->enforcement, &launch->ticket,
			      fault);
	if (r == 0)
		r = own_cgroup(request, launch, fault);
	if (r == 0)
		r = enter(request, launch, fault);
	if (r == 0 && request->live.above && !takes_part(request, MECH_NOTIFY))
		live_say_entered(&request->live);
	/* Only now there is a layer that a name can speak of. */
	if (r == 0 && launch->ticket.rights)
		r = live_publish(&request->live, &launch->ticket, fault);
	return r;
}

void run_done(struct launch *launch)
{
	fds_report_done(&launch->fds);
}
