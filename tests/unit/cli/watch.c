/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a picture of a layer looks like, and what the numbers in it are read from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cgroup/memory.h"
#include "cli/watch_calls.h"

static void assert_picture(const struct watch_view *view, const char *expected)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	watch_print(out, view);
	fclose(out);
	assert_string_equal(text, expected);
}

static const struct watch_node two_nodes[] = {
	{0, 3911 * 1024, 1820 * 1024, 6144 * 1024},
	{1, 4102 * 1024, 1655 * 1024, 6144 * 1024},
};

static struct watch_view web(void)
{
	const struct watch_view view = {
		.name = "web",
		.held = "fmod_ret",
		.title = "nobind",
		.members = "7 members",
		.generation = 3,
		.node = two_nodes,
		.n_nodes = 2,
		.memory_known = true,
		.rate = 12,
		.refused = 8204,
	};

	return view;
}

static void nodes_refusals_and_who_made_them(void **state)
{
	static const struct watch_row rows[] = {
		{"bind nodes 0", 8204, {{"java", 4711, 8192}, {"numactl", 4790, 12}}, 2},
		{"mount", 3, {{"mount", 7, 3}}, 1},
	};
	static const struct watch_bound bound[] = {{"postgres", 3307, "bind:0, 2 areas, 812 MiB"},
						   {"a\nb", 1, "bind:0, 1 area, 1 MiB"}};
	struct watch_view view = web();

	(void)state;
	view.keys = true;
	view.row = rows;
	view.n_rows = 2;
	view.bound = bound;
	view.n_bound = 2;
	view.more_bound = 5;
	assert_picture(&view, "web  fmod_ret  nobind gen 3  enforcing  7 members"
			      "                every 1s q quit\n"
			      "node 0 |###################==---------|  web 3911  free 1820  of "
			      "6144 MiB\n"
			      "node 1 |####################=---------|  web 4102  free 1655  of "
			      "6144 MiB\n"
			      "refused 12/s, 8204 total   ignored 0   lost 0\n"
			      "  bind nodes 0           8192 java[4711]  12 numactl[4790]\n"
			      "  mount                  3 mount[7]\n"
			      "bound before, not undone: postgres[3307] bind:0, 2 areas, 812 MiB\n"
			      "bound before, not undone: a?b[1] bind:0, 1 area, 1 MiB\n"
			      "bound before, not undone: 5 more\n");
}

static void what_is_not_known_is_not_shown_as_nothing(void **state)
{
	static const struct watch_row rows[] = {{"modes.bind", 4, {{"", 0, 0}}, 0}};
	struct watch_view view = web();

	(void)state;
	view.audit = true;
	view.audited = 4;
	view.memory_known = false;
	view.n_nodes = 1;
	view.row = rows;
	view.n_rows = 1;
	view.others = 9;
	assert_picture(&view, "web  fmod_ret  nobind gen 3  auditing  7 members\n"
			      "node 0 |=====================---------|  web ?  free 1820  of 6144 "
			      "MiB\n"
			      "audited 12/s, 4 total   ignored 0   lost 0\n"
			      "  modes.bind             4\n"
			      "  others                 9\n");
	view.memory_known = true;
	view.n_unseen = 1;
	view.n_nodes = view.n_rows = 0;
	view.others = 0;
	assert_picture(&view, "web  fmod_ret  nobind gen 3  auditing  7 members\n"
			      "not looked at: the memory of 1 process\n"
			      "audited 12/s, 4 total   ignored 0   lost 0\n");
}

static void no_name_moves_the_cursor_and_no_bar_is_too_long(void **state)
{
	static const struct watch_row rows[] = {{"bind", 1, {{"\x1b[2Jx\ny", 1, 1}}, 1}};
	static const struct watch_node node = {3, 9000 * 1024, 0, 4096 * 1024};
	struct watch_view view = web();

	(void)state;
	view.title = "a\nb";
	view.node = &node;
	view.n_nodes = 1;
	view.row = rows;
	view.n_rows = 1;
	assert_picture(&view, "web  fmod_ret  a?b gen 3  enforcing  7 members\n"
			      "node 3 |##############################|  web 9000  free 0  of 4096 "
			      "MiB\n"
			      "refused 12/s, 8204 total   ignored 0   lost 0\n"
			      "  bind                   1 ?[2Jx?y[1]\n");
}

