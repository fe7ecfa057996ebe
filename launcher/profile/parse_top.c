/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A profile's outermost keys, and what holds for the text as a whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "build.h"
#include "parse.h"
#include "profile.h"
#include "reader.h"

enum top {
	TOP_VERSION,
	TOP_DESCRIPTION,
	TOP_EXTENDS,
	TOP_BEST_EFFORT,
	TOP_MEMPOLICY,
	TOP_PAGES,
	TOP_START,
	TOP_COUNT,
};

static const struct name top_keys[] = {
	{"version", TOP_VERSION},     {"description", TOP_DESCRIPTION},
	{"extends", TOP_EXTENDS},     {"best-effort", TOP_BEST_EFFORT},
	{"mempolicy", TOP_MEMPOLICY}, {"pages", TOP_PAGES},
	{"start", TOP_START},
};
_Static_assert(ELEMENTSOF(top_keys) == TOP_COUNT, "a key without a word");

static int read_version(struct reader *reader)
{
	struct place place = reader_place(reader);
	uint32_t version = 0;
	int r = -EINVAL;

	/* "1" is not 1, in JSON either */
	if (reader_type(reader) == YAML_SCALAR_EVENT &&
	    reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		r = text_to_u32(reader_word(reader), UINT32_MAX, &version);
	if (r == -ERANGE || (r == 0 && version > PROFILE_VERSION)) {
		reader_fail(reader, place, "needs a newer mpolrun: this one reads version %d",
			    PROFILE_VERSION);
		return -ENOTSUP;
	}
	if (r == 0 && version == PROFILE_VERSION)
		return 0;
	reader_fail(reader, place, "'version' must be a whole number, %d or more", 1);
	fault_hint(reader->fault, "version: %d", PROFILE_VERSION);
	return -EINVAL;
}

/* One line that can be shown, however it was written. */
static int read_description(struct reader *reader, struct profile *profile)
{
	char *text, *p;

	if (reader_type(reader) != YAML_SCALAR_EVENT || reader_is_nothing(reader))
		return reader_fail(reader, reader_place(reader),
				   "'description' must be a text, not %s", reader_what(reader));
	text = strdup(reader_word(reader));
	if (!text)
		return -ENOMEM;
	for (p = text; *p; p++)
		if (*p == '\n' || *p == '\t' || *p == '\r')
			*p = ' ';
	while (p > text && p[-1] == ' ')
		*--p = '\0';
	text_make_printable(text);
	profile->description = text;
	return 0;
}

/* On to the next word of the list that is the value of @what: 1, or 0 at its end. */
static int next_item(struct reader *reader, const char *what)
{
	int r = reader_next(reader);

	if (r < 0)
		return r;
	if (reader_type(reader) == YAML_SEQUENCE_END_EVENT)
		return 0;
	if (reader_type(reader) != YAML_SCALAR_EVENT || !reader_word(reader)[0])
		return reader_fail(reader, reader_place(reader),
				   "'%s' must be a list of words: here is %s", what,
				   reader_is_nothing(reader) ? "nothing" : reader_what(reader));
	return 1;
}

static int list_expect(struct reader *reader, const char *what, const char *example)
{
	if (reader_type(reader) == YAML_SEQUENCE_START_EVENT)
		return 0;
	reader_fail(reader, reader_place(reader), "'%s' must be a list, not %s", what,
		    reader_what(reader));
	fault_hint(reader->fault, "for example '%s: [%s]'", what, example);
	return -EINVAL;
}

static int add_extends(struct reader *reader, struct profile *profile)
{
	if (profile->n_extends >= PROFILE_SET_MAX - 1)
		return reader_fail(reader, reader_place(reader), "more than %d profiles",
				   PROFILE_SET_MAX);
	return profile_extend(profile, reader_word(reader), reader_place(reader));
}

static int read_extends(struct reader *reader, struct profile *profile)
{
	int r = list_expect(reader, "extends", "nobind");

	if (r < 0)
		return r;
	while ((r = next_item(reader, "extends")) > 0) {
		r = add_extends(reader, profile);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_best_effort(struct reader *reader, struct profile *profile)
{
	int r = list_expect(reader, "best-effort", "files");

	if (r < 0)
		return r;
	while ((r = next_item(reader, "best-effort")) > 0) {
		const char *nearest = NULL;
		int group = group_find(reader_word(reader), &nearest);

		if (group < 0)
			return reader_fail_nearest(reader, reader_place(reader), nearest,
						   "unknown rule '%.80s' in 'best-effort'",
						   reader_word(reader));
		profile->best_effort |= GROUP_BIT(group);
	}
	return r;
}

static int read_value(struct reader *reader, struct profile *profile, enum top key)
{
	switch (key) {
	case TOP_VERSION:
		return read_version(reader);
	case TOP_DESCRIPTION:
		return read_description(reader, profile);
	case TOP_EXTENDS:
		return read_extends(reader, profile);
	case TOP_BEST_EFFORT:
		return read_best_effort(reader, profile);
	case TOP_MEMPOLICY:
	case TOP_PAGES:
		return read_section(reader, profile, top_keys[key].name);
	case TOP_START:
		return read_start(reader, profile);
	case TOP_COUNT:
		break;
	}
	return -EINVAL;
}

/* The keys of others, x-*: ignored, but none is said twice. */
struct extras {
	struct extra {
		uint32_t hash; /* makes thousands of them cheap to tell apart */
		uint32_t line;
		char *key;
	} * extra;
	size_t n, room;
};

static void extras_done(struct extras *extras)
{
	size_t i;

	for (i = 0; i < extras->n; i++)
		free(extras->extra[i].key);
	free(extras->extra);
}

static uint32_t hash_of(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text; text++)
		hash = (uint32_t)((uint64_t)(hash ^ (unsigned char)*text) * 16777619u);
	return hash;
}

static int read_extra(struct reader *reader, struct extras *extras)
{
	const char *key = reader_word(reader);
	struct place place = reader_place(reader);
	uint32_t hash = hash_of(key);
	char *copy;
	size_t i;
	int r;

	for (i = 0; i < extras->n; i++)
		if (extras->extra[i].hash == hash && strcmp(extras->extra[i].key, key) == 0) {
			reader_fail(reader, place, "'%.80s' is said twice", key);
			fault_hint(reader->fault, "first in line %u", extras->extra[i].line);
			return -EINVAL;
		}
	if (extras->n == extras->room) {
		size_t room = extras->room ? 2 * extras->room : 8;
		struct extra *extra = reallocarray(extras->extra, room, sizeof(extra[0]));

		if (!extra)
			return -ENOMEM;
		extras->extra = extra;
		extras->room = room;
	}
	copy = strdup(key);
	if (!copy)
		return -ENOMEM;
	extras->extra[extras->n++] = (struct extra){hash, place.line, copy};
	r = reader_next(reader);
	return r < 0 ? r : reader_skip(reader);
}

static int fail_unknown_key(struct reader *reader, struct place place)
{
	const char *key = reader_word(reader);
	enum rule_group group;

	for (group = 0; group < GROUP_COUNT; group++)
		if (strcmp(keywords[group].key, key) == 0) {
			reader_fail(reader, place, "unknown key '%s'", key);
			fault_hint(reader->fault, "it belongs under '%s:'",
				   keywords[group].section);
			return -EINVAL;
		}
	reader_fail_nearest(reader, place, word_nearest(top_keys, TOP_COUNT, key),
			    "unknown key '%.80s'", key);
	if (strcmp(key, "<<") == 0)
		fault_hint(reader->fault, "merge keys are not known here; use `extends`");
	return -EINVAL;
}

static int read_top(struct reader *reader, struct profile *profile, bool version_needed)
{
	_cleanup_(extras_done) struct extras extras = {0};
	struct map map = {.keys = top_keys, .n = TOP_COUNT};
	struct place first = reader_place(reader);
	size_t i;
	int r;

	while ((r = map_next(reader, &map, &i)) != 0) {
		if (r == -ENOENT && strncmp(reader_word(reader), "x-", 2) == 0)
			r = read_extra(reader, &extras);
		else if (r == -ENOENT)
			r = fail_unknown_key(reader, map.place);
		else if (r > 0)
			r = read_value(reader, profile, (enum top)i);
		if (r < 0)
			return r;
	}
	if (version_needed && !map.seen[TOP_VERSION].line) {
		reader_fail(reader, first, "the profile does not say its version");
		fault_hint(reader->fault, "begin with 'version: %d'", PROFILE_VERSION);
		return -EINVAL;
	}
	return 0;
}

static int read_document(struct reader *reader, struct profile *profile, uint32_t flags)
{
	int r = reader_next(reader);

	if (r < 0)
		return r;
	if (reader_type(reader) == YAML_DOCUMENT_START_EVENT)
		r = reader_next(reader);
	if (r < 0)
		return r;
	if (reader_type(reader) == YAML_STREAM_END_EVENT || reader_is_nothing(reader)) {
		reader_fail(reader, (struct place){1, 1}, "the profile is empty");
		fault_hint(reader->fault, "begin with 'version: %d'", PROFILE_VERSION);
		return -EINVAL;
	}
	if (reader_type(reader) != YAML_MAPPING_START_EVENT) {
		reader_fail(reader, reader_place(reader), "a profile must be a map, not %s",
			    reader_what(reader));
		fault_hint(reader->fault, "begin with 'version: %d'", PROFILE_VERSION);
		return -EINVAL;
	}
	r = read_top(reader, profile, !(flags & PROFILE_INLINE));
	if (r == 0)
		r = reader_next(reader); /* the document's end */
	if (r == 0)
		r = reader_next(reader);
	if (r == 0 && reader_type(reader) != YAML_STREAM_END_EVENT)
		return reader_fail(reader, reader_place(reader), "a second document begins here");
	return r;
}

/*
 * Whether the text claims a newer version anywhere: then this is what is wrong with it, and not the
 * first word that this version does not know. Sets the fault if so.
 */
static int check_newer(const char *text, size_t len, const char *name, struct fault *fault)
{
	struct fault found = {0};
	struct reader reader;
	int r = reader_open(&reader, text, len, name, &found);

	while (r == 0 && reader_type(&reader) != YAML_MAPPING_START_EVENT &&
	       reader_type(&reader) != YAML_STREAM_END_EVENT)
		r = reader_next(&reader);
	while (r == 0 && reader_next_key(&reader) > 0) {
		bool version = strcmp(reader_word(&reader), "version") == 0;

		r = reader_next(&reader);
		if (r == 0 && version)
			r = read_version(&reader);
		if (r == 0)
			r = reader_skip(&reader);
	}
	reader_done(&reader);
	if (r == -ENOTSUP && fault)
		*fault = found;
	return r == -ENOTSUP ? r : 0;
}

int profile_parse(const char *text, size_t len, const char *name, uint32_t flags,
		  struct profile **ret, struct fault *fault)
{
	_cleanup_(cleanup_profile) struct profile *profile = NULL;
	_cleanup_(reader_done) struct reader reader = {0};
	int r = profile_new(name, &profile), newer;

	if (r < 0)
		return r;
	if (len > PROFILE_SIZE_MAX) {
		fault_place(fault, name, 0, 0);
		fault_hint(fault, "%s", "");
		return fault_set(fault, -EFBIG, "is larger than %d KiB", PROFILE_SIZE_MAX / 1024);
	}
	r = reader_open(&reader, text, len, name, fault);
	if (r == 0)
		r = read_document(&reader, profile, flags);
	if (r < 0) {
		newer = r == -EINVAL ? check_newer(text, len, name, fault) : 0;
		return newer < 0 ? newer : r;
	}
	*ret = TAKE_PTR(profile);
	return 0;
}
