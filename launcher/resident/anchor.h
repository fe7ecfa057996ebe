/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What keeps the hooks of cgroups ready: an empty cgroup at the top of the v2 hierarchy, which has
 * the programs too, by links that are pinned beside them. The first attach makes it, and later ones
 * find the kernel ready; until then no call pays for it. As root.
 */
#ifndef MPOLRUN_RESIDENT_ANCHOR_H
#define MPOLRUN_RESIDENT_ANCHOR_H

#include <stdbool.h>

#include "attach.h"

/* The highest folder of the v2 hierarchy that is mounted here; -ENOTSUP: none is. */
int anchor_open_top(void);

/* Whether a cgroup could have the program @fd: 0 or -errno, see attach_why_text(). */
int anchor_try(int fd);

/*
 * Pin @fd as @name, beside the programs, in one step where there was another before; or nothing any
 * more if it is -EBADF. 0 or -errno, and then it is as before.
 */
int anchor_pin(const char *name, int fd);

/* Whether @program is kept ready. */
bool anchor_is_kept(const struct attach_program *program);

/* Keep @program ready, which is @fd; as anchor_pin(). */
int anchor_keep(const struct attach_program *program, int fd);

/* The cgroup goes, once nothing is kept. */
void anchor_remove(void);

#endif
