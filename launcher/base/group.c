/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group.h"

#include <errno.h>
#include <grp.h>

#include "text.h"

int group_id(const char *name, gid_t *ret)
{
	const struct group *group;
	uint32_t number;

	if (text_to_u32(name, INT32_MAX, &number) == 0) {
		*ret = number;
		return 0;
	}
	group = getgrnam(name);
	if (!group)
		return -ENOENT;
	*ret = group->gr_gid;
	return 0;
}
