/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which names a profile can be asked for by. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "load.h"
#include "source.h"

struct list {
	struct profile_entry *entries;
	size_t n;
};

static void list_done(struct list *list)
{
	profile_list_free(list->entries, list->n);
}

void profile_list_free(struct profile_entry *entries, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(entries[i].name);
		free(entries[i].from);
	}
	free(entries);
}

/* Unless an earlier place has the name. @len of @name's bytes count. */
static int add(struct list *list, const char *name, size_t len, const char *folder)
{
	struct profile_entry entry = {0}, *entries;
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strncmp(list->entries[i].name, name, len) == 0 && !list->entries[i].name[len])
			return 0;
	entries = reallocarray(list->entries, list->n + 1, sizeof(entries[0]));
	if (!entries)
		return -ENOMEM;
	list->entries = entries;
	entry.name = strndup(name, len);
	if (!entry.name)
		return -ENOMEM;
	if ((folder ? asprintf(&entry.from, "%s/%s", folder, name)
		    : asprintf(&entry.from, "builtin:%s", name)) < 0) {
		free(entry.name);
		return -ENOMEM;
	}
	list->entries[list->n++] = entry;
	return 0;
}

static int add_folder(struct list *list, const char *folder)
{
	_cleanup_closedir_ DIR *dir = folder[0] ? opendir(folder) : NULL;
	const struct dirent *file;
	int r;

	while (dir && (file = readdir(dir))) {
		size_t len = strlen(file->d_name);

		if (len <= 5 || strcmp(file->d_name + len - 5, ".yaml") != 0 ||
		    file->d_type == DT_DIR)
			continue;
		r = add(list, file->d_name, len - 5, folder);
		if (r < 0)
			return r;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct profile_entry *)a)->name,
		      ((const struct profile_entry *)b)->name);
}

int profile_list(struct profile_entry **ret, size_t *ret_n)
{
	_cleanup_(list_done) struct list list = {0};
	const char *folders[SOURCE_FOLDERS];
	_cleanup_free_ char *user = NULL;
	size_t i;
	int r;

	r = source_folders(&user, folders);
	if (r < 0)
		return r;
	for (i = 0; i < SOURCE_FOLDERS; i++) {
		r = add_folder(&list, folders[i]);
		if (r < 0)
			return r;
	}
	for (i = 0; i < n_profile_builtins; i++) {
		r = add(&list, profile_builtins[i].name, strlen(profile_builtins[i].name), NULL);
		if (r < 0)
			return r;
	}
	qsort(list.entries, list.n, sizeof(list.entries[0]), by_name);
	*ret = TAKE_PTR(list.entries);
	*ret_n = list.n;
	list.n = 0;
	return 0;
}
