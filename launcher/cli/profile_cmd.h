/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mpolrun profile list|show|check|test|diff: look at profiles; changes nothing anywhere. */
#ifndef MPOLRUN_PROFILE_CMD_H
#define MPOLRUN_PROFILE_CMD_H

#include <json-c/json_types.h>

#include "base/fault.h"
#include "options.h"
#include "policy/policy.h"

/*
 * Each prints its answer on stdout and faults on stderr, and returns an exit status: EXIT_MPOLRUN
 * where a profile, or a call in words, has a fault. Any phase, any user.
 */
int cmd_profile_list(const struct options *options); /* 0 */
int cmd_profile_show(const struct options *options); /* 0 */
int cmd_profile_check(
	const struct options *options); /* 0, or EXIT_NOT_COVERED: valid, but not here */
int cmd_profile_test(const struct options *options); /* 0, or EXIT_DIFFERENT: some call not done */
int cmd_profile_diff(const struct options *options); /* 0, or EXIT_DIFFERENT */

/* The policy of what `-p WHAT` names, alone; *ret is the caller's. -errno, with a sentence. */
int profile_policy(const char *what, struct policy **ret, struct fault *fault);

/* {"file": , "line": , "column": , "what": , "hint": }, without what is not there */
struct json_object *profile_json_fault(const struct fault *fault);

#endif
