/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "layer/client.h"
#include "layer/layer_resident.h"
#include "layer/names.h"

void layer_ids_done(struct layer_ids *ids)
{
	free(ids->row);
	*ids = (struct layer_ids){.n = 0};
}

void layer_ids_forget(struct layer_ids *ids)
{
	layer_ids_done(ids);
}

int layer_ids_look(const struct ticket *ticket, uint32_t *ret, struct layer_state *ret_state)
{
	const struct ticket_key *key = &ticket->install;
	int socket, r;

	/* The key of the resident's part is told to who may join. */
	if (ticket->kind == TICKET_NOTIFY) {
		r = layer_join(ticket, ret_state, &socket);
		if (r < 0)
			return r;
		close(socket);
		key = &ret_state->resident;
	} else {
		r = layer_query(ticket, ret_state);
		if (r < 0)
			return r;
	}
	if (ticket_key_is_zero(key)) {
		*ret = 0;
		return 0;
	}
	/* Its supervisor vouches for the other one. */
	return layer_resident_id(key, ticket->owner, ret);
}

static void add(struct layer_ids *ids, const char *name)
{
	struct layer_id *row = &ids->row[ids->n];
	struct layer_state state;
	struct ticket ticket;

	if (layer_name_open(name, TICKET_INSTALL, &ticket, NULL) < 0 ||
	    layer_ids_look(&ticket, &row->id, &state) < 0 || !row->id)
		return;
	snprintf(row->name, sizeof(row->name), "%s", name);
	row->policy = state.policy;
	ids->n++;
}

static void look(struct layer_ids *ids)
{
	char **names;
	size_t i, n;

	layer_ids_done(ids);
	if (layer_name_list(&names, &n) < 0)
		return;
	ids->row = calloc(n ? n : 1, sizeof(*ids->row));
	for (i = 0; i < n; i++) {
		if (ids->row)
			add(ids, names[i]);
		free(names[i]);
	}
	free(names);
}

static const struct layer_id *find(const struct layer_ids *ids, uint32_t id)
{
	size_t i;

	for (i = 0; i < ids->n; i++)
		if (ids->row[i].id == id)
			return &ids->row[i];
	return NULL;
}

const struct layer_id *layer_ids_find(struct layer_ids *ids, uint32_t id)
{
	const struct layer_id *found = find(ids, id);

	if (found || id == ids->unknown)
		return found;
	look(ids);
	found = find(ids, id);
	if (!found)
		ids->unknown = id;
	return found;
}
