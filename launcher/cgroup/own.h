/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cgroup of a launch's own, below the one that we are in: whoever is put into it is under the
 * launch's layer, as its children are. Nobody of ours is left to remove it when it is empty, so the
 * next launch beside it does.
 */
#ifndef MPOLRUN_CGROUP_OWN_H
#define MPOLRUN_CGROUP_OWN_H

#include "place.h"

/*
 * Make one, and move this process into it. *ret is the caller's.
 *   -ENOTSUP  no v2 hierarchy is mounted here;  -EXDEV  our cgroup is not below what is mounted
 *   -EROFS, -EACCES, -EPERM, ...: of mkdir(2), and of moving in; then it is gone again
 */
int cgroup_own_enter(struct cgroup_folder *ret, struct fault *fault);

/*
 * Remove the cgroup that the kernel calls @id, and what is below it: if it has the name of one that
 * a launch made which has ended, and nothing runs in there.
 */
void cgroup_own_remove(uint64_t id);

#endif
