/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What doctor says of hosts that are hard to come by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/doctor.h"
#include "cli/read.h"
#include "lib.h"

/* The calls that set, ask or move by memory policy; the others are only mounts. */
static bool call_is_of_numa(size_t call)
{
	return call != MPOL_SYS_MOUNT && call != MPOL_SYS_FSCONFIG;
}

static struct host host;
static char *text;

/* A machine with two nodes, where nothing stands in the way. */
static int make_host(void **state)
{
	size_t i;

	(void)state;
	memset(&host, 0, sizeof(host));
	host.uid = 1000;
	host.numa = true;
	host.nodes[0] = host.nodes_allowed[0] = 3;
	host.bind_tried = true;
	for (i = 0; i < MPOL_SYS_COUNT; i++)
		host.call[i].tried = true;
	host.mechanism[MECH_SECCOMP].ready = true;
	host.mechanism[MECH_LAUNCHER].ready = true;
	strcpy(host.resident.why, "this release has no resident yet");
	strcpy(host.abis, "x86_64 i386; x32 refused whole");
	return 0;
}

static int free_text(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

static void diagnose(void)
{
	struct json_object *object;
	char *json = NULL;
	size_t size, width = 0, i;
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &size);
	assert_non_null(out);
	assert_int_equal(host_json(&host, &json), 0);
	object = read_json(json);
	doctor_text(object, out);
	json_object_put(object);
	fclose(out);
	for (i = 0; i < size; i++) {
		width = text[i] == '\n' ? 0 : width + 1;
		assert_in_range(width, 0, 80);
	}
}

#define SAYS(words) assert_non_null(strstr(text, words))
#define DOES_NOT_SAY(words) assert_null(strstr(text, words))

static void the_usual_host_is_shown_the_command(void **state)
{
	(void)state;
	diagnose();
	SAYS("yes (tried).  2 nodes: 0-1.\n");
	SAYS("Best next step: mpolrun -p nobind -- COMMAND\n");
	SAYS("\nmodes          seccomp (exact)\n");
	DOES_NOT_SAY("Note:");
}

static void a_cpuset_that_leaves_nodes_out_is_told(void **state)
{
	(void)state;
	host.nodes_allowed[0] = 2;
	diagnose();
	SAYS("2 nodes: 0-1; your cpuset allows 1.\n");
}

static void a_kernel_without_numa_has_nothing_to_refuse(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < MPOL_SYS_COUNT; i++)
		host.call[i].absent = call_is_of_numa((enum mpol_syscall)i);
	host.bind = ENOSYS;
	diagnose();
	SAYS("no: this kernel has no memory policies");
	SAYS("Best next step: none: this kernel");
	DOES_NOT_SAY("filter above");
}

static void without_seccomp_the_next_step_is_to_get_it(void **state)
{
	(void)state;
	host.mechanism[MECH_SECCOMP].ready = false;
	strcpy(host.mechanism[MECH_SECCOMP].why, "a reason");
	strcpy(host.mechanism[MECH_SECCOMP].fix, "a remedy");
	diagnose();
	SAYS("seccomp   no      a reason\n");
	SAYS("-> a remedy\n");
	SAYS("Best next step: a remedy\n");
	SAYS("\nmodes          -  ");
	DOES_NOT_SAY("seccomp (exact)");
}

/* No filter: then it is not said that there is one. */
static void a_security_module_is_not_called_a_filter(void **state)
{
	(void)state;
	host.bind = EPERM;
	diagnose();
	SAYS("NO: the kernel answers EPERM");
	SAYS("Best next step: none");
	DOES_NOT_SAY("filter above");
	DOES_NOT_SAY("outside");
}

static void different_answers_are_told_apart(void **state)
{
	(void)state;
	host.filtered = true;
	host.bind = EPERM;
	host.call[MPOL_SYS_MBIND].blocked = EPERM;
	host.call[MPOL_SYS_SET_MEMPOLICY].blocked = EPERM;
	host.call[MPOL_SYS_SET_MEMPOLICY_HOME_NODE].blocked = ENOSYS;
	host.call[MPOL_SYS_MOUNT].blocked = EPERM;
	diagnose();
	SAYS("a filter above answers EPERM to\n  mbind, set_mempolicy; ENOSYS to "
	     "set_mempolicy_home_node. Filters");
	SAYS("--cap-add SYS_NICE");
}

static void what_could_not_be_tried_is_not_claimed(void **state)
{
	(void)state;
	host.bind_tried = false;
	diagnose();
	SAYS("not known");
	DOES_NOT_SAY("yes");
	DOES_NOT_SAY("NO,");
}

/* A mount point is named by whoever mounts. */
static void a_hostile_mount_point_cannot_reach_the_terminal(void **state)
{
	(void)state;
	host.n_mpol_mounts = 1;
	strcpy(host.mpol_mount[0].point, "/tmp/\033[2Jx");
	host.mpol_mount[0].policy.set = true;
	host.mpol_mount[0].policy.mode = 2;
	host.mpol_mount[0].policy.nodes[0] = 1;
	diagnose();
	SAYS("files on /tmp/?[2Jx get the memory policy bind:0");
	assert_null(strchr(text, '\033'));
}

static void a_writable_cpuset_is_told_with_what_to_do(void **state)
{
	(void)state;
	strcpy(host.cpuset_writable, "/sys/fs/cgroup/x/cpuset.mems");
	diagnose();
	SAYS("you can write /sys/fs/cgroup/x/cpuset.mems");
	SAYS("without its cpuset");
	SAYS("\ncpuset         launcher (in part)");
	host.uid = 0;
	diagnose();
	SAYS("as an ordinary user");
	host.cpuset_writable[0] = '\0';
	diagnose();
	DOES_NOT_SAY("you can write");
	SAYS("\ncpuset         launcher (at start)");
}

static void what_to_change_is_wrapped_between_words(void **state)
{
	(void)state;
	host.resident.ready = true;
	host.features = HOST_RESIDENT | HOST_HOOK;
	diagnose();
	SAYS("-> boot with bpf added to lsm=\n");
	host.features = HOST_RESIDENT | HOST_BPF_LSM;
	diagnose();
	SAYS("-> a kernel with the hook\n                                        "
	     "(docs/kernel-hook.md)\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_host, free_text)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_usual_host_is_shown_the_command),
		TEST(a_cpuset_that_leaves_nodes_out_is_told),
		TEST(a_kernel_without_numa_has_nothing_to_refuse),
		TEST(without_seccomp_the_next_step_is_to_get_it),
		TEST(a_security_module_is_not_called_a_filter),
		TEST(different_answers_are_told_apart),
		TEST(what_could_not_be_tried_is_not_claimed),
		TEST(a_hostile_mount_point_cannot_reach_the_terminal),
		TEST(a_writable_cpuset_is_told_with_what_to_do),
		TEST(what_to_change_is_wrapped_between_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
