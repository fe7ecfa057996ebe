/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file can bring with it: a memory policy that someone else set on it. It lies in a tree of
 * page ranges in the inode, filled when the inode is made (from the mount's mpol=) or by mbind(2)
 * on a shared mapping. The whole tree is looked at.
 */
#ifndef FILES_BPF_H
#define FILES_BPF_H

#include "decide.bpf.h"

#define TMPFS_MAGIC 0x01021994
#define S_IFMT 0170000
#define S_IFREG 0100000

/* Steps through a tree: three for each range. A larger tree is refused. */
#define STEPS_MAX 3072

/* Where a walk is: below a node its left side comes first, then its right, then back @up. */
struct walk {
	struct rb_node *node, *from;
	__u32 id;
	__u32 program;
	__u32 least; /* enum mpol_kind, of an answer to a range that makes it matter */
	bool up, done, refused;
};

/* What layer @id would answer to its members' setting the policy at @node: enum mpol_kind. */
static __noinline __u32 range_answer(struct rb_node *node, __u32 id, __u32 program)
{
	struct sp_node *range = (void *)node - bpf_core_field_offset(struct sp_node, nd);
	struct mempolicy *mempolicy = BPF_CORE_READ(range, policy);
	__u32 mode, verdict;

	if (!mempolicy)
		return MPOL_ALLOW;
	mode = BPF_CORE_READ(mempolicy, mode);
	mode |= BPF_CORE_READ(mempolicy, flags) & MPOL_ABI_MODE_FLAGS;
	verdict = layer_verdict(id, program, MPOL_ACT_SET, SETTING(mode, 0),
				(__u64)mempolicy + bpf_core_field_offset(struct mempolicy, nodes));
	return MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(verdict));
}

static long walk_step(__u32 i, struct walk *walk)
{
	struct rb_node *node = walk->node, *left, *right, *next;

	left = BPF_CORE_READ(node, rb_left);
	right = BPF_CORE_READ(node, rb_right);
	if (!walk->up) {
		if (range_answer(node, walk->id, walk->program) >= walk->least) {
			walk->refused = true;
			return 1;
		}
		next = left ? left : right;
	} else {
		next = walk->from == left ? right : NULL;
	}
	walk->up = !next;
	if (!next)
		next = (void *)(BPF_CORE_READ(node, __rb_parent_color) & ~3UL);
	if (!next) {
		walk->done = true;
		return 1;
	}
	walk->from = node;
	walk->node = next;
	return 0;
}

/*
 * What layer @id answers to the use of the file whose inode is at this address; NOT_ASKED where the
 * file carries no policy that it would answer to. Under audit what would be refused is an audit.
 * Global, so that the verifier reads it once, and not for every layer.
 */
__noinline int file_verdict(__u64 inode, __u32 id, __u32 program)
{
	struct shmem_inode_info *info =
		(void *)inode - bpf_core_field_offset(struct shmem_inode_info, vfs_inode);
	struct walk walk = {.id = id, .program = program};
	int verdict;

	walk.node = BPF_CORE_READ(info, policy.root.rb_node);
	if (!walk.node)
		return NOT_ASKED;
	verdict = layer_verdict(id, program, MPOL_ACT_FILE, 0, 0);
	if (!MPOL_VERDICT_ANSWER(verdict))
		return NOT_ASKED;
	walk.least = MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(verdict)) <= MPOL_AUDIT ? MPOL_AUDIT
										  : MPOL_IGNORE;
	bpf_loop(STEPS_MAX, walk_step, &walk, 0);
	return walk.refused || !walk.done ? verdict : NOT_ASKED;
}

/* As layer_answer(), of the use of a file. */
__noinline int file_answer(__u64 inode, __u32 id, __u32 program)
{
	__u32 verdict = file_verdict(inode, id, program);
	struct resident_layer *layer = layer_place(id);

	if (layer)
		layer_answered(layer, id, verdict, MPOL_ACT_FILE, 0);
	return MPOL_VERDICT_ANSWER(verdict);
}

/* For a regular file on tmpfs: what the layers of @member say to its being used. */
static __always_inline int file_decide(const struct resident_member *member, __u64 inode,
				       __u32 program)
{
	__u32 strictest = 0, i;

	for (i = 0; i < RESIDENT_STACK; i++) {
		if (i >= member->depth)
			break;
		strictest = stricter(strictest, file_answer(inode, member->layer[i], program));
	}
	return answer_value(strictest);
}

#endif