static void calls_are_told_apart_by_what_and_who(void **state)
{
	struct watch_row rows[WATCH_ROWS];
	static struct watch_calls calls;
	char nodes[16];
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		watch_calls_count(&calls, "modes.bind", "0-1", "java", i < 4 ? 7 : 8);
	watch_calls_count(&calls, "mount", "", "java", 8);
	assert_int_equal(watch_calls_rows(&calls, rows), 2);
	assert_string_equal(rows[0].what, "bind nodes 0-1");
	assert_int_equal(rows[0].n, 5);
	assert_int_equal(rows[0].n_who, 2);
	assert_int_equal(rows[0].who[0].pid, 7);
	assert_int_equal(rows[0].who[0].n, 4);
	assert_string_equal(rows[1].what, "mount");
	/* Kinds beyond those that there is room for are counted together. */
	for (i = 0; i < WATCH_ROWS + 3; i++) {
		snprintf(nodes, sizeof(nodes), "%d", i);
		watch_calls_count(&calls, "modes.default", nodes, "java", 8);
	}
	assert_int_equal(watch_calls_rows(&calls, rows), WATCH_ROWS);
	assert_int_equal(calls.others, 5);
	/* So are callers. */
	for (i = 0; i < 2 * WATCH_CALLERS; i++)
		watch_calls_count(&calls, "mount", "", "java", 100 + i);
	assert_int_equal(watch_calls_rows(&calls, rows), WATCH_ROWS);
	assert_string_equal(rows[0].what, "mount");
	assert_int_equal(rows[0].n, 1 + 2 * WATCH_CALLERS);
	assert_int_equal(rows[0].n_who, WATCH_WHO);
}

static void read_text(void (*f)(FILE *, uint64_t *), const char *text, uint64_t *kib)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(file);
	memset(kib, 0, MPOL_NODES_MAX * sizeof(*kib));
	f(file, kib);
	fclose(file);
}

static void memory_is_read_as_the_kernel_writes_it(void **state)
{
	char area[] = "7f00 bind:0 heap anon=1 dirty=1 N0=3 N1=1 kernelpagesize_kB=2048\n";
	char other[] = "7f01 default stack\n";
	static uint64_t kib[MPOL_NODES_MAX];

	(void)state;
	read_text(memory_read_numa_maps,
		  "55d0 default file=/a\\040N0=9 mapped=3 active=0 N0=2 N1=1 kernelpagesize_kB=4\n"
		  "7f00 bind:0 heap anon=1 dirty=1 N1=1 kernelpagesize_kB=2048\n"
		  "7f01 default stack\n"
		  "7f02 default N5000=1 N0=x kernelpagesize_kB=4\n",
		  kib);
	assert_int_equal(kib[0], 8);
	assert_int_equal(kib[1], 4 + 2048);
	assert_int_equal(memory_of_area(area), 4 * 2048);
	assert_int_equal(memory_of_area(other), 0);
	read_text(memory_read_numa_stat,
		  "anon N0=1048576 N1=2048\nfile N0=4096 N1=0\nshmem N0=4096 N1=0\n", kib);
	assert_int_equal(kib[0], 1024 + 4);
	assert_int_equal(kib[1], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_refusals_and_who_made_them),
		cmocka_unit_test(what_is_not_known_is_not_shown_as_nothing),
		cmocka_unit_test(no_name_moves_the_cursor_and_no_bar_is_too_long),
		cmocka_unit_test(calls_are_told_apart_by_what_and_who),
		cmocka_unit_test(memory_is_read_as_the_kernel_writes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
