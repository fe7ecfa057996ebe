/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities with which the command could undo its layer, or the machine's enforcement. */
#ifndef MPOLRUN_CAPS_H
#define MPOLRUN_CAPS_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "choices.h"

/*
 * Those that are dropped by default: SYS_ADMIN BPF PERFMON SYS_MODULE SYS_RAWIO SYS_BOOT SYS_PTRACE
 * MAC_ADMIN MKNOD, less what @keep names ("sys_admin,cap_bpf"; NULL: nothing). A mask of 1 <<
 * CAP_X.
 * -EINVAL: a name that is no capability.
 */
int caps_to_drop(const char *keep, uint64_t *ret, struct fault *fault);

/*
 * Take them from the bounding, inheritable and ambient sets, so that no execve(2) gives them back.
 * The bounding set only where CAP_SETPCAP is held: elsewhere no_new_privs has to see to it, and
 * execve(2) under it adds nothing. Phase: in the process that will execute. -errno.
 */
int caps_forbid(uint64_t drop);

/*
 * Take them from the permitted and effective sets, after what still needs them. -errno, -EPROTO:
 * the calls succeeded and they are still there.
 */
int caps_drop(uint64_t drop);

/*
 * Whether the bounding set is without all of @caps, by what /proc says: prctl(2)'s own word can be
 * another's. False where that cannot be known.
 */
bool caps_are_out_of_bounds(uint64_t caps);

/*
 * Whether an effective set has both SYS_ADMIN and SETPCAP, so that no_new_privs is not needed.
 * Pure.
 */
static inline bool caps_spare_nnp(uint64_t effective)
{
	const uint64_t both = UINT64_C(1) << CAP_SYS_ADMIN | UINT64_C(1) << CAP_SETPCAP;

	return (effective & both) == both;
}

/* "sys_admin bpf perfmon", for people, into @buf, which is returned. */
const char *caps_text(uint64_t mask, char *buf, size_t size);

#endif
