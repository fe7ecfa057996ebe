/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one JSON object that a subcommand answers with under --json. */
#ifndef MPOLRUN_ANSWER_H
#define MPOLRUN_ANSWER_H

#include <json-c/json.h>
#include <stdio.h>

/* {"version": 1}, or NULL: no memory. The caller's. */
struct json_object *answer_new(void);

/* Print @object, if any, and give it up. */
void answer_print(FILE *out, struct json_object *object);

#endif
