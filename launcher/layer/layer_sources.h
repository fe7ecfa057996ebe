/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which profile, and which line of it, decides each rule of a layer: see struct layer_sources. */
#ifndef MPOLRUN_LAYER_SOURCES_H
#define MPOLRUN_LAYER_SOURCES_H

#include "layer_policy.h"

/* Of the policy that @title was made of, by policy_title(). Pure. */
void layer_sources_from(const struct policy *policy, const char *title, struct layer_sources *ret);

/* Whether they fit @title. Pure. -EINVAL */
int layer_sources_check(const struct layer_sources *sources, const char *title);

/*
 * The profile that decides @rule of @policy, into @buf: its own name, or where that is not known
 * the names of all. Returns the line of it, or 0. Pure.
 */
__u32 layer_source(const struct layer_policy *policy, __u32 rule, char *buf, size_t size);

#endif
