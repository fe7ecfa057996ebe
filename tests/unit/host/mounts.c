/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts with a memory policy, in made-up texts of /proc/self/mountinfo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/mountinfo.h"
#include "host/parts.h"

static void no_mount_with_a_policy_is_found_where_there_is_none(void **state)
{
	struct host host = {0};

	(void)state;
	host_mounts(&host, "");
	host_mounts(&host, "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
			   "24 27 0:6 / /dev rw - devtmpfs devtmpfs rw,size=12334556k,mode=755\n"
			   "25 24 0:23 / /mpol=bind:0 rw - tmpfs mpol=bind:0 rw,size=24684100k\n"
			   "garbage\n\n- - -\n26 24 0:23 / /x rw - tmpfs");
	assert_int_equal(host.n_mpol_mounts, 0);
}

static void a_mount_with_a_policy_is_found_with_its_nodes(void **state)
{
	struct host host = {0};

	(void)state;
	host_mounts(&host, "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
			   "36 35 0:40 / /mnt/a\\040b\\054c rw shared:1 master:2 - tmpfs none "
			   "rw,size=4k,mpol=bind:0,2-3,noswap\n");
	assert_int_equal(host.n_mpol_mounts, 1);
	assert_string_equal(host.mpol_mount[0].point, "/mnt/a b,c");
	assert_true(host.mpol_mount[0].policy.set);
	assert_int_equal(host.mpol_mount[0].policy.mode, MPOL_ABI_MODE_BIND);
	assert_int_equal(host.mpol_mount[0].policy.nodes[0], 0xd);
}

static void a_mount_without_a_source_is_found(void **state)
{
	struct host host = {0};

	(void)state;
	host_mounts(&host, "36 35 0:40 / /mnt rw - tmpfs  rw,mpol=interleave:0-1\n");
	assert_int_equal(host.n_mpol_mounts, 1);
	assert_int_equal(host.mpol_mount[0].policy.mode, MPOL_ABI_MODE_INTERLEAVE);
	assert_int_equal(host.mpol_mount[0].policy.nodes[0], 3);
}

/* The kernel writes the one mode of two words as it is, where a blank ends every other field. */
static void a_mode_of_two_words_is_found(void **state)
{
	struct host host = {0};

	(void)state;
	host_mounts(&host, "36 35 0:40 / /mnt rw - tmpfs rw rw,mpol=weighted interleave:0-1\n");
	assert_int_equal(host.n_mpol_mounts, 1);
	assert_true(host.mpol_mount[0].policy.set);
	assert_int_equal(host.mpol_mount[0].policy.mode, 6);
	assert_int_equal(host.mpol_mount[0].policy.nodes[0], 3);
}

static void other_file_systems_may_say_mpol(void **state)
{
	struct host host = {0};

	(void)state;
	host_mounts(&host, "36 35 0:40 / /mnt rw - fuse.x none rw,mpol=bind:0\n");
	assert_int_equal(host.n_mpol_mounts, 0);
}

static void a_policy_that_we_cannot_read_is_not_lost(void **state)
{
	struct host host = {0};

	(void)state;
	host_mounts(&host, "36 35 0:40 / /mnt rw - tmpfs none rw,mpol=novel:0\n");
	assert_int_equal(host.n_mpol_mounts, 1);
	assert_false(host.mpol_mount[0].policy.set);
}

/* The first may be one that a profile allows, and the second one that it refuses. */
static void every_different_policy_is_kept_once(void **state)
{
	struct host host = {0};
	char text[4096] = "";
	size_t i, length = 0;

	(void)state;
	for (i = 0; i < 2 * HOST_MOUNTS_MAX; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   "36 35 0:40 / /m%zu rw - tmpfs none rw,mpol=%s:%zu\n", i,
					   i % 2 ? "bind" : "interleave", i / 4);
	host_mounts(&host, text);
	assert_int_equal(host.n_mpol_mounts, HOST_MOUNTS_MAX);
	assert_false(host.mpol_mounts_more);
	assert_string_equal(host.mpol_mount[0].point, "/m0");
	assert_string_equal(host.mpol_mount[1].point, "/m1");
	assert_string_equal(host.mpol_mount[2].point, "/m4");
	assert_int_equal(host.mpol_mount[1].policy.mode, MPOL_ABI_MODE_BIND);

	host_mounts(&host, "36 35 0:40 / /last rw - tmpfs none rw,mpol=bind:9\n");
	assert_int_equal(host.n_mpol_mounts, HOST_MOUNTS_MAX);
	assert_true(host.mpol_mounts_more);
}

static void a_line_that_is_longer_than_any_is_passed_over(void **state)
{
	size_t size = 200000;
	char *text = malloc(size);
	struct host host = {0};

	(void)state;
	assert_non_null(text);
	memset(text, 'x', size);
	strcpy(text + size - 100, "\n36 35 0:40 / /mnt rw - tmpfs none rw,mpol=bind:0\n");
	host_mounts(&host, text);
	assert_int_equal(host.n_mpol_mounts, 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_mount_with_a_policy_is_found_where_there_is_none),
		cmocka_unit_test(a_mount_with_a_policy_is_found_with_its_nodes),
		cmocka_unit_test(a_mount_without_a_source_is_found),
		cmocka_unit_test(a_mode_of_two_words_is_found),
		cmocka_unit_test(other_file_systems_may_say_mpol),
		cmocka_unit_test(a_policy_that_we_cannot_read_is_not_lost),
		cmocka_unit_test(every_different_policy_is_kept_once),
		cmocka_unit_test(a_line_that_is_longer_than_any_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
