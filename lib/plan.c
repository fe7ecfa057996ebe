/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "lib.h"

#define RESIDENT (MPOL_MECHANISM_LSM | MPOL_MECHANISM_FMOD_RET)
#define MECHANISMS (RESIDENT | MPOL_MECHANISM_SECCOMP | MPOL_MECHANISM_NOTIFY)

_Static_assert(MPOL_MECHANISM_LSM == MECH_BIT(MECH_LSM), "the bits of mechanisms");
_Static_assert(MPOL_MECHANISM_FMOD_RET == MECH_BIT(MECH_FMOD_RET), "the bits of mechanisms");
_Static_assert(MPOL_MECHANISM_SECCOMP == MECH_BIT(MECH_SECCOMP), "the bits of mechanisms");
_Static_assert(MPOL_MECHANISM_NOTIFY == MECH_BIT(MECH_NOTIFY), "the bits of mechanisms");

static int say_not_covered(const struct plan *plan, struct fault *fault)
{
	size_t i;

	for (i = 0; i < plan->n_rows; i++) {
		const struct plan_row *row = &plan->row[i];

		if (row->cover > COVER_PART || row->loss != LOSS_NO)
			continue;
		if (row->fix[0])
			fault_hint(fault, "%s", row->fix);
		return fault_set(fault, -EOPNOTSUPP, "%s cannot be %senforced here: %s",
				 keywords[row->group].name,
				 row->cover == COVER_PART ? "wholly " : "",
				 row->why[0] ? row->why : row->note);
	}
	return -EOPNOTSUPP;
}

int mpol_plan_new(const struct mpol_policy *policy, uint32_t mechanisms, uint32_t flags,
		  struct mpol_plan **ret, struct mpol_error *err)
{
	struct plan_request request = {
		.mechanisms = mechanisms ? mechanisms : MECHANISMS,
		.live = flags & MPOL_PLAN_LIVE,
		.audit = flags & MPOL_PLAN_AUDIT,
	};
	uint32_t ask = plan_asks(policy->policy);
	struct fault fault = {.line = 0};
	struct mpol_plan *plan;
	int r = 0;

	if ((mechanisms & ~MECHANISMS) || (flags & ~(MPOL_PLAN_LIVE | MPOL_PLAN_AUDIT)))
		return -EINVAL;
	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return -ENOMEM;
	/* A reference changes only the count: the policy stays as it is. */
	plan->policy = mpol_policy_ref((struct mpol_policy *)policy);
	plan->audit = request.audit;
	if (request.live || !(request.mechanisms & MPOL_MECHANISM_SECCOMP))
		ask |= ASK_LISTENER;
	/* A static layer is one filter, which each that enters installs itself. */
	if (!request.live)
		request.mechanisms &= ~RESIDENT;
	request.mechanisms |= MECH_BIT(MECH_LAUNCHER);
	host_probe(ask, &plan->host);
	plan_make(policy->policy, &plan->host, &request, &plan->plan);
	if (!plan->plan.covered)
		r = lib_error(say_not_covered(&plan->plan, &fault), &fault, err);
	*ret = plan;
	return r;
}

struct mpol_plan *mpol_plan_free(struct mpol_plan *plan)
{
	if (plan)
		mpol_policy_unref(plan->policy);
	free(plan);
	return NULL;
}
