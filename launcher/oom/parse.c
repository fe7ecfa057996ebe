/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fields.h"
#include "line.h"

void oom_parser_init(struct oom_parser *parser, oom_sink sink, void *arg)
{
	memset(parser, 0, sizeof(*parser));
	parser->sink = sink;
	parser->arg = arg;
}

static void event_begin(struct oom_parser *parser, const struct oom_line *line)
{
	struct oom_event *event = &parser->now;

	memset(event, 0, sizeof(*event));
	memcpy(event->time, line->time, sizeof(event->time));
	event->usec = line->usec;
	event->asker.pid = event->asker.uid = -1;
	event->victim.pid = event->victim.uid = -1;
	parser->summary[0] = '\0';
	parser->open = true;
}

static void event_end(struct oom_parser *parser)
{
	if (!parser->open)
		return;
	oom_field_summary_end(parser->summary, &parser->now);
	oom_infer(&parser->now);
	parser->open = false;
	parser->sink(parser->arg, &parser->now);
}

/* The summary is printed in pieces, between which another CPU's line may come. */
static bool goes_on(const struct oom_parser *parser, const char *text)
{
	static const char *const pieces[] = {",cpuset=",    ",mems_allowed=", ",global_oom",
					     ",oom_memcg=", ",task_memcg=",   ",task="};
	size_t i;

	for (i = 0; parser->summary[0] && i < sizeof(pieces) / sizeof(pieces[0]); i++)
		if (strncmp(text, pieces[i], strlen(pieces[i])) == 0)
			return true;
	return false;
}

static void take_summary(struct oom_parser *parser, const char *text)
{
	size_t used = strlen(parser->summary);

	snprintf(parser->summary + used, sizeof(parser->summary) - used, "%s", text);
	oom_field_summary(parser->summary, &parser->now);
}

static void take_text(struct oom_parser *parser, const struct oom_line *line)
{
	static const char summary[] = "oom-kill:constraint=";
	struct oom_event begun = {.mask = OOM_MASK_UNSAID}, *event = &parser->now;
	const char *text = line->text;

	if (oom_field_begin(text, &begun)) {
		event_end(parser);
		event_begin(parser, line);
		oom_field_begin(text, event);
	} else if (strncmp(text, summary, strlen(summary)) == 0) {
		/* A second one within a report: the end of the first was lost. */
		if (parser->open && parser->summary[0])
			event_end(parser);
		if (!parser->open)
			event_begin(parser, line);
		take_summary(parser, text);
	} else if (parser->open && goes_on(parser, text)) {
		take_summary(parser, text);
	} else if (oom_field_kill(text, &begun)) {
		if (!parser->open)
			event_begin(parser, line);
		oom_field_kill(text, event);
		event_end(parser);
	} else if (parser->open && oom_field_panic(text)) {
		event->panicked = true;
		event_end(parser);
	} else if (parser->open) {
		(void)(oom_field_asker(text, event) || oom_field_cpuset(text, event) ||
		       oom_field_zone(text, event) || oom_field_totals(text, event) ||
		       oom_field_task(text, event));
	}
}

void oom_parser_idle(struct oom_parser *parser)
{
	struct oom_line line;

	if (!parser->has_pending)
		return;
	parser->has_pending = false;
	if (parser->too_long)
		return;
	parser->pending[parser->length] = '\0';
	text_make_printable(parser->pending);
	oom_line_split(parser->pending, &line);
	if (!line.foreign)
		take_text(parser, &line);
}

/* As /dev/kmsg has it, so that no name is read as two lines. */
static const char line_break[] = "\\x0a";

static void append(struct oom_parser *parser, const char *bytes, size_t length)
{
	size_t i;

	if (length >= sizeof(parser->pending) - parser->length) {
		parser->too_long = true;
		return;
	}
	for (i = 0; i < length; i++)
		parser->pending[parser->length++] = bytes[i] ? bytes[i] : '?';
}

/*
 * dmesg(1) and journalctl(1) indent what goes on behind a line break by the width of what stands
 * before the first line. Where no line has anything there, a log does not tell.
 */
static bool continues(const struct oom_parser *parser, const char *bytes, size_t length)
{
	size_t i;

	if (!parser->has_pending || !parser->prefix || length < parser->prefix)
		return false;
	for (i = 0; i < parser->prefix; i++)
		if (bytes[i] != ' ')
			return false;
	return true;
}

void oom_parser_line(struct oom_parser *parser, const char *bytes, size_t length)
{
	struct oom_line line;
	char head[160];
	size_t n;

	if (length && bytes[length - 1] == '\r')
		length--;
	if (continues(parser, bytes, length)) {
		append(parser, line_break, strlen(line_break));
		append(parser, bytes + parser->prefix, length - parser->prefix);
		return;
	}
	oom_parser_idle(parser);

	/* What stands before the text is far shorter than this. */
	n = length < sizeof(head) - 1 ? length : sizeof(head) - 1;
	memcpy(head, bytes, n);
	head[n] = '\0';
	oom_line_split(head, &line);
	if (line.prefix)
		parser->seen_prefix = true;
	else if (parser->seen_prefix)
		return; /* part of a name with line breaks, or of a record of /dev/kmsg */

	parser->length = 0;
	parser->too_long = false;
	parser->has_pending = true;
	parser->prefix = line.record ? 0 : line.prefix;
	append(parser, bytes, length);
}

void oom_parser_end(struct oom_parser *parser)
{
	oom_parser_idle(parser);
	event_end(parser);
}
