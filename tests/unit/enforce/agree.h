/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The comparison of a filter's answers with the verdict's. */
#ifndef AGREE_H
#define AGREE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "enforce/seccomp_compile.h"
#include "space.h"

struct difference {
	const char *where;
	struct seccomp_data data;
	uint32_t expected, got; /* what seccomp(2) calls an action */
};

/*
 * Whether the program answers every sample, through every ABI of the family, as mpol_verdict()
 * does; and unknown architectures, undecoded ABIs and all other numbers as seccomp_compile.h says.
 * A program of no instructions allows everything. The first difference is described in @ret.
 */
bool program_agrees(const struct mpol_rules *rules, const struct abi_family *family,
		    const struct sock_filter *code, size_t len, enum space_size size,
		    struct difference *ret);

#endif
