/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bpf_asm.h"

#include <assert.h>
#include <errno.h>

void asm_init(struct bpf_asm *a, struct sock_filter *code)
{
	*a = (struct bpf_asm){.code = code, .n_labels = ASM_NEXT + 1};
}

static void emit(struct bpf_asm *a, struct sock_filter insn, uint32_t yes, uint32_t no)
{
	if (a->len == SECCOMP_PROGRAM_MAX)
		a->error = -E2BIG;
	if (a->error)
		return;
	a->entered = false;
	a->yes[a->len] = (uint8_t)yes;
	a->no[a->len] = (uint8_t)no;
	a->code[a->len++] = insn;
}

uint32_t asm_label(struct bpf_asm *a)
{
	if (a->n_labels == ASM_LABELS_MAX) {
		a->error = -E2BIG;
		return ASM_NEXT;
	}
	return a->n_labels++;
}

void asm_here(struct bpf_asm *a, uint32_t label)
{
	/* Whoever jumps here may have loaded something else. */
	a->known = false;
	a->entered = true;
	if (a->error)
		return;
	assert(label != ASM_NEXT && !a->label[label].placed);
	a->label[label].placed = true;
	a->label[label].at = (uint16_t)a->len;
}

uint32_t asm_pooled_return(struct bpf_asm *a, uint32_t action)
{
	uint32_t label;

	for (label = ASM_NEXT + 1; label < a->n_labels; label++)
		if (a->label[label].pooled && a->label[label].action == action)
			return label;
	label = asm_label(a);
	if (label != ASM_NEXT) {
		a->label[label].pooled = true;
		a->label[label].action = action;
	}
	return label;
}

void asm_load(struct bpf_asm *a, uint32_t offset, uint32_t mask)
{
	if (a->known && a->offset == offset && a->mask == mask)
		return;
	if (!a->known || a->offset != offset || a->mask != UINT32_MAX)
		emit(a, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset), 0, 0);
	if (mask != UINT32_MAX)
		emit(a, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask), 0, 0);
	a->known = true;
	a->offset = offset;
	a->mask = mask;
}

void asm_jump(struct bpf_asm *a, uint16_t op, uint32_t k, uint32_t yes, uint32_t no)
{
	emit(a, (struct sock_filter)BPF_STMT((uint16_t)(BPF_JMP | BPF_K | op), k), yes, no);
}

void asm_return(struct bpf_asm *a, uint32_t action)
{
	const struct sock_filter *last = a->len ? &a->code[a->len - 1] : NULL;

	/* What only a test that failed gets to, that test can jump to. */
	if (last && BPF_CLASS(last->code) == BPF_JMP && a->no[a->len - 1] == ASM_NEXT &&
	    !a->entered) {
		a->no[a->len - 1] = (uint8_t)asm_pooled_return(a, action);
		a->known = false;
		return;
	}
	emit(a, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action), 0, 0);
	a->known = false;
}

/* The offset of @label as seen from instruction @at; jumps only go forward. */
static int resolve(const struct bpf_asm *a, size_t at, uint32_t label, uint8_t *ret)
{
	size_t distance;

	if (label == ASM_NEXT) {
		*ret = 0;
		return 0;
	}
	assert(a->label[label].placed && a->label[label].at > at);
	distance = a->label[label].at - at - 1;
	if (distance > UINT8_MAX)
		return -E2BIG;
	*ret = (uint8_t)distance;
	return 0;
}

int asm_finish(struct bpf_asm *a, size_t *ret_len)
{
	uint32_t label;
	size_t i;
	int r;

	for (label = ASM_NEXT + 1; label < a->n_labels; label++)
		if (a->label[label].pooled) {
			asm_here(a, label);
			asm_return(a, a->label[label].action);
		}
	if (a->error)
		return a->error;

	for (i = 0; i < a->len; i++) {
		if (BPF_CLASS(a->code[i].code) != BPF_JMP)
			continue;
		r = resolve(a, i, a->yes[i], &a->code[i].jt);
		if (r == 0)
			r = resolve(a, i, a->no[i], &a->code[i].jf);
		if (r < 0)
			return r;
	}
	*ret_len = a->len;
	return 0;
}
