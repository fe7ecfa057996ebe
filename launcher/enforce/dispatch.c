/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dispatch.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#define ARCHS_MAX 4
#define NUMBERS 470u /* about as many as a table of the kernel has */
#define FEW_NUMBERS 64u /* one comparison more for each costs less than one instruction more */

static bool before(const struct dispatch_row *a, const struct dispatch_row *b)
{
	return a->audit_arch < b->audit_arch ||
	       (a->audit_arch == b->audit_arch && a->number < b->number);
}

int dispatch_add(struct dispatch *d, const struct abi *abi, int number, uint32_t label)
{
	const struct dispatch_row row = {
		.audit_arch = abi->audit_arch,
		.number = (uint32_t)number | abi->number_bit,
		.label = label,
	};
	size_t at = d->n;

	if (number < 0)
		return 0;
	if (d->n == DISPATCH_MAX)
		return -E2BIG;
	while (at > 0 && before(&row, &d->row[at - 1]))
		at--;
	if (at > 0 && !before(&d->row[at - 1], &row))
		return -EEXIST;
	memmove(&d->row[at + 1], &d->row[at], (d->n - at) * sizeof(d->row[0]));
	d->row[at] = row;
	d->n++;
	return 0;
}

/* How many comparisons it takes to tell @n numbers from all others: an estimate. */
static uint32_t comparisons(size_t n)
{
	return n <= 2 ? (uint32_t)n : 1 + comparisons((n + 1) / 2);
}

/* How many numbers that the kernel has lie in [@from, @to). */
static uint32_t width(uint32_t from, uint32_t to)
{
	if (from > NUMBERS)
		from = NUMBERS;
	if (to > NUMBERS)
		to = NUMBERS;
	return to - from;
}

/* The cheapest place to cut [@from, @to), with some of the @n rows on both sides. */
static uint32_t cut(const struct dispatch_row *row, size_t n, uint32_t from, uint32_t to,
		    size_t *ret_left)
{
	uint32_t best = UINT32_MAX, ret = 0;
	size_t left, side;

	for (left = 1; left < n; left++)
		for (side = 0; side < 2; side++) {
			uint32_t at = side ? row[left].number : row[left - 1].number + 1;
			uint32_t cost = width(from, at) * comparisons(left) +
					width(at, to) * comparisons(n - left);

			if (cost < best) {
				best = cost;
				ret = at;
				*ret_left = left;
			}
		}
	return ret;
}

static void search(struct bpf_asm *a, const struct dispatch_row *row, size_t n, uint32_t from,
		   uint32_t to, uint32_t allow)
{
	uint32_t at, right;
	size_t left = 0, i;

	if (n <= 2 || width(from, to) < FEW_NUMBERS) {
		for (i = 0; i < n; i++)
			asm_jump(a, BPF_JEQ, row[i].number, row[i].label,
				 i + 1 < n ? ASM_NEXT : allow);
		return;
	}
	at = cut(row, n, from, to, &left);
	right = asm_label(a);
	asm_jump(a, BPF_JGE, at, right, ASM_NEXT);
	search(a, row, left, from, at, allow);
	asm_here(a, right);
	search(a, row + left, n - left, at, to, allow);
}

static bool first_of_arch(const struct abi_family *family, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (family->abis[i].audit_arch == family->abis[index].audit_arch)
			return false;
	return true;
}

int dispatch_emit(struct bpf_asm *a, const struct dispatch *d, const struct abi_family *family,
		  uint32_t unknown)
{
	uint32_t allow = asm_pooled_return(a, SECCOMP_RET_ALLOW);
	struct {
		uint32_t label;
		size_t first, n;
	} arch[ARCHS_MAX];
	size_t i, k, archs = 0;

	asm_load(a, (uint32_t)offsetof(struct seccomp_data, arch), UINT32_MAX);
	for (i = 0; i < family->n; i++) {
		const uint32_t audit_arch = family->abis[i].audit_arch;

		if (!first_of_arch(family, i))
			continue;
		if (archs == ARCHS_MAX)
			return -E2BIG;
		for (k = 0; k < d->n && d->row[k].audit_arch != audit_arch; k++)
			;
		arch[archs].first = k;
		for (; k < d->n && d->row[k].audit_arch == audit_arch; k++)
			;
		arch[archs].n = k - arch[archs].first;
		arch[archs].label = arch[archs].n ? asm_label(a) : allow;
		asm_jump(a, BPF_JEQ, audit_arch, arch[archs].label, ASM_NEXT);
		archs++;
	}
	asm_return(a, unknown);
	for (i = 0; i < archs; i++) {
		if (!arch[i].n)
			continue;
		asm_here(a, arch[i].label);
		asm_load(a, (uint32_t)offsetof(struct seccomp_data, nr), UINT32_MAX);
		search(a, d->row + arch[i].first, arch[i].n, 0, UINT32_MAX, allow);
	}
	return 0;
}
