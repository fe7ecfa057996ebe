/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "follow.h"

#include <errno.h>
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

/* False at its end. */
static bool print_source(struct follow_source *source, FILE *out)
{
	size_t whole;
	ssize_t n;

	for (;;) {
		n = read(source->fd, source->line + source->length,
			 sizeof(source->line) - source->length);
		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EINTR);
		source->length += (size_t)n;
		for (whole = source->length; whole && source->line[whole - 1] != '\n'; whole--)
			;
		/* No line is longer: it is none of a supervisor's. */
		if (!whole && source->length == sizeof(source->line))
			return false;
		fwrite(source->line, 1, whole, out);
		source->length -= whole;
		memmove(source->line, source->line + whole, source->length);
	}
}

static void forget(struct follow *follow, size_t i)
{
	close(follow->source[i]->fd);
	free(follow->source[i]);
	follow->source[i] = follow->source[--follow->n];
}

void follow_print(struct follow *follow, FILE *out)
{
	size_t i;

	for (i = follow->n; i-- > 0;)
		if (!print_source(follow->source[i], out))
			forget(follow, i);
}

void follow_done(struct follow *follow)
{
	while (follow->n)
		forget(follow, 0);
}
