/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_GROUP_H
#define MPOLRUN_GROUP_H

#include <sys/types.h>

/*
 * The gid of a number, or of a group's name in /etc/group: getgrnam(3) would load shared libraries,
 * which the static program has none of. -ENOENT.
 */
int group_id(const char *name, gid_t *ret);

#endif
