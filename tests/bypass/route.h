/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A route: one way to ask for a memory policy or a page move, as text
 *
 *	[ABI:]CALL(ARGUMENT, ...)[@FROM]	i386:mbind(bind|static-nodes, move)@thread
 *
 * An argument is words and numbers joined by '|' and or'ed together; see the table in route.c.
 */
#ifndef BYPASS_ROUTE_H
#define BYPASS_ROUTE_H

#include <stdbool.h>

#include "abi.h"

#define ROUTE_ARGS 4
#define ROUTE_TEXT 160

struct route {
	char text[ROUTE_TEXT];
	char call[32];
	enum abi_kind abi;
	int from; /* of the table in from.c; 0: here */
	unsigned long arg[ROUTE_ARGS]; /* 0 where there is none */
};

enum outcome_kind {
	OUTCOME_NONE, /* the route's process died before it could tell */
	OUTCOME_ALLOWED, /* success, and the oracle says that it took hold */
	OUTCOME_IGNORED, /* success, and nothing took hold */
	OUTCOME_REFUSED, /* an error, and nothing took hold */
	OUTCOME_LEAKED, /* an error, and yet it took hold */
	OUTCOME_ABSENT, /* could not be tried; the note says why */
};

struct outcome {
	enum outcome_kind kind;
	int err;
	char note[200];
};

/* The place of that name, or -EINVAL. */
int from_parse(const char *name);

/* -EINVAL with a sentence on stderr: no such route. */
int route_parse(const char *text, struct route *ret);

/* In a machine that is emulated: some of many alike will do. */
bool route_thin(void);

/* Try it in this very process, which it spoils. Fills @out whatever happens. */
void route_try(const struct route *route, struct outcome *out);

/* Try it where its @place says; @self is this program's path, to execute. */
void route_try_from(const struct route *route, const char *self, struct outcome *out);

/* Words with no number of their own; far above any mode, flag or node. */
#define ARG_OWN (1ul << 48) /* the own pid */
#define ARG_EMPTY (1ul << 49) /* an empty node mask */
#define ARG_LOW_HALF_ZERO (1ul << 50) /* a pointer of which the low 32 bits are 0 */
#define ARG_SHARED (1ul << 51) /* a shared mapping */
#define ARG_ADDR (1ul << 52)
#define ARG_MEMS (1ul << 53)
#define ARG_NODE_0 (1ul << 54) /* a node mask of these, whichever there are */
#define ARG_NODE_1 (1ul << 55)
#define ARG_RACING (1ul << 56) /* another thread takes node 1 out of it and puts it back */

/* What came of a call that returned @ret, when the oracle says whether it took @hold. */
void outcome_judge(struct outcome *out, long ret, bool hold);
void outcome_absent(struct outcome *out, int err, const char *what);

/*
 * Enter namespaces in which we may mount, with a tmpfs of our own over /tmp and the folder /tmp/m
 * in it. Or fill @out, and -1.
 */
int mount_enter(struct outcome *out);

/* One function per CALL, all of the same shape: */
typedef void route_fn(const struct route *route, struct outcome *out);
route_fn policy_set, policy_mbind, policy_home_node, policy_get, pages_migrate, pages_move;
route_fn mount_data, mount_all, mount_harmless, fsconfig_new, fsconfig_remount;
route_fn passed_fd, inherited_fd, opened_file, attached_segment, uring_setup, traced;
route_fn created_file, overlay_file, cpuset_write, reach_outside, reach_member, undo;

#endif
