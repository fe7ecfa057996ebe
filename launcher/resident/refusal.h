/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that this kernel refuses, one after the other, while a load goes on without them. */
#ifndef MPOLRUN_RESIDENT_REFUSAL_H
#define MPOLRUN_RESIDENT_REFUSAL_H

#include <stddef.h>

#include "resident.h"

/*
 * The name of the program that libbpf's @log, a text, says was refused last, in @ret of @size
 * bytes.
 * -ENOENT: it says so of none, or not in words that are known here.
 */
int refusal_of_log(const char *log, char *ret, size_t size);

/* Add to @report. -E2BIG: there are too many. -EEXIST: it was refused already, and tried again. */
int refusal_add(struct resident_load_report *report, const char *section, const char *why);

#endif
