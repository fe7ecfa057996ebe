/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which profile, and which line of it, decides each rule of a layer: see struct layer_sources. */
#ifndef MPOLRUN_LAYER_SOURCES_H
#define MPOLRUN_LAYER_SOURCES_H

#include "layer_policy.h"
#include "resident_abi.h"

/* Of the policy that @title was made of, by policy_title(). Pure. */
void layer_sources_from(const struct policy *policy, const char *title, struct layer_sources *ret);

/* Whether they fit @title. Pure. -EINVAL */
int layer_sources_check(const struct layer_sources *sources, const char *title);

/* What a layer in the resident has of them; names that have no room in it are not known. */
struct layer_label {
	struct layer_sources sources;
	char title[RESIDENT_LABEL_SIZE - sizeof(struct layer_sources)];
};

/* Pure. */
void layer_label_from(const struct policy *policy, struct layer_label *ret);
void layer_label_of(const struct layer_policy *policy, struct layer_label *ret);

/* As layer_source(), of one that somebody may have forged: no more than it says. -EINVAL. Pure. */
int layer_label_source(const struct layer_label *label, __u32 rule, char *buf, size_t size,
		       __u32 *ret_line);

/*
 * The profile that decides @rule of @policy, into @buf: its own name, or where that is not known
 * the names of all. Returns the line of it, or 0. Pure.
 */
__u32 layer_source(const struct layer_policy *policy, __u32 rule, char *buf, size_t size);

#endif
