/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a launch asks of the resident: worked out before, asked in one call. */
#ifndef MPOLRUN_ENFORCE_RESIDENT_H
#define MPOLRUN_ENFORCE_RESIDENT_H

#include <stdbool.h>

#include "resident_abi.h"

struct resident_enforcement {
	struct resident_request request; /* .deciders is 0: nothing is asked */
	int probe_mode; /* one that set_mempolicy(2) must be refused, afterwards; -1: none is sure */
};

#endif
