/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps with known keys, and the sections of rules. Internal to this stage. */
#ifndef MPOLRUN_PROFILE_PARSE_H
#define MPOLRUN_PROFILE_PARSE_H

#include "base/names.h"
#include "profile.h"
#include "reader.h"

#define MAP_KEYS_MAX 16

/* A map while it is read. */
struct map {
	const struct name *keys;
	size_t n; /* at most MAP_KEYS_MAX */
	struct place seen[MAP_KEYS_MAX]; /* where each was said; line 0: not yet */
	struct place place; /* of the current key */
};

/* 0 if the current event begins a map, which is the value of @what; else -EINVAL. */
int map_expect(struct reader *reader, const char *what, const char *example);

/*
 * On to the next key's value, *ret the key's place in the table: 1, or 0 at the end. -ENOENT, no
 * fault set, at a key that is not in it: the current event is the key itself. -EINVAL, -ENOMEM.
 */
int map_next(struct reader *reader, struct map *map, size_t *ret);

/* `mempolicy: {...}` or `pages: {...}`: the rules of keywords.c that belong there. */
int read_section(struct reader *reader, struct profile *profile, const char *section);

/* `start: {inherited: reset, policy: none}` */
int read_start(struct reader *reader, struct profile *profile);

#endif
