/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan: for each rule of a policy, what enforces it on this host, or why nothing can. A pure
 * function of (policy, host, what was asked for).
 */
#ifndef MPOLRUN_PLAN_H
#define MPOLRUN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "host/host.h"
#include "policy/policy.h"

/* Ordered: more is better. */
enum cover {
	COVER_NONE,
	COVER_PART, /* something that it must refuse gets through: counts as not covered */
	COVER_START, /* looked at once, at the launch, after which it cannot come about */
	COVER_COARSE, /* refuses all that it must, and something else too */
	COVER_EXACT,
};

/* enum cover -> "none", "part", "start", "coarse", "exact". */
extern const char *const cover_names[COVER_EXACT + 1];

enum loss {
	LOSS_NO, /* covered, or not covered and that is an error */
	LOSS_PROFILE, /* not covered, which every restricting profile allows */
	LOSS_CALLER, /* not covered, which --best-effort allows */
};

struct plan_row {
	enum rule_group group;
	enum cover cover;
	enum mechanism by; /* unless COVER_NONE */
	uint32_t program; /* of MECHS_RESIDENT: enum resident_program */
	/*
	 * enum resident_program that would hold it as well and gave way to what tells of refusals,
	 * to count what is let through; 0: none.
	 */
	uint32_t counts;
	char how[96]; /* which hook or call, for people: "mount fsconfig" */
	char note[160]; /* what else is refused, or when it is looked at; or "" */
	char why[160]; /* COVER_NONE, or a cover that is not exact: why not more */
	char fix[160]; /* what to change to get more, or "" */
	enum loss loss;
};

struct plan_request {
	uint32_t mechanisms; /* MECH_BIT()s that may be used; MECH_ALL */
	uint32_t best_effort; /* GROUP_BIT()s that may be lost */
	bool live; /* only what can change while the tree runs */
	bool watch; /* between equals, what can tell of its refusals */
	bool audit; /* nothing will be refused: every answer is a report */
	bool of_layer; /* .mechanisms are those that hold a layer, not what was asked for */
};

struct plan {
	const struct policy *policy; /* borrowed */
	size_t n_rows;
	/* a seccomp filter is above: what we try may be answered by it, or by a kill */
	bool filtered;
	bool covered; /* every row is covered or lost by leave */
	uint32_t held[MECH_COUNT]; /* GROUP_BIT()s that each mechanism holds */
	/* one per restricted group, in the order of enum rule_group */
	struct plan_row row[GROUP_COUNT];
};

/* Any phase, cannot fail: a policy that cannot be enforced gives a plan that is not covered. */
void plan_make(const struct policy *policy, const struct host *host,
	       const struct plan_request *request, struct plan *ret);

/* GROUP_BIT()s of the rules that some program of the resident holds. */
uint32_t plan_held_by_resident(const struct plan *plan);

/* GROUP_BIT()s of the rules that others hold, and that the resident could count the calls of. */
uint32_t plan_counted_by_resident(const struct plan *plan);

/* What the host must be asked before this policy can be planned: a mask of enum host_ask. */
uint32_t plan_asks(const struct policy *policy);

#endif
