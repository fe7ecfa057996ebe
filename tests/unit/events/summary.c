/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a run came to, as people read it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "events/summary.h"

#define EXITED(n) ((n) << 8)

static struct summary summary;

static struct event bound(struct timespec time)
{
	struct event event = {
		.time = time,
		.profile = "nobind.yaml",
		.line = 5,
		.rule = MPOL_RULE_MODE + MPOL_ABI_MODE_BIND,
		.pid = 4711,
		.tid = 4711,
		.comm = "java",
		.call = MPOL_SYS_MBIND,
		.mode = MPOL_ABI_MODE_BIND,
		.nodes_known = true,
		.nodes = {1},
		.verdict = EVENT_REFUSED,
		.answer = MPOL_ANSWER(MPOL_ERRNO, EPERM),
	};

	return event;
}

static void assert_says(int status, const uint64_t *allowed, uint64_t lost, const char *expected)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	summary_print(out, &summary, "nobind", status, allowed, lost, 100 * 1024);
	fclose(out);
	assert_string_equal(text, expected);
}

static int start(void **state)
{
	(void)state;
	summary_init(&summary);
	return 0;
}

static void refusals_by_kind_most_often_first(void **state)
{
	struct event event;
	uint64_t allowed = 120;
	int i;

	(void)state;
	event = bound(summary.started);
	event.time.tv_sec += 3;
	event.pid = event.tid = 4790;
	strcpy(event.comm, "evil\n\033[2J");
	summary_add(&summary, &event);
	event = bound(summary.started);
	event.time.tv_sec += 62 * 60;
	for (i = 0; i < 8192; i++)
		summary_add(&summary, &event);
	assert_int_equal(summary_total(&summary), 8193);
	summary.memory.looks = 1;
	summary.memory.there[0] = summary.memory.there[1] = true;
	summary.memory.kib[0] = 3911 * 1024;
	summary.memory.kib[1] = 4102 * 1024 - 1;
	assert_says(EXITED(7), &allowed, 2,
		    "mpolrun: exit 7 after 0 s, nobind\n"
		    "  refused 8192    mbind(MPOL_BIND, nodes 0 claimed) EPERM  java[4711], first "
		    "after 1h02m  nobind.yaml:5\n"
		    "  refused 1       mbind(MPOL_BIND, nodes 0 claimed) EPERM  evil??[2J[4790], "
		    "first after 3 s  nobind.yaml:5\n"
		    "  allowed 120  events lost 2\n"
		    "  peak MiB  node0 3911  node1 4102  largest process 100\n"
		    "  by node as seen in 1 look, up to one a second\n");
}

static void what_is_not_known_is_said_not_to_be(void **state)
{
	(void)state;
	assert_says(9, NULL, 0,
		    "mpolrun: signal 9 after 0 s, nobind\n"
		    "  nothing was refused\n"
		    "  allowed not counted  events lost 0\n"
		    "  peak MiB  largest process 100\n"
		    "  by node not seen\n");
}

static void what_the_kernel_alone_has_counted_is_told_by_rule(void **state)
{
	struct event event = bound(summary.started);
	uint64_t allowed = 3;

	(void)state;
	summary_add(&summary, &event);
	summary_add(&summary, &event);
	event.pid = 0;
	event.comm[0] = '\0';
	summary_add_counted(&summary, &event, 7);
	/* Nobody who is told of is one of those. */
	event.call = MPOL_SYS_COUNT;
	event.rule = MPOL_RULE_FILES;
	summary_add(&summary, &event);
	assert_int_equal(summary_total(&summary), 10);
	assert_says(0, &allowed, 0,
		    "mpolrun: exit 0 after 0 s, nobind\n"
		    "  refused 7       modes.bind EPERM  by whom is not known  nobind.yaml:5\n"
		    "  refused 2       mbind(MPOL_BIND, nodes 0 claimed) EPERM  java[4711], first "
		    "after 0 s  nobind.yaml:5\n"
		    "  refused 1       a file with a memory policy EPERM  ?[0], first after 0 s  "
		    "nobind.yaml:5\n"
		    "  allowed 3  events lost 0\n"
		    "  peak MiB  largest process 100\n"
		    "  by node not seen\n");
}

static void more_kinds_than_there_is_room_for_are_counted_together(void **state)
{
	struct event event = bound(summary.started);
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out;
	int i;

	(void)state;
	for (i = 0; i < SUMMARY_ROWS + 5; i++) {
		event.pid = i + 1;
		summary_add(&summary, &event);
	}
	assert_int_equal(summary_total(&summary), SUMMARY_ROWS + 5);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	summary_print(out, &summary, "nobind", 0, NULL, 0, 0);
	fclose(out);
	assert_non_null(strstr(text, "\n  others  5\n"));
}

static void many_nodes_take_several_lines(void **state)
{
	int i;

	(void)state;
	summary.memory.looks = 12;
	for (i = 0; i < 8; i++) {
		summary.memory.there[i] = true;
		summary.memory.kib[i] = 123456 * 1024;
	}
	assert_says(0, NULL, 0,
		    "mpolrun: exit 0 after 0 s, nobind\n"
		    "  nothing was refused\n"
		    "  allowed not counted  events lost 0\n"
		    "  peak MiB  node0 123456  node1 123456  node2 123456  node3 123456  node4 "
		    "123456\n"
		    "            node5 123456  node6 123456  node7 123456  largest process 100\n"
		    "  by node as seen in 12 looks, up to one a second\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(refusals_by_kind_most_often_first, start),
		cmocka_unit_test_setup(what_is_not_known_is_said_not_to_be, start),
		cmocka_unit_test_setup(more_kinds_than_there_is_room_for_are_counted_together,
				       start),
		cmocka_unit_test_setup(what_the_kernel_alone_has_counted_is_told_by_rule, start),
		cmocka_unit_test_setup(many_nodes_take_several_lines, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
