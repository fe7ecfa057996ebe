/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static int fail(struct reader *reader, struct place place, const char *format, va_list ap)
{
	char what[sizeof(((struct fault *)0)->what)];

	vsnprintf(what, sizeof(what), format, ap);
	fault_place(reader->fault, reader->name, place.line, place.column);
	fault_hint(reader->fault, "%s", "");
	return fault_set(reader->fault, -EINVAL, "%s", what);
}

int reader_fail(struct reader *reader, struct place place, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = fail(reader, place, format, ap);
	va_end(ap);
	return r;
}

int reader_fail_nearest(struct reader *reader, struct place place, const char *nearest,
			const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = fail(reader, place, format, ap);
	va_end(ap);
	if (nearest)
		fault_hint(reader->fault, "did you mean '%s'?", nearest);
	return r;
}

/*
 * What keeps @c out of a profile, or NULL. Not stricter than YAML but for what misleads a reader.
 */
static const char *char_fault(uint32_t c)
{
	if (c == 0)
		return "a NUL byte";
	if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7f && c < 0xa0))
		return "a control character";
	if (c == 0x2028 || c == 0x2029)
		return "a line break that is neither LF nor CRLF";
	if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return "a character that turns the direction of the text";
	if (c == 0xfeff)
		return "a byte order mark inside the text";
	if (c == 0xfffe || c == 0xffff)
		return "a code point that is no character";
	return NULL;
}

/* libyaml would find these faults too, but says only at which byte. */
static int check_text(struct reader *reader)
{
	const unsigned char *s = reader->text;
	struct place place = {1, 1};
	size_t left = reader->len;

	while (left) {
		const char *what;
		uint32_t c = 0;
		size_t n = text_char(s, left, &c);

		if (!n)
			return reader_fail(reader, place, "not valid UTF-8 (byte 0x%02x)", s[0]);
		what = char_fault(c);
		if (what && c)
			return reader_fail(reader, place, "%s (U+%04X)", what, c);
		if (what)
			return reader_fail(reader, place, "%s", what);
		if (c == '\n' || (c == '\r' && !(left > 1 && s[1] == '\n'))) {
			place.line++;
			place.column = 1;
		} else if (c != '\r') {
			place.column++;
		}
		s += n;
		left -= n;
	}
	return 0;
}

int reader_open(struct reader *reader, const char *text, size_t len, const char *name,
		struct fault *fault)
{
	int r;

	*reader = (struct reader){
		.text = (const unsigned char *)text,
		.len = len,
		.name = name,
		.fault = fault,
	};
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		reader->text += 3;
		reader->len -= 3;
	}
	r = check_text(reader);
	if (r < 0)
		return r;
	if (!yaml_parser_initialize(&reader->yaml))
		return -ENOMEM;
	yaml_parser_set_encoding(&reader->yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader->yaml, reader->text, reader->len);
	return reader_next(reader);
}

void reader_done(struct reader *reader)
{
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->yaml);
}

