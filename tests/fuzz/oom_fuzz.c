/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whatever a log holds: what is said of it consists of lines that begin as ours do, can be shown,
 * names nobody whom the log does not name, and holds no command that a shell would take for more.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "oom/parse.h"
#include "oom/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char plain[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+:@-/ >";

static void check_text(const struct oom_event *event, const struct oom_around *around)
{
	static const char *const begins[] = {"  asked   ",  "  killed  ",  "  node ", "  note    ",
					     "  prevent: ", "           ", "  and "};
	char *text = NULL, *shown, *line, *rest;
	size_t length, n = 0, i;
	FILE *out = open_memstream(&text, &length);

	assert(out);
	oom_print(out, event, around);
	assert(fclose(out) == 0);
	shown = strdup(text);
	assert(shown && length && text[length - 1] == '\n' && strlen(text) == length);
	rest = text;
	while ((line = strsep(&rest, "\n")) && rest) {
		for (i = 0; n && i < sizeof(begins) / sizeof(begins[0]); i++)
			if (strncmp(line, begins[i], strlen(begins[i])) == 0)
				break;
		assert(i < sizeof(begins) / sizeof(begins[0]));
		memcpy(shown, line, strlen(line) + 1);
		text_make_printable(shown);
		assert(strcmp(shown, line) == 0);
		n++;
	}
	assert(oom_is_ours(event) ? n >= 4 : n == 1);
	free(shown);
	free(text);
}

static void take(void *arg, const struct oom_event *event)
{
	const struct oom_around around = {.can_attach = true};
	struct oom_prevent prevent[OOM_PREVENT_MAX];
	size_t n = oom_prevent(event, &around, prevent), i;
	uint64_t *events = arg;

	(*events)++;
	check_text(event, &around);
	json_object_put(oom_json(event, &around));
	for (i = 0; i < n; i++)
		assert(strspn(prevent[i].command, plain) == strlen(prevent[i].command));
	assert(!event->has_kill || event->victim.pid >= 0);
	assert(event->n_shown <= OOM_SHOWN_MAX);
	for (i = 0; i < event->n_shown; i++)
		assert(event->shown[i].id < OOM_NODES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oom_parser *parser = malloc(sizeof(*parser));
	const char *at = (const char *)data, *end = at + size;
	uint64_t events = 0;
	size_t lines = 0;

	assert(parser);
	oom_parser_init(parser, take, &events);
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline ? newline : end) - at);

		oom_parser_line(parser, at, length);
		/* Whoever follows a log comes to its end between any two lines. */
		if (lines++ % 7 == 6)
			oom_parser_idle(parser);
		at += length + 1;
	}
	oom_parser_end(parser);
	assert(events <= lines);
	free(parser);
	return 0;
}
