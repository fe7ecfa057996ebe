/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/auxv.h>
#include <unistd.h>

#include "capabilities.h"

bool capabilities_exceed_caller(void)
{
	struct capabilities held;

	if (getauxval(AT_SECURE) || geteuid() != getuid() || getegid() != getgid())
		return true;
	if (getuid() == 0)
		return false;
	/* Without an answer, the worst. */
	return capabilities_get(&held) < 0 || held.permitted;
}
