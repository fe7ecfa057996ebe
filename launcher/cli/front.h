/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the words of the command line to what the library takes, and back to a sentence. */
#ifndef MPOLRUN_FRONT_H
#define MPOLRUN_FRONT_H

#include "base/fault.h"
#include "mpol.h"
#include "options.h"

/* Where there is no -p and no --deny, what MPOLRUN_PROFILE names, in *of_environment. -EINVAL */
int front_find_sources(const struct options *options, struct option_source *of_environment,
		       const struct option_source **ret, size_t *ret_n, struct fault *fault);

/* The policy of -p and --deny, or of MPOLRUN_PROFILE, where there are none; the caller's. */
int front_sources(const struct options *options, struct mpol_policy **ret, struct fault *fault);

/*
 * The plan of that, and of the other options, with @flags (MPOL_PLAN_...) on top. *ret is the
 * caller's, also with -EOPNOTSUPP: it does not cover.
 */
int front_plan(const struct options *options, uint32_t flags, struct mpol_plan **ret,
	       struct fault *fault);

/* Of a plan that does not cover: "modes cannot be enforced here: ...". -EOPNOTSUPP */
int front_not_covered(const struct mpol_plan *plan, const struct mpol_error *err,
		      struct fault *fault);

/* The layer NAME or fd:N, with @rights and no others; the fd is the caller's. */
int front_layer(const char *layer, uint32_t rights, struct fault *fault);

/* The same with all rights of them that we have, the install right at least. */
int front_layer_of_all(const char *layer, struct fault *fault);

/* What --mode and --group say of NAME.install. */
struct front_owner {
	uint32_t mode, group; /* of it; (uint32_t)-1: ours */
};
int front_owner(const struct options *options, struct front_owner *ret, struct fault *fault);

/* What the library says of a failure @r, which is returned. */
int front_fault(int r, const struct mpol_error *err, struct fault *fault);

/* For _cleanup_(). */
static inline void front_policy_done(struct mpol_policy **policy)
{
	mpol_policy_unref(*policy);
}

static inline void front_plan_done(struct mpol_plan **plan)
{
	mpol_plan_free(*plan);
}

/* Whether a new live layer is asked for. */
static inline bool front_is_live(const struct options *options)
{
	return options->live || options->name || options->ticket_fd >= 0 ||
	       options->command == COMMAND_LAYER_CREATE;
}

#endif
