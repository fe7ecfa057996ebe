/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose call it was: the cgroup that a task's file names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "enforce/caller.h"

static void expect(const char *text, const char *path)
{
	size_t length = 0;
	const char *found = caller_cgroup(text, &length);

	if (!path) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_int_equal(length, strlen(path));
	assert_memory_equal(found, path, length);
}

static void the_one_hierarchy_s_path_is_found(void **state)
{
	(void)state;
	expect("0::/user.slice/a\n", "/user.slice/a");
	expect("1:name=systemd:/s\n0::/u\n", "/u");
	expect("0::/", "/");
	expect("10::/no\n", NULL);
	expect("", NULL);
}

static void the_memory_controller_s_comes_first(void **state)
{
	(void)state;
	expect("12:cpuset:/c\n9:memory:/m\n0::/u\n", "/m");
	expect("0::/u\n9:memory:/m", "/m");
}

static void a_path_names_no_controller(void **state)
{
	(void)state;
	expect("0::/a:memory:/forged\n", "/a:memory:/forged");
	expect("3:cpu:/x:memory:/forged\n2:memory:/y:memory:/z\n0::/u\n", "/y:memory:/z");
	expect("3:cpu:/x0::/forged\n0::/u\n", "/u");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_hierarchy_s_path_is_found),
		cmocka_unit_test(the_memory_controller_s_comes_first),
		cmocka_unit_test(a_path_names_no_controller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
