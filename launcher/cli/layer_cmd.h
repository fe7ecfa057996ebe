/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mpolrun layer VERB: exit statuses. */
#ifndef MPOLRUN_LAYER_CMD_H
#define MPOLRUN_LAYER_CMD_H

#include "options.h"

int cmd_layer_create(const struct options *options);
int cmd_layer_list(const struct options *options);
int cmd_layer_show(const struct options *options);
int cmd_layer_update(const struct options *options);
int cmd_layer_rekey(const struct options *options);
int cmd_layer_remove(const struct options *options);

#endif
