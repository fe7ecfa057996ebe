/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each mechanism can do for each rule, as data. */
#ifndef MPOLRUN_PLAN_TABLE_H
#define MPOLRUN_PLAN_TABLE_H

#include "plan.h"

/* How well one way of a mechanism holds a rule, and what the host must have for it. */
struct cell {
	enum mechanism mechanism;
	enum cover cover;
	uint32_t needs; /* enum host_feature, all of them */
	const char *how; /* the calls or hooks, for people */
	const char *note; /* what else it refuses or when it looks; or NULL */
	bool sees_nodes; /* sees the kernel's copy of the node mask: tells preferred from local */
	uint32_t program; /* of the resident, that decides: one of enum resident_program; 0: none */
};

#define CELLS_MAX 6

/*
 * CELLS_MAX of them, best first within equal covers; unused ones are COVER_NONE. Of a rule: not
 * NULL.
 */
const struct cell *plan_cells(enum rule_group group);

/* Why a feature is wanted and what to do without it, for rules that could be held better. */
struct feature_text {
	enum host_feature feature;
	const char *why;
	const char *fix;
};
extern const struct feature_text feature_texts[];
extern const size_t n_feature_texts;

#endif
