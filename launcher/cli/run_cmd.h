/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_RUN_CMD_H
#define MPOLRUN_RUN_CMD_H

#include "options.h"
#include "run/live.h"

/* mpolrun run: returns only if the command was not executed. An exit status. */
int cmd_run(const struct options *options);

/* What --name, --mode, --group, --ticket-fd and --audit say of a new live layer. -EINVAL. */
int live_options(const struct options *options, struct live_request *ret, struct fault *fault);

/* Print @fault as every error is printed, and return EXIT_MPOLRUN. */
int cmd_fail(const struct fault *fault);

#endif
