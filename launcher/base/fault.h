/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fault: what is wrong, where, and what to do, carried upwards by functions that do not speak to
 * the user themselves. Plain data, nothing to free.
 */
#ifndef MPOLRUN_FAULT_H
#define MPOLRUN_FAULT_H

#include <stddef.h>
#include <stdint.h>

/* Where a call that is read back, with -EPROTO, did not do what it answered. */
#define ANSWERED_ABOVE "a filter above answers in the kernel's place"

struct fault {
	char file[256]; /* as the user named it; "" if there is no file */
	uint32_t line; /* from 1; 0 if there is none */
	uint32_t column; /* from 1, in characters; 0 if there is none */
	char what[256]; /* "unknown mode 'bnd'" */
	char hint[256]; /* "did you mean 'bind'?", or "" */
};

/*
 * Set @fault's sentence and return @err (a negative errno), so that a failing function can end with
 * `return fault_set(fault, -EINVAL, "...")`. @fault may be NULL. The place and the hint are kept as
 * they are; control characters and bytes that are no UTF-8 are replaced, since what people read on
 * a terminal may quote a hostile file.
 */
int fault_set(struct fault *fault, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void fault_hint(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));
void fault_place(struct fault *fault, const char *file, uint32_t line, uint32_t column);

/*
 * "FILE:LINE:COLUMN: WHAT (HINT)" into @buf, the parts that there are; returns @buf.
 */
const char *fault_text(const struct fault *fault, char *buf, size_t size);

#endif
