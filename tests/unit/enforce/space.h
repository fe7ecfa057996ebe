/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that a filter is asked about. */
#ifndef SPACE_H
#define SPACE_H

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

enum space_size {
	SPACE_FEW, /* all values that have a meaning, in all combinations, and each bit alone */
	/* modes 0-63, 2^k, 2^k - 1, negative, with high bits; times the same of all flags */
	SPACE_ALL,
	SPACE_SIZES,
};

/*
 * Samples of a call: .args is set, those that no rule looks at to noise. Made once, kept until
 * exit.
 */
const struct seccomp_data *space_samples(uint32_t call, enum space_size size, size_t *ret_n);

/* A sequence of numbers that look random and depend on the start only. */
uint64_t noise(uint64_t *state);

#endif
