/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of this stage share. */
#ifndef TEST_PROFILE_PARSE_H
#define TEST_PROFILE_PARSE_H

#include <string.h>

#include "profile/profile.h"

#define DENY MPOL_ANSWER(MPOL_ERRNO, EPERM)
#define ALLOW MPOL_ANSWER(MPOL_ALLOW, 0)
#define AUDIT MPOL_ANSWER(MPOL_AUDIT, 0)

/* A profile that must be good; the caller's. */
static inline struct profile *good(const char *text)
{
	struct profile *profile = NULL;
	struct fault fault = {0};
	char buf[1024];

	if (profile_parse(text, strlen(text), "p.yaml", 0, &profile, &fault) != 0)
		fail_msg("%s: %s", text, fault_text(&fault, buf, sizeof(buf)));
	assert_non_null(profile);
	return profile;
}

static inline void assert_rule(const struct profile *profile, uint32_t rule, uint16_t answer,
			       uint32_t line, uint32_t column)
{
	char name[40];

	if (!profile->rule[rule].set || profile->rule[rule].answer != answer ||
	    profile->rule[rule].place.line != line || profile->rule[rule].place.column != column)
		fail_msg("%s: set %d answer %04x at %u:%u", rule_name(rule, name, sizeof(name)),
			 profile->rule[rule].set, profile->rule[rule].answer,
			 profile->rule[rule].place.line, profile->rule[rule].place.column);
}

#endif
