/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a decoded call to an answer: the layers of the current task, each by the one verdict. */
#ifndef DECIDE_BPF_H
#define DECIDE_BPF_H

#include "tasks.bpf.h"
#include "compat.bpf.h"
#include "events.bpf.h"
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

/* Not a verdict: the policy was replaced, twice, while it was read. */
#define TORN (-1)

/* An allow, by nobody: the layer does not count on that program. */
#define NOT_ASKED ((int)MPOL_VERDICT(0, MPOL_RULES_ROOM))

/* What mpol_call has besides the act, in one register. */
#define SETTING(mode, mbind_flags) ((__u32)(mode) | (__u64)(mbind_flags) << 32)

/*
 * What layer @id, which is @layer, answers to @seen; NOT_ASKED where it does not count on @program.
 * @nodes is the address of a nodemask of the kernel's own, or 0. The policy in force was whole
 * before the generation said so. So what is read of it was there all the time if its stamp is,
 * afterwards.
 *
 * @plain: not where the rules ask for the nodes, which is TORN then.
 */
static __always_inline int policy_verdict(const struct resident_layer *layer, __u32 id,
					  __u32 program, struct mpol_call seen, __u64 nodes,
					  bool plain)
{
	__u32 generation = *(volatile __u32 *)&layer->generation, verdict = NOT_ASKED;
	const struct resident_policy *policy = &layer->policy[generation & 1];

	barrier();
	if (policy->deciders & program) {
		if (nodes && needs_nodes(&policy->rules, seen.mode)) {
			if (plain)
				return TORN;
			seen.nodes = see_nodes(&policy->rules, nodes);
			/*
			 * What follows is not to be worked out before, and kept on the stack
			 * meanwhile.
			 */
			barrier_var(seen.mode);
			barrier_var(seen.mbind_flags);
		}
		verdict = mpol_verdict(&policy->rules, &seen);
	}
	barrier();
	if (*(volatile __u64 *)&policy->stamp != ((__u64)id << 32 | generation))
		return TORN;
	return verdict;
}

/* Global, as are those below, so that the verifier reads it once. */
__noinline int layer_verdict_once(__u32 id, __u32 program, __u32 act, __u64 setting, __u64 nodes)
{
	const struct mpol_call call = {.act = act, .mode = setting, .mbind_flags = setting >> 32};
	struct resident_layer *layer = layer_place(id);

	return layer ? policy_verdict(layer, id, program, call, nodes, false) : TORN;
}

/* Again, of a policy that was torn; one that cannot be read at all refuses. */
__noinline int layer_verdict(__u32 id, __u32 program, __u32 act, __u64 setting, __u64 nodes)
{
	struct resident_control *control;
	int i, verdict;

	for (i = 0; i < TRIES; i++) {
		verdict = layer_verdict_once(id, program, act, setting, nodes);
		if (verdict != TORN)
			return verdict;
	}
	control = control_get();
	if (control)
		__sync_fetch_and_add(&control->torn, 1);
	return MPOL_VERDICT(MPOL_ANSWER(MPOL_ERRNO, EPERM), 0);
}

/* Layer @id, which is @layer, answered with @verdict. */
static __always_inline void layer_count(struct resident_layer *layer, __u32 id, __u32 verdict)
{
	__u32 rule = MPOL_VERDICT_RULE(verdict) & (MPOL_RULES_ROOM - 1);
	__u64 *count;

	if (MPOL_VERDICT_ANSWER(verdict)) {
		__sync_fetch_and_add(&layer->answered[rule], 1);
		if (MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(verdict)) == MPOL_AUDIT)
			__sync_fetch_and_add(&layer->audited, 1);
	} else if (verdict != NOT_ASKED) {
		count = allowed_place(id, bpf_get_smp_processor_id());
		if (count)
			__sync_fetch_and_add(count, 1);
	}
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

#define PLAIN_MODES ((__u64)(1u << MPOL_ABI_FLAG_SHIFT) - 1)

