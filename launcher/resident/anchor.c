/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "pins.h"
#include "sys_bpf.h"

#define ANCHOR "mpolrun-resident"

int anchor_open_top(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *entry;
	int fd = -ENOTSUP;

	if (!mounts)
		return -errno;
	while ((entry = getmntent(mounts))) {
		if (strcmp(entry->mnt_type, "cgroup2") != 0)
			continue;
		if (fd >= 0)
			close(fd);
		fd = open(entry->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
		/* The root has no type, and nothing is above it. */
		else if (faccessat(fd, "cgroup.type", F_OK, 0) < 0)
			break;
	}
	(void)endmntent(mounts);
	return fd;
}

/* A link of @fd to the anchor, which is made if need be. */
static int link_to_anchor(int fd)
{
	_cleanup_close_ int top = anchor_open_top(), anchor = -EBADF;

	if (top < 0)
		return top;
	if (mkdirat(top, ANCHOR, 0755) < 0 && errno != EEXIST)
		return -errno;
	anchor = openat(top, ANCHOR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return anchor < 0 ? -errno : sys_bpf_link(fd, anchor);
}

void anchor_remove(void)
{
	_cleanup_close_ int top = anchor_open_top();

	/* Whoever put something there keeps it. */
	if (top >= 0)
		(void)unlinkat(top, ANCHOR, AT_REMOVEDIR);
}

int anchor_try(int fd)
{
	_cleanup_close_ int link = link_to_anchor(fd);

	return link < 0 ? link : 0;
}

int anchor_pin(const char *name, int fd)
{
	char path[PINS_PATH_MAX], fresh[PINS_PATH_MAX];
	int r;

	(void)snprintf(path, sizeof(path), PINS_CGROUP "/%s", name);
	if (fd < 0)
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	(void)snprintf(fresh, sizeof(fresh), PINS_CGROUP "/%s-fresh", name);
	(void)unlink(fresh);
	r = sys_bpf_pin(fd, fresh);
	if (r < 0)
		return r;
	return rename(fresh, path) < 0 ? -errno : 0;
}

#define KEPT "-kept" /* after the hook, the name of the link's pin */

bool anchor_is_kept(const struct attach_program *program)
{
	char path[PINS_PATH_MAX];

	(void)snprintf(path, sizeof(path), PINS_CGROUP "/%s" KEPT, program->hook);
	return access(path, F_OK) == 0;
}

int anchor_keep(const struct attach_program *program, int fd)
{
	_cleanup_close_ int link = fd < 0 ? -EBADF : link_to_anchor(fd);
	char name[64];

	if (fd >= 0 && link < 0)
		return link;
	(void)snprintf(name, sizeof(name), "%s" KEPT, program->hook);
	return anchor_pin(name, link);
}
