/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan as rows for people and machines: one per word and answer that somebody wrote. Pure. */
#ifndef MPOL_ROWS_H
#define MPOL_ROWS_H

#include "plan/plan.h"

/* Slots of one rule that one line of one profile gave one answer. */
struct row {
	const struct plan_row *plan;
	const struct origin *source;
	uint16_t answer;
	char words[96]; /* "bind,preferred-many", or "all"; "0-3" for nodes: those refused; or "" */
	size_t slots; /* how many words that is */
};

/* At most a row per slot. Returns how many were written to @ret. */
size_t rows_of_plan(const struct plan *plan, struct row *ret);

#endif
