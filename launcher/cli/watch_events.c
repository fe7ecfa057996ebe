/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch_events.h"

#include <string.h>

#include "layer_ids.h"
#include "read.h"

void watch_events_begin(const char *name, const struct ticket *ticket, struct watch_events *ret)
{
	bool supervised = ticket->kind == TICKET_NOTIFY;
	const struct ticket_key *key = &ticket->install;
	struct layer_state state;
	uint32_t id = 0;

	memset(ret, 0, sizeof(*ret));
	if (layer_ids_look(ticket, &id, &state) < 0)
		return;
	if (supervised) {
		ret->follow.json = true;
		ret->follows = follow_add(&ret->follow, name, ticket) == 0;
		key = &state.resident;
	} else if (ticket->rights & TICKET_MODIFY) {
		key = &ticket->modify;
	}
	ret->tells = id && told_begin(key, false, &ret->told) == 0;
}

/* One line of a supervisor's: an event, or how many were lost. */
static void add_line(void *arg, char *line)
{
	struct watch_events *events = arg;
	struct json_object *object = json_tokener_parse(line);
	const char *rule = read_text(object, "rule");

	if (read_is(object, "event", "lost"))
		events->lost += (uint64_t)read_number(object, "count");
	else if (object)
		watch_calls_count(&events->calls, rule[0] ? rule : "?",
				  read_text(object, "nodes-claimed"), read_text(object, "comm"),
				  (int)read_number(object, "pid"));
	json_object_put(object);
}

static int read_told(struct watch_events *events)
{
	struct resident_event told;
	int r;

	while ((r = told_read(&events->told, &told)) > 0) {
		struct event event = {.rule = 0};

		told_event(&told, &event);
		watch_calls_add(&events->calls, &event);
	}
	return r < 0 ? r : told_lost(&events->told, &events->missing);
}

int watch_events_read(struct watch_events *events)
{
	if (events->follows)
		follow_read(&events->follow, add_line, events);
	return events->tells ? read_told(events) : 0;
}

void watch_events_done(struct watch_events *events)
{
	follow_done(&events->follow);
}
