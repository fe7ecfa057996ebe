/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bad_call.h"

#include <linux/mempolicy.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Older headers lack these. */
#ifndef SYS_fsconfig
#define SYS_fsconfig 431
#endif
#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif

long bad_call(enum mpol_syscall call)
{
	switch (call) {
	case MPOL_SYS_MBIND: /* an address inside a page */
		return syscall(SYS_mbind, NOWHERE, 0, MPOL_DEFAULT, NULL, 0, 0);
	case MPOL_SYS_SET_MEMPOLICY:
		return syscall(SYS_set_mempolicy, MPOL_DEFAULT, NOWHERE, 64);
	case MPOL_SYS_SET_MEMPOLICY_HOME_NODE:
		return syscall(SYS_set_mempolicy_home_node, NOWHERE, 0, 0, NO_FLAGS);
	case MPOL_SYS_GET_MEMPOLICY:
		return syscall(SYS_get_mempolicy, NULL, NULL, 0, NULL, NO_FLAGS);
	case MPOL_SYS_MIGRATE_PAGES:
		return syscall(SYS_migrate_pages, 0, 64, NOWHERE, NOWHERE);
	case MPOL_SYS_MOVE_PAGES:
		return syscall(SYS_move_pages, 0, 1, NOWHERE, NOWHERE, NOWHERE, NO_FLAGS);
	case MPOL_SYS_MOUNT: /* the options are copied before anything else is looked at */
		return syscall(SYS_mount, NULL, NOWHERE, NULL, 0, NOWHERE);
	case MPOL_SYS_FSCONFIG:
		return syscall(SYS_fsconfig, -1, MPOL_ABI_FSCONFIG_SET_STRING, NOWHERE, NOWHERE, 0);
	case MPOL_SYS_COUNT:
		break;
	}
	return 0;
}
