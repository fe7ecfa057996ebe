/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_EXPLAIN_H
#define MPOLRUN_EXPLAIN_H

#include <stdio.h>

#include "front.h"
#include "options.h"

/* mpolrun explain: 0 if the plan covers the policy, EXIT_NOT_COVERED, EXIT_MPOLRUN. */
int cmd_explain(const struct options *options);

/* The report of @front, in at most 80 columns. Pure but for @out. */
void explain_text(const struct front *front, FILE *out);

/*
 * The same for machines, one JSON object and a line feed; @log is what watch_explain() says.
 * -ENOMEM.
 */
int explain_json(const struct front *front, const char *log, FILE *out);

#endif
