/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

int profile_new(const char *name, struct profile **ret)
{
	struct profile *profile = calloc(1, sizeof(*profile));

	if (!profile)
		return -ENOMEM;
	profile->name = strdup(name);
	if (!profile->name) {
		free(profile);
		return -ENOMEM;
	}
	*ret = profile;
	return 0;
}

void profile_free(struct profile *profile)
{
	size_t i;

	if (!profile)
		return;
	for (i = 0; i < profile->n_extends; i++)
		free(profile->extends[i]);
	free(profile->extends);
	free(profile->extends_place);
	free(profile->description);
	free(profile->name);
	free(profile);
}

void profile_answer(struct profile *profile, uint32_t rule, uint16_t answer, struct place place)
{
	profile->rule[rule] = (struct setting){.answer = answer, .set = true, .place = place};
}

int profile_extend(struct profile *profile, const char *word, struct place place)
{
	size_t n = profile->n_extends;
	struct place *places;
	char **words;

	words = reallocarray(profile->extends, n + 1, sizeof(words[0]));
	if (!words)
		return -ENOMEM;
	profile->extends = words;
	places = reallocarray(profile->extends_place, n + 1, sizeof(places[0]));
	if (!places)
		return -ENOMEM;
	profile->extends_place = places;
	words[n] = strdup(word);
	if (!words[n])
		return -ENOMEM;
	places[n] = place;
	profile->n_extends++;
	return 0;
}
