/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ticket: a right to a layer, as a file descriptor. Whoever can read it has the right; what
 * enforces the right is what holds the layer (a supervisor, or the resident; for a static layer
 * there is only one right), never the ticket itself.
 *
 * As an fd it is a memfd with all four seals, so that nobody who holds it can change or shorten it
 * under another's eyes. A named layer's tickets are plain files with the same content.
 */
#ifndef MPOLRUN_TICKET_H
#define MPOLRUN_TICKET_H

#include <stdbool.h>

#include "layer_policy.h"

#define TICKET_MAGIC "mpolrun" /* with its NUL: 8 bytes */
#define TICKET_VERSION 3

enum ticket_kind {
	TICKET_SECCOMP = 1, /* a static layer: .policy, compiled anew by each that enters */
	TICKET_NOTIFY = 2, /* a live layer: .server holds it */
	/* a live layer that the resident holds; .policy as it was when this was made */
	TICKET_RESIDENT = 3,
};

enum ticket_right {
	TICKET_INSTALL = 1, /* put processes under the layer */
	TICKET_MODIFY = 2, /* change it for all that are */
};

struct ticket_key {
	__u8 byte[16];
};

/* Where the supervisor of a live layer is reached, and what tells it from an impostor. */
struct ticket_server {
	__u8 address[16]; /* of its abstract socket, see wire.h */
	__u32 pid; /* as it sees itself */
	__u32 zero;
	__u64 started; /* as /proc/PID/stat says: no other process of that pid ever has it */
};

struct ticket {
	char magic[8];
	__u32 version;
	__u32 size; /* of this structure */
	__u32 kind; /* enum ticket_kind */
	__u32 rights; /* enum ticket_right, one at least */
	struct ticket_key install; /* zero without the right */
	struct ticket_key modify;
	/*
	 * Of TICKET_RESIDENT, else 0: the uid on the host of who made the layer, plus 1. Another
	 * layer with these keys, made by who read them here after this one had ended, is not meant.
	 */
	__u32 owner;
	__u32 zero;
	struct ticket_server server; /* zero unless TICKET_NOTIFY */
	struct layer_policy policy; /* zero of TICKET_NOTIFY */
};

/* 128 random bits. -errno of getrandom(2). */
int ticket_key_make(struct ticket_key *ret);

bool ticket_key_is_zero(const struct ticket_key *key);

/* In constant time: who guesses learns nothing from how long it takes. */
bool ticket_key_equal(const struct ticket_key *a, const struct ticket_key *b);

/* A ticket of a live layer with both rights, or of a static one. Pure. */
void ticket_of_server(const struct ticket_server *server, const struct ticket_key *install,
		      const struct ticket_key *modify, struct ticket *ret);
void ticket_of_resident(const struct layer_policy *policy, const struct ticket_key *install,
			const struct ticket_key *modify, __u32 owner, struct ticket *ret);
int ticket_of_policy(const struct policy *policy, bool audit, struct ticket *ret);

/*
 * Take @len bytes for a ticket. Every field is checked; nothing is trusted. Pure.
 *   -EBADMSG  it is none;  -ENOTSUP  of a newer version
 */
int ticket_decode(const void *bytes, size_t len, struct ticket *ret);

/* A sealed memfd with that content; the caller's. -errno */
int ticket_create(const struct ticket *ticket);

/*
 * Read the ticket behind @fd: a memfd with all four seals, or a plain file (whose content may
 * change later: it is read once). The offset is neither used nor moved.
 *   -EBADMSG, -ENOTSUP  as ticket_decode();  -EPERM  a memfd that is not sealed
 *   -EACCES  @fd was not opened for reading
 */
int ticket_read(int fd, struct ticket *ret);

/* Leave only @rights of those it has. -EACCES where it lacks one of them. Pure. */
int ticket_narrow(struct ticket *ticket, __u32 rights);

/* Whether @fd looks like a ticket at all, or like the file of one: not to be left to a member. */
bool ticket_is_one(int fd);

#endif
