/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the layers that we have a name for the resident means by a number. */
#ifndef MPOL_LAYER_IDS_H
#define MPOL_LAYER_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "events/event.h"
#include "layer/wire.h"

struct layer_ids {
	struct layer_id {
		uint32_t id;
		char name[EVENT_NAME_MAX];
		struct layer_policy policy; /* as it is when we look */
	} * row;
	size_t n;
	uint32_t unknown; /* the last one that was asked for in vain */
};

/*
 * NULL: it has no name that we can read. Looks again for a number that was not seen before, and
 * after layer_ids_forget().
 */
const struct layer_id *layer_ids_find(struct layer_ids *ids, uint32_t id);

/* Of one layer: its number, 0 where the resident has no part in it, and its state. */
int layer_ids_look(const struct ticket *ticket, uint32_t *ret, struct layer_state *ret_state);

/* What was seen of them, when they may have changed. */
void layer_ids_forget(struct layer_ids *ids);

void layer_ids_done(struct layer_ids *ids);

#endif
