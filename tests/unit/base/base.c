/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/names.h"
#include "base/text.h"

static const struct name fruit[] = {
	{"bind", 2, "MPOL_BIND", NULL},
	{"preferred", 1, "MPOL_PREFERRED", NULL},
	{"preferred-many", 5, "MPOL_PREFERRED_MANY", NULL},
};

static void a_name_is_found_whole_or_not_at_all(void **state)
{
	(void)state;
	assert_int_equal(name_find(fruit, ELEMENTSOF(fruit), "bind")->value, 2);
	assert_int_equal(name_find(fruit, ELEMENTSOF(fruit), "MPOL_PREFERRED_MANY")->value, 5);
	assert_int_equal(name_find(fruit, ELEMENTSOF(fruit), "preferred")->value, 1);
	assert_null(name_find(fruit, ELEMENTSOF(fruit), "prefer"));
	assert_null(name_find(fruit, ELEMENTSOF(fruit), "bind "));
	assert_null(name_find(fruit, ELEMENTSOF(fruit), ""));
	assert_string_equal(name_of(fruit, ELEMENTSOF(fruit), 5), "preferred-many");
	assert_null(name_of(fruit, ELEMENTSOF(fruit), 3));
}

static void the_nearest_name_is_near(void **state)
{
	(void)state;
	assert_string_equal(name_nearest(fruit, ELEMENTSOF(fruit), "bnd"), "bind");
	assert_string_equal(name_nearest(fruit, ELEMENTSOF(fruit), "bidn"), "bind");
	assert_string_equal(name_nearest(fruit, ELEMENTSOF(fruit), "prefered"), "preferred");
	assert_null(name_nearest(fruit, ELEMENTSOF(fruit), "interleave"));
	assert_null(name_nearest(fruit, ELEMENTSOF(fruit), "xy"));
}

static void distance_counts_edits(void **state)
{
	char longest[80];

	(void)state;
	assert_int_equal(text_distance("", ""), 0);
	assert_int_equal(text_distance("bind", "bind"), 0);
	assert_int_equal(text_distance("bind", "bnd"), 1);
	assert_int_equal(text_distance("bind", "bidn"), 1);
	assert_int_equal(text_distance("", "four"), 4);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_true(text_distance(longest, "a") == SIZE_MAX);
	longest[63] = '\0';
	assert_int_equal(text_distance(longest, longest), 0);
}

static void numbers_are_whole_and_in_range(void **state)
{
	uint32_t n = 7;

	(void)state;
	assert_int_equal(text_to_u32("0", 10, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(text_to_u32("4294967295", UINT32_MAX, &n), 0);
	assert_int_equal(n, UINT32_MAX);
	n = 7;
	assert_int_equal(text_to_u32("4294967296", UINT32_MAX, &n), -ERANGE);
	assert_int_equal(text_to_u32("99999999999999999999999", UINT32_MAX, &n), -ERANGE);
	assert_int_equal(text_to_u32("11", 10, &n), -ERANGE);
	assert_int_equal(text_to_u32("", 10, &n), -EINVAL);
	assert_int_equal(text_to_u32("1x", 10, &n), -EINVAL);
	assert_int_equal(text_to_u32("-1", 10, &n), -EINVAL);
	assert_int_equal(text_to_u32(" 1", 10, &n), -EINVAL);
	assert_int_equal(n, 7);
}

static void node_lists_go_there_and_back(void **state)
{
	static const char *const good[] = {"0", "0-3", "0,2", "0-3,8,63-64,1023", ""};
	static const struct {
		const char *text;
		int err;
	} bad[] = {
		{"3-1", -EINVAL},  {"1-", -EINVAL},     {"-1", -EINVAL}, {"1,,2", -EINVAL},
		{",1", -EINVAL},   {"1,", -EINVAL},     {"a", -EINVAL},  {"0-3,2", -EEXIST},
		{"1024", -ERANGE}, {"0-1024", -ERANGE}, {"1 ", -EINVAL}, {"1,1", -EEXIST},
	};
	char buf[64];
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(good); i++) {
		__u64 words[16] = {0};

		assert_int_equal(text_to_bitmap(good[i], words, 16), 0);
		assert_string_equal(text_from_bitmap(words, 16, buf, sizeof(buf)), good[i]);
	}
	for (i = 0; i < ELEMENTSOF(bad); i++) {
		__u64 words[16] = {0}, none[16] = {0};

		assert_int_equal(text_to_bitmap(bad[i].text, words, 16), bad[i].err);
		assert_memory_equal(words, none, sizeof(words));
	}
}

static void a_long_node_list_is_cut_short(void **state)
{
	__u64 words[16] = {0x5555555555555555ULL, 0x5555555555555555ULL};
	char buf[16];

	(void)state;
	text_from_bitmap(words, 16, buf, sizeof(buf));
	assert_true(strlen(buf) < sizeof(buf));
	assert_non_null(strstr(buf, "..."));
}

static void what_is_shown_cannot_steer_a_terminal(void **state)
{
	char text[] = "a\x1b[2Jb\n\x7f\xc3\xa9\xff\xc2\x9b\xe2\x80\xae\xed\xa0\x80z";

	(void)state;
	text_make_printable(text);
	assert_string_equal(text, "a?[2Jb??\xc3\xa9???"
				  "???"
				  "???z");
}

static void a_word_is_found_whole_and_within_the_length_only(void **state)
{
	static const char list[] = "cpu,cpuset,bpf";

	(void)state;
	assert_true(text_has_word(list, strlen(list), "cpu", ","));
	assert_true(text_has_word(list, strlen(list), "bpf", ","));
	assert_false(text_has_word(list, strlen(list), "cpus", ","));
	assert_false(text_has_word(list, strlen(list), "set", ","));
	assert_false(text_has_word(list, strlen("cpu,cpu"), "cpuset", ","));
	assert_false(text_has_word("", 0, "bpf", ","));
}

static void a_fault_reads_where_what_and_hint(void **state)
{
	struct fault fault = {.line = 0};
	char text[640];

	(void)state;
	assert_int_equal(fault_set(&fault, -EINVAL, "unknown mode '%s'", "bnd\n"), -EINVAL);
	assert_string_equal(fault_text(&fault, text, sizeof(text)), "unknown mode 'bnd?'");
	fault_place(&fault, "db.yaml", 6, 9);
	fault_hint(&fault, "did you mean '%s'?", "bind");
	assert_string_equal(fault_text(&fault, text, sizeof(text)),
			    "db.yaml:6:9: unknown mode 'bnd?' (did you mean 'bind'?)");
	assert_int_equal(fault_set(NULL, -ENOMEM, "nobody listens"), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_found_whole_or_not_at_all),
		cmocka_unit_test(the_nearest_name_is_near),
		cmocka_unit_test(distance_counts_edits),
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(node_lists_go_there_and_back),
		cmocka_unit_test(a_long_node_list_is_cut_short),
		cmocka_unit_test(what_is_shown_cannot_steer_a_terminal),
		cmocka_unit_test(a_word_is_found_whole_and_within_the_length_only),
		cmocka_unit_test(a_fault_reads_where_what_and_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
