/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * YAML, one event after the other, with exact places, and without what profiles have no use for: an
 * anchor, alias, tag, NUL or deep nesting is a fault wherever it stands. Internal to this stage.
 *
 * Whoever reads a node starts with the node's first event as the current one, and leaves its last
 * one (a word is both) as the current one.
 */
#ifndef MPOLRUN_PROFILE_READER_H
#define MPOLRUN_PROFILE_READER_H

#include <yaml.h>

#include "base/fault.h"
#include "profile.h"

#define READER_DEPTH_MAX 32

struct reader {
	yaml_parser_t yaml;
	yaml_event_t event; /* the current one */
	const unsigned char *text; /* the caller's, without a byte order mark */
	size_t len;
	unsigned int depth;
	const char *name; /* the profile's, for faults */
	struct fault *fault; /* may be NULL */
};

/*
 * Check that @text is UTF-8 that YAML can hold, and get ready; the current event is the start of
 * the stream. reader_done() is due in any case. -EINVAL, -ENOMEM.
 */
int reader_open(struct reader *reader, const char *text, size_t len, const char *name,
		struct fault *fault);
void reader_done(struct reader *reader);

/* On to the next event. -EINVAL with a fault, -ENOMEM. */
int reader_next(struct reader *reader);

/* Past the node that begins with the current event, to its last event. */
int reader_skip(struct reader *reader);

/* On to the next key of the current map: 1, 0 at its end, or -errno. A key is always a word. */
int reader_next_key(struct reader *reader);

static inline yaml_event_type_t reader_type(const struct reader *reader)
{
	return reader->event.type;
}

/* The current event's text, "" if it is no word; lives until reader_next(). */
const char *reader_word(const struct reader *reader);

/* Whether it is a value that was left out: `key:` and nothing behind it. */
bool reader_is_nothing(const struct reader *reader);

/* "a map", "a list", "a word" or "nothing". */
const char *reader_what(const struct reader *reader);

/* Where the current event begins. */
struct place reader_place(const struct reader *reader);

/* Set the fault, without a hint, and return -EINVAL. */
int reader_fail(struct reader *reader, struct place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, with "did you mean '@nearest'?", if there is any. */
int reader_fail_nearest(struct reader *reader, struct place place, const char *nearest,
			const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
