/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The resident's own numbers, in memory that its programs share with us. Root only. */
#ifndef MPOLRUN_RESIDENT_CONTROL_H
#define MPOLRUN_RESIDENT_CONTROL_H

#include <stdbool.h>

#include "base/fault.h"
#include "resident_abi.h"

/*
 * How many of each there can be: of members, more than the machine can have tasks at its limit now.
 */
struct control_limits {
	uint32_t members, layers;
};

void control_limits(struct control_limits *ret);

/* Map the pinned one; *ret is the caller's, for control_unmap(). -ENOENT: there is none. */
int control_map(struct resident_control **ret, struct fault *fault);
void control_unmap(struct resident_control **control);

/*
 * Whether the kernel, as it runs now, is one that skips programs of fmod_ret; @preempt as
 * resident_load() has it. Of one that is not known, and tells its programs, no: what it tells them
 * is looked at by every join.
 */
bool control_preempts(const char *preempt);

/* For a resident that was not there before; @preempt as resident_load() has it. */
void control_fill(struct resident_control *control, const struct control_limits *limits,
		  const char *preempt);

#endif
