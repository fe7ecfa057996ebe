/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the resident and supervisors tell of calls, in one stream of lines. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "enforce/told.h"
#include "follow.h"
#include "layer/layer_resident.h"
#include "layer/layer_sources.h"
#include "layer_ids.h"
#include "lib.h"

#define FLAGS (MPOL_EVENTS_JSON | MPOL_EVENTS_RECENT)

#define LABELS 64 /* that are remembered; a power of two */

struct mpol_events {
	uint32_t flags;
	bool of_layer;
	char name[EVENT_NAME_MAX]; /* of it */
	struct layer_policy policy; /* of it, when we began */
	uint32_t id; /* of it, in the resident; 0: the resident has no part in it */
	struct ticket_key key; /* by which it is looked up there */
	uint32_t owner; /* whose it must be, as in a ticket */
	bool tells; /* the resident does, by .told */
	bool follows; /* a supervisor of the layer does, by .follow */
	struct told told;
	struct follow follow; /* what supervisors tell */
	struct layer_ids ids;
	struct resident_label label[LABELS]; /* by .id; 0: none */
	uint64_t missing; /* as told_lost() said last */
	time_t looked; /* when layers were looked for */
};

/* Where lines go. */
struct sink {
	struct mpol_events *events;
	void (*line)(void *arg, const char *line);
	void *arg;
};

/*
 * Of a layer that we have neither a name nor a ticket of: as its maker said. That stands for as
 * long as the rules are those that were meant, at which we look after the event.
 */
static void name_by_label(struct mpol_events *events, uint32_t id, struct event *event)
{
	struct resident_label *known = &events->label[id & (LABELS - 1)];
	struct layer_label label;
	int r = 0;

	if (known->id == id)
		r = told_label_stands(&events->told, id);
	else
		r = told_label(&events->told, id, known);
	if (r < 0) {
		known->id = 0;
		return;
	}
	_Static_assert(sizeof(label) == sizeof(known->text), "what the programs keep");
	memcpy(&label, known->text, sizeof(label));
	(void)layer_label_source(&label, event->rule, event->profile, sizeof(event->profile),
				 &event->line);
}

/*
 * Whose line decided. The kernel keeps rules and no texts: they are in the layer's ticket, and fit
 * if that has the answer that was given. Where it has been changed since, nobody knows any more.
 */
static void name_layer(struct mpol_events *events, const struct resident_event *told,
		       struct event *event)
{
	const struct layer_id *layer = layer_ids_find(&events->ids, told->layer);
	const struct layer_policy *policy = NULL;

	if (layer && layer->policy.rules.answer[event->rule] != told->answer) {
		layer_ids_forget(&events->ids);
		layer = layer_ids_find(&events->ids, told->layer);
	}
	if (layer) {
		snprintf(event->layer, sizeof(event->layer), "%s", layer->name);
		policy = &layer->policy;
	} else if (events->of_layer && told->layer == events->id) {
		policy = &events->policy; /* without a name, but we have its ticket */
	}
	if (!policy)
		name_by_label(events, told->layer, event);
	else if (policy->rules.answer[event->rule] == told->answer)
		event->line =
			layer_source(policy, event->rule, event->profile, sizeof(event->profile));
	else
		snprintf(event->profile, sizeof(event->profile), "%.200s, changed since",
			 policy->title);
}

static void hand_event(const struct sink *sink, const struct resident_event *told)
{
	struct event event = {.rule = 0};
	char line[EVENT_LINE_MAX] = "";
	int n;

	told_event(told, &event);
	if (event.rule < MPOL_RULE_COUNT)
		name_layer(sink->events, told, &event);
	n = sink->events->flags & MPOL_EVENTS_JSON ? event_json(&event, line, sizeof(line))
						   : event_text(&event, line, sizeof(line));
	if (n > 0)
		sink->line(sink->arg, line);
}

static void hand_lost(const struct sink *sink, uint64_t lost)
{
	const char *layer = sink->events->name;
	char line[EVENT_LINE_MAX] = "";
	int n;

	n = sink->events->flags & MPOL_EVENTS_JSON
		    ? event_lost_json(layer, lost, line, sizeof(line))
		    : event_lost_text(layer, lost, line, sizeof(line));
	if (n > 0)
		sink->line(sink->arg, line);
}

