/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers that a task is under because of where it is: those attached to its cgroup, of the v2
 * hierarchy, and to the ones above. Nothing is looked up while nothing is attached anywhere, and
 * then only at the levels where something is. Where a cgroup has programs of its own
 * (cgroup_hooks.bpf.h), those decide what they can, and it is passed over here.
 */
#ifndef CGROUP_BPF_H
#define CGROUP_BPF_H

#include "files.bpf.h"
#include "joins.bpf.h"

RESIDENT_HASH(cgroups, __u64, struct resident_cgroup);

/* The levels at which something may be attached whose answer @program gives. */
static __always_inline __u32 levels_of(__u32 program)
{
	__u32 class = RESIDENT_CLASS(program);

	return class == RESIDENT_CLASS_ALL ? *(volatile __u32 *)&attached.levels
					   : *(volatile __u32 *)&attached.by_number[class];
}

static __always_inline bool any_attached(void)
{
	return *(volatile __u32 *)&attached.levels;
}

/* Whoever is neither a member nor anywhere where something could be attached is let through. */
static __always_inline bool is_free(const struct resident_member *member, __u32 program)
{
	return !member && !levels_of(program);
}

struct cgroup_walk {
	__u64 setting;
	__u64 nodes; /* or of a file that is used, its inode */
	__u32 program;
	__u32 passed; /* where these programs are a cgroup's own, it is passed over */
	__u32 levels;
	__u32 act;
	__u32 strictest;
};

/*
 * What the layer in @slot of @cgroup answers, and it is counted. A member's own layers have been
 * asked: none counts or tells of a call twice.
 */
static __always_inline int slot_ask(const struct cgroup_walk *walk,
				    const struct resident_cgroup *cgroup, __u32 slot, bool file)
{
	struct resident_layer *layer;
	__u32 id, verdict;

	if (!walk || !cgroup || slot >= RESIDENT_STACK)
		return 0;
	id = *(volatile __u32 *)&cgroup->layer[slot];
	layer = layer_place(id);
	if (!id || !layer || current_is_under(id))
		return 0;
	verdict = file ? file_verdict(walk->nodes, id, walk->program)
		       : layer_verdict(id, walk->program, walk->act, walk->setting, walk->nodes);
	/* Detached meanwhile, what was asked may be another layer by now. */
	if (verdict == (__u32)NOT_ASKED || *(volatile __u32 *)&cgroup->layer[slot] != id)
		return 0;
	layer_answered(layer, id, verdict, walk->act, file ? 0 : walk->nodes);
	return MPOL_VERDICT_ANSWER(verdict);
}

/* Global, so that the verifier reads them once, and not for each slot. */
__noinline int slot_ask_call(const struct cgroup_walk *walk, const struct resident_cgroup *cgroup,
			     __u32 slot)
{
	return slot_ask(walk, cgroup, slot, false);
}

__noinline int slot_ask_file(const struct cgroup_walk *walk, const struct resident_cgroup *cgroup,
			     __u32 slot)
{
	return slot_ask(walk, cgroup, slot, true);
}

/* What is attached to the cgroup that is @i + 1 below the root on our way. */
static __always_inline long cgroup_step(__u32 i, struct cgroup_walk *walk, bool file)
{
	struct resident_cgroup *cgroup;
	__u32 level = i + 1, slot;
	__u64 id;

	if (!(walk->levels >> (level & (RESIDENT_LEVELS - 1))))
		return 1;
	id = bpf_get_current_ancestor_cgroup_id(level);
	if (!id)
		return 1;
	cgroup = bpf_map_lookup_elem(&cgroups, &id);
	if (!cgroup || (*(volatile __u32 *)&cgroup->state & walk->passed))
		return 0;
#pragma clang loop unroll(disable)
	for (slot = 0; slot < RESIDENT_STACK; slot++) {
		if (!*(volatile __u32 *)&cgroup->layer[slot])
			continue;
		walk->strictest =
			stricter(walk->strictest, file ? slot_ask_file(walk, cgroup, slot)
						       : slot_ask_call(walk, cgroup, slot));
	}
	return 0;
}

static long cgroup_step_call(__u32 i, struct cgroup_walk *walk)
{
	return cgroup_step(i, walk, false);
}

static long cgroup_step_file(__u32 i, struct cgroup_walk *walk)
{
	return cgroup_step(i, walk, true);
}

/* Of @program: also of cgroups whose own programs decide. */
#define WALK_ALL (1u << 31)

