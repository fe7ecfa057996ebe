/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "build.h"
#include "source.h"

/* One profile on the way down `extends`, from the one that was asked for. */
struct chain {
	const struct chain *above;
	const struct source *source;
	const struct profile *profile;
	unsigned int depth;
};

struct loading {
	struct profile_set set;
	struct source loaded[PROFILE_SET_MAX]; /* of set.profiles[], without their text */
	size_t room;
	struct fault *fault;
};

static void loading_done(struct loading *loading)
{
	size_t i;

	for (i = 0; i < loading->set.n; i++)
		source_done(&loading->loaded[i]);
	profile_set_done(&loading->set);
}

void profile_set_done(struct profile_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		profile_free(set->profiles[i]);
	*set = (struct profile_set){0};
}

/* "a.yaml -> b.yaml -> a.yaml", from the first @source on; the beginning is what matters. */
static void describe_round(const struct chain *chain, const struct source *source, char *buf,
			   size_t size)
{
	size_t n;

	if (chain->above && !source_is(chain->source, source))
		describe_round(chain->above, source, buf, size);
	n = strlen(buf);
	snprintf(buf + n, size - n, "%s -> ", chain->source->name);
}

static int check_round(const struct chain *chain, const struct source *source, struct fault *fault)
{
	const struct chain *link;
	char round[200] = "";

	for (link = chain; link; link = link->above)
		if (source_is(link->source, source)) {
			describe_round(chain, source, round, sizeof(round));
			return fault_set(fault, -ELOOP, "'extends' goes round: %s%s", round,
					 source->name);
		}
	if (chain && chain->depth >= PROFILE_DEPTH_MAX)
		return fault_set(fault, -ELOOP, "'extends' goes deeper than %d profiles",
				 PROFILE_DEPTH_MAX);
	return 0;
}

static bool is_loaded(const struct loading *loading, const struct source *source)
{
	size_t i;

	for (i = 0; i < loading->set.n; i++)
		if (source_is(&loading->loaded[i], source))
			return true;
	return false;
}

static int load_one(struct loading *loading, const char *what, const struct chain *above,
		    size_t which);

static int load_extends(struct loading *loading, const struct chain *chain)
{
	size_t i;
	int r;

	for (i = 0; i < chain->profile->n_extends; i++) {
		r = load_one(loading, chain->profile->extends[i], chain, i);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A fault that is not in a file's text is one of the word that led there. */
static int blame_extends(struct loading *loading, const struct chain *above, size_t which, int err)
{
	struct fault *fault = loading->fault;
	char what[sizeof(fault->what)];
	struct place place;

	if (!above || !fault)
		return err;
	place = above->profile->extends_place[which];
	if (fault->file[0]) {
		snprintf(what, sizeof(what), "'%.100s' %.140s", fault->file, fault->what);
		fault_set(fault, err, "%s", what);
	}
	fault_place(fault, above->profile->name, place.line, place.column);
	return err;
}

/* The built-in ones were parsed when the program was built. */
static int profile_of(const struct source *source, struct profile **ret, struct fault *fault)
{
	_cleanup_(cleanup_profile) struct profile *profile = NULL;
	int r;

	if (source->kind != SOURCE_BUILTIN)
		return profile_parse(source->text, source->len, source->name,
				     source->kind == SOURCE_INLINE ? PROFILE_INLINE : 0, ret,
				     fault);
	r = profile_new(source->name, &profile);
	if (r == 0)
		r = profile_builtins[source->ino].make(profile);
	if (r == 0)
		*ret = TAKE_PTR(profile);
	return r;
}

static int load_one(struct loading *loading, const char *what, const struct chain *above,
		    size_t which)
{
	_cleanup_(source_done) struct source source = {0};
	_cleanup_(cleanup_profile) struct profile *profile = NULL;
	const char *base = above && above->source->kind == SOURCE_FILE ? above->source->name : NULL;
	struct chain chain = {.above = above, .depth = above ? above->depth + 1 : 0};
	int r;

	r = source_open(what, base, above, &source, loading->fault);
	if (r == 0 && above)
		r = check_round(above, &source, loading->fault);
	if (r == 0 && is_loaded(loading, &source))
		return 0; /* twice the same takes nothing more away */
	if (r == 0 && loading->set.n >= loading->room)
		r = fault_set(loading->fault, -E2BIG, "more than %d profiles", PROFILE_SET_MAX);
	if (r < 0)
		return blame_extends(loading, above, which, r);

	r = profile_of(&source, &profile, loading->fault);
	if (r < 0)
		return r;
	assert(profile);
	free(source.text);
	source.text = NULL;
	chain.source = &loading->loaded[loading->set.n];
	chain.profile = profile;
	loading->loaded[loading->set.n] = source;
	source = (struct source){0};
	loading->set.profiles[loading->set.n++] = TAKE_PTR(profile);
	return load_extends(loading, &chain);
}

int profile_load(const char *what, struct profile_set *set, struct fault *fault)
{
	_cleanup_(loading_done) struct loading loading = {
		.room = PROFILE_SET_MAX - set->n,
		.fault = fault,
	};
	int r = load_one(&loading, what, NULL, 0);

	if (r < 0)
		return r;
	memcpy(set->profiles + set->n, loading.set.profiles,
	       loading.set.n * sizeof(loading.set.profiles[0]));
	set->n += loading.set.n;
	/* the profiles are the caller's now */
	while (loading.set.n)
		source_done(&loading.loaded[--loading.set.n]);
	return 0;
}

int profile_load_deny(const char *text, struct profile_set *set, struct fault *fault)
{
	struct profile *deny = NULL;
	int r = profile_from_deny(text, &deny, fault);

	if (r < 0)
		return r;
	if (set->n == PROFILE_SET_MAX) {
		profile_free(deny);
		return fault_set(fault, -E2BIG, "more than %d profiles", PROFILE_SET_MAX);
	}
	set->profiles[set->n++] = deny;
	return 0;
}

int profile_text(const char *what, char **ret, size_t *ret_len, char **ret_from,
		 struct fault *fault)
{
	_cleanup_(source_done) struct source source = {0};
	int r = source_open(what, NULL, false, &source, fault);

	if (r < 0)
		return r;
	if (source.kind == SOURCE_BUILTIN)
		source.text = strdup(profile_builtins[source.ino].text);
	if (!source.text)
		return -ENOMEM;
	*ret = TAKE_PTR(source.text);
	*ret_len = source.len;
	*ret_from = TAKE_PTR(source.name);
	return 0;
}
