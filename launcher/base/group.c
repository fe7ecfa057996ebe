/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"

int group_id(const char *name, gid_t *ret)
{
	_cleanup_fclose_ FILE *f = NULL;
	const struct group *group;
	uint32_t number;

	if (text_to_u32(name, INT32_MAX, &number) == 0) {
		*ret = number;
		return 0;
	}
	f = fopen("/etc/group", "re");
	while (f && (group = fgetgrent(f)))
		if (strcmp(group->gr_name, name) == 0) {
			*ret = group->gr_gid;
			return 0;
		}
	return -ENOENT;
}
