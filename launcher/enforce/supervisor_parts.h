/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the supervisor share. */
#ifndef MPOLRUN_SUPERVISOR_PARTS_H
#define MPOLRUN_SUPERVISOR_PARTS_H

#include <pthread.h>
#include <time.h>

#include "events/log.h"
#include "base/process.h"
#include "seccomp_compile.h"
#include "supervisor.h"
#include "told.h"

#define CONNECTIONS_MAX 64
#define FOLLOWERS_MAX 8
#define PATIENCE_SECONDS 5 /* with a peer that has shown no key */

/* Somebody who is told of events for as long as they read. */
struct follower {
	struct event_log *log; /* NULL: free */
	int fd;
	char name[EVENT_NAME_MAX]; /* by which they call the layer */
};

struct connection {
	int fd; /* -EBADF: free */
	uid_t uid; /* of whoever connected, as our user namespace has it */
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
	struct watch watch;
	struct event_log *log; /* or NULL */
	pthread_mutex_t followers_lock; /* of .follower */
	struct follower follower[FOLLOWERS_MAX];
	bool followed; /* atomic: by anybody */
	struct told told; /* as the teller begins, once .resident_id is known */
	__u32 resident_id; /* atomic: what the resident calls the layer; 0: not known yet */
	pthread_t teller; /* of what the resident decides on, if .has_teller */
	bool has_teller, ending; /* .ending is atomic */
	uint64_t told_by[MPOL_RULES_ROOM]; /* by it; see supervisor_told() */

	pthread_rwlock_t lock; /* of what follows; the calls' counters are atomic instead */
	struct layer_state state;
	struct tree *trees; /* state.launches of them */
	struct mpol_rules rules; /* of state.policy, those that are decided here */
	struct layer_keys resident; /* of those that the resident decides on; zero: none */
};

/* Serve a tree's listener, that of @pid, from a thread of its own. Takes @listener, in any case. */
int tree_start(struct supervisor *supervisor, int listener, pid_t pid);

/*
 * How many processes are in all trees; who left its parent and its session is not seen. The first
 * @max of them into @pids.
 */
size_t supervisor_processes(struct supervisor *supervisor, __u32 *pids, size_t max);

/* supervisor_tell.c: whether anybody wants to be told; tell them, under the lock. */
bool supervisor_tells(const struct supervisor *supervisor);
void supervisor_tell(struct supervisor *supervisor, struct event *event);

/*
 * Tell whoever reads at @fd as well, who calls the layer @name, until they read no more. Takes @fd
 * if it returns 0. -errno
 */
int supervisor_follow(struct supervisor *supervisor, int fd, bool json, const char *name);

/* Tell of what the resident decides on, too, from a thread of its own: -errno. The end of all. */
int supervisor_tell_of_resident(struct supervisor *supervisor);
void supervisor_tell_no_more(struct supervisor *supervisor);

/*
 * Find out what the resident calls the layer, while somebody is under it who does nothing yet. From
 * here on it is told of.
 */
void supervisor_find_resident(struct supervisor *supervisor);

/* Whether it has the right to be told of calls. -EKEYREJECTED, -EACCES */
int connection_may_follow(const struct supervisor *supervisor, const struct connection *connection,
			  const struct wire_request *request);

/* Answer one message of a connection: 1 go on, 0 or -errno: it ends. Takes with->fd. */
int connection_talk(struct supervisor *supervisor, struct connection *connection, const void *bytes,
		    size_t len, struct wire_with *with);

#endif
