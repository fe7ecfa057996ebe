/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where our cgroup is, and whether a cpuset can be written from there: made-up texts, and a folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/cgroup.h"
#include "host/parts.h"

static struct cgroup_place place[4];

static void a_cgroup_is_found_in_both_hierarchies(void **state)
{
	static const char cgroup[] = "9:name=systemd:/\n3:cpu,cpuset:/a\n1:cpuacct:/z\n0::/b/c\n";
	static const char mountinfo[] =
		"31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
		"32 31 0:29 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n"
		"34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpu,cpuset\n"
		"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n";

	(void)state;
	assert_int_equal(cgroup_places(cgroup, mountinfo, place, 4), 2);
	assert_false(place[0].v2);
	assert_false(place[0].noprefix);
	assert_string_equal(place[0].dir, "/sys/fs/cgroup/cpuset/a");
	assert_int_equal(place[0].top, strlen("/sys/fs/cgroup/cpuset"));
	assert_true(place[1].v2);
	assert_string_equal(place[1].dir, "/sys/fs/cgroup/unified/b/c");
	assert_true(place[0].found && place[1].found);
}

static void a_container_sees_its_own_part_of_the_hierarchy(void **state)
{
	(void)state;
	/* A private cgroup namespace. */
	assert_int_equal(cgroup_places("0::/\n", "41 31 0:38 / /sys/fs/cgroup ro - cgroup2 c ro\n",
				       place, 4),
			 1);
	assert_string_equal(place[0].dir, "/sys/fs/cgroup");
	assert_true(place[0].found);
	/* The host's namespace, with our own part bind-mounted. */
	assert_int_equal(cgroup_places("0::/docker/17/x\n",
				       "41 31 0:38 /docker/17 /sys/fs/cgroup ro - cgroup2 c ro\n",
				       place, 4),
			 1);
	assert_string_equal(place[0].dir, "/sys/fs/cgroup/x");
	/*
	 * Not below what is mounted: 170 is not a child of 17, and ../x is outside the namespace.
	 */
	assert_int_equal(cgroup_places("0::/docker/170\n",
				       "41 31 0:38 /docker/17 /sys/fs/cgroup ro - cgroup2 c ro\n",
				       place, 4),
			 1);
	assert_string_equal(place[0].dir, "/sys/fs/cgroup");
	assert_false(place[0].found);
	assert_int_equal(cgroup_places("0::/../x\n",
				       "41 31 0:38 / /sys/fs/cgroup ro - cgroup2 c ro\n", place, 4),
			 1);
	assert_string_equal(place[0].dir, "/sys/fs/cgroup");
	assert_false(place[0].found);
	/* A cgroup namespace without a mount of its own: of what is mounted we are somewhere. */
	assert_int_equal(cgroup_places("0::/\n",
				       "41 31 0:38 /.. /sys/fs/cgroup ro - cgroup2 c ro\n", place,
				       4),
			 1);
	assert_string_equal(place[0].dir, "/sys/fs/cgroup");
	assert_false(place[0].found);
}

static void no_cgroup_is_found_where_none_matters(void **state)
{
	(void)state;
	assert_int_equal(cgroup_places("", "", place, 4), 0);
	assert_int_equal(cgroup_places("garbage\n1:\n", "garbage\n", place, 4), 0);
	assert_int_equal(
		cgroup_places("1:cpu:/\n", "3 1 0:2 / /c rw - cgroup none rw,cpu\n", place, 4), 0);
	/* What is mounted counts even where /proc/self/cgroup does not say where we are in it. */
	assert_int_equal(
		cgroup_places("", "3 1 0:2 / /c rw - cgroup none rw,cpuset,noprefix\n", place, 4),
		1);
	assert_true(place[0].noprefix);
	assert_string_equal(place[0].dir, "/c");
}

static char top[] = "/tmp/mpolrun-cgroup-XXXXXX";

static void put(const char *name, const char *text, mode_t mode)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static int make_tree(void **state)
{
	char path[256];

	(void)state;
	strcpy(top, "/tmp/mpolrun-cgroup-XXXXXX");
	if (!mkdtemp(top))
		return -errno;
	snprintf(path, sizeof(path), "%s/own", top);
	return mkdir(path, 0755) < 0 ? -errno : 0;
}

static int remove_tree(void **state)
{
	static const char *const names[] = {"cpuset.mems",
					    "own/cpuset.mems",
					    "own/cgroup.controllers",
					    "own/cgroup.subtree_control",
					    "cgroup.controllers",
					    "cgroup.subtree_control",
					    "own",
					    ""};
	char path[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		(void)remove(path);
	}
	return access(top, F_OK) == 0 ? -ENOTEMPTY : 0;
}

/* Permissions mean nothing to root: what it may not do cannot be made up with them. */
static bool writable(bool v2, char *buf, size_t size)
{
	struct cgroup_place own = {.v2 = v2, .top = strlen(top)};

	snprintf(own.dir, sizeof(own.dir), "%s/own", top);
	return cgroup_cpuset_writable(&own, buf, size);
}

static void a_cpuset_of_an_ancestor_is_found(void **state)
{
	char path[256] = "";

	(void)state;
	assert_false(writable(true, path, sizeof(path)));
	put("cpuset.mems", "", 0644);
	assert_true(writable(true, path, sizeof(path)));
	assert_non_null(strstr(path, "/cpuset.mems"));
	assert_null(strstr(path, "own"));
}

static void our_own_cpuset_is_found_first(void **state)
{
	char path[256] = "";

	(void)state;
	put("cpuset.mems", "", 0644);
	put("own/cpuset.mems", "", 0644);
	assert_true(writable(true, path, sizeof(path)));
	assert_non_null(strstr(path, "/own/cpuset.mems"));
}

static void a_delegated_cgroup_is_found_only_with_its_controller(void **state)
{
	char path[256] = "";

	(void)state;
	put("own/cgroup.controllers", "cpu memory\n", 0644);
	put("own/cgroup.subtree_control", "memory\n", 0644);
	assert_false(writable(true, path, sizeof(path)));
	put("own/cgroup.controllers", "cpuset cpu memory\n", 0644);
	assert_true(writable(true, path, sizeof(path)));
	assert_non_null(strstr(path, "/own/NEW/cpuset.mems"));
}

static void in_v1_any_new_cgroup_has_a_cpuset(void **state)
{
	char path[256] = "";

	(void)state;
	assert_true(writable(false, path, sizeof(path)));
	assert_non_null(strstr(path, "/own/NEW/cpuset.mems"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cgroup_is_found_in_both_hierarchies),
		cmocka_unit_test(a_container_sees_its_own_part_of_the_hierarchy),
		cmocka_unit_test(no_cgroup_is_found_where_none_matters),
		cmocka_unit_test_setup_teardown(a_cpuset_of_an_ancestor_is_found, make_tree,
						remove_tree),
		cmocka_unit_test_setup_teardown(our_own_cpuset_is_found_first, make_tree,
						remove_tree),
		cmocka_unit_test_setup_teardown(
			a_delegated_cgroup_is_found_only_with_its_controller, make_tree,
			remove_tree),
		cmocka_unit_test_setup_teardown(in_v1_any_new_cgroup_has_a_cpuset, make_tree,
						remove_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
