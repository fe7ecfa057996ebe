/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filter of a static layer whose refusals are watched. Pure. */
#ifndef MPOLRUN_LOGGED_COMPILE_H
#define MPOLRUN_LOGGED_COMPILE_H

#include "seccomp_compile.h"

/*
 * The program of seccomp_compile(), but that a call which it would not simply let through is handed
 * over to a listener, who answers the same (notify_decide()). So calls that are allowed cost what
 * they cost under the static filter. *ret_len is 0 where that has none. -errno as seccomp_compile()
 *
 * It does not keep anybody from asking for a listener of his own when ours is gone: a second filter
 * does, that of notify_compile() without calls.
 */
int logged_compile(const struct mpol_rules *rules, const struct abi_family *family,
		   struct sock_filter *buf, size_t *ret_len);

#endif
