/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The events of layers that have a supervisor, as it writes them. */
#ifndef MPOL_FOLLOW_H
#define MPOL_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "events/event.h"
#include "layer/ticket.h"

struct follow_source {
	char name[EVENT_NAME_MAX];
	int fd;
	char text[EVENT_LINE_MAX + 1]; /* what has come of the next lines */
	size_t length;
};

#define FOLLOW_MAX 256

struct follow {
	bool json;
	struct follow_source *source[FOLLOW_MAX];
	size_t n;
};

/* Begin with the layer of @ticket, called @name. As layer_follow(). */
int follow_add(struct follow *follow, const char *name, const struct ticket *ticket);

/* With all that have a name, of which we may know, and that are not followed yet. */
void follow_all(struct follow *follow);

/*
 * Hand whole lines of what has come to @line, with its newline and a NUL behind. Forgets layers
 * that have ended.
 */
void follow_read(struct follow *follow, void (*line)(void *arg, const char *line), void *arg);

void follow_done(struct follow *follow);

#endif
