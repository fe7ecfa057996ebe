/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Doing things in a child, because a filter may kill whoever tries, or because they leave a trace.
 */
#ifndef MPOLRUN_HOST_CHILD_H
#define MPOLRUN_HOST_CHILD_H

#include <stddef.h>

/* Zeroed memory that children share with us, or NULL. Give it back with child_unshare(). */
void *child_share(size_t size);
void child_unshare(void *shared, size_t size);

/*
 * Run @f(@shared) in a child and wait for it. The child has one thread, the same memory policy,
 * cgroup and fds, and a few seconds; @f may call nothing but system calls and what is
 * async-signal-safe. We get no SIGCHLD, and a SIGCHLD that is ignored does no harm.
 *
 * 0 if @f returned, the signal that ended the child (SIGALRM: it took too long), or -errno if there
 * was no child.
 */
int child_run(void (*f)(void *shared), void *shared);

#endif
