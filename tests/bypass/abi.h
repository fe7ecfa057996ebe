/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls through every entry that a kernel offers to one process, whatever ABI it was
 * compiled for, with all 64 bits of every register under our control.
 */
#ifndef BYPASS_ABI_H
#define BYPASS_ABI_H

#include <stddef.h>

enum abi_kind {
	ABI_NATIVE,
	ABI_I386, /* int $0x80: arguments are the low halves of the registers */
	ABI_X32, /* the syscall instruction, number | 0x40000000 */
	ABI_X32_COMMON, /* the native number | 0x40000000, where x32 has one of its own */
	ABI_X32_BARE, /* x32's own number without that bit */
	ABI_NUMBER_HIGH, /* the native number with the high half of the register set */
	ABI_COUNT,
};

enum call {
	CALL_MBIND,
	CALL_SET_MEMPOLICY,
	CALL_GET_MEMPOLICY,
	CALL_SET_MEMPOLICY_HOME_NODE,
	CALL_MIGRATE_PAGES,
	CALL_MOVE_PAGES,
	CALL_MOUNT,
	CALL_FSCONFIG,
	CALL_IO_URING_SETUP,
	CALL_COUNT,
};

/* The name of an ABI in a route, or NULL past the last. */
const char *abi_name(enum abi_kind abi);

/* Make the call: its result, -errno, or -ENOSYS where the ABI has no such call at all. */
long abi_call(enum abi_kind abi, enum call call, const unsigned long args[6]);

/* Whether the ABI's pointers must lie below 4 GiB. */
int abi_is_low(enum abi_kind abi);

/*
 * Zeroed memory below 4 GiB, page-aligned, for what a call of any ABI points to. Never freed: a
 * route's process ends with its route. NULL: none left.
 */
void *low_alloc(size_t size);

#endif
