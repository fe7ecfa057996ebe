/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a launch asks of the resident: worked out before, asked in one call. A layer of its own
 * without keys, unless resident_make() or resident_join() was called after prepare().
 */
#ifndef MPOLRUN_ENFORCE_RESIDENT_H
#define MPOLRUN_ENFORCE_RESIDENT_H

#include <stdbool.h>

#include "layer/layer_sources.h"
#include "resident_abi.h"

struct resident_enforcement {
	enum resident_verb verb; /* 0: nothing is asked */
	struct resident_request request;
	struct layer_label label; /* of a layer that is made */
	/* one that set_mempolicy(2) must be refused, afterwards; -1: none is sure */
	int probe_mode;
	int cgroup; /* the launch's own, the caller's, to which the layer is attached; -EBADF */
	bool cgroup_must; /* or the launch fails */
	__u64 generation; /* of the layer that is joined, when .probe_mode was found; else 0 */
};

#endif
