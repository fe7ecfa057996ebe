/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_GROUP_H
#define MPOLRUN_GROUP_H

#include <sys/types.h>

/* The gid of a group's name or number. -ENOENT. */
int group_id(const char *name, gid_t *ret);

#endif
