/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_LEARN_CMD_H
#define MPOLRUN_LEARN_CMD_H

#include "options.h"

/* mpolrun learn: returns only where the command was not executed. An exit status. */
int cmd_learn(const struct options *options);

#endif
