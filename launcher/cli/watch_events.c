/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch_events.h"

#include <string.h>

#include "read.h"

void watch_events_begin(int layer, const char *name, struct watch_events *ret)
{
	memset(ret, 0, sizeof(*ret));
	(void)mpol_events_new(layer, name, MPOL_EVENTS_JSON, &ret->events);
}

/* An event, or how many were lost. */
static void add_line(void *arg, const char *line)
{
	struct watch_events *events = arg;
	struct json_object *object = json_tokener_parse(line);
	const char *rule = read_text(object, "rule"), *nodes = read_text(object, "nodes");

	if (read_is(object, "event", "lost"))
		events->lost += (uint64_t)read_number(object, "count");
	else if (object)
		watch_calls_count(&events->calls, rule[0] ? rule : "?",
				  nodes[0] ? nodes : read_text(object, "nodes-claimed"),
				  read_text(object, "comm"), (int)read_number(object, "pid"));
	json_object_put(object);
}

int watch_events_read(struct watch_events *events)
{
	int r = events->events ? mpol_events_read(events->events, add_line, events) : 0;

	return r < 0 ? r : 0;
}

void watch_events_done(struct watch_events *events)
{
	events->events = mpol_events_free(events->events);
}
