/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* A part of all values of an argument. */
struct part {
	uint32_t mask, value;
	uint32_t kind; /* parts of one kind get the same answers */
};

#define PARTS_MAX 512

struct parts {
	size_t n;
	struct part part[PARTS_MAX];
};

/*
 * All values, of which @flags count one by one, and of the rest only those below @known: the
 * higher ones are told by their lowest bit beyond.
 */
static void parts_make(struct parts *parts, uint32_t flags, uint32_t known)
{
	uint32_t rest = ~flags, low = known - 1, flag = 0, value, bit, seen;

	parts->n = 0;
	while (low & (low + 1))
		low |= low >> 1; /* all bits that a known value may have */
	do {
		for (value = 0; value <= low; value++)
			parts->part[parts->n++] = (struct part){UINT32_MAX, value | flag, 0};
		seen = low | flags;
		for (bit = 1; bit; bit <<= 1) {
			if (!(bit & rest) || (bit & low))
				continue;
			seen |= bit;
			/* what is below @known matters no more, so leave it out */
			parts->part[parts->n++] = (struct part){seen & ~low, bit | flag, 0};
		}
		flag = (flag - flags) & flags; /* the next combination */
	} while (flag);
}

/*
 * Two parts that differ in one bit become one that does not look at it; where all are of one
 * kind, nothing is looked at.
 */
static void parts_merge(struct parts *parts)
{
	size_t i, j;
	bool again = true;

	for (i = 1; i < parts->n && parts->part[i].kind == parts->part[0].kind; i++)
		;
	if (i == parts->n) {
		parts->n = 1;
		parts->part[0].mask = parts->part[0].value = 0;
		return;
	}

	while (again) {
		again = false;
		for (i = 0; i < parts->n; i++)
			for (j = i + 1; j < parts->n; j++) {
				struct part *a = &parts->part[i], *b = &parts->part[j];
				uint32_t differs = a->value ^ b->value;

				if (a->kind != b->kind || a->mask != b->mask ||
				    (differs & (differs - 1)))
					continue;
				a->mask &= ~differs;
				a->value &= ~differs;
				*b = parts->part[--parts->n];
				again = true;
				j = i;
			}
	}
}

struct list {
	struct cell *cell;
	size_t n, room;
};

static int add(struct list *list, const struct cell *cell)
{
	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 32;
		struct cell *more = reallocarray(list->cell, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		list->cell = more;
		list->room = room;
	}
	list->cell[list->n++] = *cell;
	return 0;
}

static uint16_t answer_of(const struct mpol_rules *rules, enum mpol_syscall call,
			  const uint64_t args[6])
{
	struct mpol_call decoded;
	__u64 copy[6] = {0};
	size_t i;

	for (i = 0; i < 6; i++)
		copy[i] = args[i];
	mpol_decode(call, copy, &decoded);
	return MPOL_VERDICT_ANSWER(mpol_verdict(rules, &decoded));
}

static void condition(struct cell *cell, uint32_t argument, const struct part *part)
{
	if (part->mask)
		cell->condition[cell->n++] =
			(struct cell_condition){argument, CELL_MASKED, part->mask, part->value};
}

/* One of two arguments that are looked at, and the parts of its values. */
struct axis {
	uint32_t argument;
	struct parts parts;
};

/* The answers to a part of one axis with each part of the other. */
struct row {
	uint16_t answer[PARTS_MAX];
};

/*
 * Parts of @first that get the same answers throughout are merged, and behind each of those what
 * is left of @second.
 */
