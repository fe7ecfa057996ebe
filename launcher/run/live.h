/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The live layer of a launch: made, or joined, before this process becomes the command's. */
#ifndef MPOLRUN_LIVE_H
#define MPOLRUN_LIVE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "enforce/enforcer.h"
#include "enforce/watch.h"
#include "layer/ticket.h"
#include "layer/wire.h"

/* A supervisor that is there already: see beside_start(). */
struct live_above {
	int socket;
	struct ticket ticket;
	struct layer_keys resident; /* of the part that the resident gets; zero: none */
};

/* What a launch, or `layer create`, wants of a live layer. */
struct live_request {
	const struct ticket *join; /* live: the layer to run under, instead of a new one; or NULL */
	const char *name; /* of a new one; or NULL */
	mode_t mode; /* of NAME.install */
	gid_t group; /* of NAME.install; (gid_t)-1: ours */
	int ticket_fd; /* where a ticket with both rights goes; -EBADF: nowhere */
	bool audit;
	bool join_resident; /* the resident has a part in the layer to join */
	const struct watch
		*watch; /* what the supervisor of a new layer is to do besides; or NULL */
	const struct live_above
		*above; /* the supervisor that waits above us; NULL: one beside us */
};

/* What holds layers that can be changed, as MECH_BIT()s. */
#define LIVE_BACKENDS (MECHS_RESIDENT | MECH_BIT(MECH_NOTIFY) | MECH_BIT(MECH_LAUNCHER))

/* Those of them that hold this very layer; with the launcher. Pure. */
uint32_t live_backends(const struct ticket *ticket, const struct layer_policy *policy);

/* Whether a supervisor is to watch what a static filter would decide. Pure. */
bool live_is_fixed(const struct live_request *request, const struct plan *plan);

/* What a supervisor is to hold for the launch of @plan. Pure. */
void live_policy_of_launch(const struct live_request *request, const struct plan *plan,
			   struct layer_policy *ret);

/* Whether something of @plan can be changed. Pure. */
bool live_holds(const struct plan *plan);

/*
 * What the holders of a layer are to know of @plan: the rest is another mechanism's, or lost. Which
 * part of it the resident decides on is part of it. Pure.
 */
void live_policy(const struct plan *plan, bool audit, struct layer_policy *ret);

/*
 * Hand @ticket out as @request says: write the files of its name, and send it to .ticket_fd, over a
 * UNIX socket as an fd, into anything else as bytes. Of a layer with a supervisor a name has the
 * modify right only where a Landlock scope keeps the members from using it; the resident knows its
 * members.
 */
int live_publish(const struct live_request *request, const struct ticket *ticket,
		 struct fault *fault);

/* Over a UNIX socket as an fd, into anything else as bytes; @fd does not go to the command. */
int live_hand_out(int fd, const struct ticket *ticket);

/*
 * A layer of @policy without members, which stays until it is removed: its ticket. It is made in
 * the resident, or, where others than that have a part in it, in a supervisor, too, which is
 * started beside us. In the resident alone there is nothing beside us.
 */
int live_create(const struct layer_policy *policy, const struct watch *watch, struct ticket *ret);
int live_remove(const struct ticket *ticket);

/* Whether the resident alone would hold @policy. Pure. */
bool live_by_resident_alone(const struct layer_policy *policy);

/*
 * Make @enforcement, which is prepared, ready to enter the live layer of the launch: start a
 * supervisor beside us for what notify holds of @plan, make keys for what the resident does, or
 * find the layer of request->join. What was started ends by itself where the launch fails.
 *
 * ret_ticket->rights is 0, or it is for live_publish() after the layer was entered, which makes it.
 */
int live_open(const struct live_request *request, const struct plan *plan,
	      struct enforcement *enforcement, struct ticket *ret_ticket, struct fault *fault);

/*
 * Under the layer: tell the supervisor above, where nothing else does. What the resident answers to
 * us is told of from here on.
 */
void live_say_entered(const struct live_request *request);

/* What it takes to go under a live layer. */
struct live_join {
	struct layer_state state;
	int socket; /* the caller's, until it is entered: to its supervisor; -EBADF: it has none */
	struct ticket_key resident; /* the install key of the resident's part; zero: none */
	__u32 owner; /* as in a ticket; 0: its supervisor vouches for it */
	__u64 generation; /* of that */
};

/* A ticket with both rights of a layer that we make in the resident with @keys. -errno */
int live_ticket_of_resident(const struct layer_policy *policy, const struct layer_keys *keys,
			    struct ticket *ret);

/* Ask what holds the layer of @ticket, which has the install right. */
int live_join_ask(const struct ticket *ticket, struct live_join *ret);

/* Make @enforcement ready, where the resident has a part after its prepare(). -errno */
int live_join_prepare(const struct live_join *join, struct enforcement *enforcement);

/* What a failure of the functions of layer/ means, as a sentence. */
const char *live_error_text(int err);

#endif
