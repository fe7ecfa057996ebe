/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many processes live under a layer's filters: the kernel does not tell, /proc nearly does. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "supervisor_parts.h"

struct list {
	struct process *process;
	size_t n;
};

static int list_add(struct list *list, const struct process *process)
{
	/* Room grows at every power of two. */
	if (!(list->n & (list->n - 1))) {
		size_t room = list->n ? 2 * list->n : 1;
		struct process *more = reallocarray(list->process, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		list->process = more;
	}
	list->process[list->n++] = *process;
	return 0;
}

static int list_all(struct list *list)
{
	_cleanup_closedir_ DIR *dir = opendir("/proc");
	struct process process;
	struct dirent *entry;
	uint32_t pid;
	int r = 0;

	while (r == 0 && dir && (entry = readdir(dir)))
		if (text_to_u32(entry->d_name, INT32_MAX, &pid) == 0 &&
		    process_look((pid_t)pid, &process) == 0)
			r = list_add(list, &process);
	return r;
}

static int list_trees(struct supervisor *supervisor, struct list *list)
{
	const struct tree *tree;
	int r = 0;

	pthread_rwlock_rdlock(&supervisor->lock);
	for (tree = supervisor->trees; r == 0 && tree; tree = tree->next)
		r = list_add(list, &tree->first);
	pthread_rwlock_unlock(&supervisor->lock);
	return r;
}

static const struct process *find(const struct list *list, pid_t pid)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->process[i].pid == pid)
			return &list->process[i];
	return NULL;
}

/*
 * The first of a tree; or one that lost its parent, which is then in another session, and stayed in
 * that of the tree. One that left its parent and its session is not told from a stranger.
 */
static bool is_of_tree(const struct list *all, const struct process *process,
		       const struct process *first)
{
	const struct process *parent;

	if (process->pid == first->pid)
		return process->started == first->started;
	parent = find(all, process->parent);
	return process->session == first->session && process->filters >= first->filters &&
	       process->started >= first->started && parent && parent->session != first->session;
}

/* A parent may come behind its children, so until nothing changes. */
static size_t mark(const struct list *all, const struct list *trees, bool *member)
{
	size_t i, j, n = 0, before;

	for (i = 0; i < all->n; i++)
		for (j = 0; j < trees->n && !member[i]; j++)
			member[i] = is_of_tree(all, &all->process[i], &trees->process[j]);
	do {
		before = n;
		n = 0;
		for (i = 0; i < all->n; i++) {
			const struct process *parent = find(all, all->process[i].parent);

			if (parent && member[parent - all->process])
				member[i] = true;
			n += member[i];
		}
	} while (n != before);
	return n;
}

size_t supervisor_processes(struct supervisor *supervisor, __u32 *pids, size_t max)
{
	struct list all = {NULL, 0}, trees = {NULL, 0};
	bool *member = NULL;
	size_t n = 0, i, told = 0;

	if (list_trees(supervisor, &trees) == 0 && list_all(&all) == 0 && all.n)
		member = calloc(all.n, sizeof(*member));
	if (member)
		n = mark(&all, &trees, member);
	for (i = 0; n && i < all.n && told < max; i++)
		if (member[i])
			pids[told++] = (__u32)all.process[i].pid;
	free(member);
	free(all.process);
	free(trees.process);
	return n;
}
