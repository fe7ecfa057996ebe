/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A child that goes under a layer: with which policy it starts, and what it must not be given. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <mpol.h>

#include "parse.h"

#define BIND 2
#define INTERLEAVE 3
#define REFUSED 100 /* + errno: of a child that could not go under its layer */

/* The ticket of a layer that nobody has to serve. */
static int layer_of(const char *text)
{
	struct mpol_policy *policy = parse(text);
	struct mpol_server *server = NULL;
	struct mpol_plan *plan = NULL;
	struct mpol_error err = {.what = ""};
	int layer;

	if (mpol_plan_new(policy, MPOL_MECHANISM_SECCOMP | MPOL_MECHANISM_LAUNCHER, 0, &plan,
			  &err) < 0)
		fail_msg("%s: %s", text, err.what);
	layer = mpol_layer_create(plan, &server);
	assert_true(layer >= 0);
	assert_null(server);
	mpol_plan_free(plan);
	mpol_policy_unref(policy);
	return layer;
}

static int set_policy(int mode)
{
	unsigned long node0 = 1;

	return syscall(SYS_set_mempolicy, mode, mode ? &node0 : NULL, mode ? 64 : 0) < 0 ? errno
											 : 0;
}

static int mode_now(void)
{
	int mode = -1;

	return syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0) < 0 ? 99 : mode;
}

static int nnp_now(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

static int bind_now(void)
{
	return set_policy(BIND);
}

/* What @look finds in a child that had @mode before it went under a layer of @text. */
static int found_under(const char *text, uint32_t flags, int mode, int (*look)(void))
{
	struct mpol_child child;
	int layer = layer_of(text), status, r;
	pid_t pid;

	assert_int_equal(mpol_child_prepare(layer, flags, &child), 0);
	close(layer);
	pid = fork();
	if (pid == 0) {
		if (set_policy(mode) != 0)
			_exit(99);
		r = mpol_child_enter(&child);
		_exit(r < 0 ? REFUSED - r : look());
	}
	mpol_child_done(&child);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_child_starts_as_its_policy_says(void **state)
{
	(void)state;
	/* Where nothing is said, a policy that it has is reset if there are rules. */
	assert_int_equal(
		found_under("{mempolicy: {modes: {bind: EPERM}}}", 0, INTERLEAVE, mode_now), 0);
	assert_int_equal(found_under("{start: {inherited: keep}}", 0, INTERLEAVE, mode_now),
			 INTERLEAVE);
	assert_int_equal(found_under("{start: {inherited: refuse}}", 0, INTERLEAVE, mode_now),
			 REFUSED + EPERM);
	assert_int_equal(found_under("{start: {inherited: refuse}}", 0, 0, mode_now), 0);
	assert_int_equal(found_under("{start: {policy: 'interleave:0'}}", 0, 0, mode_now),
			 INTERLEAVE);
	assert_int_equal(found_under("{start: {policy: interleave}}", 0, 0, mode_now), INTERLEAVE);
}

static void a_policy_to_start_with_and_rules_go_together(void **state)
{
	static const char text[] =
		"{start: {policy: 'interleave:0'}, mempolicy: {modes: {bind: EPERM}}}";

	(void)state;
	assert_int_equal(found_under(text, 0, BIND, mode_now), INTERLEAVE);
	assert_int_equal(found_under(text, 0, BIND, bind_now), EPERM);
}

static void no_new_privs_is_set_unless_it_is_to_be_left(void **state)
{
	static const char text[] = "{mempolicy: {modes: {bind: EPERM}}}";

	(void)state;
	assert_int_equal(found_under(text, 0, 0, nnp_now), 1);
	/* A filter takes the one or the other. */
	assert_int_equal(found_under(text, MPOL_CHILD_KEEP_NNP, 0, nnp_now),
			 geteuid() == 0 ? 0 : REFUSED + EACCES);
}

static void what_is_no_ticket_or_was_not_prepared_is_refused(void **state)
{
	struct mpol_child child;
	int layer = layer_of("{mempolicy: {modes: {bind: EPERM}}}"), nothing[2];

	(void)state;
	assert_int_equal(mpol_child_prepare(layer, 0x80, &child), -EINVAL);
	assert_int_equal(mpol_child_prepare(-1, 0, &child), -EBADF);
	assert_int_equal(pipe(nothing), 0);
	assert_true(mpol_child_prepare(nothing[0], 0, &child) < 0);
	memset(&child, 0, sizeof(child));
	assert_int_equal(mpol_child_enter(&child), -EINVAL);
	mpol_child_done(&child);
	assert_int_equal(set_policy(BIND), 0);
	assert_int_equal(set_policy(0), 0);
	close(nothing[0]);
	close(nothing[1]);
	close(layer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_starts_as_its_policy_says),
		cmocka_unit_test(a_policy_to_start_with_and_rules_go_together),
		cmocka_unit_test(no_new_privs_is_set_unless_it_is_to_be_left),
		cmocka_unit_test(what_is_no_ticket_or_was_not_prepared_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
