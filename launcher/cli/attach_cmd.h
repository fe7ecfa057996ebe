/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mpolrun layer attach and detach: exit statuses. */
#ifndef MPOLRUN_ATTACH_CMD_H
#define MPOLRUN_ATTACH_CMD_H

#include "options.h"

int cmd_layer_attach(const struct options *options);
int cmd_layer_detach(const struct options *options);

#endif
