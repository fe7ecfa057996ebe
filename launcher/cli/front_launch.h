/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the command line to a plan that a launch hands to the mechanisms. */
#ifndef MPOLRUN_FRONT_LAUNCH_H
#define MPOLRUN_FRONT_LAUNCH_H

#include "base/fault.h"
#include "host/host.h"
#include "layer/ticket.h"
#include "options.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "run/live.h"

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

/*
 * The same for a launch under the layer options->layer: the policy is the layer's.
 */
int front_join(const struct options *options, struct front *ret, struct fault *fault);

/* The ticket of NAME or fd:N. */
int front_ticket(const char *layer, enum ticket_right right, struct ticket *ret,
		 struct fault *fault);

/* What --name, --mode, --group, --ticket-fd and --audit say of a new live layer. -EINVAL. */
int front_live(const struct options *options, struct live_request *ret, struct fault *fault);

/* "modes cannot be enforced here: ..." of a plan that is not covered. */
void front_say_not_covered(const struct plan *plan, struct fault *fault);

void front_done(struct front *front);

#endif
