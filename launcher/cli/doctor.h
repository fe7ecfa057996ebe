/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mpolrun doctor: what can be enforced here, why not more, and what to change. */
#ifndef MPOLRUN_DOCTOR_H
#define MPOLRUN_DOCTOR_H

#include <json-c/json.h>
#include <stdio.h>

#include "options.h"

/* Ask the host everything and print it on stdout; changes nothing anywhere. An exit status. */
int cmd_doctor(const struct options *options);

/* What mpol_host_json() says, for people, in 80 columns. */
void doctor_text(struct json_object *host, FILE *out);

#endif
