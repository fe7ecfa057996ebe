/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_EXPLAIN_H
#define MPOLRUN_EXPLAIN_H

#include <json-c/json_types.h>
#include <stdio.h>

#include "options.h"

/* mpolrun explain: 0 if the plan covers the policy, EXIT_NOT_COVERED, EXIT_MPOLRUN. */
int cmd_explain(const struct options *options);

/* The report of @plan, as mpol_plan_json() tells it, in at most 80 columns. Pure but for @out. */
void explain_text(struct json_object *plan, FILE *out);

#endif
