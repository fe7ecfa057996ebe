/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_OOM_CMD_H
#define MPOLRUN_OOM_CMD_H

#include "options.h"

/* mpolrun oom [--follow] [--json] [FILE|-]. Returns the exit status. */
int cmd_oom(const struct options *options);

#endif
