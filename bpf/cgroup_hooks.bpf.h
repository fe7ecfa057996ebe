/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs that a cgroup has of its own (lsm_cgroup), for those hooks of which it can: one
 * shared set, attached to each cgroup that a layer is attached to. Which layers those are is in the
 * storage of the cgroup of attachment, which the kernel hands to the program, also for tasks in the
 * cgroups below. Their policy is where everybody's is.
 *
 * Such a program answers 1, or 0 and an errno. All of a cgroup and of those above it run, whatever
 * one of them says. None gives anything back.
 */
#ifndef CGROUP_HOOKS_BPF_H
#define CGROUP_HOOKS_BPF_H

#include "cgroup.bpf.h"
#include "mounts.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, __u64); /* the cgroup's id: one for all of its programs */
	__type(value, struct resident_storage);
} cgroup_layers SEC(".maps");

/* In what storage_slot() answers, besides the layer's answer. */
#define SLOT_MEMBER (1u << 15) /* the task may be a member */
#define SLOT_N(r) ((__u32)(r) >> 16) /* of slots */

/*
 * As layer_answer(), of the layer in @slot. TORN: SOME_NODES were not enough. What has become
 * another's place meanwhile says nothing. Global, so that the verifier reads it once.
 */
__noinline int storage_slot(__u32 slot, __u32 program, __u32 act, __u64 setting, __u64 nodes)
{
	const struct resident_storage *storage = bpf_get_local_storage(&cgroup_layers, 0);
	const struct mpol_call seen = {.act = act, .mode = setting};
	__u32 n = *(volatile __u32 *)&storage->n << 16, id, answer;
	struct resident_layer *layer;
	int verdict;

	if (slot >= RESIDENT_STACK || slot >= n >> 16)
		return n;
	id = *(volatile __u32 *)&storage->layer[slot];
	layer = layer_place(id);
	if (!id || !layer)
		return n;
	verdict = nodes == SOME_NODES ? policy_verdict(layer, id, program, seen, nodes, true)
				      : layer_verdict(id, program, act, setting, nodes);
	if (verdict == TORN)
		return TORN;
	if (verdict == NOT_ASKED)
		return n;
	answer = MPOL_VERDICT_ANSWER(verdict);
	/* Who wants to hear of it is told the nodes. */
	if (answer && nodes == SOME_NODES && anybody_listens())
		return TORN;
	storage = bpf_get_local_storage(&cgroup_layers, 0);
	if (*(volatile __u32 *)&storage->layer[slot] != id)
		return n;
	if (member_is_possible(current_address())) {
		if (current_is_under(id))
			return n;
		n |= SLOT_MEMBER;
	}
	layer_answered(layer, id, verdict, act, nodes);
	return n | answer;
}

/* Ask the layers of the tree, for their counters' sake. */
__noinline int tree_decide(__u32 program, __u32 act, __u64 setting, __u64 nodes)
{
	struct resident_member *member = member_current();

	return member ? layers_decide(member, program, act, setting, NODES(nodes)) : 0;
}

/*
 * @mask: where the address of the kernel's nodemask is, or NULL; only read where it matters, into a
 * number, which can be handed on, unlike a pointer.
 *
 * The layers of the tree are asked too, by whoever refuses first: their own program does not run
 * any more, unless it came before.
 */
static __always_inline int storage_decide(__u32 program, __u32 act, __u64 setting,
					  const void *const *mask, bool plain)
{
	__u32 strictest = 0, n = 1, member = 0, slot;
	__u64 nodes = 0;
	int value;

	if (!plain && mask)
		bpf_probe_read_kernel(&nodes, sizeof(nodes), mask);
	for (slot = 0; slot < RESIDENT_STACK && slot < n; slot++) {
		int r = storage_slot(slot, program, act, setting, plain ? SOME_NODES : nodes);
		__u32 answer;

		if (plain && r == TORN) {
			bpf_probe_read_kernel(&nodes, sizeof(nodes), mask);
			r = storage_slot(slot, program, act, setting, nodes);
		}
		n = SLOT_N(r);
		member |= r & SLOT_MEMBER;
		answer = r & (SLOT_MEMBER - 1);
		strictest = stricter(strictest, answer);
	}
	value = answer_value(strictest);
	if (!value)
		return 1;
	if (member && !attached.tree_first && !bpf_get_retval())
		tree_decide(program, act, setting, nodes);
	/* The kernel's own, of which it makes a refusal. */
	if (value != -EPERM)
		bpf_set_retval(value);
	return 0;
}

SEC("lsm_cgroup/set_mempolicy")
int mpolrun_set(unsigned long long *ctx)
{
	/* See set_mempolicy(). */
	__u64 setting = SETTING((__u32)ctx[0] | (ctx[1] & MPOL_ABI_MODE_FLAGS), ctx[3]);
	const void *mask = (const void *)ctx[2];

	if (!is_plain(setting))
		return storage_decide(RESIDENT_LSM_SET, MPOL_ACT_SET, setting, &mask, false);
	return storage_decide(RESIDENT_LSM_SET, MPOL_ACT_SET, setting, &mask, true);
}

SEC("lsm_cgroup/fs_context_parse_param")
int BPF_PROG(mpolrun_mount, struct fs_context *fc, struct fs_parameter *param)
{
	if (!is_mpol_of_tmpfs(fc, param))
		return 1;
	return storage_decide(RESIDENT_LSM_MOUNT, MPOL_ACT_MOUNT, 0, NULL, false);
}

#endif
