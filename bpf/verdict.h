/* SPDX-License-Identifier: GPL-2.0-or-later OR LGPL-2.1-or-later */
/*
 * The one decision. Everything that decides (BPF programs, the supervisor, the library, the tests)
 * calls mpol_verdict(); the cBPF filter, which cannot, is proved equal to it by the unit tests.
 *
 * Pure, no loop without a constant bound, no pointer kept: the BPF verifier reads it too.
 */
#ifndef MPOL_VERDICT_H
#define MPOL_VERDICT_H

#include "mpol_abi.h"

/*
 * The system calls that can be decided from their registers, the last two coarsely (see
 * mpol_decode()): a row here is a number of enum mpol_syscall, and the name that people write.
 */
/* clang-format off */
#define MPOL_SYSCALLS(row) \
	row(MBIND, "mbind") \
	row(SET_MEMPOLICY, "set_mempolicy") \
	row(SET_MEMPOLICY_HOME_NODE, "set_mempolicy_home_node") \
	row(GET_MEMPOLICY, "get_mempolicy") \
	row(MIGRATE_PAGES, "migrate_pages") \
	row(MOVE_PAGES, "move_pages") \
	row(MOUNT, "mount") \
	row(FSCONFIG, "fsconfig")

#define MPOL_SYSCALL_NUMBER(symbol, name) MPOL_SYS_##symbol,
#define MPOL_SYSCALL_NAME(symbol, name) [MPOL_SYS_##symbol] = name,

enum mpol_syscall {
	MPOL_SYSCALLS(MPOL_SYSCALL_NUMBER)
	MPOL_SYS_COUNT,
};
/* clang-format on */

/* What is asked for, whatever it came through. */
enum mpol_act {
	MPOL_ACT_NONE, /* nothing that any rule speaks of */
	MPOL_ACT_SET, /* a policy is set: .mode, .mbind_flags, .nodes */
	MPOL_ACT_HOME_NODE,
	MPOL_ACT_GET,
	MPOL_ACT_MIGRATE,
	MPOL_ACT_MOVE,
	MPOL_ACT_MOVE_QUERY,
	MPOL_ACT_MOUNT,
	MPOL_ACT_FILE,
	MPOL_ACT_CPUSET,
};

/* What a decider knows of the nodes: most see only a pointer, which another thread may rewrite. */
enum mpol_nodes_seen {
	MPOL_NODES_UNSEEN,
	MPOL_NODES_EMPTY,
	MPOL_NODES_ALLOWED, /* some, none of them refused by these rules */
	MPOL_NODES_REFUSED, /* some, at least one of them refused by these rules */
};

/*
 * A call, decoded. @mode still carries its flag bits, as the low 32 bits of the argument did: the
 * kernel truncates to int before it looks, so no other bit counts.
 */
struct mpol_call {
	__u32 act; /* enum mpol_act */
	__u32 mode;
	__u32 mbind_flags; /* 0 unless it is mbind */
	__u32 nodes; /* enum mpol_nodes_seen */
};

#define MPOL_ABI_MS_BIND 0x1000u
#define MPOL_ABI_FSCONFIG_SET_STRING 1u

/*
 * Decode a system call of any ABI from its six arguments. Those of `int 0x80` may carry rubbish in
 * their high halves, which seccomp(2) shows and the call itself never sees: it can make a query
 * look like a move, never a move like a query.
 *
 * mount(2) and fsconfig(2) carry their options behind a pointer, so whoever has only registers must
 * take every option string for one with mpol=. A mount with MS_BIND never reads its data (read:
 * fs/namespace.c:path_mount(), also with MS_REMOUNT); other flags that look harmless do.
 */
static inline void mpol_decode(__u32 syscall, const __u64 *args, struct mpol_call *ret)
{
	ret->act = MPOL_ACT_NONE;
	ret->mode = 0;
	ret->mbind_flags = 0;
	ret->nodes = MPOL_NODES_UNSEEN;

	switch (syscall) {
	case MPOL_SYS_MBIND:
		ret->act = MPOL_ACT_SET;
		ret->mode = (__u32)args[2];
		ret->mbind_flags = (__u32)args[5];
		break;
	case MPOL_SYS_SET_MEMPOLICY:
		ret->act = MPOL_ACT_SET;
		ret->mode = (__u32)args[0];
		break;
	case MPOL_SYS_SET_MEMPOLICY_HOME_NODE:
		ret->act = MPOL_ACT_HOME_NODE;
		break;
	case MPOL_SYS_GET_MEMPOLICY:
		ret->act = MPOL_ACT_GET;
		break;
	case MPOL_SYS_MIGRATE_PAGES:
		ret->act = MPOL_ACT_MIGRATE;
		break;
	case MPOL_SYS_MOVE_PAGES:
		ret->act = args[3] ? MPOL_ACT_MOVE : MPOL_ACT_MOVE_QUERY;
		break;
	case MPOL_SYS_MOUNT:
		if (args[4] && !((__u32)args[3] & MPOL_ABI_MS_BIND))
			ret->act = MPOL_ACT_MOUNT;
		break;
	case MPOL_SYS_FSCONFIG:
		if ((__u32)args[1] == MPOL_ABI_FSCONFIG_SET_STRING)
			ret->act = MPOL_ACT_MOUNT;
		break;
	default:
		break;
	}
}

