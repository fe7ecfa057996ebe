/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What holds a live layer on a kernel without the resident: it answers the calls that the layer's
 * filters hand over, and whoever shows a key of the layer over its socket (layer/wire.h).
 *
 * Each tree of processes has a listener and a thread, so that one that is stuck (a launcher that
 * kept its listener and steals notifications, a member whose memory cannot be read) holds up nobody
 * else. The policy is read under a lock that is held until the answer has been given: once an
 * update has returned, no call gets an old answer. Members are looked at without it.
 *
 * Nothing that a member or a peer says is believed: not a pid, not a size, not that it is no
 * member.
 */
#ifndef MPOLRUN_SUPERVISOR_H
#define MPOLRUN_SUPERVISOR_H

#include <stdbool.h>

#include "layer/layer_resident.h"
#include "layer/wire.h"
#include "watch.h"

struct supervisor;

#define SUPERVISOR_PERSISTENT 0x1u /* stays when the last tree ends */

/*
 * A layer of that policy, and the ticket that has both rights to it. It exists from here on, and is
 * answered for by supervisor_serve() in the same process.
 *
 * Where the resident decides on a part of @policy, @resident is its keys there; else NULL. It is
 * made by somebody else, by the first that joins or before, changed along with the rest, and
 * removed at the end.
 *   -EHOSTUNREACH  /proc is not there, or not that of this pid namespace
 *   -EOPNOTSUPP    a processor whose calls are not known;  -errno
 */
int supervisor_new(const struct layer_policy *policy, const struct layer_keys *resident,
		   unsigned int flags, struct supervisor **ret, struct ticket *ret_ticket);

/*
 * Do what @watch says, of which a copy is kept; its log's fd must stay open. Before anybody is
 * under the layer. Makes a thread where there is a log to be written. -ENOMEM, -EAGAIN
 */
int supervisor_watch(struct supervisor *supervisor, const struct watch *watch);

/* What has been counted so far. */
void supervisor_state(struct supervisor *supervisor, struct layer_state *ret);

/*
 * Tell of what the resident decides on until now, and of no more: how many calls that was, by rule.
 * Of a supervisor that nobody serves any more.
 */
void supervisor_told(struct supervisor *supervisor, uint64_t ret[MPOL_RULES_ROOM]);

/* Let whoever holds the other end of @socket put processes under it. Takes @socket, in any case. */
int supervisor_adopt(struct supervisor *supervisor, int socket);

/*
 * Serve until the layer ends: removed, or, unless it is persistent, without trees and without
 * anybody who may bring one. @stop, unless -EBADF: an fd that, once readable, makes it end as if it
 * were not persistent. Makes a thread for each tree. -errno
 */
int supervisor_serve(struct supervisor *supervisor, int stop);

/*
 * The last state; from here on no call is answered, told of or counted. For a process that is about
 * to end, with threads that may still serve: nothing is freed.
 */
void supervisor_halt(struct supervisor *supervisor, struct layer_state *ret);

void supervisor_free(struct supervisor *supervisor); /* NULL is fine */

static inline void cleanup_supervisor(struct supervisor **supervisor)
{
	supervisor_free(*supervisor);
}

#endif
