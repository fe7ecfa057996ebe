/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mpolrun events. */
#ifndef MPOLRUN_EVENTS_CMD_H
#define MPOLRUN_EVENTS_CMD_H

#include "options.h"

/* Returns the exit status. */
int cmd_events(const struct options *options);

#endif
