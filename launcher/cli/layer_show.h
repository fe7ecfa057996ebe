/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer's state, for people and for machines. */
#ifndef MPOLRUN_LAYER_SHOW_H
#define MPOLRUN_LAYER_SHOW_H

#include <json-c/json.h>

#include "layer/wire.h"

/* One object without a version key. */
struct json_object *layer_json(const struct ticket *ticket, const struct layer_state *state);

/* What holds it, "lsm notify", into @buf, which is returned. */
const char *layer_mechanisms(const struct ticket *ticket, const struct layer_state *state,
			     char *buf, size_t size);

/* The rules and what became of the calls, in lines. */
void layer_print_calls(const struct ticket *ticket, const struct layer_state *state);

#endif
