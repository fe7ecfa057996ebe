/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A policy: one or more profiles, intersected and compiled. Immutable once built.
 */
#ifndef MPOLRUN_POLICY_H
#define MPOLRUN_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "mpol_abi.h"
#include "profile/profile.h"
#include "verdict.h"

/* Who said so: a profile's name and line. */
struct origin {
	const char *profile; /* the policy's own; NULL: nobody, the kernel's own behaviour */
	uint32_t line; /* 0: it has none (--deny) */
};

struct policy {
	struct mpol_rules rules;
	struct origin source[MPOL_RULE_COUNT]; /* of every slot that is not allow */
	uint32_t restricted; /* GROUP_BIT()s of which some slot is not allow */
	uint32_t must; /* of those, what some restricting profile does not allow to be lost */
	enum start_inherited inherited; /* never START_UNSAID */
	struct origin inherited_source;
	struct start_policy start;
	struct origin start_source;
	char **names; /* of the profiles, in order; the sources point into it */
	size_t n_names;
};

/*
 * Intersect @n profiles, rule by rule: the strictest answer wins (allow < audit < ignore < errno <
 * kill), between errnos the first. Pure, any phase. *ret is the caller's.
 *
 * Refuses what cannot work, with the place of the word that is at fault:
 *   -EINVAL  `inherited: keep` with a refused mode; preferred-many allowed with default refused;
 *            two different start policies, or one that the policy itself refuses
 *   -ENOMEM
 */
int policy_build(struct profile *const *profiles, size_t n, struct policy **ret,
		 struct fault *fault);

void policy_free(struct policy *policy); /* NULL is fine */

static inline void cleanup_policy(struct policy **policy)
{
	policy_free(*policy);
}

/* The profiles' names, "nobind + ./db.yaml", into @buf, which is returned. */
const char *policy_title(const struct policy *policy, char *buf, size_t size);

/*
 * Keep only the slots of @groups; the others allow. For a mechanism that holds a part of the rules.
 */
void policy_rules_of(const struct policy *policy, uint32_t groups, struct mpol_rules *ret);

/* Whether a memory policy that is already there is one that @policy refuses. */
bool policy_refuses_start(const struct policy *policy, const struct start_policy *found);

/* Whether a slot's answer takes anything away. */
static inline bool policy_refuses(const struct policy *policy, uint32_t rule)
{
	return MPOL_ANSWER_KIND(policy->rules.answer[rule]) > MPOL_AUDIT;
}

#endif
