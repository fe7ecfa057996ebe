/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t both(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

int capabilities_get(struct capabilities *ret)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	/* The kernel has fewer than 64 capabilities, so it never leaves this as it is. */
	memset(data, 0xff, sizeof(data));
	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	if (both(data[0].effective, data[1].effective) == UINT64_MAX)
		return -EPROTO;
	ret->effective = both(data[0].effective, data[1].effective);
	ret->permitted = both(data[0].permitted, data[1].permitted);
	ret->inheritable = both(data[0].inheritable, data[1].inheritable);
	return 0;
}