/* All that the resident tells now. */
static int drain_resident(const struct sink *sink)
{
	struct mpol_events *events = sink->events;
	struct resident_event told;
	uint64_t missing;
	int r;

	while ((r = told_read(&events->told, &told)) > 0)
		if (!events->id || told.layer == events->id)
			hand_event(sink, &told);
	if (r == 0)
		r = told_lost(&events->told, &missing);
	if (r < 0)
		return r;
	/* What is still being written is not lost: twice the same is. */
	if (missing && missing == events->missing) {
		hand_lost(sink, missing);
		events->told.lost += missing;
		missing = 0;
	}
	events->missing = missing;
	return 0;
}

/* Layers come, are changed, and end, after which somebody else may make one with the same key. */
static int look_again(struct mpol_events *events)
{
	struct timespec now;
	uint32_t id;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec == events->looked)
		return 0;
	events->looked = now.tv_sec;
	layer_ids_forget(&events->ids);
	if (!events->of_layer) {
		if (!(events->flags & MPOL_EVENTS_RECENT))
			follow_all(&events->follow);
		return 0;
	}
	r = events->id ? layer_resident_id(&events->key, events->owner, &id) : 0;
	return r < 0 || !events->id || id == events->id ? r : -EKEYREJECTED;
}

int mpol_events_read(struct mpol_events *events, void (*line)(void *arg, const char *line),
		     void *arg)
{
	const struct sink sink = {events, line, arg};
	int r = 0, ret = 0;

	if (events->tells && told_slept(&events->told))
		ret |= MPOL_EVENTS_SLEPT;
	/* What was told before its end is told first. */
	if (events->tells)
		r = drain_resident(&sink);
	follow_read(&events->follow, line, arg);
	if (r == 0)
		r = look_again(events);
	if (r == -EKEYREJECTED && events->of_layer && !(events->flags & MPOL_EVENTS_RECENT))
		return ret | MPOL_EVENTS_ENDED;
	if (events->follows && !events->follow.n)
		ret |= MPOL_EVENTS_ENDED;
	return r < 0 ? r : ret;
}

/* The resident's part of the layer, and its supervisor's. */
static int begin_layer(int layer, struct mpol_events *events)
{
	bool recent = events->flags & MPOL_EVENTS_RECENT;
	struct layer_state state = {.generation = 0};
	struct ticket_key key;
	struct ticket ticket;
	int r;

	r = ticket_read(layer, &ticket);
	if (r == 0 && !(ticket.rights & TICKET_INSTALL))
		r = -EACCES;
	if (r == 0)
		r = layer_ids_look(&ticket, &events->id, &state);
	if (r < 0)
		return r;
	events->owner = ticket.owner;
	events->policy = state.policy;
	events->key = ticket.kind == TICKET_RESIDENT ? ticket.install : state.resident;
	/* Who has the right to change it is told of all its events. */
	key = ticket.kind == TICKET_RESIDENT && ticket.rights & TICKET_MODIFY ? ticket.modify
									      : events->key;
	if (ticket.kind == TICKET_NOTIFY && !recent) {
		r = follow_add(&events->follow, events->name, &ticket);
		events->follows = r == 0;
	} else if (!events->id) {
		r = -ENODATA;
	}
	if (r == 0 && events->id) {
		r = told_begin(&key, recent, &events->told);
		events->tells = r == 0;
	}
	return r;
}

static int begin(int layer, struct mpol_events *events)
{
	bool recent = events->flags & MPOL_EVENTS_RECENT;
	int r;

	if (layer != MPOL_NO_LAYER)
		return begin_layer(layer, events);
	r = told_begin(NULL, recent, &events->told);
	events->tells = r == 0;
	/* Without a resident there may be supervisors, now or later. */
	return r == -ENODEV && !recent ? 0 : r;
}

int mpol_events_new(int layer, const char *name, uint32_t flags, struct mpol_events **ret)
{
	struct mpol_events *events;
	int r;

	if (flags & ~FLAGS)
		return -EINVAL;
	events = calloc(1, sizeof(*events));
	if (!events)
		return -ENOMEM;
	events->flags = flags;
	events->of_layer = layer != MPOL_NO_LAYER;
	events->looked = -1;
	events->follow.json = flags & MPOL_EVENTS_JSON;
	if (name)
		snprintf(events->name, sizeof(events->name), "%s", name);
	r = begin(layer, events);
	if (r < 0)
		mpol_events_free(events);
	else
		*ret = events;
	return r < 0 ? r : 0;
}

struct mpol_events *mpol_events_free(struct mpol_events *events)
{
	if (!events)
		return NULL;
	follow_done(&events->follow);
	layer_ids_done(&events->ids);
	free(events);
	return NULL;
}
