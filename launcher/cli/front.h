/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part that `run` and `explain` share: from the command line to a plan. */
#ifndef MPOLRUN_FRONT_H
#define MPOLRUN_FRONT_H

#include "base/fault.h"
#include "host/host.h"
#include "layer/ticket.h"
#include "mpol.h"
#include "options.h"
#include "plan/plan.h"
#include "policy/policy.h"

/* Everything a launch is decided from. @plan points into it: never copied. */
struct front {
	struct policy *policy; /* owned */
	bool joins; /* it is that of a layer, .ticket */
	struct host host;
	struct plan plan;
	struct ticket ticket;
	bool by_resident; /* of .ticket: the resident has a part in the layer */
};

/*
 * Load the profiles of @options (or of MPOLRUN_PROFILE, where there are none), build the policy,
 * ask the host what the policy needs and @ask on top, and plan. A plan that does not cover is no
 * failure. -errno with a sentence; front_done() in any case.
 */
int front_make(const struct options *options, uint32_t ask, struct front *ret, struct fault *fault);

/* The same for a layer that only @backends, MECH_BIT()s, hold; 0: any that can. */
int front_make_by(const struct options *options, uint32_t ask, uint32_t backends, struct front *ret,
		  struct fault *fault);

/*
 * The same for a launch under the layer options->layer: the policy is the layer's.
 */
int front_join(const struct options *options, struct front *ret, struct fault *fault);

/* The policy of -p and --deny, or of MPOLRUN_PROFILE, where there are none; the caller's. */
int front_sources(const struct options *options, struct mpol_policy **ret, struct fault *fault);

/* Of a plan that does not cover: "modes cannot be enforced here: ...". -EOPNOTSUPP */
int front_not_covered(const struct mpol_plan *plan, const struct mpol_error *err,
		      struct fault *fault);

/* The layer NAME or fd:N, with @rights and no others; the fd is the caller's. */
int front_layer(const char *layer, uint32_t rights, struct fault *fault);

/* What the library says of a failure @r, which is returned. */
int front_fault(int r, const struct mpol_error *err, struct fault *fault);

/* The ticket of NAME or fd:N. */
int front_ticket(const char *layer, enum ticket_right right, struct ticket *ret,
		 struct fault *fault);

/* Whether a new live layer is asked for. */
static inline bool front_is_live(const struct options *options)
{
	return options->live || options->name || options->ticket_fd >= 0 ||
	       options->command == COMMAND_LAYER_CREATE || options->command == COMMAND_LAYER_UPDATE;
}

/* "modes cannot be enforced here: ..." of a plan that is not covered. */
void front_say_not_covered(const struct plan *plan, struct fault *fault);

void front_done(struct front *front);

/* The policy alone, of any list of sources. *ret is the caller's. */
int front_policy(const struct option_source *sources, size_t n, struct policy **ret,
		 struct fault *fault);

#endif