/* Global, so that the verifier reads it once. */
__noinline int cgroups_decide(__u32 program, __u32 act, __u64 setting, __u64 nodes)
{
	struct cgroup_walk walk = {
		.setting = setting,
		.nodes = nodes,
		.program = program & ~WALK_ALL,
		.passed = program & WALK_ALL ? 0 : program & RESIDENT_BY_CGROUP,
		.levels = program & WALK_ALL ? any_attached() : levels_of(program),
		.act = act,
	};

	bpf_loop(RESIDENT_LEVELS - 1, cgroup_step_call, &walk, 0);
	return answer_value(walk.strictest);
}

struct under_walk {
	__u32 id; /* 0: any */
	bool found;
};

static long under_step(__u32 i, struct under_walk *walk)
{
	__u64 key = bpf_get_current_ancestor_cgroup_id(i + 1);
	struct resident_cgroup *cgroup;
	__u32 slot;

	if (!key)
		return 1;
	cgroup = bpf_map_lookup_elem(&cgroups, &key);
	if (!cgroup)
		return 0;
#pragma clang loop unroll(disable)
	for (slot = 0; slot < RESIDENT_STACK; slot++) {
		__u32 id = *(volatile __u32 *)&cgroup->layer[slot];

		if (id && (!walk->id || id == walk->id)) {
			walk->found = true;
			return 1;
		}
	}
	return 0;
}

/* Whether layer @id, or any if it is 0, is attached to the caller's cgroup or to one above it. */
static __noinline bool cgroup_is_under(__u32 id)
{
	struct under_walk walk = {.id = id};

	if (any_attached())
		bpf_loop(RESIDENT_LEVELS - 1, under_step, &walk, 0);
	return walk.found;
}

#define CAP_BPF 39

/*
 * Whether the current task is kept from what would end the enforcement: as @member, or for its
 * cgroup's sake. Of those in a cgroup, whoever has a right to such things keeps it: they were
 * started by others, perhaps for that.
 */
static __always_inline bool is_guarded(const struct resident_member *member)
{
	struct task_struct *task;
	const struct cred *cred;

	if (member || !any_attached())
		return member;
	task = (void *)bpf_get_current_task();
	cred = BPF_CORE_READ(task, cred);
	if (BPF_CORE_READ(cred, user_ns, level) == 0 &&
	    (cred_capabilities(cred) & (1ull << CAP_SYS_ADMIN | 1ull << CAP_BPF)))
		return false;
	return cgroup_is_under(0);
}

/*
 * After an answer @r of the layers of the tree: with what those of the cgroup say. The programs of
 * a cgroup do not run any more after a refusal, where ours came first; then we count for them.
 */
static __always_inline long decide_attached(long r, __u32 program, __u32 act, __u64 setting,
					    struct nodes_at at)
{
	long s = 0;

	if (!any_attached())
		return r;
	if (r && (program & RESIDENT_BY_CGROUP) && attached.tree_first)
		s = cgroups_decide(program | WALK_ALL, act, setting, nodes_get(at));
	else if (levels_of(program))
		s = cgroups_decide(program, act, setting, nodes_get(at));
	return r ? r : s;
}

/* Ask the layers of @member, who may be nobody, and those of the cgroup: all have to allow it. */
static __always_inline long decide_at(const struct resident_member *member, __u32 program,
				      __u32 act, __u64 setting, struct nodes_at at)
{
	if (!member)
		return cgroups_decide(program, act, setting, nodes_get(at));
	return decide_attached(layers_decide(member, program, act, setting, at), program, act,
			       setting, at);
}

/* Of a call that has no nodes, or none that the kernel has copied. */
static __always_inline long decide(const struct resident_member *member, __u32 program, __u32 act,
				   __u64 setting)
{
	return decide_at(member, program, act, setting, NO_NODES);
}

/* Not global: the calls go as deep as they may. */
static __always_inline long decide_file(struct resident_member *member, __u64 inode, __u32 program)
{
	struct cgroup_walk walk = {
		.nodes = inode,
		.program = program,
		.levels = levels_of(program),
		.act = MPOL_ACT_FILE,
	};
	long r = member ? file_decide(member, inode, program) : 0;
	long s = 0;

	if (walk.levels) {
		bpf_loop(RESIDENT_LEVELS - 1, cgroup_step_file, &walk, 0);
		s = answer_value(walk.strictest);
	}
	return r ? r : s;
}

#endif
