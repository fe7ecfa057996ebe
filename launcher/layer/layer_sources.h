/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which profile, and which line of it, decides each rule of a layer: for those who tell about it.
 */
#ifndef MPOLRUN_LAYER_SOURCES_H
#define MPOLRUN_LAYER_SOURCES_H

#include "layer_policy.h"

/* By enum mpol_rule; the profile's name is a part of layer_policy.title. */
struct layer_sources {
	struct layer_source {
		__u8 at, length; /* in the title; 0, 0: not known */
		__u16 line; /* 0: it has none */
	} rule[MPOL_RULES_ROOM];
};

/* Of the policy that @title was made of, by layer_policy_from(). Pure. */
void layer_sources_from(const struct policy *policy, const char *title, struct layer_sources *ret);

/* Whether they fit @title. Pure. -EINVAL */
int layer_sources_check(const struct layer_sources *sources, const char *title);

/* The name of the profile that decides @rule, into @buf; "" where it is not known. Pure. */
void layer_source_profile(const struct layer_sources *sources, const char *title, __u32 rule,
			  char *buf, size_t size);

#endif
