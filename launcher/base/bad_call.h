/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls that rules are about, with arguments that no kernel accepts, so that the errno tells
 * whatever stands above (EPERM, ENOSYS, anything) from the kernel (EINVAL, EFAULT, EBADF).
 */
#ifndef MPOLRUN_BAD_CALL_H
#define MPOLRUN_BAD_CALL_H

#include "verdict.h"

/* Nothing is ever mapped at page 0: each of these pointers gives EFAULT. */
#define NOWHERE ((void *)1)
/* Flag bits that no kernel knows. */
#define NO_FLAGS 0x40000000

/* What syscall(2) returned; errno as it left it. Changes nothing, async-signal-safe. */
long bad_call(enum mpol_syscall call);

#endif
