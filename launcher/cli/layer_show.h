/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer, as mpol_layer_json() tells, for people. */
#ifndef MPOLRUN_LAYER_SHOW_H
#define MPOLRUN_LAYER_SHOW_H

#include <json-c/json_types.h>
#include <stddef.h>

#include "base/fault.h"

/* What holds the layer NAME or fd:N says of it; *ret is the caller's. -errno with a sentence. */
int layer_look(const char *layer, struct json_object **ret, struct fault *fault);

/* "auditing" or "enforcing" */
const char *layer_audit(struct json_object *layer);

/* "7 members", "1 launch": whichever is counted here. Into @buf, which is returned. */
const char *layer_members(struct json_object *layer, char *buf, size_t size);

/* What holds it, "lsm notify", into @buf, which is returned. */
const char *layer_mechanisms_text(struct json_object *layer, char *buf, size_t size);

/* Where it is attached, the rules and what became of the calls, in lines. */
void layer_print(struct json_object *layer);

#endif
