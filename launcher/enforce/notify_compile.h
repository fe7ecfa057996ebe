/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filter of a live layer. Pure. */
#ifndef MPOLRUN_NOTIFY_COMPILE_H
#define MPOLRUN_NOTIFY_COMPILE_H

#include "seccomp_compile.h"

/*
 * A program that hands the @calls (1 << enum mpol_syscall) over to a listener, whatever their
 * arguments, into @buf (room for SECCOMP_PROGRAM_MAX instructions). What is not decoded is refused
 * with ENOSYS, since what a listener allows goes on as it came.
 *
 * When the listener is gone the calls answer ENOSYS; but the next task to ask for a listener would
 * get one, and could allow itself everything (seen). So seccomp(2) with
 * SECCOMP_FILTER_FLAG_NEW_LISTENER answers EBUSY for good, as the kernel does while there is one.
 *   -E2BIG  the program would be longer than SECCOMP_PROGRAM_MAX (our bug)
 */
int notify_compile(uint32_t calls, const struct abi_family *family, struct sock_filter *buf,
		   size_t *ret_len);

#endif
