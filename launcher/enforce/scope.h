/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Landlock domain that restricts no file and no port, only whom its tasks can reach: no signal
 * to, no ptrace of, and no connection to an abstract socket of, whoever is outside. (Landlock ABI
 * 6.)
 */
#ifndef MPOLRUN_SCOPE_H
#define MPOLRUN_SCOPE_H

#include <stdbool.h>

/* Whether this kernel has it and lets us. Changes nothing; async-signal-safe. */
bool scope_is_there(void);

/*
 * Put the calling thread into a new one, for good. Needs no_new_privs or CAP_SYS_ADMIN.
 * Async-signal-safe. -EOPNOTSUPP: the kernel has none; -E2BIG: too many are stacked already;
 * -EPROTO: a filter above answers in the kernel's place; -errno of sockets to try it with.
 */
int scope_enter(void);

#endif
