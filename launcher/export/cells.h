/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules as conditions on single arguments, each of which is all that libseccomp, and so a container
 * runtime's JSON, can compare: (argument & mask) == value, and for pointers none or some. Pure.
 */
#ifndef MPOLRUN_EXPORT_CELLS_H
#define MPOLRUN_EXPORT_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verdict.h"

enum cell_op {
	CELL_MASKED, /* (argument & .mask) == .value */
	CELL_ZERO,
	CELL_NOT_ZERO,
};

/* Never two of one argument: a runtime would take them for alternatives. */
struct cell_condition {
	uint32_t argument;
	enum cell_op op;
	uint32_t mask, value; /* the low halves: no more of a mode or of flags counts */
};

/* Whoever meets all conditions, gets the answer. */
struct cell {
	enum mpol_syscall call;
	uint16_t answer;
	size_t n; /* 0: every call */
	struct cell_condition condition[2];
};

/*
 * The cells of @call: together they are all calls that there are, and no two of them overlap,
 * since libseccomp promises nothing about rules of which one is within the other. The answers are
 * those of mpol_verdict(). *ret is the caller's. -ENOMEM.
 */
int cells_of(const struct mpol_rules *rules, enum mpol_syscall call, struct cell **ret,
	     size_t *ret_n);

#endif