static struct place place_of(yaml_mark_t mark)
{
	return (struct place){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

struct place reader_place(const struct reader *reader)
{
	return place_of(reader->event.start_mark);
}

/* Marks count characters. 0 at the end. */
static unsigned char byte_at(const struct reader *reader, size_t index)
{
	size_t at = 0;

	while (at < reader->len && (index || (reader->text[at] & 0xc0) == 0x80)) {
		if ((reader->text[at] & 0xc0) != 0x80)
			index--;
		at++;
	}
	return at < reader->len ? reader->text[at] : 0;
}

static int fail_syntax(struct reader *reader)
{
	const yaml_parser_t *yaml = &reader->yaml;
	struct place place = place_of(yaml->problem_mark);
	const char *problem = yaml->problem ? yaml->problem : "not YAML";

	if (yaml->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (byte_at(reader, yaml->problem_mark.index) == '\t') {
		reader_fail(reader, place, "a tab where YAML allows none");
		fault_hint(reader->fault, "indent with spaces");
		return -EINVAL;
	}
	reader_fail(reader, place, "%s", problem);
	if (yaml->context && strncmp(yaml->context, "while", 5) == 0 &&
	    yaml->context_mark.line != yaml->problem_mark.line)
		fault_hint(reader->fault, "%s that begins in line %zu", yaml->context,
			   yaml->context_mark.line + 1);
	else if (strcmp(problem, "did not find expected node content") == 0)
		fault_hint(reader->fault, "is a '}' or ']' missing?");
	else if (strncmp(problem, "mapping values", 14) == 0)
		fault_hint(reader->fault, "a second ': ' in the line, or a wrong indentation");
	return -EINVAL;
}

static int fail_property(struct reader *reader, const char *what, const char *hint)
{
	reader_fail(reader, reader_place(reader), "%s", what);
	fault_hint(reader->fault, "%s", hint);
	return -EINVAL;
}

static int check_node(struct reader *reader, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return fail_property(reader, "a profile cannot have an anchor",
				     "write the value out, or use `extends`");
	if (tag)
		return fail_property(reader, "a profile cannot have a tag", "leave it out");
	return 0;
}

static int check_event(struct reader *reader)
{
	const yaml_event_t *event = &reader->event;
	int r = 0;

	switch ((int)event->type) {
	case YAML_ALIAS_EVENT:
		return fail_property(reader, "a profile cannot have an alias",
				     "write the value out, or use `extends`");
	case YAML_SCALAR_EVENT:
		r = check_node(reader, event->data.scalar.anchor, event->data.scalar.tag);
		if (r == 0 &&
		    strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
			r = reader_fail(reader, reader_place(reader), "a NUL in a word");
		break;
	case YAML_SEQUENCE_START_EVENT:
		r = check_node(reader, event->data.sequence_start.anchor,
			       event->data.sequence_start.tag);
		reader->depth++;
		break;
	case YAML_MAPPING_START_EVENT:
		r = check_node(reader, event->data.mapping_start.anchor,
			       event->data.mapping_start.tag);
		reader->depth++;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		reader->depth--;
		break;
	default:
		break;
	}
	if (r == 0 && reader->depth > READER_DEPTH_MAX)
		r = reader_fail(reader, reader_place(reader), "nested deeper than %d",
				READER_DEPTH_MAX);
	return r;
}

int reader_next(struct reader *reader)
{
	yaml_event_delete(&reader->event);
	if (!yaml_parser_parse(&reader->yaml, &reader->event))
		return fail_syntax(reader);
	return check_event(reader);
}

int reader_skip(struct reader *reader)
{
	unsigned int outside = reader->depth;
	int r;

	if (reader_type(reader) == YAML_SCALAR_EVENT)
		return 0;
	outside--;
	while (reader->depth > outside) {
		r = reader_next(reader);
		if (r < 0)
			return r;
	}
	return 0;
}

int reader_next_key(struct reader *reader)
{
	int r = reader_next(reader);

	if (r < 0)
		return r;
	if (reader_type(reader) == YAML_MAPPING_END_EVENT)
		return 0;
	if (reader_type(reader) != YAML_SCALAR_EVENT)
		return reader_fail(reader, reader_place(reader), "a key must be a word, not %s",
				   reader_what(reader));
	return 1;
}

const char *reader_word(const struct reader *reader)
{
	if (reader_type(reader) != YAML_SCALAR_EVENT)
		return "";
	return (const char *)reader->event.data.scalar.value;
}

bool reader_is_nothing(const struct reader *reader)
{
	return reader_type(reader) == YAML_SCALAR_EVENT &&
	       reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       reader->event.data.scalar.length == 0;
}

const char *reader_what(const struct reader *reader)
{
	if (reader_type(reader) == YAML_MAPPING_START_EVENT)
		return "a map";
	if (reader_type(reader) == YAML_SEQUENCE_START_EVENT)
		return "a list";
	return reader_is_nothing(reader) ? "nothing" : "a word";
}
