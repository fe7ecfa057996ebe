/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The programs that cgroups have of their own, as what is loaded, replaced and unloaded with the
 * resident.
 */
#ifndef MPOLRUN_RESIDENT_CGROUPS_H
#define MPOLRUN_RESIDENT_CGROUPS_H

#include <stdbool.h>

#include "attach.h"

/* Whether there is any by now. */
bool cgroups_are_served(void);

/* Whether any has been attached to a cgroup by now. */
bool cgroups_are_ready(void);

/* Pin @fd, or nothing if it is -EBADF, as what is attached from now on. */
int cgroups_pin(const struct attach_program *program, int fd);

/* Give every cgroup to which something is attached what is pinned now, and take the others away. */
void cgroups_replace(void);

/* All of it goes, from all cgroups. 0 too if there was nothing. */
int cgroups_remove(void);

#endif
