/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container_cgroup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/cgroup.h"
#include "host/procfs.h"
#include "base/process.h"
#include "oci/container.h"

#define PLACES_MAX 4

/* Whether @path is @above or below it. */
static bool is_below(const char *path, const char *above)
{
	size_t length = strlen(above);

	return strncmp(path, above, length) == 0 && (path[length] == '/' || !path[length]);
}

/* Where the v2 hierarchy is mounted. -ENOTSUP: nowhere. */
static int find_mount(char *buf, size_t size)
{
	_cleanup_free_ struct cgroup_place *place = malloc(PLACES_MAX * sizeof(*place));
	_cleanup_free_ char *mountinfo = NULL;
	size_t n, i;
	int r;

	if (!place)
		return -ENOMEM;
	r = procfs_read("/proc/self/mountinfo", &mountinfo);
	if (r < 0)
		return r;
	n = cgroup_places("", mountinfo, place, PLACES_MAX);
	for (i = 0; i < n; i++)
		if (place[i].v2 && place[i].top < size) {
			(void)snprintf(buf, size, "%.*s", (int)place[i].top, place[i].dir);
			return 0;
		}
	return -ENOTSUP;
}

/* @named is crun's, below the mount, or runc's, with the mount. */
static int open_named(const char *named, struct cgroup_folder *ret, struct fault *fault)
{
	char mount[PATH_MAX], path[2 * PATH_MAX];
	int r = find_mount(mount, sizeof(mount));

	if (r < 0)
		return fault_set(fault, r, "no cgroup2 file system is mounted here");
	(void)snprintf(path, sizeof(path), "%s%s", is_below(named, mount) ? "" : mount, named);
	return cgroup_folder_open(path, ret, fault);
}

int container_cgroup(const char *root, const char *id, struct cgroup_folder *ret, int64_t *ret_pid,
		     struct fault *fault)
{
	_cleanup_(cgroup_folder_close) struct cgroup_folder of_pid = {.fd = -EBADF};
	_cleanup_free_ struct oci_container *container = malloc(sizeof(*container));
	struct fault elsewhere = {.line = 0};
	uint64_t started;
	int r;

	ret->fd = -EBADF;
	if (!container)
		return fault_set(fault, -ENOMEM, "no memory");
	r = oci_container_find(root, id, container, fault);
	if (r < 0)
		return r;
	/* The number may be another's by now. */
	if (!container->pid || process_started(container->pid, &started) < 0 ||
	    (container->started && container->started != started))
		return fault_set(fault, -ESRCH, "container '%.80s' does not run, says %.150s", id,
				 container->file);
	*ret_pid = container->pid;
	/* The container may have made cgroups of its own below, and its first process be in one. */
	if (!container->cgroup[0])
		return cgroup_folder_of_pid(container->pid, ret, fault);
	r = open_named(container->cgroup, ret, fault);
	if (r < 0)
		return r;
	if (cgroup_folder_of_pid(container->pid, &of_pid, &elsewhere) == 0 &&
	    is_below(of_pid.path, ret->path))
		return 0;
	fault_set(fault, -EXDEV, "process %d of container '%.60s' is not in %.120s, as %.60s says",
		  container->pid, id, ret->path, container->file);
	cgroup_folder_close(ret);
	return -EXDEV;
}
