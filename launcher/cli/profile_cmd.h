/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mpolrun profile list|show|check|test|diff: look at profiles; changes nothing anywhere. */
#ifndef MPOLRUN_PROFILE_CMD_H
#define MPOLRUN_PROFILE_CMD_H

#include "options.h"

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

#endif
