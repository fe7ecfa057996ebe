/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a profile's keys mean. The words themselves are in keywords.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "build.h"
#include "parse.h"
#include "profile.h"
#include "reader.h"

int build_answer(const struct keyword *keyword, const char *what, const char *text, uint16_t *ret,
		 struct fault *fault)
{
	const char *nearest = NULL;
	uint16_t answer;

	if (answer_parse(text, &answer, &nearest) < 0) {
		if (nearest)
			fault_hint(fault, "did you mean '%s'?", nearest);
		else if (strchr(text, ' '))
			fault_hint(fault, "is a ',' or '}' missing?");
		else
			fault_hint(fault, "allow, audit, deny,%s kill, or an errno like EINVAL",
				   keyword->may_ignore ? " ignore," : "");
		if (text[0] && !text[strspn(text, "0123456789")]) {
			fault_hint(fault, "1 to %d", MPOL_ANSWER_ERRNO_MASK);
			return fault_set(fault, -EINVAL, "errno %.80s is out of range", text);
		}
		return fault_set(fault, -EINVAL, "unknown answer '%.80s' for '%s'", text, what);
	}
	if (MPOL_ANSWER_KIND(answer) == MPOL_IGNORE && !keyword->may_ignore) {
		fault_hint(fault, "a false success does harm there; deny it, or name an errno");
		return fault_set(fault, -EINVAL, "'%s' cannot be ignored", what);
	}
	*ret = answer;
	return 0;
}

/* The answer that the current event is. */
static int read_answer(struct reader *reader, const struct keyword *keyword, const char *what,
		       uint16_t *ret)
{
	struct place place = reader_place(reader);
	int r;

	if (reader_type(reader) != YAML_SCALAR_EVENT || reader_is_nothing(reader)) {
		reader_fail(reader, place, "'%s' must be an answer, not %s", what,
			    reader_what(reader));
		fault_hint(reader->fault, "for example '%s: deny'", what);
		return -EINVAL;
	}
	r = build_answer(keyword, what, reader_word(reader), ret, reader->fault);
	if (r < 0)
		fault_place(reader->fault, reader->name, place.line, place.column);
	return r;
}

int map_expect(struct reader *reader, const char *what, const char *example)
{
	if (reader_type(reader) == YAML_MAPPING_START_EVENT)
		return 0;
	reader_fail(reader, reader_place(reader), "'%s' must be a map, not %s", what,
		    reader_what(reader));
	fault_hint(reader->fault, "for example '%s: %s'", what, example);
	return -EINVAL;
}

int map_next(struct reader *reader, struct map *map, size_t *ret)
{
	const struct name *key;
	int r = reader_next_key(reader);
	size_t i;

	if (r <= 0)
		return r;
	map->place = reader_place(reader);
	key = name_find(map->keys, map->n, reader_word(reader));
	if (!key)
		return -ENOENT;
	i = (size_t)(key - map->keys);
	if (map->seen[i].line) {
		reader_fail(reader, map->place, "'%s' is said twice", reader_word(reader));
		fault_hint(reader->fault, "first in line %u", map->seen[i].line);
		return -EINVAL;
	}
	map->seen[i] = map->place;
	*ret = i;
	r = reader_next(reader);
	return r < 0 ? r : 1;
}

/* {bind: EPERM, others: allow} */
static int read_words(struct reader *reader, struct profile *profile, const struct keyword *keyword)
{
	size_t i, n = keyword->n_words, others = n;
	struct name keys[MAP_KEYS_MAX] = {0};
	struct map map = {.keys = keys, .n = n + 1};
	uint16_t answer;
	int r = map_expect(reader, keyword->key, "{others: allow}");

	if (r < 0)
		return r;
	memcpy(keys, keyword->words, n * sizeof(keys[0]));
	keys[others].name = "others";
	while ((r = map_next(reader, &map, &i)) > 0) {
		r = read_answer(reader, keyword, keys[i].name, &answer);
		if (r < 0)
			return r;
		if (i != others)
			profile_answer(profile, keyword->slot + (uint32_t)keys[i].value, answer,
				       map.place);
		else
			keys[others].value = answer;
	}
	if (r == -ENOENT)
		return reader_fail_nearest(
			reader, map.place, word_nearest(keys, map.n, reader_word(reader)),
			"unknown %s '%.80s'", keyword->noun, reader_word(reader));
	if (r < 0 || !map.seen[others].line)
		return r;

	for (i = 0; i < MPOL_RULE_COUNT; i++)
		if (&keywords[group_of_rule((uint32_t)i)] == keyword && !profile->rule[i].set)
			profile_answer(profile, (uint32_t)i, (uint16_t)keys[others].value,
				       map.seen[others]);
	return 0;
}

struct nodes_said {
	__u64 named[MPOL_NODES_WORDS]; /* by some key */
	__u64 refused[MPOL_NODES_WORDS];
	struct setting answer; /* the one that is not allow */
	struct place others;
	bool refuse_others;
};

static int fail_nodelist(struct reader *reader, int err, const char *text)
{
	struct place place = reader_place(reader);

	if (err == -ERANGE) {
		reader_fail(reader, place, "node out of range in '%.80s'", text);
		fault_hint(reader->fault, "0 to %d", MPOL_NODES_MAX - 1);
	} else if (err == -EEXIST) {
		reader_fail(reader, place, "'%.80s' names a node twice", text);
	} else {
		reader_fail(reader, place, "'%.80s' is no list of nodes", text);
		fault_hint(reader->fault, "like 0, 0-3, '0,2' or others");
	}
	return -EINVAL;
}

