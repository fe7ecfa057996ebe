/* SPDX-License-Identifier: GPL-2.0-or-later OR LGPL-2.1-or-later */
/*
 * The one header that BPF programs and user space both include: what a rule is, what an answer is,
 * and the fixed-size form of a policy that both decide from.
 *
 * Nothing here may depend on the machine's word size or on either side's other headers: clang
 * compiles it for BPF, the system compiler for the launcher, the library and the tests.
 */
#ifndef MPOL_ABI_H
#define MPOL_ABI_H

#include <linux/types.h>

/*
 * An answer is 16 bits: its kind above, an errno below (1 to 4095, only for MPOL_ERRNO). Kinds are
 * ordered by strictness, so that the stricter of two answers is the one of the greater kind;
 * between two errnos neither is stricter, and the first one that was asked for stays.
 */
enum mpol_kind {
	MPOL_ALLOW = 0,
	MPOL_AUDIT = 1, /* allow, and report */
	MPOL_IGNORE = 2, /* report success, do nothing */
	MPOL_ERRNO = 3,
	MPOL_KILL = 4,
};

#define MPOL_ANSWER_ERRNO_BITS 12
#define MPOL_ANSWER_ERRNO_MASK 0xfff
#define MPOL_ANSWER(kind, err) ((__u16)(((kind) << MPOL_ANSWER_ERRNO_BITS) | (err)))
#define MPOL_ANSWER_KIND(answer) ((answer) >> MPOL_ANSWER_ERRNO_BITS)
#define MPOL_ANSWER_ERR(answer) ((answer)&MPOL_ANSWER_ERRNO_MASK)

/*
 * The kernel's numbers, MPOL_* of uapi/linux/mempolicy.h. That names them too, but old copies of it
 * lack the newest, and BPF has none.
 */
enum mpol_abi_mode {
	MPOL_ABI_MODE_DEFAULT,
	MPOL_ABI_MODE_PREFERRED,
	MPOL_ABI_MODE_BIND,
	MPOL_ABI_MODE_INTERLEAVE,
	MPOL_ABI_MODE_LOCAL,
	MPOL_ABI_MODE_PREFERRED_MANY,
	MPOL_ABI_MODE_WEIGHTED_INTERLEAVE,
	MPOL_ABI_MODES,
};

#define MPOL_ABI_MODE_FLAGS 0xe000u /* of a raw mode; the rest is the mode */
#define MPOL_ABI_FLAG_SHIFT 13 /* of the lowest of them, numa-balancing */
#define MPOL_ABI_FLAG_BALANCING 0x2000u
#define MPOL_ABI_FLAG_RELATIVE 0x4000u
#define MPOL_ABI_FLAG_STATIC 0x8000u
#define MPOL_ABI_MF_BITS 3 /* strict, move, move-all */

/*
 * The rules: one slot each, its answer in mpol_rules.answer[]. Within a range the slot is the base
 * plus the kernel's own number (mode, or bit), which is why the order may not change.
 */
enum mpol_rule {
	MPOL_RULE_MODE = 0, /* + mode */
	/* a mode that we have never heard of */
	MPOL_RULE_MODE_UNKNOWN = MPOL_RULE_MODE + MPOL_ABI_MODES,
	MPOL_RULE_MODE_FLAG, /* + bit - MPOL_ABI_FLAG_SHIFT */
	MPOL_RULE_MBIND_FLAG = MPOL_RULE_MODE_FLAG + 3, /* + bit */
	MPOL_RULE_MBIND_FLAG_UNKNOWN = MPOL_RULE_MBIND_FLAG + MPOL_ABI_MF_BITS,
	MPOL_RULE_NODES, /* a node of nodes_refused is named */
	MPOL_RULE_HOME_NODE,
	MPOL_RULE_GET_MEMPOLICY,
	MPOL_RULE_MIGRATE,
	MPOL_RULE_MOVE, /* move_pages with nodes */
	MPOL_RULE_MOVE_QUERY, /* move_pages without: only asks where pages are */
	MPOL_RULE_MOUNT, /* a tmpfs mount option mpol= */
	MPOL_RULE_FILES, /* a file that carries a forbidden policy */
	MPOL_RULE_CPUSET, /* a write to cpuset.mems */
	MPOL_RULE_COUNT,
};

#define MPOL_RULES_ROOM 32 /* slots, so that a rule can be added without a new layout */
#define MPOL_NODES_MAX 1024 /* MAX_NUMNODES of the largest kernel configuration there is */
#define MPOL_NODES_WORDS (MPOL_NODES_MAX / 64)
#define MPOL_RULES_VERSION 1

#define MPOL_RULES_AUDIT 0x1u /* in .flags: nothing is refused, what would be is reported */

/*
 * A policy, as deciders see it. Plain data, no pointers, all in host byte order; a zeroed one (but
 * for the version) allows everything.
 */
struct mpol_rules {
	__u32 version; /* MPOL_RULES_VERSION */
	__u32 flags;
	__u64 generation; /* of the layer; 0 outside one */
	__u16 answer[MPOL_RULES_ROOM];
	__u64 nodes_refused[MPOL_NODES_WORDS]; /* bit n of word n / 64: node n is refused */
};

_Static_assert(MPOL_RULE_COUNT <= MPOL_RULES_ROOM, "more rules than slots");
_Static_assert(sizeof(struct mpol_rules) <= 256, "a BPF stack of 512 bytes must hold it and more");
_Static_assert(sizeof(struct mpol_rules) == 208, "the layout that loaded programs know");

#endif
