/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One table per name <-> value mapping, one exact look-up for all of them. Pure. */
#ifndef MPOLRUN_NAMES_H
#define MPOLRUN_NAMES_H

#include <stddef.h>

struct name {
	const char *name;
	int value;
	const char *alias; /* the long spelling, e.g. of the OCI runtime specification; or NULL */
	const char *help; /* what it means, for man pages and completions; or NULL */
};

/* The entry whose name or alias is exactly @text, or NULL. */
const struct name *name_find(const struct name *table, size_t n, const char *text);

/* The name of @value, or NULL. Where several have it, the first. */
const char *name_of(const struct name *table, size_t n, int value);

/*
 * The name nearest to @text, for "did you mean": at most a third of its letters (but one at least)
 * may differ. NULL where nothing is near.
 */
const char *name_nearest(const struct name *table, size_t n, const char *text);

#endif
