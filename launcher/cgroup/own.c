/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "own.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PREFIX "mpolrun-"
#define TRIES 8
#define DEPTH_MAX 64

static bool skip_number(const char **text, long *ret)
{
	char *end;

	/* As "%d" writes those above 0. */
	if (**text < '1' || **text > '9')
		return false;
	errno = 0;
	*ret = strtol(*text, &end, 10);
	*text = end;
	return !errno && *ret <= INT32_MAX;
}

/* Whether a launch writes such a name, and ran as a process that has ended. */
static bool is_left_behind(const char *name)
{
	long pid, n;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	name += strlen(PREFIX);
	if (!skip_number(&name, &pid))
		return false;
	if (*name == '-') {
		name++;
		if (!skip_number(&name, &n) || n >= TRIES)
			return false;
	}
	return !*name && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

/* The folders in @folder, what is below them first. Where something runs the kernel refuses. */
static void remove_below(int folder, int depth)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_close_ int child = -EBADF;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		child = openat(folder, entry->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child >= 0 && depth < DEPTH_MAX)
			remove_below(child, depth + 1);
		(void)unlinkat(folder, entry->d_name, AT_REMOVEDIR);
	}
}

static void remove_empty(int parent, const char *name)
{
	_cleanup_close_ int fd =
		openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || !cgroup_is_empty(fd))
		return;
	remove_below(fd, 0);
	(void)unlinkat(parent, name, AT_REMOVEDIR);
}

/* One in which something runs is not removed; one whose maker is about to move in is made anew. */
static void sweep(int parent)
{
	int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (is_left_behind(entry->d_name))
			remove_empty(parent, entry->d_name);
}

static int move_in(int folder)
{
	_cleanup_close_ int fd = openat(folder, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, "0", 1) == 1 ? 0 : -errno;
}

static int try_once(const struct cgroup_folder *parent, int n, struct cgroup_folder *ret)
{
	_cleanup_close_ int fd = -EBADF;
	char name[48];
	int r;

	(void)snprintf(name, sizeof(name), n ? PREFIX "%d-%d" : PREFIX "%d", getpid(), n);
	if (mkdirat(parent->fd, name, 0755) < 0)
		return -errno;
	fd = openat(parent->fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = fd < 0 ? -errno : move_in(fd);
	if (r < 0) {
		(void)unlinkat(parent->fd, name, AT_REMOVEDIR);
		return r;
	}
	(void)snprintf(ret->path, sizeof(ret->path), "%.*s/%s",
		       (int)(sizeof(ret->path) - sizeof(name) - 1), parent->path, name);
	ret->fd = TAKE_FD(fd);
	return 0;
}

int cgroup_own_enter(struct cgroup_folder *ret, struct fault *fault)
{
	_cleanup_(cgroup_folder_close) struct cgroup_folder parent = {.fd = -EBADF};
	int r, n;

	r = cgroup_folder_here(&parent, fault);
	if (r < 0)
		return r;
	sweep(parent.fd);
	r = -EEXIST;
	/* There may still run what an earlier process of our number left behind. */
	for (n = 0; n < TRIES && (r == -EEXIST || r == -ENOENT || r == -ENODEV); n++)
		r = try_once(&parent, n, ret);
	return r < 0 ? fault_set(fault, r, "cannot make a cgroup below %s: %s", parent.path,
				 strerror(-r))
		     : 0;
}

void cgroup_own_remove(uint64_t id)
{
	char path[PATH_MAX];
	const char *name;

	if (cgroup_path_of_id(id, path, sizeof(path)) < 0)
		return;
	name = strrchr(path, '/');
	if (name && is_left_behind(name + 1))
		remove_empty(AT_FDCWD, path);
}
