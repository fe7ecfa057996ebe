/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read out of the kernel's texts: made-up ones, as machines of all kinds have them. */
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
#include "host/kernel_facts.h"
#include "host/mountinfo.h"
#include "host/parts.h"
#include "host/procfs.h"

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
}

static void a_container_sees_its_own_part_of_the_hierarchy(void **state)
{
	(void)state;
	/* A private cgroup namespace. */
	assert_int_equal(cgroup_places("0::/\n", "41 31 0:38 / /sys/fs/cgroup ro - cgroup2 c ro\n",
				       place, 4),
			 1);
	assert_string_equal(place[0].dir, "/sys/fs/cgroup");
	/* The host's namespace, with our own part bind-mounted. */
	assert_int_equal(cgroup_places("0::/docker/17/x\n",
				       "41 31 0:38 /docker/17 /sys/fs/cgroup ro - cgroup2 c ro\n",
				       place, 4),
			 1);
	assert_string_equal(place[0].dir, "/sys/fs/cgroup/x");
	/* Not below what is mounted: 170 is not a child of 17, and ../x is outside the namespace. */
	assert_int_equal(cgroup_places("0::/docker/170\n",
				       "41 31 0:38 /docker/17 /sys/fs/cgroup ro - cgroup2 c ro\n",
				       place, 4),
			 1);
	assert_string_equal(place[0].dir, "/sys/fs/cgroup");
	assert_int_equal(cgroup_places("0::/../x\n",
				       "41 31 0:38 / /sys/fs/cgroup ro - cgroup2 c ro\n", place, 4),
			 1);
	assert_string_equal(place[0].dir, "/sys/fs/cgroup");
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

static void the_configuration_is_read_exactly(void **state)
{
	static const char config[] = "# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_BC=m\nCONFIG_D=y";

	(void)state;
	assert_int_equal(config_is_set(NULL, "A"), KNOWN_NOT);
	assert_int_equal(config_is_set(config, "A"), KNOWN_NO);
	assert_int_equal(config_is_set(config, "B"), KNOWN_YES);
	assert_int_equal(config_is_set(config, "BC"), KNOWN_NO);
	assert_int_equal(config_is_set(config, "C"), KNOWN_NO);
	assert_int_equal(config_is_set(config, "D"), KNOWN_YES);
}

static void the_command_line_ends_where_init_s_begins(void **state)
{
	char value[16] = "";

	(void)state;
	assert_false(cmdline_value(NULL, "preempt=", value, sizeof(value)));
	assert_false(cmdline_value("quiet", "preempt=", value, sizeof(value)));
	assert_false(cmdline_value("xpreempt=full", "preempt=", value, sizeof(value)));
	assert_false(cmdline_value("quiet -- preempt=full\n", "preempt=", value, sizeof(value)));
	assert_true(
		cmdline_value("preempt=none a preempt=full\n", "preempt=", value, sizeof(value)));
	assert_string_equal(value, "full");
}

static void the_preemption_model_is_found_or_unknown(void **state)
{
	static const struct {
		struct kernel_texts texts;
		const char *model;
	} rows[] = {
		{{.version = NULL}, "unknown"},
		/* Ubuntu, Fedora, Debian 12 as it comes: the configuration says it. */
		{{.version = "#1 SMP PREEMPT_DYNAMIC Debian", .cmdline = "quiet\n"}, "unknown"},
		{{.version = "#1 SMP PREEMPT_DYNAMIC Debian",
		  .cmdline = "quiet\n",
		  .config = "# CONFIG_PREEMPT_NONE is not set\nCONFIG_PREEMPT_VOLUNTARY=y\n"},
		 "voluntary"},
		{{.version = "#1 SMP PREEMPT_DYNAMIC Debian",
		  .config = "CONFIG_PREEMPT_VOLUNTARY=y\n"},
		 "unknown"},
		{{.version = "#1 SMP PREEMPT_DYNAMIC Debian",
		  .cmdline = "preempt=full\n",
		  .config = "CONFIG_PREEMPT_VOLUNTARY=y\n"},
		 "full"},
		{{.version = "#1 SMP PREEMPT_DYNAMIC x", .cmdline = "preempt=lazy"}, "lazy"},
		{{.version = "#1 SMP PREEMPT_DYNAMIC x", .cmdline = "preempt=nonsense"}, "unknown"},
		/* Arch */
		{{.version = "#1 SMP PREEMPT_DYNAMIC Thu",
		  .cmdline = "quiet",
		  .config = "CONFIG_PREEMPT=y\nCONFIG_PREEMPT_DYNAMIC=y\n"},
		 "full"},
		/* What root sees holds now, whatever the boot said. */
		{{.version = "#1 SMP PREEMPT_DYNAMIC x",
		  .cmdline = "preempt=full",
		  .sched_preempt = "none (voluntary) full\n"},
		 "voluntary"},
		{{.version = "#1 SMP PREEMPT_DYNAMIC x",
		  .cmdline = "preempt=full",
		  .sched_preempt = "none voluntary full (lazy)\n"},
		 "lazy"},
		{{.version = "#1 SMP PREEMPT_RT x", .config = "CONFIG_PREEMPT_VOLUNTARY=y\n"},
		 "rt"},
		{{.version = "#1 SMP PREEMPT Fri", .cmdline = "preempt=none"}, "full"},
		{{.version = "#1 SMP Debian", .cmdline = "preempt=full"}, "voluntary"},
		{{.version = "#1 SMP Debian", .config = "CONFIG_PREEMPT_NONE=y\n"}, "none"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *model = preempt_model(&rows[i].texts);

		if (strcmp(model, rows[i].model) != 0)
			fail_msg("row %zu: %s, not %s", i, model, rows[i].model);
	}
}

static void the_bpf_module_is_found_or_unknown(void **state)
{
	static const struct {
		struct kernel_texts texts;
		enum known known;
	} rows[] = {
		{{.version = NULL}, KNOWN_NOT},
		{{.lsm = "lockdown,capability,bpf"}, KNOWN_YES},
		{{.lsm = "bpf,yama"}, KNOWN_YES},
		{{.lsm = "lockdown,bpfx,xbpf", .cmdline = "lsm=bpf"}, KNOWN_NO},
		{{.cmdline = "quiet lsm=landlock,bpf"}, KNOWN_YES},
		{{.cmdline = "lsm=landlock", .config = "CONFIG_BPF_LSM=y\nCONFIG_LSM=\"bpf\"\n"},
		 KNOWN_NO},
		{{.cmdline = "", .config = "CONFIG_BPF_LSM=y\nCONFIG_LSM=\"landlock,bpf\"\n"},
		 KNOWN_YES},
		{{.cmdline = "", .config = "CONFIG_BPF_LSM=y\nCONFIG_LSM=\"landlock\"\n"},
		 KNOWN_NO},
		{{.cmdline = "lsm=bpf", .config = "# CONFIG_BPF_LSM is not set\n"}, KNOWN_NO},
		{{.config = "CONFIG_BPF_LSM=y\nCONFIG_LSM=\"bpf\"\n"}, KNOWN_NOT},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (bpf_in_lsm(&rows[i].texts) != rows[i].known)
			fail_msg("row %zu: %d", i, bpf_in_lsm(&rows[i].texts));
}

static void symbols_are_compared_whole(void **state)
{
	struct kernel_symbols symbols = {0};

	(void)state;
	kernel_symbol(&symbols, "");
	kernel_symbol(&symbols, "garbage\n");
	assert_false(symbols.seen);
	kernel_symbol(&symbols, "0000000000000000 t __pfx_security_set_mempolicy\n");
	kernel_symbol(&symbols, "0000000000000000 t security_set_mempolicy_x\n");
	kernel_symbol(&symbols, "0000000000000000 t security_set_mempolicy\t[module]\n");
	assert_true(symbols.seen);
	assert_false(symbols.hook);
	kernel_symbol(&symbols, "0000000000000000 T security_set_mempolicy\n");
	assert_true(symbols.hook);
	assert_false(symbols.error_injection);
	kernel_symbol(&symbols, "ffffffff81659380 T within_error_injection_list\n");
	assert_true(symbols.error_injection);
	assert_false(symbols.bpf_lsm);
	kernel_symbol(&symbols, "ffffffff81659380 T bpf_lsm_file_open");
	assert_true(symbols.bpf_lsm);
}

static void answers_have_names(void **state)
{
	char text[24];

	(void)state;
	assert_string_equal(host_answer_text(EPERM, text, sizeof(text)), "EPERM");
	assert_string_equal(host_answer_text(ENOSYS, text, sizeof(text)), "ENOSYS");
	assert_string_equal(host_answer_text(4000, text, sizeof(text)), "errno 4000");
	assert_string_equal(host_answer_text(HOST_KILLED, text, sizeof(text)), "a kill");
	assert_string_equal(host_answer_text(HOST_IGNORED, text, sizeof(text)), "a false success");
}

static void every_mechanism_and_call_has_a_name(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < MECH_COUNT; i++) {
		assert_non_null(mechanism_names[i].name);
		assert_int_equal(
			name_find(mechanism_names, MECH_COUNT, mechanism_names[i].name)->value, i);
	}
	for (i = 0; i < MPOL_SYS_COUNT; i++)
		assert_non_null(host_call_names[i]);
}

static void what_cannot_be_read_is_an_error(void **state)
{
	char *text = NULL;

	(void)state;
	assert_int_equal(procfs_read("/nonexistent", &text), -ENOENT);
	assert_int_equal(procfs_read("/", &text), -EISDIR);
	assert_int_equal(procfs_read("/dev/zero", &text), -EFBIG);
	assert_int_equal(procfs_read_gz("/nonexistent", &text), -ENOENT);
	assert_null(text);
	assert_int_equal(procfs_read("/dev/null", &text), 0);
	assert_string_equal(text, "");
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
		cmocka_unit_test(the_configuration_is_read_exactly),
		cmocka_unit_test(the_command_line_ends_where_init_s_begins),
		cmocka_unit_test(the_preemption_model_is_found_or_unknown),
		cmocka_unit_test(the_bpf_module_is_found_or_unknown),
		cmocka_unit_test(symbols_are_compared_whole),
		cmocka_unit_test(answers_have_names),
		cmocka_unit_test(every_mechanism_and_call_has_a_name),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
