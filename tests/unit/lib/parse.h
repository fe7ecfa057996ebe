/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy of a test, which fails where the text is wrong. After what <cmocka.h> needs. */
#ifndef TEST_LIB_PARSE_H
#define TEST_LIB_PARSE_H

#include <string.h>

#include <cmocka.h>
#include <mpol.h>

static inline struct mpol_policy *parse(const char *text)
{
	struct mpol_policy *policy = NULL;
	struct mpol_error err = {.what = ""};

	if (mpol_policy_parse(text, strlen(text), "test", MPOL_POLICY_INLINE, &policy, &err) < 0)
		fail_msg("%s: %s", text, err.what);
	return policy;
}

#endif