static int add_pairs(struct list *list, const struct mpol_rules *rules, enum mpol_syscall call,
		     const struct axis *first, const struct axis *second)
{
	_cleanup_free_ struct axis *outer = calloc(1, sizeof(*outer));
	_cleanup_free_ struct axis *inner = calloc(1, sizeof(*inner));
	_cleanup_free_ struct row *rows = calloc(PARTS_MAX, sizeof(*rows));
	size_t i, j, k, n_rows = 0;
	int r;

	if (!outer || !inner || !rows)
		return -ENOMEM;
	*outer = *first;
	for (i = 0; i < outer->parts.n; i++) {
		struct row row = {.answer = {0}};

		for (j = 0; j < second->parts.n; j++) {
			uint64_t args[6] = {0};

			args[second->argument] = second->parts.part[j].value;
			args[outer->argument] = outer->parts.part[i].value;
			row.answer[j] = answer_of(rules, call, args);
		}
		for (k = 0; k < n_rows; k++)
			if (memcmp(&rows[k], &row, sizeof(row)) == 0)
				break;
		if (k == n_rows)
			rows[n_rows++] = row;
		outer->parts.part[i].kind = (uint32_t)k;
	}
	parts_merge(&outer->parts);
	for (i = 0; i < outer->parts.n; i++) {
		*inner = *second;
		for (j = 0; j < inner->parts.n; j++)
			inner->parts.part[j].kind = rows[outer->parts.part[i].kind].answer[j];
		parts_merge(&inner->parts);
		for (j = 0; j < inner->parts.n; j++) {
			struct cell cell = {.call = call,
					    .answer = (uint16_t)inner->parts.part[j].kind};

			condition(&cell, outer->argument, &outer->parts.part[i]);
			condition(&cell, inner->argument, &inner->parts.part[j]);
			r = add(list, &cell);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/*
 * Which of the two arguments comes first makes a difference of hundreds of cells: take the
 * better.
 */
static int add_set(struct list *list, const struct mpol_rules *rules, enum mpol_syscall call)
{
	bool mbind = call == MPOL_SYS_MBIND;
	_cleanup_free_ struct axis *mode = calloc(1, sizeof(*mode));
	_cleanup_free_ struct axis *flags = calloc(1, sizeof(*flags));
	struct list other = {.n = 0};
	int r;

	if (!mode || !flags)
		return -ENOMEM;
	mode->argument = mbind ? 2 : 0;
	parts_make(&mode->parts, MPOL_ABI_MODE_FLAGS, MPOL_ABI_MODES);
	flags->argument = 5;
	flags->parts.n = 1; /* a single part, of everything */
	if (mbind)
		parts_make(&flags->parts, (1u << MPOL_ABI_MF_BITS) - 1, 1);
	r = add_pairs(list, rules, call, mode, flags);
	if (r == 0)
		r = add_pairs(&other, rules, call, flags, mode);
	if (r == 0 && other.n < list->n) {
		free(list->cell);
		*list = other;
		other.cell = NULL;
	}
	free(other.cell);
	return r;
}

/* The calls of which one or two arguments count, as mpol_decode() reads them. */
static int add_few(struct list *list, const struct mpol_rules *rules, enum mpol_syscall call)
{
	struct cell cells[4] = {{.call = call}};
	uint64_t args[4][6] = {{0}};
	size_t i, n = 1;
	int r;

	if (call == MPOL_SYS_MOVE_PAGES) {
		cells[0].condition[cells[0].n++] =
			(struct cell_condition){.argument = 3, .op = CELL_ZERO};
		cells[1].condition[cells[1].n++] =
			(struct cell_condition){.argument = 3, .op = CELL_NOT_ZERO};
		args[1][3] = 1;
		n = 2;
	} else if (call == MPOL_SYS_FSCONFIG) {
		/* The command is SET_STRING (1), or has another bit. */
		struct parts parts = {.n = 0};

		parts_make(&parts, 0, MPOL_ABI_FSCONFIG_SET_STRING + 1);
		for (i = 0; i < parts.n; i++) {
			uint64_t one[6] = {0, parts.part[i].value};

			parts.part[i].kind = answer_of(rules, call, one);
		}
		parts_merge(&parts);
		for (i = 0; i < parts.n; i++) {
			struct cell cell = {.call = call, .answer = (uint16_t)parts.part[i].kind};

			condition(&cell, 1, &parts.part[i]);
			r = add(list, &cell);
			if (r < 0)
				return r;
		}
		return 0;
	} else if (call == MPOL_SYS_MOUNT) {
		static const struct part bind = {MPOL_ABI_MS_BIND, MPOL_ABI_MS_BIND, 0};
		static const struct part no_bind = {MPOL_ABI_MS_BIND, 0, 0};

		condition(&cells[0], 3, &bind);
		args[0][3] = MPOL_ABI_MS_BIND;
		args[0][4] = 1;
		condition(&cells[1], 3, &no_bind);
		cells[1].condition[cells[1].n++] =
			(struct cell_condition){.argument = 4, .op = CELL_ZERO};
		condition(&cells[2], 3, &no_bind);
		cells[2].condition[cells[2].n++] =
			(struct cell_condition){.argument = 4, .op = CELL_NOT_ZERO};
		args[2][4] = 1;
		n = 3;
	}
	for (i = 0; i < n; i++) {
		cells[i].call = call;
		cells[i].answer = answer_of(rules, call, args[i]);
		if (i && cells[i].answer != cells[0].answer)
			break;
	}
	if (i == n) { /* all alike: no argument matters */
		n = 1;
		cells[0].n = 0;
	}
	for (i = 0; i < n; i++) {
		cells[i].call = call;
		cells[i].answer = answer_of(rules, call, args[i]);
		r = add(list, &cells[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

int cells_of(const struct mpol_rules *rules, enum mpol_syscall call, struct cell **ret,
	     size_t *ret_n)
{
	struct list list = {.n = 0};
	int r;

	if (call == MPOL_SYS_MBIND || call == MPOL_SYS_SET_MEMPOLICY)
		r = add_set(&list, rules, call);
	else
		r = add_few(&list, rules, call);
	if (r < 0) {
		free(list.cell);
		return r;
	}
	*ret = list.cell;
	*ret_n = list.n;
	return 0;
}