/* One key of `nodes`; @mask is what it names, nothing for `others`. */
static int read_nodes_key(struct reader *reader, struct nodes_said *said, __u64 *mask)
{
	const char *text = reader_word(reader);
	struct place place = reader_place(reader);
	size_t i;
	int r;

	if (strcmp(text, "others") == 0) {
		if (said->others.line) {
			reader_fail(reader, place, "'others' is said twice");
			fault_hint(reader->fault, "first in line %u", said->others.line);
			return -EINVAL;
		}
		said->others = place;
		return 0;
	}
	r = text[0] ? text_to_bitmap(text, mask, MPOL_NODES_WORDS) : -EINVAL;
	if (r < 0)
		return fail_nodelist(reader, r, text);
	for (i = 0; i < MPOL_NODES_WORDS; i++) {
		__u64 twice = said->named[i] & mask[i];

		if (twice)
			return reader_fail(reader, place, "node %zu is named twice",
					   i * 64 + (size_t)__builtin_ctzll(twice));
		said->named[i] |= mask[i];
	}
	return 0;
}

/* {0-3: allow, others: EPERM} */
static int read_nodes(struct reader *reader, struct profile *profile, const struct keyword *keyword)
{
	struct nodes_said said = {0};
	size_t i;
	int r = map_expect(reader, keyword->key, "{0-3: allow, others: EPERM}");

	if (r < 0)
		return r;
	while ((r = reader_next_key(reader)) > 0) {
		__u64 mask[MPOL_NODES_WORDS] = {0};
		bool others = strcmp(reader_word(reader), "others") == 0;
		struct place place = reader_place(reader);
		char what[80], first[24];
		uint16_t answer;

		snprintf(what, sizeof(what), "%s", reader_word(reader));
		r = read_nodes_key(reader, &said, mask);
		if (r == 0)
			r = reader_next(reader);
		if (r == 0)
			r = read_answer(reader, keyword, what, &answer);
		if (r < 0)
			return r;
		if (answer == MPOL_ANSWER(MPOL_ALLOW, 0))
			continue;
		if (said.answer.set && said.answer.answer != answer) {
			reader_fail(reader, reader_place(reader),
				    "two different answers for nodes");
			fault_hint(reader->fault, "line %u says %s, and there is one for all",
				   said.answer.place.line,
				   answer_text(said.answer.answer, first, sizeof(first)));
			return -EINVAL;
		}
		if (!said.answer.set)
			said.answer = (struct setting){answer, true, place};
		said.refuse_others |= others;
		for (i = 0; i < MPOL_NODES_WORDS; i++)
			said.refused[i] |= mask[i];
	}
	if (r < 0)
		return r;

	for (i = 0; i < MPOL_NODES_WORDS; i++) {
		profile->nodes_refused[i] =
			said.refused[i] | (said.refuse_others ? ~said.named[i] : 0);
	}
	/* Every node allowed one by one: nothing is left that `others` could mean. */
	if (bitmap_is_empty(profile->nodes_refused, MPOL_NODES_WORDS))
		said.answer.answer = MPOL_ANSWER(MPOL_ALLOW, 0);
	profile->rule[MPOL_RULE_NODES] = said.answer;
	return 0;
}

static int read_move(struct reader *reader, struct profile *profile, const struct keyword *keyword,
		     struct place place)
{
	static const struct name query[] = {{"query"}};
	const char *nearest = NULL;
	uint16_t answer;
	int r;

	if (strcmp(reader_word(reader), "query") == 0) {
		profile_answer(profile, MPOL_RULE_MOVE, MPOL_ANSWER(MPOL_ERRNO, EPERM), place);
		profile_answer(profile, MPOL_RULE_MOVE_QUERY, MPOL_ANSWER(MPOL_ALLOW, 0), place);
		return 0;
	}
	r = read_answer(reader, keyword, keyword->key, &answer);
	if (r < 0) {
		if (reader_word(reader)[0])
			nearest = word_nearest(query, ELEMENTSOF(query), reader_word(reader));
		if (nearest)
			fault_hint(reader->fault, "did you mean '%s'?", nearest);
		return r;
	}
	profile_answer(profile, MPOL_RULE_MOVE, answer, place);
	profile_answer(profile, MPOL_RULE_MOVE_QUERY, answer, place);
	return 0;
}

static int read_rule(struct reader *reader, struct profile *profile, const struct keyword *keyword,
		     struct place place)
{
	uint16_t answer;
	int r;

	switch (keyword->form) {
	case KEYWORD_WORDS:
		return read_words(reader, profile, keyword);
	case KEYWORD_NODES:
		return read_nodes(reader, profile, keyword);
	case KEYWORD_MOVE:
		return read_move(reader, profile, keyword, place);
	case KEYWORD_ANSWER:
		break;
	}
	r = read_answer(reader, keyword, keyword->key, &answer);
	if (r < 0)
		return r;
	profile_answer(profile, keyword->slot, answer, place);
	return 0;
}

int read_section(struct reader *reader, struct profile *profile, const char *section)
{
	struct name keys[GROUP_COUNT];
	struct map map = {.keys = keys};
	enum rule_group group;
	size_t i;
	int r = map_expect(reader, section,
			   strcmp(section, "pages") == 0 ? "{move: query}" : "{mount: deny}");

	if (r < 0)
		return r;
	for (group = 0; group < GROUP_COUNT; group++)
		if (strcmp(keywords[group].section, section) == 0)
			keys[map.n++] = (struct name){keywords[group].key, (int)group};
	while ((r = map_next(reader, &map, &i)) > 0) {
		r = read_rule(reader, profile, &keywords[keys[i].value], map.place);
		if (r < 0)
			return r;
	}
	if (r == -ENOENT)
		return reader_fail_nearest(
			reader, map.place, word_nearest(keys, map.n, reader_word(reader)),
			"unknown key '%.80s' in '%s'", reader_word(reader), section);
	return r;
}
