/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first half of every filter: from the architecture and the number of a call to the label of
 * what decides it.
 *
 * The kernel tries a filter with each number of each of its tables when it is installed, a thousand
 * in all, so that what is tested before a call is let through is most of what an installation
 * costs. Hence a search instead of one comparison after another.
 */
#ifndef MPOLRUN_DISPATCH_H
#define MPOLRUN_DISPATCH_H

#include "bpf_asm.h"
#include "seccomp_compile.h"

#define DISPATCH_MAX 64

struct dispatch {
	struct dispatch_row {
		uint32_t audit_arch, number; /* with the ABI's bit */
		uint32_t label;
	} row[DISPATCH_MAX];
	size_t n;
};

/*
 * To @label with the call that has @number in @abi; nothing where that is -1.
 *   -EEXIST  another call has that number (our bug)
 *   -E2BIG   more calls than DISPATCH_MAX (our bug)
 */
int dispatch_add(struct dispatch *d, const struct abi *abi, int number, uint32_t label);

/*
 * Emit it. A call that nothing was added for is allowed, one of an architecture that is not in
 * @family gets the action @unknown.
 *   -E2BIG  more architectures than there are (our bug)
 */
int dispatch_emit(struct bpf_asm *a, const struct dispatch *d, const struct abi_family *family,
		  uint32_t unknown);

#endif
