/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel says of an address: numa_maps, get_mempolicy(2) where it is allowed, and where
 * the page lies. The first alone must do, since a profile may refuse the other two.
 */
#ifndef BYPASS_ORACLE_H
#define BYPASS_ORACLE_H

#include <stdbool.h>

#define MODE_DEFAULT 0
#define MODE_PREFERRED 1
#define MODE_BIND 2
#define MODE_INTERLEAVE 3
#define MODE_LOCAL 4
#define MODE_PREFERRED_MANY 5
#define MODE_WEIGHTED 6
#define MODE_FLAGS 0xe000u

struct seen {
	int mode; /* -1: the kernel would not say */
	int asked; /* mode and flags as get_mempolicy(2) tells them; -1: refused */
	int node; /* of the page; -1: there is none */
};

/* Look at @addr; with @touch fault its page in first. */
struct seen oracle_look(void *addr, bool touch);

/* The node that routes ask for: one that is not the current CPU's, where there is one. */
int oracle_target(void);

/* Whether a page on the target node proves anything: there is a second node. */
bool oracle_places(void);

/* The only node that this task may use, or -1 if there are more. */
int oracle_only(void);

/* A line for people: "bind on node 1". Static storage. */
const char *seen_text(const struct seen *seen);

#endif
