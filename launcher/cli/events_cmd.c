/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "events_cmd.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "enforce/told.h"
#include "follow.h"
#include "front_launch.h"
#include "layer/client.h"
#include "layer/layer_sources.h"
#include "layer_ids.h"
#include "resident/client.h"
#include "run/live.h"
#include "run_cmd.h"

#define PAUSE_NS 50000000

struct following {
	const struct options *options;
	uint32_t id; /* of the layer that was asked for; 0: any */
	bool tells; /* the resident does, by .told */
	struct told told;
	struct follow follow; /* what supervisors tell */
	struct layer_ids ids;
	uint64_t missing; /* as told_lost() said last */
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void print_line(const char *line, int n)
{
	if (n > 0)
		fwrite(line, 1, (size_t)n, stdout);
}

/*
 * Whose line decided. The kernel keeps rules and no texts: they are in the layer's ticket, and fit
 * if that has the answer that was given. Where it has been changed since, nobody knows any more.
 */
static void name_layer(struct following *following, const struct resident_event *told,
		       struct event *event)
{
	const struct layer_id *layer = layer_ids_find(&following->ids, told->layer);

	if (layer && layer->policy.rules.answer[event->rule] != told->answer) {
		layer_ids_forget(&following->ids);
		layer = layer_ids_find(&following->ids, told->layer);
	}
	if (!layer)
		return;
	snprintf(event->layer, sizeof(event->layer), "%s", layer->name);
	if (layer->policy.rules.answer[event->rule] == told->answer)
		event->line = layer_source(&layer->policy, event->rule, event->profile,
					   sizeof(event->profile));
	else
		snprintf(event->profile, sizeof(event->profile), "%.200s, changed since",
			 layer->policy.title);
}

static void print_event(struct following *following, const struct resident_event *told)
{
	struct event event = {.rule = 0};
	char line[EVENT_LINE_MAX] = "";

	told_event(told, &event);
	if (event.rule < MPOL_RULE_COUNT)
		name_layer(following, told, &event);
	print_line(line, following->options->json ? event_json(&event, line, sizeof(line))
						  : event_text(&event, line, sizeof(line)));
}

static void print_lost(const struct following *following, uint64_t n)
{
	const char *layer = following->options->argc ? following->options->argv[0] : "";
	char line[EVENT_LINE_MAX] = "";

	print_line(line, following->options->json ? event_lost_json(layer, n, line, sizeof(line))
						  : event_lost_text(layer, n, line, sizeof(line)));
}

/* All that the resident tells now. */
static int drain_resident(struct following *following)
{
	struct resident_event told;
	uint64_t missing;
	int r;

	if (told_slept(&following->told))
		fprintf(stderr,
			"mpolrun: nobody listened for a minute: what was refused meanwhile is "
			"not known\n");
	while ((r = told_read(&following->told, &told)) > 0)
		if (!following->id || told.layer == following->id)
			print_event(following, &told);
	if (r == 0)
		r = told_lost(&following->told, &missing);
	if (r < 0)
		return r;
	if (missing && missing == following->missing) {
		print_lost(following, missing);
		following->told.lost += missing;
		missing = 0;
	}
	following->missing = missing;
	return 0;
}

/* 1: the layer that was asked for has ended. */
static int drain(struct following *following)
{
	bool had = following->follow.n > 0;
	int r = following->tells ? drain_resident(following) : 0;

	follow_print(&following->follow, stdout);
	return r == 0 && following->options->argc && had && !following->follow.n ? 1 : r;
}

static int follow(struct following *following)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	const struct sigaction action = {.sa_handler = stop};
	int r = 0, round;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	for (round = 0; !stopped && r == 0; round++) {
		/* Layers come, and are changed. */
		if (round % 20 == 0)
			layer_ids_forget(&following->ids);
		if (!following->options->argc && round % 20 == 0)
			follow_all(&following->follow);
		r = drain(following);
		if (fflush(stdout) == EOF)
			return -EPIPE;
		if (r == 0)
			(void)nanosleep(&pause, NULL);
	}
	if (r == 0)
		r = drain(following);
	return r < 0 ? r : drain(following);
}

static const char *error_text(int r)
{
	switch (r) {
	case -ENODEV:
		return "no resident is loaded; what supervisors refuse, --follow shows";
	case -EACCES:
		return "in a user namespace, or as root without capabilities, nobody's events are "
		       "shown, but for those of a layer that one may change";
	case -EPROTO:
		return "the resident is of another release: mpolrun resident load";
	default:
		return live_error_text(r);
	}
}

/* Begin with the layer that was asked for: the resident's part of it, and its supervisor's. */
static int begin_layer(struct following *following, struct fault *fault)
{
	const struct options *options = following->options;
	const char *name = options->argv[0];
	struct ticket ticket, with_modify;
	struct layer_state state;
	struct ticket_key key;
	int r;

	r = front_ticket(name, TICKET_INSTALL, &ticket, fault);
	if (r < 0)
		return r;
	r = layer_ids_look(&ticket, &following->id, &state);
	if (r < 0)
		return fault_set(fault, r, "cannot ask layer '%s': %s", name, live_error_text(r));
	key = ticket.kind == TICKET_RESIDENT ? ticket.install : state.resident;
	if (front_ticket(name, TICKET_MODIFY, &with_modify, NULL) == 0) {
		ticket.rights |= TICKET_MODIFY;
		ticket.modify = with_modify.modify;
		if (ticket.kind == TICKET_RESIDENT)
			key = ticket.modify;
	}
	if (ticket.kind == TICKET_NOTIFY && options->follow)
		r = follow_add(&following->follow, name, &ticket);
	else if (!following->id)
		return fault_set(fault, -EOPNOTSUPP,
				 "what its supervisor refuses for layer '%s' is not kept: say "
				 "--follow",
				 name);
	if (r == 0 && following->id) {
		r = told_begin(&key, !options->follow, &following->told);
		following->tells = r == 0;
	}
	return r < 0 ? fault_set(fault, r, "cannot tell of events of layer '%s': %s", name,
				 r == -EACCES ? "it is another user's" : error_text(r))
		     : 0;
}

static int begin(struct following *following, struct fault *fault)
{
	int r;

	if (following->options->argc)
		return begin_layer(following, fault);
	r = told_begin(NULL, !following->options->follow, &following->told);
	following->tells = r == 0;
	/* Without a resident there may be supervisors, now or later. */
	if (r == 0 || (r == -ENODEV && following->options->follow))
		return 0;
	return fault_set(fault, r, "cannot tell of events: %s", error_text(r));
}

int cmd_events(const struct options *options)
{
	static struct following following;
	struct fault fault = {.line = 0};
	int r;

	following.options = options;
	following.follow.json = options->json;
	r = begin(&following, &fault);
	if (r == 0) {
		r = options->follow ? follow(&following) : drain(&following);
		/* The end of the layer that was asked for is the end of its events. */
		if (r == -EKEYREJECTED && options->follow)
			r = 0;
		if (r < 0)
			fault_set(&fault, r, "cannot tell of events: %s", error_text(r));
	}
	follow_done(&following.follow);
	layer_ids_done(&following.ids);
	return r < 0 ? cmd_fail(&fault) : 0;
}
