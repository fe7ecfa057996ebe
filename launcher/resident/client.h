/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking the resident, by prctl(2): what every launch does, without a library and without a
 * privilege. Everything here is async-signal-safe.
 */
#ifndef MPOLRUN_RESIDENT_CLIENT_H
#define MPOLRUN_RESIDENT_CLIENT_H

#include <stdint.h>

#include "resident_abi.h"

/*
 * Which programs there are (enum resident_program). Under a seccomp filter, call it in a child.
 *   -ENODEV   nobody answers
 *   -EPROTO   a resident answers that speaks another RESIDENT_ABI
 */
int resident_hello(uint32_t *ret_programs);

/*
 * Call a verb that takes a request. Its answer, 0 or more, or -errno as resident_abi.h says;
 * -ENODEV where the resident did not answer, which is worth another try only where it did before.
 */
int resident_call(enum resident_verb verb, const struct resident_request *request);

/* What such an errno means to whoever would join a layer, as a sentence. Not async-signal-safe. */
const char *resident_error_text(int err);

#endif
