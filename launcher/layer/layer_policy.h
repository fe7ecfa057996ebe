/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A policy as it travels: in a ticket, in a message, in a supervisor's memory. Plain data of one
 * size, without a pointer; whoever sent it may be hostile.
 */
#ifndef MPOLRUN_LAYER_POLICY_H
#define MPOLRUN_LAYER_POLICY_H

#include <stddef.h>

#include "mpol_abi.h"
#include "policy/policy.h"

#define LAYER_TITLE_MAX 256

/* Which profile, and which line of it, decides each rule: for those who tell about it. */
struct layer_sources {
	struct layer_source {
		__u8 at, length; /* of the profile's name, in the title; 0, 0: not known */
		__u16 line; /* 0: it has none */
	} rule[MPOL_RULES_ROOM]; /* by enum mpol_rule */
};

struct layer_policy {
	struct mpol_rules rules;
	__u32 must; /* GROUP_BIT()s that may not be lost */
	__u32 inherited; /* enum start_inherited, never START_UNSAID */
	__u32 start_set; /* 0 or 1 */
	__u32 start_mode; /* the rest is zero unless start_set */
	__u32 by_resident; /* GROUP_BIT()s that the resident's programs decide on, if any are */
	__u32 deciders; /* enum resident_program: which; 0: the resident has no part in the layer */
	__u64 start_nodes[MPOL_NODES_WORDS];
	char title[LAYER_TITLE_MAX]; /* "nobind + ./db.yaml", for people */
	struct layer_sources sources;
};

/* Pure. The title is cut where it is too long. */
void layer_policy_from(const struct policy *policy, struct layer_policy *ret);

/*
 * Whether it is one that layer_policy_from() could have made: known answers only, `ignore` only
 * where a false success does no harm, a printable title, sources within it. Pure. -EINVAL.
 */
int layer_policy_check(const struct layer_policy *policy);

/* Those that the resident's programs for setting a policy decide on, each for all of them. */
#define GROUPS_OF_SETTING                                                                      \
	(GROUP_BIT(GROUP_MODES) | GROUP_BIT(GROUP_MODE_FLAGS) | GROUP_BIT(GROUP_MBIND_FLAGS) | \
	 GROUP_BIT(GROUP_NODES))

/*
 * The rules that the resident gets of it, with those for setting where it decides on files: a
 * file's policy is asked of them. And the rules that are left to others. Pure.
 */
void layer_policy_of_resident(const struct layer_policy *policy, struct mpol_rules *ret);
void layer_policy_of_others(const struct layer_policy *policy, struct mpol_rules *ret);

/* The GROUP_BIT()s that some answer of @rules restricts. Pure. */
__u32 layer_policy_restricted(const struct mpol_rules *rules);

/*
 * The reverse of layer_policy_from(), of one that was checked; several profiles become one, whose
 * name is the title and which has no lines. *ret is the caller's. -ENOMEM.
 */
int layer_policy_to(const struct layer_policy *policy, struct policy **ret);

#endif
