/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What oci.c and merge.c share. */
#ifndef MPOLRUN_EXPORT_PARTS_H
#define MPOLRUN_EXPORT_PARTS_H

#include <json-c/json.h>

#include "verdict.h"

extern const char *const export_call_names[MPOL_SYS_COUNT];
extern const char *const export_arches[]; /* the native one first; ends in NULL */

struct json_object *export_architectures(void);

/* What becomes of a call that no rule matches. */
struct export_default {
	const char *action;
	int err; /* -1: the action has none */
};

/*
 * Append the rules of one call to an array; what they have in common with the default is left
 * out.
 */
int export_add_call(struct json_object *syscalls, const struct mpol_rules *rules,
		    enum mpol_syscall call, const struct export_default *by_default);

#endif
