/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/cgroup.h"
#include "host/procfs.h"

#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC 0x63677270
#endif

/* What the kernel encodes a folder of a kernfs by: FILEID_KERNFS (5.5 and later). */
#define FILEID_KERNFS 0xfe

/* Takes @fd over; @path is what it was called. */
static int take(int open_fd, const char *path, bool may_be_root, struct cgroup_folder *ret,
		struct fault *fault)
{
	_cleanup_close_ int fd = open_fd;
	char proc[64];
	struct statfs fs;
	ssize_t length;

	if (fd < 0)
		return fault_set(fault, -errno, "%s: %s", path, strerror(errno));
	if (fstatfs(fd, &fs) < 0 || (unsigned long)fs.f_type != CGROUP2_SUPER_MAGIC) {
		fault_hint(fault, "cgroups have their folders below /sys/fs/cgroup");
		return fault_set(fault, -ENOTDIR, "%s is not a cgroup of the v2 hierarchy", path);
	}
	/* Symbolic links and dots undone: what we name is what we do it to. */
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	length = readlink(proc, ret->path, sizeof(ret->path) - 1);
	if (length < 0)
		return fault_set(fault, -errno, "%s: %s", path, strerror(errno));
	ret->path[length] = '\0';
	/* The real root has none of the files that every other cgroup has. */
	if (!may_be_root && faccessat(fd, "cgroup.type", F_OK, 0) < 0) {
		fault_hint(fault,
			   "attach it to cgroups below, such as /sys/fs/cgroup/system.slice");
		return fault_set(fault, -ERANGE,
				 "%s is the root cgroup, and every task of the machine under it",
				 ret->path);
	}
	ret->fd = TAKE_FD(fd);
	return 0;
}

static int open_at(const char *path, bool may_be_root, struct cgroup_folder *ret,
		   struct fault *fault)
{
	return take(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), path, may_be_root, ret, fault);
}

int cgroup_folder_of_fd(int fd, struct cgroup_folder *ret, struct fault *fault)
{
	char name[32];

	ret->fd = -EBADF;
	(void)snprintf(name, sizeof(name), "fd:%d", fd);
	return take(openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), name, false, ret, fault);
}

int cgroup_folder_has_processes(const struct cgroup_folder *folder, struct fault *fault)
{
	_cleanup_close_ int fd = openat(folder->fd, "cgroup.type", O_RDONLY | O_CLOEXEC);
	static const char threaded[] = "threaded";
	char type[32] = "";

	if (fd < 0 || read(fd, type, sizeof(type) - 1) < 0)
		return fault_set(fault, -errno, "%s/cgroup.type: %s", folder->path,
				 strerror(errno));
	if (strncmp(type, threaded, strlen(threaded)) != 0)
		return 0;
	fault_hint(fault, "some threads of a process would be under the layer, and others not");
	return fault_set(fault, -EOPNOTSUPP, "%s is threaded: attach to the domain above it",
			 folder->path);
}

bool cgroup_is_empty(int folder)
{
	_cleanup_close_ int fd = openat(folder, "cgroup.events", O_RDONLY | O_CLOEXEC);
	char text[256] = "", value[8];

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
	       procfs_line(text, "populated", value, sizeof(value)) && strcmp(value, "0") == 0;
}

int cgroup_folder_open(const char *path, struct cgroup_folder *ret, struct fault *fault)
{
	ret->fd = -EBADF;
	return open_at(path, false, ret, fault);
}

#define PLACES_MAX 4

static int open_of_pid(pid_t pid, bool may_be_root, struct cgroup_folder *ret, struct fault *fault)
{
	_cleanup_free_ struct cgroup_place *place = malloc(PLACES_MAX * sizeof(*place));
	_cleanup_free_ char *mountinfo = NULL, *cgroup = NULL;
	const char *top = NULL;
	char path[64];
	size_t n, i;
	int r;

	ret->fd = -EBADF;
	if (!place)
		return fault_set(fault, -ENOMEM, "out of memory");
	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	r = procfs_read(path, &cgroup);
	if (r < 0)
		return fault_set(fault, r == -ENOENT ? -ESRCH : r, "process %d: %s", pid,
				 r == -ENOENT ? "no such process" : strerror(-r));
	r = procfs_read("/proc/self/mountinfo", &mountinfo);
	if (r < 0)
		return fault_set(fault, r, "/proc/self/mountinfo: %s", strerror(-r));
	n = cgroup_places(cgroup, mountinfo, place, PLACES_MAX);
	for (i = 0; i < n; i++) {
		if (!place[i].v2)
			continue;
		if (place[i].found)
			return open_at(place[i].dir, may_be_root, ret, fault);
		top = place[i].dir;
	}
	if (!top) {
		fault_hint(fault, "mount -t cgroup2 none /sys/fs/cgroup/unified");
		return fault_set(fault, -ENOTSUP, "no cgroup2 file system is mounted here");
	}
	return fault_set(fault, -EXDEV, "the cgroup of process %d is not below %s", pid, top);
}

int cgroup_folder_of_pid(pid_t pid, struct cgroup_folder *ret, struct fault *fault)
{
	return open_of_pid(pid, false, ret, fault);
}

int cgroup_folder_here(struct cgroup_folder *ret, struct fault *fault)
{
	return open_of_pid(getpid(), true, ret, fault);
}

int cgroup_path_of_id(uint64_t id, char *buf, size_t size)
{
	struct {
		struct file_handle handle;
		uint64_t id;
	} handle = {.handle = {.handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS}};
	_cleanup_free_ struct cgroup_place *place = malloc(PLACES_MAX * sizeof(*place));
	_cleanup_free_ char *mountinfo = NULL;
	size_t n, i;
	int r;

	if (!place)
		return -ENOMEM;
	r = procfs_read("/proc/self/mountinfo", &mountinfo);
	if (r < 0)
		return r;
	memcpy(handle.handle.f_handle, &id, sizeof(id));
	n = cgroup_places("", mountinfo, place, PLACES_MAX);
	r = -ENOTSUP;
	for (i = 0; i < n; i++) {
		_cleanup_close_ int top = -EBADF, fd = -EBADF;
		char proc[64];
		ssize_t length;

		if (!place[i].v2)
			continue;
		top = open(place[i].dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (top < 0)
			return -errno;
		fd = open_by_handle_at(top, &handle.handle, O_PATH | O_CLOEXEC);
		if (fd < 0)
			return errno == ESTALE ? -ENOENT : -errno;
		(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
		length = readlink(proc, buf, size - 1);
		if (length < 0)
			return -errno;
		buf[length] = '\0';
		return 0;
	}
	return r;
}
