/* SPDX-License-Identifier: GPL-2.0-or-later OR LGPL-2.1-or-later */
/*
 * What the resident tells of a call that it did not simply allow, and to whom: a ring that all
 * programs write, and that whoever wants to be told reads by verbs (resident_abi.h), 30 bits at a
 * time. So nobody needs a map, a process of root's, or a privilege, and everyone is shown what is
 * theirs.
 *
 * Nothing is written while nobody has read for RESIDENT_LISTEN_NS. Writers wait for nobody: who
 * reads too slowly finds what is newer in the place.
 */
#ifndef EVENTS_ABI_H
#define EVENTS_ABI_H

#include "resident_abi.h"

#define RESIDENT_EVENTS 4096 /* places; a power of two */
#define RESIDENT_LISTEN_NS 60000000000ull

/* An event's number: it counts all, modulo this. */
#define RESIDENT_EVENT_NUMBERS (1u << 29)
#define RESIDENT_EVENT_FOUND (1u << 29) /* in the answer to RESIDENT_NEXT */

enum resident_event_flag {
	RESIDENT_EVENT_COMPAT = 1 << 0, /* the call came by the entries of i386 */
	RESIDENT_EVENT_NODES = 1 << 1, /* .nodes was read */
	RESIDENT_EVENT_NODES_EXACT = 1 << 2, /* and is what was decided on, not the task's memory */
};

struct resident_event {
	__u64 stamp; /* its number, before the modulo, plus 1; see also RESIDENT_EVENT_BUSY */
	__u64 time; /* ns of CLOCK_BOOTTIME */
	__u32 layer; /* its id */
	__u32 owner; /* whose layer it is */
	__u32 pid, tid, uid; /* of the task, as the first namespaces have them */
	__u32 verdict; /* see verdict.h */
	__u32 answer; /* that of the rule; under the audit switch, what it would have been */
	__u32 act; /* enum mpol_act */
	__u32 flags; /* enum resident_event_flag */
	__u32 call; /* the number of the system call */
	__u64 args[6]; /* of the system call */
	char comm[16];
	__u64 nodes[MPOL_NODES_WORDS];
	__u64 reserved; /* it is read by words, of which there are to be a power of two */
};

/*
 * A launch sees whether the programs run by a call that they refuse: one that sets a policy with
 * this for its node mask, of which the kernel is to read no bit. It would fail without them, too.
 */
#define RESIDENT_TRIAL_NODES RESIDENT_PRCTL

#define RESIDENT_EVENT_BUSY (~0ull) /* in .stamp: somebody writes it */
#define RESIDENT_EVENT_PARTS \
	((sizeof(struct resident_event) * 8 + RESIDENT_BITS - 1) / RESIDENT_BITS)

struct resident_telling {
	__u32 listening; /* somebody wants to be told */
	__u32 reserved;
	__u64 until; /* CLOCK_BOOTTIME, until when */
	__u64 next; /* the number of the next event */
};

_Static_assert(sizeof(struct resident_event) == 256, "the layout that pinned maps have");

#endif
