/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "layer/client.h"
#include "lib.h"
#include "run/live.h"

#define RESIDENT (MPOL_MECHANISM_LSM | MPOL_MECHANISM_FMOD_RET | MPOL_MECHANISM_KPROBE)
#define MECHANISMS \
	(RESIDENT | MPOL_MECHANISM_SECCOMP | MPOL_MECHANISM_NOTIFY | MPOL_MECHANISM_LAUNCHER)

#define FLAGS                                                                     \
	(MPOL_PLAN_LIVE | MPOL_PLAN_AUDIT | MPOL_PLAN_WATCH | MPOL_PLAN_EXPLAIN | \
	 MPOL_PLAN_LAUNCH | MPOL_PLAN_UNTOLD)

_Static_assert(MPOL_MECHANISM_LSM == MECH_BIT(MECH_LSM), "the bits of mechanisms");
_Static_assert(MPOL_MECHANISM_FMOD_RET == MECH_BIT(MECH_FMOD_RET), "the bits of mechanisms");
_Static_assert(MPOL_MECHANISM_KPROBE == MECH_BIT(MECH_KPROBE), "the bits of mechanisms");
_Static_assert(MPOL_MECHANISM_SECCOMP == MECH_BIT(MECH_SECCOMP), "the bits of mechanisms");
_Static_assert(MPOL_MECHANISM_NOTIFY == MECH_BIT(MECH_NOTIFY), "the bits of mechanisms");
_Static_assert(MPOL_MECHANISM_LAUNCHER == MECH_BIT(MECH_LAUNCHER), "the bits of mechanisms");
_Static_assert(MECHANISMS == MECH_ALL, "the bits of mechanisms");

/* The first rule that is not covered is the sentence; mpol_plan_json() has the rest. */
static int say_not_covered(const struct plan *plan, struct fault *fault)
{
	const struct plan_row *first = NULL;
	size_t i, missing = 0;
	char more[32] = "";

	for (i = 0; i < plan->n_rows; i++) {
		const struct plan_row *row = &plan->row[i];

		if (row->cover > COVER_PART || row->loss != LOSS_NO)
			continue;
		missing++;
		first = first ? first : row;
	}
	if (!first)
		return -EOPNOTSUPP;
	if (missing > 1)
		(void)snprintf(more, sizeof(more), ", and %zu more", missing - 1);
	if (first->fix[0])
		fault_hint(fault, "%s", first->fix);
	return fault_set(fault, -EOPNOTSUPP, "%s cannot be %senforced here: %.160s%s",
			 keywords[first->group].name, first->cover == COVER_PART ? "wholly " : "",
			 first->why[0] ? first->why : first->note, more);
}

/* What holds @layer, which is to be given the policy of a plan; with what was found out of it. */
static int backends_of(int layer, uint32_t *ret, struct fault *fault)
{
	struct layer_state state;
	struct ticket ticket;
	int r;

	r = ticket_read(layer, &ticket);
	if (r == 0)
		r = layer_query(&ticket, &state);
	if (r < 0)
		return fault_set(fault, r, "%s", mpol_strerror(r));
	*ret = live_backends(&ticket, &state.policy);
	return 0;
}

/* It has its listeners; whether we could have one is nothing to it. */
static void assume_listener(struct host *host)
{
	host->mechanism[MECH_NOTIFY] = (struct ability){.ready = true};
	host->features |= HOST_LISTENER_FREE;
}

static void probe(uint32_t ask, bool of_layer, struct host *ret)
{
	host_probe(ask, ret);
	if (of_layer)
		assume_listener(ret);
}

/* What is not set here is by host_probe() and plan_make(); not cleared: a launch pays for it. */
static struct mpol_plan *plan_new(struct mpol_policy *policy)
{
	struct mpol_plan *plan = malloc(sizeof(*plan));

	if (!plan)
		return NULL;
	plan->policy = policy;
	plan->audit = false;
	plan->live = false;
	plan->launch = false;
	plan->joins = false;
	plan->by_resident = false;
	return plan;
}

/*
 * What to find out for @policy. A launch that tells nobody about its plan leaves out the mounts and
 * the cpuset where every profile that restricts them would rather lose them than not start: looking
 * changes nothing then, and costs a tenth of the launch.
 */
static uint32_t asks(const struct policy *policy, uint32_t flags)
{
	uint32_t ask = plan_asks(policy);

	if (flags & MPOL_PLAN_EXPLAIN)
		return ask | ASK_CARRIED | ASK_KERNEL | ASK_TRIALS;
	if (flags & MPOL_PLAN_UNTOLD) {
		if (!(policy->must & GROUP_BIT(GROUP_FILES)))
			ask &= ~(uint32_t)ASK_MOUNTS;
		if (!(policy->must & GROUP_BIT(GROUP_CPUSET)))
			ask &= ~(uint32_t)ASK_CPUSET;
	}
	return ask;
}

int mpol_plan_with(const struct mpol_policy *policy, const struct mpol_plan_request *with,
		   struct mpol_plan **ret, struct mpol_error *err)
{
	uint32_t ask, backends = LIVE_BACKENDS;
	struct fault fault = {.line = 0};
	struct plan_request request;
	struct mpol_plan *plan;
	bool launch, of_layer;
	int r;

