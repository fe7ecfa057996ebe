/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The live layer of a launch: made, or joined, before this process becomes the command's. */
#ifndef MPOLRUN_LIVE_H
#define MPOLRUN_LIVE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "enforce/enforcer.h"
#include "layer/ticket.h"

/* What a launch, or `layer create`, wants of a live layer. */
struct live_request {
	const struct ticket *join; /* live: the layer to run under, instead of a new one; or NULL */
	const char *name; /* of a new one; or NULL */
	mode_t mode; /* of NAME.install */
	gid_t group; /* of NAME.install; (gid_t)-1: ours */
	int ticket_fd; /* where a ticket with both rights goes; -EBADF: nowhere */
	bool audit;
};

/* What a supervisor is to hold of @plan: the rest is another mechanism's, or lost. Pure. */
void live_policy(const struct plan *plan, bool audit, struct layer_policy *ret);

/*
 * Hand @ticket out as @request says: write the files of its name, and send it to .ticket_fd, over a
 * UNIX socket as an fd, into anything else as bytes. A name has the modify right only where a Landlock
 * scope keeps the members from using it.
 */
int live_publish(const struct live_request *request, const struct ticket *ticket,
		 struct fault *fault);

/*
 * Start a supervisor beside us for what notify holds of @plan, or find the one of request->join, and
 * make @enforcement ready to enter its layer. What was started ends by itself where the launch fails.
 */
int live_open(const struct live_request *request, const struct plan *plan,
	      struct enforcement *enforcement, struct fault *fault);

/* What a failure of the functions of layer/client.h means, as a sentence. */
const char *live_error_text(int err);

#endif
