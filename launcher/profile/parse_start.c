/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `start`: what becomes of a policy that the command inherits, and which one it gets. */
#include <errno.h>

#include "base/cleanup.h"
#include "build.h"
#include "parse.h"

static const struct name inherited_words[] = {
	{"keep", START_KEEP},
	{"reset", START_RESET},
	{"refuse", START_REFUSE},
};

const char *inherited_name(enum start_inherited inherited)
{
	return name_of(inherited_words, ELEMENTSOF(inherited_words), inherited);
}

static int read_inherited(struct reader *reader, struct profile *profile)
{
	const char *text = reader_word(reader);
	const struct name *word = name_find(inherited_words, ELEMENTSOF(inherited_words), text);
	const char *nearest;

	if (!word) {
		nearest = word_nearest(inherited_words, ELEMENTSOF(inherited_words), text);
		if (reader_type(reader) != YAML_SCALAR_EVENT || !text[0])
			reader_fail(reader, reader_place(reader),
				    "'inherited' must be a word, not %s", reader_what(reader));
		else
			reader_fail_nearest(reader, reader_place(reader), nearest,
					    "unknown word '%.80s' for 'inherited'", text);
		if (!nearest)
			fault_hint(reader->fault, "reset, keep or refuse");
		return -EINVAL;
	}
	profile->inherited = (enum start_inherited)word->value;
	profile->inherited_place = reader_place(reader);
	return 0;
}

static int read_start_policy(struct reader *reader, struct profile *profile)
{
	const char *text = reader_word(reader), *nearest;
	int r = start_policy_parse(text, &profile->start);

	if (r == 0) {
		profile->start.place = reader_place(reader);
		return 0;
	}
	if (reader_type(reader) != YAML_SCALAR_EVENT || !text[0]) {
		reader_fail(reader, reader_place(reader), "'policy' must be a word, not %s",
			    reader_what(reader));
		nearest = NULL;
	} else if (r == -ENOENT) {
		nearest = start_policy_nearest(text);
		reader_fail_nearest(reader, reader_place(reader), nearest,
				    "unknown memory policy '%.80s'", text);
	} else {
		nearest = NULL;
		reader_fail(reader, reader_place(reader),
			    "'%.80s' is no memory policy that a task can have", text);
	}
	if (!nearest)
		fault_hint(reader->fault, "none, local, prefer:0, or like interleave=static:0-3");
	return -EINVAL;
}

int read_start(struct reader *reader, struct profile *profile)
{
	enum {
		INHERITED,
		POLICY
	};
	static const struct name keys[] = {{"inherited", INHERITED}, {"policy", POLICY}};
	struct map map = {.keys = keys, .n = ELEMENTSOF(keys)};
	size_t i;
	int r = map_expect(reader, "start", "{inherited: reset}");

	if (r < 0)
		return r;
	while ((r = map_next(reader, &map, &i)) > 0) {
		r = i == INHERITED ? read_inherited(reader, profile)
				   : read_start_policy(reader, profile);
		if (r < 0)
			return r;
	}
	if (r == -ENOENT)
		return reader_fail_nearest(reader, map.place,
					   word_nearest(keys, map.n, reader_word(reader)),
					   "unknown key '%.80s' in 'start'", reader_word(reader));
	return r;
}
