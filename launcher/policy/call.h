/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A system call written in words, for `profile test`:
 *
 *	mbind(MODE[|FLAG...][, NODES[, FLAG|...]])	mbind(bind|static-nodes, 0-3, move)
 *	set_mempolicy(MODE[|FLAG...][, NODES])
 *	set_mempolicy_home_node([NODE])
 *	get_mempolicy()
 *	migrate_pages([FROM, TO])
 *	move_pages(query|nodes)
 *	mount([mpol=POLICY])				mount(mpol=interleave:0-3)
 *
 * Words are those of a profile, short or long; a mode and mbind's flags may be numbers too, of
 * which the low 32 bits count, as in the kernel. NODES is a list (no blank after a comma), "none",
 * or empty: then what they are is not known, as it is not to a system call filter.
 */
#ifndef MPOLRUN_CALL_H
#define MPOLRUN_CALL_H

#include <stdbool.h>

#include "base/fault.h"
#include "verdict.h"

struct call {
	struct mpol_call call; /* without .nodes, which depends on the rules: see call_decide() */
	bool nodes_said;
	__u64 nodes[MPOL_NODES_WORDS];
};

/*
 * Pure, any phase. *ret is untouched on failure.
 *   -EINVAL  @fault says what is wrong and, for a word, the nearest valid one
 */
int call_parse(const char *text, struct call *ret, struct fault *fault);

/* mpol_verdict() of it. */
__u32 call_decide(const struct call *call, const struct mpol_rules *rules);

#endif
