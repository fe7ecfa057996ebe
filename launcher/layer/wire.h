/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is said to the supervisor of a live layer, over a SOCK_SEQPACKET socket: one request of
 * fixed size, one reply of fixed size, nothing else. The socket's name is abstract and random:
 *
 * - A Landlock scope keeps the members of a layer from connecting to abstract sockets outside, and
 *   to no other kind; so a member cannot even ask.
 * - It vanishes with its last holder, and needs no folder that both sides can write.
 *
 * The name is no secret (/proc/net/unix shows it): the keys are. It is reached from its network
 * namespace alone.
 */
#ifndef MPOLRUN_WIRE_H
#define MPOLRUN_WIRE_H

#include <sys/socket.h>
#include <sys/un.h>

#include "ticket.h"

#define WIRE_MAGIC 0x6c6f706du /* "mpol" */
#define WIRE_VERSION 2

enum wire_type {
	WIRE_JOIN = 1, /* install key; answered with the state, then comes WIRE_LISTENER */
	WIRE_LISTENER, /* the listener of a filter of ours, as SCM_RIGHTS */
	WIRE_QUERY, /* either key */
	/* By the modify key; answered with WIRE_CHALLENGE, done when WIRE_PROOF has come. */
	WIRE_UPDATE,
	WIRE_AUDIT,
	WIRE_REKEY,
	WIRE_REMOVE,
	WIRE_PROOF,
	/*
	 * The write end of a pipe, as SCM_RIGHTS, into which lines of events are written for as
	 * long as somebody reads; .policy.title is what they call the layer. Either key; with that
	 * to install, only of the supervisor's own user or root (-EACCES). -EUSERS: too many follow
	 * already.
	 */
	WIRE_FOLLOW,
};

enum wire_audit {
	WIRE_AUDIT_OFF,
	WIRE_AUDIT_ON,
	WIRE_AUDIT_AS_IS, /* not with WIRE_AUDIT */
};

#define WIRE_SCOPED 0x1u /* WIRE_LISTENER: these members are in a Landlock scope */
#define WIRE_JSON 0x4u /* WIRE_FOLLOW: as JSON */
#define WIRE_PROCESSES 0x2u /* WIRE_QUERY: tell which processes are under it */

struct wire_request {
	__u32 magic, version;
	__u32 type; /* enum wire_type */
	__u32 flags;
	struct ticket_key key;
	struct ticket_key nonce; /* WIRE_PROOF */
	__u64 generation; /* WIRE_UPDATE, WIRE_AUDIT: that it must be of; 0: any */
	__u32 calls; /* WIRE_LISTENER: 1 << enum mpol_syscall, those the filter hands over */
	__u32 audit; /* WIRE_UPDATE, WIRE_AUDIT: enum wire_audit */
	struct ticket_key install, modify; /* WIRE_REKEY: the new ones */
	struct layer_policy policy; /* WIRE_UPDATE */
};

/* Its filters hand over what a rule speaks of alone: .allowed is not counted. */
#define LAYER_COUNTS_NO_ALLOWED 0x1u

#define LAYER_PROCESSES 255

/* A layer as what holds it sees it. */
struct layer_state {
	__u64 generation; /* from 1, one more with each change */
	__u32 calls; /* 1 << enum mpol_syscall: those that all of its filters hand over */
	__u32 launches; /* trees of processes under it, of its supervisor */
	__u32 scoped; /* all of them are in a Landlock scope */
	__u32 persistent; /* stays when the last one ends */
	__u64 allowed, audited, ignored, refused, killed; /* calls, by what became of them */
	/* refused, ignored or killed, by rule; of the resident's, those audited too */
	__u64 refused_by[MPOL_RULES_ROOM];
	__u32 watch; /* LAYER_COUNTS_* */
	__u32 zero;
	__u64 lost; /* events that were not written to the layer's log */
	/* Tasks that the resident knows to be under it; else, on -EBUSY, what /proc shows. */
	__u64 members;
	__u32 n_processes; /* WIRE_PROCESSES: of the supervisor, as /proc shows them */
	__u32 process[LAYER_PROCESSES]; /* their pids; the first ones */
	struct ticket_key resident; /* told to who joins: the install key of the resident's part */
	struct layer_policy policy;
};

enum wire_reply_type {
	WIRE_STATE = 1,
	WIRE_CHALLENGE,
};

struct wire_reply {
	__u32 magic, version;
	__u32 type; /* enum wire_reply_type */
	__s32 error; /* 0 or -errno; the state comes with it where a key was right */
	struct ticket_key nonce; /* WIRE_CHALLENGE */
	struct layer_state state;
};

/*
 * Whether @len bytes are a request that makes sense in itself; they stay where they are. Pure.
 * -EBADMSG; -ENOTSUP of a newer version.
 */
int wire_request_check(const void *bytes, size_t len);
int wire_reply_check(const void *bytes, size_t len);

void wire_request_init(struct wire_request *request, enum wire_type type);

/* What a request's @audit (WIRE_AUDIT_*) makes of the switch over the rules. Pure. */
void wire_set_audit(struct mpol_rules *rules, __u32 audit);

/* The name of a supervisor's socket. Pure. */
socklen_t wire_address(const __u8 *address, struct sockaddr_un *ret);

/* One message with at most one fd (-EBADF: none). Async-signal-safe, no SIGPIPE. -errno. */
int wire_send(int socket, const void *bytes, size_t len, int fd);

/* What came with a message, besides its bytes. */
struct wire_with {
	int fd; /* the receiver's; -EBADF: none */
	pid_t pid; /* of the sender, 0 where it cannot be seen or was not told */
};

/*
 * One message of at most @len bytes into @bytes: its length, 0 at the end, -errno; -EMSGSIZE where
 * it was longer. Async-signal-safe. Flags as for recvmsg(2).
 */
ssize_t wire_receive(int socket, void *bytes, size_t len, int flags, struct wire_with *ret);

/*
 * The same, and whatever files came with it are dropped by the kernel. To close(2) one that a
 * stranger has sent may take as long as that likes: a file of FUSE asks its maker.
 */
ssize_t wire_receive_no_fd(int socket, void *bytes, size_t len, int flags, struct wire_with *ret);

#endif
