/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A seccomp filter such as containers and units install, for tests of what runs below one. */
#ifndef UNDER_FILTER_H
#define UNDER_FILTER_H

#include <stddef.h>
#include <stdint.h>

#define FILTER_CALLS_MAX 64

/*
 * Answer @action (SECCOMP_RET_*) to the native system calls @numbers, for good, in this process and
 * its children; sets no_new_privs. 0 or -errno.
 */
int filter_calls(uint32_t action, const int *numbers, size_t n);

/* The same, but everything that is not in @numbers is what gets @action. */
int filter_all_but(uint32_t action, const int *numbers, size_t n);

#endif