/* From what is set in a node mask, and what of it is refused. */
static inline __u32 mpol_nodes_seen(__u64 any, __u64 refused)
{
	if (!any)
		return MPOL_NODES_EMPTY;
	return refused ? MPOL_NODES_REFUSED : MPOL_NODES_ALLOWED;
}

/*
 * What these rules make of a node mask, for mpol_call.nodes. @words is MPOL_NODES_WORDS long, the
 * caller's own copy or the kernel's: a mask that another thread can still change decides nothing.
 */
static inline __u32 mpol_see_nodes(const struct mpol_rules *rules, const __u64 *words)
{
	__u64 any = 0, refused = 0;
	int i;

	for (i = 0; i < MPOL_NODES_WORDS; i++) {
		any |= words[i];
		refused |= words[i] & rules->nodes_refused[i];
	}
	return mpol_nodes_seen(any, refused);
}

/* A verdict: the answer in the low half, the rule that gave it in the high one (of an allow: 0). */
#define MPOL_VERDICT(answer, rule) ((__u32)(answer) | (__u32)(rule) << 16)
#define MPOL_VERDICT_ANSWER(verdict) ((__u16)(verdict))
#define MPOL_VERDICT_RULE(verdict) ((verdict) >> 16)

static inline __u32 mpol_stricter(const struct mpol_rules *rules, __u32 verdict, __u32 rule)
{
	__u16 answer;

	if (rule >= MPOL_RULES_ROOM) /* never; for the BPF verifier */
		return verdict;
	answer = rules->answer[rule];
	if (MPOL_ANSWER_KIND(answer) > MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(verdict)))
		return MPOL_VERDICT(answer, rule);
	return verdict;
}

static inline __u32 mpol_verdict_set(const struct mpol_rules *rules, const struct mpol_call *call)
{
	__u32 mode = call->mode & ~MPOL_ABI_MODE_FLAGS, verdict = 0;
	int i;

	if (mode >= MPOL_ABI_MODES)
		mode = MPOL_RULE_MODE_UNKNOWN - MPOL_RULE_MODE;
	else if (mode == MPOL_ABI_MODE_PREFERRED && call->nodes == MPOL_NODES_EMPTY)
		mode = MPOL_ABI_MODE_LOCAL; /* as mpol_new() does */
	verdict = mpol_stricter(rules, verdict, MPOL_RULE_MODE + mode);

	/* Most calls have no flags, and are not to pay for each of them. */
	if (call->mode & MPOL_ABI_MODE_FLAGS)
		for (i = 0; i < 3; i++)
			if (call->mode & (1u << (MPOL_ABI_FLAG_SHIFT + i)))
				verdict = mpol_stricter(rules, verdict, MPOL_RULE_MODE_FLAG + i);

	if (call->mbind_flags) {
		for (i = 0; i < MPOL_ABI_MF_BITS; i++)
			if (call->mbind_flags & (1u << i))
				verdict = mpol_stricter(rules, verdict, MPOL_RULE_MBIND_FLAG + i);
		if (call->mbind_flags >> MPOL_ABI_MF_BITS)
			verdict = mpol_stricter(rules, verdict, MPOL_RULE_MBIND_FLAG_UNKNOWN);
	}

	/*
	 * Relative nodes are folded over the task's cpuset only after we looked, and again later.
	 */
	if (call->nodes == MPOL_NODES_REFUSED ||
	    (call->nodes == MPOL_NODES_ALLOWED && (call->mode & MPOL_ABI_FLAG_RELATIVE)))
		verdict = mpol_stricter(rules, verdict, MPOL_RULE_NODES);
	return verdict;
}

/*
 * Decide. Where several rules speak the strictest answer wins, and among errnos the first in the
 * order of enum mpol_rule. Under MPOL_RULES_AUDIT whatever would be refused is audited instead; the
 * rule named is still the one that would have refused.
 */
static inline __u32 mpol_verdict(const struct mpol_rules *rules, const struct mpol_call *call)
{
	__u32 verdict = 0;

	switch (call->act) {
	case MPOL_ACT_SET:
		verdict = mpol_verdict_set(rules, call);
		break;
	case MPOL_ACT_HOME_NODE:
		verdict = mpol_stricter(rules, 0, MPOL_RULE_HOME_NODE);
		break;
	case MPOL_ACT_GET:
		verdict = mpol_stricter(rules, 0, MPOL_RULE_GET_MEMPOLICY);
		break;
	case MPOL_ACT_MIGRATE:
		verdict = mpol_stricter(rules, 0, MPOL_RULE_MIGRATE);
		break;
	case MPOL_ACT_MOVE:
		verdict = mpol_stricter(rules, 0, MPOL_RULE_MOVE);
		break;
	case MPOL_ACT_MOVE_QUERY:
		verdict = mpol_stricter(rules, 0, MPOL_RULE_MOVE_QUERY);
		break;
	case MPOL_ACT_MOUNT:
		verdict = mpol_stricter(rules, 0, MPOL_RULE_MOUNT);
		break;
	case MPOL_ACT_FILE:
		verdict = mpol_stricter(rules, 0, MPOL_RULE_FILES);
		break;
	case MPOL_ACT_CPUSET:
		verdict = mpol_stricter(rules, 0, MPOL_RULE_CPUSET);
		break;
	default:
		break;
	}

	if ((rules->flags & MPOL_RULES_AUDIT) &&
	    MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(verdict)) > MPOL_AUDIT)
		return MPOL_VERDICT(MPOL_ANSWER(MPOL_AUDIT, 0), MPOL_VERDICT_RULE(verdict));
	return verdict;
}

#endif
