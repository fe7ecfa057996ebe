/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_CONTAINER_CGROUP_H
#define MPOLRUN_CONTAINER_CGROUP_H

#include "cgroup/place.h"

/*
 * The cgroup of the running container @id, which its runtime keeps in @root (NULL: where runtimes
 * do), and *ret_pid, its first process, which is in there. *ret is the caller's.
 *   -ESRCH  it does not run;  -EXDEV  the process is not in the cgroup that the runtime names
 *   and those of oci_container_find() and cgroup_folder_open()
 */
int container_cgroup(const char *root, const char *id, struct cgroup_folder *ret, int64_t *ret_pid,
		     struct fault *fault);

#endif
