/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the supervisor share. */
#ifndef MPOLRUN_SUPERVISOR_PARTS_H
#define MPOLRUN_SUPERVISOR_PARTS_H

#include <pthread.h>
#include <time.h>

#include "events/log.h"
#include "layer/process.h"
#include "seccomp_compile.h"
#include "supervisor.h"

#define CONNECTIONS_MAX 64
#define PATIENCE_SECONDS 5 /* with a peer that has shown no key */

struct connection {
	int fd; /* -EBADF: free */
	pid_t pid; /* of whoever connected, as the kernel says; 0: cannot be seen */
	time_t since;
	bool wants_processes;
	bool joining; /* has shown the install key, or was here from the start */
	struct wire_request *pending; /* a change that waits for its proof */
	struct ticket_key nonce;
	int pidfd; /* of .pid, from when .pending came; -EBADF: none */
};

/* A tree of processes under the layer; its thread is the only one that ends it. */
struct tree {
	struct supervisor *supervisor;
	int listener;
	struct process first; /* as it was when it came; zero: it could not be seen */
	struct tree *next;
};

struct supervisor {
	const struct abi_family *family;
	int socket; /* listens */
	int ended; /* an eventfd: a tree has ended */
	bool persistent, removed;
	struct ticket_key install, modify;
	struct connection connection[CONNECTIONS_MAX];
	/* The fewest filters that any member is under; whoever has fewer is none. */
	uint32_t least_filters;
	struct watch watch; /* but for .sources, which change with the policy */
	struct event_log *log; /* or NULL */

	pthread_rwlock_t lock; /* of what follows; the calls' counters are atomic instead */
	struct layer_state state;
	struct tree *trees; /* state.launches of them */
	struct mpol_rules rules; /* of state.policy, those that are decided here */
	struct layer_sources sources; /* of state.policy */
	struct layer_keys resident; /* of those that the resident decides on; zero: none */
};

/* Serve a tree's listener, that of @pid, from a thread of its own. Takes @listener, in any case. */
int tree_start(struct supervisor *supervisor, int listener, pid_t pid);

/*
 * How many processes are in all trees; who left its parent and its session is not seen. The first
 * @max of them into @pids.
 */
size_t supervisor_processes(struct supervisor *supervisor, __u32 *pids, size_t max);

/* Answer one message of a connection: 1 go on, 0 or -errno: it ends. Takes with->fd. */
int connection_talk(struct supervisor *supervisor, struct connection *connection, const void *bytes,
		    size_t len, struct wire_with *with);

#endif
