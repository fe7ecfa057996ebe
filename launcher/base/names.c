/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "names.h"

#include <string.h>

#include "text.h"

const struct name *name_find(const struct name *table, size_t n, const char *text)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(table[i].name, text) == 0 ||
		    (table[i].alias && strcmp(table[i].alias, text) == 0))
			return &table[i];
	return NULL;
}

const char *name_of(const struct name *table, size_t n, int value)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (table[i].value == value)
			return table[i].name;
	return NULL;
}

static void nearer(const char *candidate, const char *text, size_t *best, const char **ret)
{
	size_t distance = text_distance(candidate, text);

	if (distance < *best) {
		*best = distance;
		*ret = candidate;
	}
}

const char *name_nearest(const struct name *table, size_t n, const char *text)
{
	size_t best, i, limit = strlen(text) / 3;
	const char *ret = NULL;

	best = (limit ? limit : 1) + 1;
	for (i = 0; i < n; i++) {
		nearer(table[i].name, text, &best, &ret);
		if (table[i].alias)
			nearer(table[i].alias, text, &best, &ret);
	}
	return ret;
}
