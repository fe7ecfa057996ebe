/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does the resident refuse what it should? Asked of the programs themselves, right after a load. */
#ifndef MPOLRUN_RESIDENT_SELFTEST_H
#define MPOLRUN_RESIDENT_SELFTEST_H

#include <stdint.h>

#include "base/fault.h"

/*
 * For each of @programs that can be tried without side effects, a child joins a layer that only it
 * decides for, and is refused. *ret_failed: those that did not refuse. -errno: it could not be
 * tried.
 */
int selftest(uint32_t programs, uint32_t *ret_failed, struct fault *fault);

#endif
