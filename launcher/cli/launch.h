/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a plan to execve(2): what run, layer exec and learn share. */
#ifndef MPOLRUN_LAUNCH_H
#define MPOLRUN_LAUNCH_H

#include "base/fault.h"
#include "mpol.h"
#include "options.h"

/* As mpol_launch_prepare(), of what @options say; notes go to standard error. */
int launch_prepare(const struct options *options, const struct mpol_plan *plan,
		   struct mpol_launch **ret, struct fault *fault);

/* mpol_launch_above(), with a sentence. */
int launch_above(struct mpol_launch *launch, struct mpol_outcome **ret, struct fault *fault);

/* Returns only if the command was not executed: an exit status, of which everybody was told. */
int launch_execute(const struct options *options, const struct mpol_plan *plan,
		   struct mpol_launch *launch);

#endif
