/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of an event, to people and to machines. */
#ifndef MPOLRUN_OOM_RENDER_H
#define MPOLRUN_OOM_RENDER_H

#include <json-c/json.h>
#include <stdio.h>

#include "oom.h"

/* What the log cannot tell, and its reader may know. */
struct oom_around {
	char time[48]; /* "": as the log has it */
	const char *layer; /* "no layer", ...; or NULL: not known */
	bool can_attach; /* a layer can be attached to a cgroup */
};

#define OOM_PREVENT_MAX 3

/* A command that would have prevented it, and when it is the one to take. */
struct oom_prevent {
	char command[768];
	const char *when;
};

/*
 * At most OOM_PREVENT_MAX into @ret; how many. Names from the log stand in a command only where the
 * shell takes them for what they are.
 */
size_t oom_prevent(const struct oom_event *event, const struct oom_around *around,
		   struct oom_prevent ret[OOM_PREVENT_MAX]);

/* Several lines for a kill that is ours, one for any other. */
void oom_print(FILE *out, const struct oom_event *event, const struct oom_around *around);

/* The same as an object, the caller's. */
struct json_object *oom_json(const struct oom_event *event, const struct oom_around *around);

#endif
