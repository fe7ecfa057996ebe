/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The maps of a generation that is opened, and not yet loaded. */
#ifndef MPOLRUN_RESIDENT_MAPS_H
#define MPOLRUN_RESIDENT_MAPS_H

#include "base/fault.h"
#include "control.h"

struct resident_bpf;

/*
 * Pin the maps where the next generation finds them, and size them: by what is pinned already, or
 * by what the machine can have of tasks. What is private to a generation is not pinned.
 */
int maps_prepare(struct resident_bpf *skeleton, const struct control_limits *limits,
		 struct fault *fault);

#endif
