/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A member's own seccomp: what a process under a profile may well install on itself, in the hope
 * that its newer filter outranks ours.
 */
#ifndef BYPASS_LISTENER_H
#define BYPASS_LISTENER_H

#include "route.h"

/*
 * Try @route in a thread whose own filter sends mbind, set_mempolicy, migrate_pages and move_pages
 * to a listener that answers each with CONTINUE.
 */
void listener_try(const struct route *route, struct outcome *out);

/* The filter, on the calling thread: the listener, or -errno. */
int listener_install(void);

/* Wave all through until @end hangs up, or nobody is left under the filter: how many calls. */
int listener_serve(int listener, int end);

#endif
