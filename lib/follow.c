/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "follow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "layer/client.h"
#include "layer/names.h"

int follow_add(struct follow *follow, const char *name, const struct ticket *ticket)
{
	struct follow_source *source;
	int r;

	if (follow->n == FOLLOW_MAX)
		return -EUSERS;
	source = calloc(1, sizeof(*source));
	if (!source)
		return -ENOMEM;
	r = layer_follow(ticket, name, follow->json, &source->fd);
	if (r < 0) {
		free(source);
		return r;
	}
	snprintf(source->name, sizeof(source->name), "%s", name);
	follow->source[follow->n++] = source;
	return 0;
}

static bool is_followed(const struct follow *follow, const char *name)
{
	size_t i;

	for (i = 0; i < follow->n; i++)
		if (strcmp(follow->source[i]->name, name) == 0)
			return true;
	return false;
}

void follow_all(struct follow *follow)
{
	struct ticket ticket;
	char **names;
	size_t i, n;

	if (layer_name_list(&names, &n) < 0)
		return;
	for (i = 0; i < n; i++) {
		if (!is_followed(follow, names[i]) &&
		    layer_name_open(names[i], TICKET_INSTALL, &ticket, NULL) == 0 &&
		    ticket.kind == TICKET_NOTIFY)
			(void)follow_add(follow, names[i], &ticket);
		free(names[i]);
	}
	free(names);
}

static void each_line(char *text, size_t length, void (*line)(void *arg, const char *line),
		      void *arg)
{
	char *end, after;

	for (; length; length -= (size_t)(end - text), text = end) {
		end = (char *)memchr(text, '\n', length) + 1;
		after = *end;
		*end = '\0';
		line(arg, text);
		*end = after;
	}
}

/* False at its end. */
static bool read_source(struct follow_source *source, void (*line)(void *arg, const char *line),
			void *arg)
{
	size_t whole;
	ssize_t n;

	for (;;) {
		n = read(source->fd, source->text + source->length,
			 sizeof(source->text) - 1 - source->length);
		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR);
		source->length += (size_t)n;
		for (whole = source->length; whole && source->text[whole - 1] != '\n'; whole--)
			;
		/* No line is longer: it is none of a supervisor's. */
		if (!whole && source->length == sizeof(source->text) - 1)
			return false;
		each_line(source->text, whole, line, arg);
		source->length -= whole;
		memmove(source->text, source->text + whole, source->length);
	}
}

static void forget(struct follow *follow, size_t i)
{
	close(follow->source[i]->fd);
	free(follow->source[i]);
	follow->source[i] = follow->source[--follow->n];
}

void follow_read(struct follow *follow, void (*line)(void *arg, const char *line), void *arg)
{
	size_t i;

	for (i = follow->n; i-- > 0;)
		if (!read_source(follow->source[i], line, arg))
			forget(follow, i);
}

void follow_done(struct follow *follow)
{
	while (follow->n)
		forget(follow, 0);
}
