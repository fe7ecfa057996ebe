/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cgroup of the v2 hierarchy, as an open folder: where layers are attached. Any phase but between
 * fork and execve.
 */
#ifndef MPOLRUN_CGROUP_PLACE_H
#define MPOLRUN_CGROUP_PLACE_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/fault.h"

struct cgroup_folder {
	int fd; /* O_PATH; -EBADF: none */
	char path[PATH_MAX];
};

static inline void cgroup_folder_close(struct cgroup_folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
	folder->fd = -EBADF;
}

/*
 * The cgroup whose folder is @path, or the one that process @pid is in. *ret is the caller's.
 *   -ENOTSUP  no v2 hierarchy is mounted here
 *   -ENOTDIR  @path is no cgroup's folder
 *   -ESRCH    no such process;  -EXDEV  its cgroup is not below what is mounted here
 *   -ERANGE   the root cgroup
 */
int cgroup_folder_open(const char *path, struct cgroup_folder *ret, struct fault *fault);
int cgroup_folder_of_pid(pid_t pid, struct cgroup_folder *ret, struct fault *fault);

/* The one whose open folder is @fd, which stays the caller's. Errors as of cgroup_folder_open(). */
int cgroup_folder_of_fd(int fd, struct cgroup_folder *ret, struct fault *fault);

/*
 * A threaded cgroup has threads alone, and others of the same process are elsewhere: -EOPNOTSUPP.
 * What is attached to one that became threaded afterwards can be detached.
 */
int cgroup_folder_has_processes(const struct cgroup_folder *folder, struct fault *fault);

/* Whether nothing runs in the cgroup of the open @folder, or below it. false: not known either. */
bool cgroup_is_empty(int folder);

/* That of this process, which may be the root. */
int cgroup_folder_here(struct cgroup_folder *ret, struct fault *fault);

/* The path of the cgroup that the kernel calls @id, as root. -errno, -ENOENT: it is gone. */
int cgroup_path_of_id(uint64_t id, char *buf, size_t size);

#endif
