/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parser and --deny both need to put a profile together. Internal to this stage. */
#ifndef MPOLRUN_PROFILE_BUILD_H
#define MPOLRUN_PROFILE_BUILD_H

#include "profile.h"

/* An empty profile: it restricts nothing. -ENOMEM. */
int profile_new(const char *name, struct profile **ret);

void profile_answer(struct profile *profile, uint32_t rule, uint16_t answer, struct place place);

/* One more word of `extends`. -ENOMEM. */
int profile_extend(struct profile *profile, const char *word, struct place place);

/*
 * The answer @text for @what, a word or key of @keyword; refuses an unknown one, an errno out of
 * range, and `ignore` where a false success does harm. Sets what and hint of @fault, not the place.
 */
int build_answer(const struct keyword *keyword, const char *what, const char *text, uint16_t *ret,
		 struct fault *fault);

/* The mode word nearest to that of a start policy, or NULL. */
const char *start_policy_nearest(const char *text);

#endif
