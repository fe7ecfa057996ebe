/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_RUN_CMD_H
#define MPOLRUN_RUN_CMD_H

#include "base/fault.h"
#include "options.h"

/* mpolrun run: returns only if the command was not executed. An exit status. */
int cmd_run(const struct options *options);

/* Print @fault as every error is printed, and return EXIT_MPOLRUN. */
int cmd_fail(const struct fault *fault);

#endif
