/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a decoded call to an answer: the layers of the current task, each by the one verdict. */
#ifndef DECIDE_BPF_H
#define DECIDE_BPF_H

#include "tasks.bpf.h"
#include "compat.bpf.h"
#include "verdict.h"

#define SIGKILL 9
#define TRIES 8

static __always_inline bool needs_nodes(const struct mpol_rules *rules, __u32 mode)
{
	return rules->answer[MPOL_RULE_NODES] ||
	       (mode & ~MPOL_ABI_MODE_FLAGS) == MPOL_ABI_MODE_PREFERRED;
}

/*
 * As mpol_see_nodes(), of the kernel's copy at @nodemask, some words at a time: the stack is small.
 * What lies behind its end, on a kernel for few nodes, is not read.
 */
static __always_inline __u32 see_nodes(const struct mpol_rules *rules, __u64 nodemask)
{
	__u64 words[4], any = 0, refused = 0;
	__u32 size = nodemask_size(), i, j;

	for (i = 0; i < MPOL_NODES_WORDS; i += 4) {
		__u32 left = size - i * 8;

		if (i * 8 >= size)
			break;
		__builtin_memset(words, 0, sizeof(words));
		bpf_probe_read_kernel(words, left < sizeof(words) ? left : sizeof(words),
				      (void *)nodemask + i * 8);
		for (j = 0; j < 4; j++) {
			any |= words[j];
			refused |= words[j] & rules->nodes_refused[i + j];
		}
	}
	return mpol_nodes_seen(any, refused);
}

/* Not a verdict: the policy was replaced while it was read. */
#define TORN (-1)

/*
 * What layer @id answers to the call; 0 too where it does not count on @program. Global, so that
 * the verifier reads it once. @nodes is the address of a nodemask of the kernel's own, or 0.
 *
 * The element is overwritten front to back when it is used again. So a stamp that was whole at the
 * back before, and is the same at the front after, was there all the time.
 */
__noinline int policy_verdict(__u32 id, __u32 program, const struct mpol_call *call, __u64 nodes)
{
	struct resident_policy *policy = bpf_map_lookup_elem(&policies, &id);
	struct mpol_call seen;
	__u32 verdict;
	__u64 stamp;

	if (!call || !policy)
		return TORN;
	seen = *call;
	stamp = *(volatile __u64 *)&policy->stamp_end;
	if (stamp >> 32 != id)
		return TORN;
	barrier();
	if (!(policy->deciders & program)) {
		verdict = 0;
	} else {
		if (nodes && needs_nodes(&policy->rules, seen.mode))
			seen.nodes = see_nodes(&policy->rules, nodes);
		/* What follows is not to be worked out before, and kept on the stack meanwhile. */
		barrier_var(seen.mode);
		barrier_var(seen.mbind_flags);
		verdict = mpol_verdict(&policy->rules, &seen);
	}
	barrier();
	return *(volatile __u64 *)&policy->stamp == stamp ? (int)verdict : TORN;
}

/* Again, of a policy that was torn; one that cannot be read at all refuses. */
__noinline int policy_verdict_again(__u32 id, __u32 program, const struct mpol_call *call,
				    __u64 nodes)
{
	struct resident_control *control;
	int i, verdict;

	for (i = 0; i < TRIES; i++) {
		verdict = policy_verdict(id, program, call, nodes);
		if (verdict != TORN)
			return verdict;
	}
	control = control_get();
	if (control)
		__sync_fetch_and_add(&control->torn, 1);
	return MPOL_VERDICT(MPOL_ANSWER(MPOL_ERRNO, EPERM), 0);
}

static __always_inline __u32 layer_verdict(__u32 id, __u32 program, const struct mpol_call *call,
					   __u64 nodes)
{
	int verdict = policy_verdict(id, program, call, nodes);

	return verdict != TORN ? verdict : policy_verdict_again(id, program, call, nodes);
}

static __noinline void layer_count(__u32 id, __u32 kind)
{
	struct resident_layer *layer = bpf_map_lookup_elem(&layers, &id);

	if (!layer)
		return;
	if (kind == MPOL_AUDIT)
		__sync_fetch_and_add(&layer->audited, 1);
	else
		__sync_fetch_and_add(&layer->refused, 1);
}

/* What the kernel is told: the program's value, 0 to go on. */
static __always_inline int answer_value(__u32 answer)
{
	__u32 kind = MPOL_ANSWER_KIND(answer), err = MPOL_ANSWER_ERR(answer);

	if (kind <= MPOL_AUDIT)
		return 0;
	if (kind == MPOL_KILL)
		bpf_send_signal(SIGKILL);
	if (kind != MPOL_ERRNO || !err || err > 4095)
		return -EPERM;
	return -(int)err;
}

/* Ask all layers of @member. The strictest answer wins, and between errnos the first. */
static __noinline int layers_decide(struct resident_member *member, __u32 program,
				    const struct mpol_call *call, __u64 nodes)
{
	__u32 strictest = 0, i;

	for (i = 0; i < RESIDENT_STACK; i++) {
		__u32 answer, id;

		if (i >= member->depth)
			break;
		id = member->layer[i];
		answer = MPOL_VERDICT_ANSWER(layer_verdict(id, program, call, nodes));
		if (!answer)
			continue;
		layer_count(id, MPOL_ANSWER_KIND(answer));
		if (MPOL_ANSWER_KIND(answer) > MPOL_ANSWER_KIND(strictest))
			strictest = answer;
	}
	return answer_value(strictest);
}

/*
 * The end of every program: within what the verifier can see to be a refusal or 0. A long: of an
 * int, the upper half would reach user space as a large number that is no error.
 */
static __always_inline long bounded(long value)
{
	barrier_var(value); /* or the compiler, which knows it already, would not look */
	if (value > 0 || value < -4095)
		return -EPERM;
	return value;
}

#endif
