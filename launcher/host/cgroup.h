/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where our cgroup is, in a hierarchy that matters to memory placement. */
#ifndef MPOLRUN_HOST_CGROUP_H
#define MPOLRUN_HOST_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

#define CGROUP_PATH_MAX 4096

struct cgroup_place {
	bool v2;
	bool noprefix; /* files are called "mems", not "cpuset.mems" (v1 only) */
	bool found; /* our cgroup is below what is mounted */
	char dir[CGROUP_PATH_MAX]; /* of our cgroup; where that is not .found, .top */
	size_t top; /* length of the mount point, with which .dir begins */
};

/*
 * Find, from the texts of /proc/PID/cgroup and /proc/PID/mountinfo, our cgroup at every mount of
 * the v2 hierarchy and of the v1 one that has cpuset: the first @max of them. Returns how many.
 * Pure.
 */
size_t cgroup_places(const char *cgroup, const char *mountinfo, struct cgroup_place *ret,
		     size_t max);

/*
 * Look for a cpuset.mems that this process could write in @place: in its folder and above, up to
 * the mount point; or a folder where it could make a cgroup that has one. Its path into @buf, or
 * false.
 */
bool cgroup_cpuset_writable(const struct cgroup_place *place, char *buf, size_t size);

#endif
