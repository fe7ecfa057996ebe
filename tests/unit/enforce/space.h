/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that a filter is asked about, and the comparison of its answers with the verdict's. */
#ifndef SPACE_H
#define SPACE_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "enforce/seccomp_compile.h"

enum space_size {
	SPACE_FEW, /* all values that have a meaning, in all combinations, and each bit alone */
	SPACE_ALL, /* modes 0-63, 2^k, 2^k - 1, negative, with high bits; times the same of all flags */
	SPACE_SIZES,
};

/*
 * Samples of a call: .args is set, those that no rule looks at to noise. Made once, kept until exit.
 */
const struct seccomp_data *space_samples(uint32_t call, enum space_size size, size_t *ret_n);

struct difference {
	const char *where;
	struct seccomp_data data;
	uint32_t expected, got; /* what seccomp(2) calls an action */
};

/*
 * Whether the program answers every sample, through every ABI of the family, as mpol_verdict() does;
 * and unknown architectures, undecoded ABIs and all other numbers as seccomp_compile.h says. A
 * program of no instructions allows everything. The first difference is described in @ret.
 */
bool space_agrees(const struct mpol_rules *rules, const struct abi_family *family,
		  const struct sock_filter *code, size_t len, enum space_size size,
		  struct difference *ret);

/* A sequence of numbers that look random and depend on the start only. */
uint64_t noise(uint64_t *state);

#endif
