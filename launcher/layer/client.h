/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Speaking to what holds a live layer, its supervisor or the resident, with a ticket. Any phase but
 * between fork and execve.
 *
 * All of these fail with
 *   -EOWNERDEAD    there is no supervisor any more, or another process sits at its address; no
 *                  resident
 *   -EHOSTUNREACH  it cannot be seen from here: another network or pid namespace, or no /proc
 *   -ETIMEDOUT     it does not answer
 *   -EACCES        the ticket lacks the right;  -EKEYREJECTED  the layer has other keys by now
 *   -EOPNOTSUPP    a ticket of a static layer, which nobody holds
 *   -EPROTO        it says what we do not understand
 */
#ifndef MPOLRUN_LAYER_CLIENT_H
#define MPOLRUN_LAYER_CLIENT_H

#include "wire.h"

/* Fill in *ret. Either right will do. */
int layer_query(const struct ticket *ticket, struct layer_state *ret);

/* The same over a socket that its supervisor has the other end of; nothing is told of its state. */
int layer_query_over(int socket, const struct ticket *ticket);

/*
 * As layer_query(), and which processes are under it, up to @max of them; *ret_n is how many there
 * are in all. Sees only those whose pids are ours to see.
 *   -ENOTSUP  a layer that the resident holds, before Linux 6.2 or from inside a pid namespace
 */
int layer_processes(const struct ticket *ticket, struct layer_state *ret, pid_t *pids, size_t max,
		    size_t *ret_n);

/*
 * Of a layer with a supervisor. Ask to put processes under it: its state, and a socket (the
 * caller's) over which the listener of their filter goes, see layer_hand_over(). Install right.
 */
int layer_join(const struct ticket *ticket, struct layer_state *ret, int *ret_socket);

/*
 * Of a layer with a supervisor: *ret is where its events can be read from now on, non-blocking, as
 * lines that call the layer @name; at its end the layer has ended. The caller's.
 *   -EACCES  another user's, by the right to install alone;  -EUSERS  too many follow already
 */
int layer_follow(const struct ticket *ticket, const char *name, bool json, int *ret);

/*
 * Send the listener of a filter that hands over @calls, and wait until the supervisor serves it.
 * Async-signal-safe: called with the filter in force.
 *   -ESTALE  the layer needs more calls by now: it was changed meanwhile
 */
int layer_hand_over(int socket, int listener, __u32 calls, bool scoped);

/*
 * Change the layer: WIRE_UPDATE, WIRE_AUDIT, WIRE_REKEY or WIRE_REMOVE, filled in but for the key.
 * Modify right. *ret, if wanted, is the state after it; on -EBUSY and -ESTALE the one that stays.
 *   -EPERM   the caller is, or may be, a member of the layer
 *   -EBUSY   a filter that is in force does not hand over what the new policy restricts, or holds
 *            processes that were let in under less: state.members of them at least
 *   -ESTALE  the generation is another one
 */
int layer_modify(const struct ticket *ticket, struct wire_request *request,
		 struct layer_state *ret);

#endif
