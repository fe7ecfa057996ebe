/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers that a task is under because of where it is: those attached to its cgroup, of the v2
 * hierarchy, and to the ones above. Nothing is looked up while nothing is attached anywhere, and
 * then only at the levels where something is.
 */
#ifndef CGROUP_BPF_H
#define CGROUP_BPF_H

#include "files.bpf.h"
#include "joins.bpf.h"

RESIDENT_HASH(cgroups, __u64, struct resident_cgroup);

static __always_inline bool any_attached(void)
{
	return *(volatile __u32 *)&attached.levels;
}

/* Whoever is neither a member nor anywhere where something could be attached is let through. */
static __always_inline bool is_free(const struct resident_member *member)
{
	return !member && !any_attached();
}

struct cgroup_walk {
	__u64 setting;
	__u64 nodes; /* or of a file that is used, its inode */
	__u32 program;
	__u32 act;
	__u32 strictest;
};

static __always_inline __u32 attached_verdict(const struct cgroup_walk *walk, __u32 id, bool file)
{
	__u32 verdict, kind;

	if (!file)
		return layer_verdict(id, walk->program, walk->act, walk->setting, walk->nodes);
	verdict = layer_verdict(id, walk->program, MPOL_ACT_FILE, 0, 0);
	kind = MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(verdict));
	if (!kind || !file_is_refused(walk->nodes, id, walk->program,
				      kind <= MPOL_AUDIT ? MPOL_AUDIT : MPOL_IGNORE))
		return 0;
	return verdict;
}

/* What is attached to the cgroup that is @i + 1 below the root on our way. */
static __always_inline long cgroup_step(__u32 i, struct cgroup_walk *walk, bool file)
{
	struct resident_member *member;
	struct resident_cgroup *cgroup;
	__u32 level = i + 1, slot;
	__u64 id;

	if (!(*(volatile __u32 *)&attached.levels >> (level & (RESIDENT_LEVELS - 1))))
		return 1;
	id = bpf_get_current_ancestor_cgroup_id(level);
	if (!id)
		return 1;
	cgroup = bpf_map_lookup_elem(&cgroups, &id);
	if (!cgroup)
		return 0;
	member = member_current();
#pragma clang loop unroll(disable)
	for (slot = 0; slot < RESIDENT_STACK; slot++) {
		__u32 layer_id = *(volatile __u32 *)&cgroup->layer[slot], answer;
		__u32 verdict;
		struct resident_layer *layer = layer_place(layer_id);

		if (!layer_id || !layer)
			continue;
		/* A member's own layers have been asked: none counts or tells of a call twice. */
		if (member && member_is_under(member, layer_id))
			continue;
		verdict = attached_verdict(walk, layer_id, file);
		answer = MPOL_VERDICT_ANSWER(verdict);
		/* Detached meanwhile, what was asked may be another layer by now. */
		if (!answer || *(volatile __u32 *)&cgroup->layer[slot] != layer_id)
			continue;
		layer_count(layer, MPOL_ANSWER_KIND(answer));
		if (anybody_listens())
			event_tell(layer_id, verdict, walk->act, file ? 0 : walk->nodes);
		if (MPOL_ANSWER_KIND(answer) > MPOL_ANSWER_KIND(walk->strictest))
			walk->strictest = answer;
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

/* Global, so that the verifier reads it once. */
__noinline int cgroups_decide(__u32 program, __u32 act, __u64 setting, __u64 nodes)
{
	struct cgroup_walk walk = {
		.setting = setting,
		.nodes = nodes,
		.program = program,
		.act = act,
	};

	bpf_loop(RESIDENT_LEVELS - 1, cgroup_step_call, &walk, 0);
	return answer_value(walk.strictest);
}

struct under_walk {
	__u32 id;
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
	for (slot = 0; slot < RESIDENT_STACK; slot++)
		if (*(volatile __u32 *)&cgroup->layer[slot] == walk->id) {
			walk->found = true;
			return 1;
		}
	return 0;
}

/* Whether layer @id is attached to the caller's cgroup or to one above it. */
static __always_inline bool cgroup_is_under(__u32 id)
{
	struct under_walk walk = {.id = id};

	if (any_attached())
		bpf_loop(RESIDENT_LEVELS - 1, under_step, &walk, 0);
	return walk.found;
}

/* Ask the layers of @member, who may be nobody, and those of the cgroup: all have to allow it. */
static __always_inline long decide_set(struct resident_member *member, __u32 program, __u64 setting,
				       __u64 nodes)
{
	long r = member ? layers_decide_set(member, program, setting, nodes) : 0;
	long s = any_attached() ? cgroups_decide(program, MPOL_ACT_SET, setting, nodes) : 0;

	return r ? r : s;
}

static __always_inline long decide(struct resident_member *member, __u32 program, __u32 act)
{
	long r = member ? layers_decide(member, program, act) : 0;
	long s = any_attached() ? cgroups_decide(program, act, 0, 0) : 0;

	return r ? r : s;
}

/* Not global: the calls go as deep as they may. */
static __always_inline long decide_file(struct resident_member *member, __u64 inode, __u32 program)
{
	struct cgroup_walk walk = {.nodes = inode, .program = program, .act = MPOL_ACT_FILE};
	long r = member ? file_decide(member, inode, program) : 0;
	long s = 0;

	if (any_attached()) {
		bpf_loop(RESIDENT_LEVELS - 1, cgroup_step_file, &walk, 0);
		s = answer_value(walk.strictest);
	}
	return r ? r : s;
}

#endif
