/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tiny assembler of classic BPF: instructions in order, jumps to labels, returns shared in a pool
 * at the end. Errors are kept and reported once, by asm_finish(): what is emitted after one is
 * lost.
 */
#ifndef MPOLRUN_BPF_ASM_H
#define MPOLRUN_BPF_ASM_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seccomp_compile.h"

#define ASM_LABELS_MAX 96
#define ASM_NEXT 0u /* the label of whatever instruction follows the jump */

struct bpf_asm {
	struct sock_filter *code; /* room for SECCOMP_PROGRAM_MAX; borrowed */
	size_t len;
	int error; /* the first one */
	/* Jumps keep labels until asm_finish() turns them into offsets. */
	uint8_t yes[SECCOMP_PROGRAM_MAX], no[SECCOMP_PROGRAM_MAX];
	struct {
		uint32_t action; /* of a pooled return */
		uint16_t at; /* once placed */
		bool placed, pooled;
	} label[ASM_LABELS_MAX];
	uint32_t n_labels;
	bool entered; /* a label is placed where the next instruction will be */
	/* What the accumulator holds on the way that falls through to here. */
	bool known;
	uint32_t offset, mask;
};

void asm_init(struct bpf_asm *a, struct sock_filter *code);

/* A new label, to be placed by asm_here() once. */
uint32_t asm_label(struct bpf_asm *a);
void asm_here(struct bpf_asm *a, uint32_t label);

/* The label of a `return @action` in the pool; one for each action. */
uint32_t asm_pooled_return(struct bpf_asm *a, uint32_t action);

/* Accumulator = (word at @offset of seccomp_data) & @mask; nothing where it holds that already. */
void asm_load(struct bpf_asm *a, uint32_t offset, uint32_t mask);

/* @op: BPF_JEQ, BPF_JGT, BPF_JGE or BPF_JSET, of the accumulator and @k. */
void asm_jump(struct bpf_asm *a, uint16_t op, uint32_t k, uint32_t yes, uint32_t no);

/* Never after a jump of which both ways lead here. */
void asm_return(struct bpf_asm *a, uint32_t action);

/*
 * Place the pool and resolve the jumps.
 *   -E2BIG  too many instructions or labels, or a jump farther than the 255 instructions that a
 *           conditional one can reach (nothing here comes near)
 */
int asm_finish(struct bpf_asm *a, size_t *ret_len);

#endif
