/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules as cells: together they are all calls, none of them twice, and each has the verdict's
 * answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "export/cells.h"
#include "space.h"

static bool meets(const struct cell *cell, const struct seccomp_data *data)
{
	size_t i;

	for (i = 0; i < cell->n; i++) {
		const struct cell_condition *condition = &cell->condition[i];
		uint64_t value = data->args[condition->argument];
		bool met = value == 0;

		if (condition->op == CELL_MASKED)
			met = ((uint32_t)value & condition->mask) == condition->value;
		else if (condition->op == CELL_NOT_ZERO)
			met = value != 0;
		if (!met)
			return false;
	}
	return true;
}

static void check(const struct mpol_rules *rules)
{
	uint32_t call;

	for (call = 0; call < MPOL_SYS_COUNT; call++) {
		_cleanup_free_ struct cell *cells = NULL;
		const struct seccomp_data *samples;
		size_t n_cells, n, i, k;

		assert_int_equal(cells_of(rules, (enum mpol_syscall)call, &cells, &n_cells), 0);
		for (k = 0; k < n_cells; k++)
			if (cells[k].n == 2)
				assert_int_not_equal(cells[k].condition[0].argument,
						     cells[k].condition[1].argument);
		samples = space_samples(call, SPACE_FEW, &n);
		for (i = 0; i < n; i++) {
			struct mpol_call decoded;
			size_t met = 0, which = 0;
			__u64 args[6];

			for (k = 0; k < 6; k++)
				args[k] = samples[i].args[k];
			mpol_decode(call, args, &decoded);
			for (k = 0; k < n_cells; k++)
				if (meets(&cells[k], &samples[i])) {
					met++;
					which = k;
				}
			if (met != 1)
				fail_msg("call %u: %zu cells have it", call, met);
			assert_int_equal(cells[which].answer,
					 MPOL_VERDICT_ANSWER(mpol_verdict(rules, &decoded)));
		}
	}
}

static void every_single_rule_and_answer(void **state)
{
	static const uint16_t answers[] = {
		MPOL_ANSWER(MPOL_AUDIT, 0),
		MPOL_ANSWER(MPOL_IGNORE, 0),
		MPOL_ANSWER(MPOL_ERRNO, EPERM),
		MPOL_ANSWER(MPOL_KILL, 0),
	};
	uint32_t rule;
	size_t i;

	(void)state;
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		for (i = 0; i < ELEMENTSOF(answers); i++) {
			struct mpol_rules rules = {.version = MPOL_RULES_VERSION};

			rules.answer[rule] = answers[i];
			check(&rules);
		}
}

static void rules_that_overlap(void **state)
{
	uint64_t seed = 7;
	int round;

	(void)state;
	for (round = 0; round < 25; round++) {
		struct mpol_rules rules = {.version = MPOL_RULES_VERSION};
		uint32_t rule;

		for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
			uint32_t kind = (uint32_t)(noise(&seed) >> 33) % 8;

			if (kind <= MPOL_KILL)
				rules.answer[rule] = MPOL_ANSWER(
					kind, kind == MPOL_ERRNO ? 1 + noise(&seed) % 100 : 0);
		}
		check(&rules);
	}
}

static void a_rule_set_that_allows_all_is_one_cell_a_call(void **state)
{
	const struct mpol_rules rules = {.version = MPOL_RULES_VERSION};
	uint32_t call;

	(void)state;
	for (call = 0; call < MPOL_SYS_COUNT; call++) {
		_cleanup_free_ struct cell *cells = NULL;
		size_t n, i;

		assert_int_equal(cells_of(&rules, (enum mpol_syscall)call, &cells, &n), 0);
		for (i = 0; i < n; i++)
			assert_int_equal(cells[i].answer, 0);
		if (call == MPOL_SYS_GET_MEMPOLICY || call == MPOL_SYS_MOVE_PAGES)
			assert_true(n == 1 && cells[0].n == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_single_rule_and_answer),
		cmocka_unit_test(rules_that_overlap),
		cmocka_unit_test(a_rule_set_that_allows_all_is_one_cell_a_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