	/* Of what is shorter than it says nothing may be read. */
	r = lib_size_check(with, with->size, sizeof(*with));
	if (r < 0)
		return r;
	launch = with->flags & MPOL_PLAN_LAUNCH;
	of_layer = with->layer != MPOL_NO_LAYER;
	request = (struct plan_request){
		.mechanisms = with->mechanisms ? with->mechanisms : MECHANISMS,
		.best_effort = with->best_effort,
		.live = of_layer || with->flags & MPOL_PLAN_LIVE,
		.watch = with->flags & MPOL_PLAN_WATCH,
		.audit = with->flags & MPOL_PLAN_AUDIT,
	};
	if ((with->mechanisms & ~MECHANISMS) || (with->flags & ~FLAGS) || with->zero ||
	    with->best_effort >> GROUP_COUNT)
		return -EINVAL;
	if (of_layer) {
		r = backends_of(with->layer, &backends, &fault);
		if (r < 0)
			return lib_error(r, &fault, err);
		request.of_layer = backends;
	}
	/* A reference changes only the count: the policy stays as it is. */
	plan = plan_new((struct mpol_policy *)policy);
	if (!plan)
		return -ENOMEM;
	mpol_policy_ref(plan->policy);
	plan->audit = request.audit;
	plan->live = request.live;
	plan->launch = launch;
	ask = asks(policy->policy, with->flags);
	/* A live layer needs a listener, and so does who has no other filter to choose. */
	if (request.live || request.watch ||
	    (request.mechanisms & (MPOL_MECHANISM_SECCOMP | MPOL_MECHANISM_NOTIFY)) ==
		    MPOL_MECHANISM_NOTIFY)
		ask |= ASK_LISTENER;
	/* Unless several are entered, a static layer is one filter, which each installs itself. */
	if (request.live)
		request.mechanisms &= backends;
	else if (!launch)
		request.mechanisms &= ~RESIDENT;
	if (!launch)
		request.mechanisms |= MPOL_MECHANISM_LAUNCHER;
	probe(ask, of_layer, &plan->host);
	plan_make(policy->policy, &plan->host, &request, &plan->plan);
	if (!plan->plan.covered && !(ask & ASK_KERNEL)) {
		/* Worth the time now: what the kernel lacks is the sentence that will be read. */
		probe(ask | plan_asks(policy->policy) | ASK_KERNEL, of_layer, &plan->host);
		plan_make(policy->policy, &plan->host, &request, &plan->plan);
	}
	if (!plan->plan.covered)
		r = lib_error(say_not_covered(&plan->plan, &fault), &fault, err);
	*ret = plan;
	return r;
}

/* What is held by @ticket, of which *ret is the policy as it is now. */
static int look_at_layer(const struct ticket *ticket, struct layer_policy *ret)
{
	struct layer_state state;
	int r;

	if (!(ticket->rights & TICKET_INSTALL))
		return -EACCES;
	if (ticket->kind == TICKET_SECCOMP) {
		*ret = ticket->policy;
		return 0;
	}
	r = layer_query(ticket, &state);
	if (r == 0)
		*ret = state.policy;
	return r;
}

int mpol_plan_of_layer(int layer, uint32_t flags, struct mpol_plan **ret, struct mpol_error *err)
{
	struct plan_request request = {.of_layer = true};
	struct fault fault = {.line = 0};
	struct layer_policy held;
	struct mpol_policy *owner;
	struct mpol_plan *plan;
	struct policy *policy;
	struct ticket ticket;
	uint32_t ask;
	int r;

	if (flags & ~MPOL_PLAN_UNTOLD)
		return -EINVAL;
	r = ticket_read(layer, &ticket);
	if (r == 0)
		r = look_at_layer(&ticket, &held);
	if (r == 0)
		r = layer_policy_to(&held, &policy);
	if (r < 0)
		return lib_error(fault_set(&fault, r, "%s", mpol_strerror(r)), &fault, err);
	owner = lib_policy(policy);
	plan = owner ? plan_new(owner) : NULL;
	if (!plan) {
		if (owner)
			mpol_policy_unref(owner);
		return -ENOMEM;
	}
	plan->joins = true;
	plan->launch = true;
	plan->live = ticket.kind != TICKET_SECCOMP;
	plan->audit = !plan->live && held.rules.flags & MPOL_RULES_AUDIT;
	plan->by_resident = held.deciders;
	plan->ticket = ticket;
	request.live = plan->live;
	request.mechanisms = live_backends(&ticket, &held);
	ask = asks(policy, flags);
	host_probe(ticket.kind == TICKET_NOTIFY ? ask | ASK_LISTENER : ask, &plan->host);
	plan_make(policy, &plan->host, &request, &plan->plan);
	if (!plan->plan.covered)
		r = lib_error(say_not_covered(&plan->plan, &fault), &fault, err);
	*ret = plan;
	return r;
}

int mpol_plan_new(const struct mpol_policy *policy, uint32_t mechanisms, uint32_t flags,
		  struct mpol_plan **ret, struct mpol_error *err)
{
	const struct mpol_plan_request request = {
		.size = sizeof(request),
		.flags = flags,
		.mechanisms = mechanisms,
		.layer = MPOL_NO_LAYER,
	};

	return mpol_plan_with(policy, &request, ret, err);
}

struct mpol_plan *mpol_plan_free(struct mpol_plan *plan)
{
	if (plan)
		mpol_policy_unref(plan->policy);
	free(plan);
	return NULL;
}
