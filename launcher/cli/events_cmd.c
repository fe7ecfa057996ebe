/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "events_cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "front.h"
#include "run_cmd.h"

#define PAUSE_NS 50000000

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void print_line(void *arg, const char *line)
{
	(void)arg;
	fputs(line, stdout);
}

/* 1: the layer that was asked for has ended. */
static int drain(struct mpol_events *events)
{
	int r = mpol_events_read(events, print_line, NULL);

	if (r >= 0 && r & MPOL_EVENTS_SLEPT)
		fprintf(stderr,
			"mpolrun: nobody listened for a minute: what was refused meanwhile is "
			"not known\n");
	return r < 0 ? r : !!(r & MPOL_EVENTS_ENDED);
}

static int follow(struct mpol_events *events)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	const struct sigaction action = {.sa_handler = stop};
	int r = 0;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!stopped && r == 0) {
		r = drain(events);
		if (fflush(stdout) == EOF)
			return -EPIPE;
		if (r == 0)
			(void)nanosleep(&pause, NULL);
	}
	if (r == 0)
		r = drain(events);
	return r < 0 ? r : drain(events);
}

static const char *error_text(int r)
{
	switch (r) {
	case -ENODEV:
		return "no resident is loaded; what supervisors refuse, --follow shows";
	case -EACCES:
		return "in a user namespace, or as root without capabilities, nobody's events are "
		       "shown, but for those of a layer that one may change";
	case -EOPNOTSUPP:
		return "nobody tells of a static layer";
	case -EPROTO:
		return "the resident is of another release: mpolrun resident load";
	default:
		return mpol_strerror(r);
	}
}

/* @name: the layer that was asked for, or NULL. */
static int begin(const char *name, uint32_t flags, struct mpol_events **ret, struct fault *fault)
{
	_cleanup_close_ int layer = -EBADF;
	int r;

	if (!name) {
		r = mpol_events_new(MPOL_NO_LAYER, NULL, flags, ret);
		return r < 0 ? fault_set(fault, r, "cannot tell of events: %s", error_text(r)) : 0;
	}
	layer = front_layer_of_all(name, fault);
	if (layer < 0)
		return layer;
	r = mpol_events_new(layer, name, flags, ret);
	if (r == -ENODATA)
		return fault_set(fault, r,
				 "what its supervisor refuses for layer '%s' is not kept: say "
				 "--follow",
				 name);
	return r < 0 ? fault_set(fault, r, "cannot tell of events of layer '%s': %s", name,
				 r == -EACCES ? "it is another user's" : error_text(r))
		     : 0;
}

int cmd_events(const struct options *options)
{
	const uint32_t flags =
		(options->json ? MPOL_EVENTS_JSON : 0) | (options->follow ? 0 : MPOL_EVENTS_RECENT);
	struct mpol_events *events = NULL;
	struct fault fault = {.line = 0};
	int r;

	r = begin(options->argc ? options->argv[0] : NULL, flags, &events, &fault);
	if (r < 0)
		return cmd_fail(&fault);
	r = options->follow ? follow(events) : drain(events);
	if (r < 0)
		fault_set(&fault, r, "cannot tell of events: %s", error_text(r));
	mpol_events_free(events);
	return r < 0 ? cmd_fail(&fault) : 0;
}
