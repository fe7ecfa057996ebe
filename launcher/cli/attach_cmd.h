/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mpolrun layer attach and detach: exit statuses. And the cgroups of `layer show`. */
#ifndef MPOLRUN_ATTACH_CMD_H
#define MPOLRUN_ATTACH_CMD_H

#include <json-c/json.h>

#include "layer/ticket.h"
#include "options.h"

int cmd_layer_attach(const struct options *options);
int cmd_layer_detach(const struct options *options);

/*
 * Where the layer of @ticket is attached: lines, or "cgroups" into @object. Their paths only to
 * root.
 */
void attach_print_cgroups(const struct ticket *ticket);
void attach_json_cgroups(const struct ticket *ticket, struct json_object *object);

#endif
