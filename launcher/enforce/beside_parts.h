/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the processes beside and above have in common. */
#ifndef MPOLRUN_BESIDE_PARTS_H
#define MPOLRUN_BESIDE_PARTS_H

#include "supervisor.h"

/* The only files of ours that they keep, besides the standard ones. */
#define BESIDE_SOCKET 3
#define BESIDE_LOG 4

/* Two connected sockets, of which the second one is the supervisor's. -errno */
int beside_sockets(int ret[2]);

/*
 * In the supervisor's process: move @socket and, unless it is -EBADF, @log to where they stay, and
 * close all others but the standard ones. -errno
 */
int beside_keep(int socket, int log);

/*
 * Make the supervisor, say so over the socket, and let its other end put processes under it.
 * NULL where that failed, which has been said.
 */
struct supervisor *beside_begin(const struct layer_policy *policy,
				const struct layer_keys *resident, const struct watch *watch,
				unsigned int flags, int error);

/* On the other end: wait for that. -ECHILD: it is gone. */
int beside_wait(int socket, struct ticket *ret_ticket);

#endif
