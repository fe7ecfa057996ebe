/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A supervisor in a process beside the command, which keeps mpolrun's own pid and parent. */
#ifndef MPOLRUN_BESIDE_H
#define MPOLRUN_BESIDE_H

#include "supervisor.h"

/*
 * Start one, detached (a session of its own, none of our files, not dumpable, deaf to what
 * terminals send), and wait until it listens. It ends by itself: with its last tree, or, where none
 * ever came, when *ret_socket is closed; a persistent one when it is removed, or by SIGTERM once it
 * is empty.
 *
 * *ret_socket, the caller's, takes one listener, as that of layer_join() does; *ret_ticket is a
 * ticket with both rights. @resident as of supervisor_new(); @watch as of supervisor_watch(), or
 * NULL: of all our files it keeps the log's.
 *
 * Phase: before this process is changed, with one thread. Leaves no child behind.
 */
int beside_start(const struct layer_policy *policy, const struct layer_keys *resident,
		 const struct watch *watch, unsigned int flags, int *ret_socket,
		 struct ticket *ret_ticket);

/*
 * Serve a persistent layer in this very process until it is removed, or SIGTERM finds it empty.
 * SIGTERM stays blocked.
 */
int beside_serve(struct supervisor *supervisor);

#endif
