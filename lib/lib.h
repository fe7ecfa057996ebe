/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the library share: it is a thin cover over the stages of launcher/. */
#ifndef MPOL_LIB_H
#define MPOL_LIB_H

#include "base/fault.h"
#include "enforce/watch.h"
#include "host/host.h"
#include "layer/ticket.h"
#include "mpol.h"
#include "plan/plan.h"
#include "policy/policy.h"
#include "profile/load.h"

struct mpol_policy {
	uint32_t refs;
	struct profile_set own; /* profiles that go with it */
	struct mpol_policy **of; /* those that it is the intersection of */
	size_t n_of;
	struct policy *policy;
};

struct mpol_plan {
	struct mpol_policy *policy; /* a reference */
	bool audit;
	bool live; /* MPOL_PLAN_LIVE */
	bool launch; /* MPOL_PLAN_LAUNCH: no layer is made of it */
	bool joins; /* mpol_plan_of_layer(), .ticket */
	bool by_resident; /* that has a part in the layer */
	struct plan plan;
	struct host host;
	struct ticket ticket;
};

/* Every function that fails with a sentence ends so. @err may be NULL. Returns @r. */
int lib_error(int r, const struct fault *fault, struct mpol_error *err);

/* Of a caller's structure of @size bytes, where we know @known: -EINVAL, -E2BIG. */
int lib_size_check(const void *structure, uint32_t size, size_t known);

/* A reference to what owns @policy. NULL: no memory; then it is freed. */
struct mpol_policy *lib_policy(struct policy *policy);

/* Open what @log says, for who tells of a layer. -errno with a sentence. */
int lib_log_open(const struct mpol_log *log, struct watch *ret, struct fault *fault);

/* What holds the layer, MPOL_MECHANISM_... */
struct layer_state;
uint32_t layer_mechanisms(const struct ticket *ticket, const struct layer_state *state);

/* What @verdict, an answer of mpol_verdict(), is to a caller. */
void lib_answer(const struct policy *policy, uint32_t verdict, struct mpol_answer *ret);

/* mpol_host_json(), of a host that may be made up. */
int host_json(const struct host *host, char **ret);

/* mpol_plan_json(). */
int plan_json(const struct plan *plan, const struct host *host, bool audit, char **ret);

/* How a rule is held, or why it is not, in JSON: the same words for a plan and for a machine. */
struct json_object;
void plan_row_add_cover(struct json_object *object, const struct plan_row *row);

#endif
