/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many named layers of one user:
 *
 *	many make|list|remove UID COUNT PROFILE
 *
 * called many-UID-0, many-UID-1, ... make and remove make and remove them; list finds all of them
 * by their names and no others, each whole and with nobody in it. Started as root; an ordinary
 * user's names are in $XDG_RUNTIME_DIR.
 */
#include <mpol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fail(const char *what, const char *name, int r, const struct mpol_error *err)
{
	fprintf(stderr, "many: %s %s: %s %s\n", what, name, mpol_strerror(r), err ? err->what : "");
	exit(1);
}

static void make(const char *name, const struct mpol_plan *plan)
{
	struct mpol_error err = {.what = ""};
	int layer, r;

	layer = mpol_layer_start(plan, NULL, &err);
	if (layer < 0)
		fail("make", name, layer, &err);
	r = mpol_layer_name(layer, name, 0600, (uint32_t)-1, &err);
	if (r < 0)
		fail("name", name, r, &err);
	close(layer);
}

static int open_layer(const char *name)
{
	struct mpol_error err = {.what = ""};
	int layer = mpol_layer_open(name, MPOL_RIGHT_MODIFY, &err);

	if (layer < 0)
		fail("open", name, layer, &err);
	return layer;
}

static void look_at(const char *name)
{
	struct mpol_info info = {.size = sizeof(info)};
	int layer = open_layer(name), r = mpol_layer_info(layer, &info);

	if (r < 0 || info.members)
		fail("look at", name, r, NULL);
	close(layer);
}

static void remove_layer(const char *name)
{
	struct mpol_error err = {.what = ""};
	int layer = open_layer(name), r = mpol_layer_remove(layer);

	if (r < 0)
		fail("remove", name, r, NULL);
	r = mpol_layer_unname(name, &err);
	if (r < 0)
		fail("unname", name, r, &err);
	close(layer);
}

/* How many of the listed ones are called as ours; an ordinary user sees those of root, too. */
static int count_listed(const char *prefix)
{
	char **names;
	size_t n, i;
	int found = 0, r = mpol_layer_list(&names, &n);

	if (r < 0)
		fail("list", prefix, r, NULL);
	for (i = 0; i < n; i++) {
		found += strncmp(names[i], prefix, strlen(prefix)) == 0;
		free(names[i]);
	}
	free(names);
	return found;
}

int main(int argc, char **argv)
{
	struct mpol_error err = {.what = ""};
	struct mpol_policy *policy;
	struct mpol_plan *plan;
	char prefix[32], name[64];
	int count, i, r;
	uid_t uid;

	if (argc != 5) {
		fputs("usage: many make|list|remove UID COUNT PROFILE\n", stderr);
		return 2;
	}
	uid = (uid_t)atoi(argv[2]);
	count = atoi(argv[3]);
	if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0) {
		perror("many: setresuid");
		return 1;
	}
	r = mpol_policy_load(argv[4], &policy, &err);
	if (r == 0)
		r = mpol_plan_new(policy, 0, MPOL_PLAN_LIVE, &plan, &err);
	if (r < 0)
		fail("plan", argv[4], r, &err);
	snprintf(prefix, sizeof(prefix), "many-%u-", uid);
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%d", prefix, i);
		if (strcmp(argv[1], "make") == 0)
			make(name, plan);
		else if (strcmp(argv[1], "list") == 0)
			look_at(name);
		else
			remove_layer(name);
	}
	mpol_plan_free(plan);
	mpol_policy_unref(policy);
	i = strcmp(argv[1], "remove") == 0 ? 0 : count;
	r = count_listed(prefix);
	if (r != i)
		fprintf(stderr, "many: %d are listed for user %u, not %d\n", r, uid, i);
	return r != i;
}