/* A mode and nothing else; not preferred, which without nodes is another one. */
static __always_inline bool is_plain(__u64 setting)
{
	return !(setting & ~PLAIN_MODES) && setting != MPOL_ABI_MODE_PREFERRED;
}

/* As layer_count(), and whoever wants to hear of it does. */
static __always_inline void layer_answered(struct resident_layer *layer, __u32 id, __u32 verdict,
					   __u32 act, __u64 nodes)
{
	layer_count(layer, id, verdict);
	if (MPOL_VERDICT_ANSWER(verdict) && anybody_listens())
		event_tell(id, verdict, act, nodes);
}

#define PLAIN_CALL(setting) ((struct mpol_call){.act = MPOL_ACT_SET, .mode = (setting)&PLAIN_MODES})

/*
 * What layer @id answers, and it is counted. Most policies that are set are plain ones, and a look
 * into the table is what is left of their verdict. Global, so that the verifier reads it once, and
 * not for each layer that a task can be under.
 */
__noinline int layer_answer(__u32 id, __u32 program, __u32 act, __u64 setting, __u64 nodes)
{
	struct resident_layer *layer = layer_place(id);
	int verdict = TORN;

	if (layer && act == MPOL_ACT_SET && is_plain(setting))
		verdict = policy_verdict(layer, id, program, PLAIN_CALL(setting), nodes, true);
	if (verdict == TORN)
		verdict = layer_verdict(id, program, act, setting, nodes);
	if (layer)
		layer_answered(layer, id, verdict, act, nodes);
	return MPOL_VERDICT_ANSWER(verdict);
}

/* In the place of an address of nodes: there are some, and most rules do not ask which. */
#define SOME_NODES 1

/*
 * As above, of a plain policy, at the least cost, where nobody wants to hear of it. TORN: ask as
 * above, with the nodes.
 */
__noinline int layer_answer_plain(__u32 id, __u32 program, __u32 mode, __u64 nodes)
{
	struct resident_layer *layer = layer_place(id);
	int verdict;

	if (!layer)
		return TORN;
	verdict = policy_verdict(layer, id, program, PLAIN_CALL(mode), nodes, true);
	if (verdict == TORN)
		return TORN;
	layer_count(layer, id, verdict);
	return MPOL_VERDICT_ANSWER(verdict);
}

/* The stricter answer; between errnos the first. */
static __always_inline __u32 stricter(__u32 strictest, __u32 answer)
{
	return MPOL_ANSWER_KIND(answer) > MPOL_ANSWER_KIND(strictest) ? answer : strictest;
}

/*
 * The address of the kernel's own nodes: a number, or in the arguments of the hook set_mempolicy,
 * from which it is taken only where it matters. What is made of a pointer by the verifier cannot be
 * handed to a global function.
 */
struct nodes_at {
	__u64 nodes;
	unsigned long long *ctx;
};

#define NODES(number) ((struct nodes_at){.nodes = (number)})
#define NODES_OF(hook) ((struct nodes_at){.ctx = (hook)})
#define NO_NODES NODES(0)

static __always_inline __u64 nodes_get(struct nodes_at at)
{
	if (at.ctx)
		bpf_get_func_arg(at.ctx, 2, &at.nodes);
	return at.nodes;
}

/* Ask all layers of @member. */
static __always_inline long layers_decide(const struct resident_member *member, __u32 program,
					  __u32 act, __u64 setting, struct nodes_at at)
{
	bool plain = act == MPOL_ACT_SET && is_plain(setting) && !anybody_listens();
	__u32 strictest = 0, i;

#pragma clang loop unroll(disable)
	for (i = 0; i < RESIDENT_STACK; i++) {
		int answer = TORN;

		if (i >= member->depth)
			break;
		if (plain)
			answer = layer_answer_plain(member->layer[i], program, setting,
						    at.ctx ? SOME_NODES : at.nodes);
		if (answer == TORN)
			answer = layer_answer(member->layer[i], program, act, setting,
					      nodes_get(at));
		strictest = stricter(strictest, answer);
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
