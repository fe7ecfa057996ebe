/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mpolrun doctor: what can be enforced here, why not more, and what to change. */
#ifndef MPOLRUN_DOCTOR_H
#define MPOLRUN_DOCTOR_H

#include <stdio.h>

#include "host/host.h"
#include "options.h"
#include "plan/plan.h"

/* Ask the host everything and print it on stdout; changes nothing anywhere. An exit status. */
int cmd_doctor(const struct options *options);

/* What doctor says, worked out from a host alone, so that tests can make hosts up. */
struct diagnosis {
	const struct host *host; /* borrowed */
	struct policy policy; /* made up: it restricts every rule. Nothing of it to be freed */
	struct plan plan;
	char next[256]; /* the best next step */
};

/* @ret must not be moved afterwards: it points into itself. */
void diagnosis_make(const struct host *host, struct diagnosis *ret);

/* For people, in 80 columns. */
void doctor_text(const struct diagnosis *diagnosis, FILE *out);

/* For machines: one JSON object with "version": 1. 0, or -ENOMEM */
int doctor_json(const struct diagnosis *diagnosis, FILE *out);

/* The calls that set, ask or move by memory policy; the others are only mounts. */
static inline bool call_is_of_numa(enum mpol_syscall call)
{
	return call != MPOL_SYS_MOUNT && call != MPOL_SYS_FSCONFIG;
}

#endif
