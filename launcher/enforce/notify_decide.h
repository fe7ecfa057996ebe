/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a supervisor answers to one notification. Pure. */
#ifndef MPOLRUN_NOTIFY_DECIDE_H
#define MPOLRUN_NOTIFY_DECIDE_H

#include <linux/seccomp.h>

#include "seccomp_compile.h"

struct notify_decision {
	__u32 verdict; /* see verdict.h; of an unknown call: 0 */
	bool known; /* it is a call that rules can speak of, and decoded */
	const struct abi *abi; /* whose call it is, decoded or not; or NULL */
	__u32 call; /* enum mpol_syscall; MPOL_SYS_COUNT: none of ours */
	__s32 error; /* for seccomp_notif_resp: 0 or -errno */
	bool go_on; /* SECCOMP_USER_NOTIF_FLAG_CONTINUE; safe, since only scalars were looked at */
	bool kill; /* besides the error: for whoever survives the signal the call was refused */
};

/*
 * A call that is none of ours, or of an ABI that is not decoded, comes from a filter that is not
 * ours either: ENOSYS, as the kernel says when nobody listens.
 */
void notify_decide(const struct mpol_rules *rules, const struct abi_family *family,
		   const struct seccomp_data *data, struct notify_decision *ret);

/*
 * The same of a call that the program of logged_compile() handed over: what seccomp_compile() does
 * with it. One that is not decoded gets ENOSYS where the rules refuse some call of its kind, and
 * goes on where they only audit.
 */
void notify_decide_watched(const struct mpol_rules *rules, const struct abi_family *family,
			   const struct seccomp_data *data, struct notify_decision *ret);

#endif
