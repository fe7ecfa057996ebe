/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process that becomes a command, against the public header and the shared library alone. */
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
#define FAILED 100 /* exit status of a child that did not come as far as its call */

static const char nobind[] = "{mempolicy: {modes: {bind: EINVAL}}}";

/* What needs nobody but us: the resident's launches are tried by tests/sandbox. */
static struct mpol_plan *plan(const char *text, uint32_t mechanisms, uint32_t flags)
{
	struct mpol_policy *policy = parse(text);
	struct mpol_plan *made = NULL;
	struct mpol_error err = {.what = ""};

	if (mpol_plan_new(policy, mechanisms | MPOL_MECHANISM_LAUNCHER, flags, &made, &err) < 0)
		fail_msg("%s: %s", text, err.what);
	mpol_policy_unref(policy);
	return made;
}

static const struct mpol_launch_request none = {.size = sizeof(none), .ticket_fd = -1};

static int set_policy(int mode)
{
	unsigned long node0 = 1;

	return syscall(SYS_set_mempolicy, mode, &node0, 64) < 0 ? errno : 0;
}

static int status_of(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The errno of set_mempolicy(@mode) in a child that went through a launch of @made. */
static int launched(const struct mpol_plan *made, const struct mpol_launch_request *request,
		    int mode)
{
	struct mpol_launch *launch = NULL;
	struct mpol_error err = {.what = ""};
	pid_t pid = fork();

	if (pid == 0) {
		if (mpol_launch_prepare(made, request, &launch, &err) < 0 ||
		    set_policy(BIND) != 0 || mpol_launch_enter(launch, &err) < 0)
			_exit(FAILED);
		_exit(set_policy(mode));
	}
	return status_of(pid);
}

static void a_launch_refuses_what_its_plan_does(void **state)
{
	struct mpol_plan *made = plan(nobind, MPOL_MECHANISM_SECCOMP, MPOL_PLAN_LAUNCH);
	struct mpol_plan *untold =
		plan(nobind, MPOL_MECHANISM_SECCOMP, MPOL_PLAN_LAUNCH | MPOL_PLAN_UNTOLD);

	(void)state;
	assert_int_equal(launched(made, &none, BIND), EINVAL);
	assert_int_equal(launched(made, &none, INTERLEAVE), 0);
	assert_int_equal(launched(untold, &none, BIND), EINVAL);
	assert_int_equal(launched(untold, &none, INTERLEAVE), 0);
	mpol_plan_free(untold);
	mpol_plan_free(made);
}

static void a_launch_goes_under_a_layer_that_there_is(void **state)
{
	struct mpol_plan *of_layer = plan(nobind, MPOL_MECHANISM_SECCOMP, 0), *joining = NULL;
	struct mpol_launch_request named = none;
	struct mpol_server *server = NULL;
	struct mpol_launch *launch = NULL;
	struct mpol_error err = {.what = ""};
	int layer = mpol_layer_create(of_layer, &server), modify_only;

	(void)state;
	assert_true(layer >= 0);
	assert_int_equal(mpol_plan_of_layer(layer, 0, &joining, &err), 0);
	assert_int_equal(launched(joining, &none, BIND), EINVAL);
	assert_int_equal(launched(joining, &none, INTERLEAVE), 0);
	named.name = "other";
	assert_int_equal(mpol_launch_prepare(joining, &named, &launch, &err), -EINVAL);
	assert_non_null(strstr(err.what, "name"));
	mpol_plan_free(joining);
	assert_int_equal(mpol_plan_of_layer(layer, MPOL_PLAN_LIVE, &joining, &err), -EINVAL);
	assert_int_equal(mpol_plan_of_layer(-1, 0, &joining, &err), -EBADF);
	/* Without a right there is no way in; a static layer has the one alone. */
	modify_only = mpol_layer_restrict(layer, MPOL_RIGHT_MODIFY);
	assert_int_equal(modify_only, -EACCES);
	close(layer);
	mpol_plan_free(of_layer);
}

static void only_a_launch_s_plan_is_launched(void **state)
{
	struct mpol_plan *layers = plan(nobind, MPOL_MECHANISM_SECCOMP, 0);
	struct mpol_plan *made = plan(nobind, MPOL_MECHANISM_SECCOMP, MPOL_PLAN_LAUNCH);
	struct mpol_launch_request request = none;
	struct mpol_server *server = NULL;
	struct mpol_launch *launch = NULL;
	struct mpol_error err = {.what = ""};

	(void)state;
	assert_int_equal(mpol_launch_prepare(layers, &none, &launch, &err), -EOPNOTSUPP);
	assert_int_equal(mpol_layer_create(made, &server), -EOPNOTSUPP);
	request.flags = MPOL_LAUNCH_CGROUP | MPOL_LAUNCH_NO_CGROUP;
	assert_int_equal(mpol_launch_prepare(made, &request, &launch, &err), -EINVAL);
	request.flags = 1u << 31;
	assert_int_equal(mpol_launch_prepare(made, &request, &launch, &err), -EINVAL);
	request.flags = 0;
	request.name = "static";
	assert_int_equal(mpol_launch_prepare(made, &request, &launch, &err), -EINVAL);
	request.name = NULL;
	request.size--;
	assert_int_equal(mpol_launch_prepare(made, &request, &launch, &err), -EINVAL);
	assert_null(launch);
	mpol_plan_free(made);
	mpol_plan_free(layers);
}

struct noted {
	int warnings, steps;
};

static void count(void *arg, uint32_t kind, const char *text)
{
	struct noted *noted = arg;

	assert_non_null(text);
	if (kind == MPOL_NOTE_WARNING)
		noted->warnings++;
	else
		noted->steps++;
}

static void what_is_lost_is_noted_and_what_is_done_where_asked(void **state)
{
	struct mpol_policy *policy = parse("{mempolicy: {modes: {bind: EPERM}, files: deny, "
					   "nodes: {0: allow, others: EPERM}}}");
	struct mpol_plan_request with = {
		.size = sizeof(with),
		.flags = MPOL_PLAN_LAUNCH,
		.mechanisms = MPOL_MECHANISM_SECCOMP,
		.layer = MPOL_NO_LAYER,
	};
	struct mpol_launch_request request = none;
	struct noted noted = {.warnings = 0};
	struct mpol_launch *launch = NULL;
	struct mpol_plan *made = NULL;
	struct mpol_error err;
	uint32_t rule;

	(void)state;
	for (rule = 0; mpol_rule_name(rule); rule++)
		with.best_effort |= 1u << rule;
	assert_int_equal(mpol_plan_with(policy, &with, &made, &err), 0);
	request.note = count;
	request.note_arg = &noted;
	assert_int_equal(mpol_launch_prepare(made, &request, &launch, &err), 0);
	assert_true(noted.warnings > 0);
	assert_int_equal(noted.steps, 0);
	assert_true(mpol_launch_no_new_privs(launch) == 0 || mpol_launch_no_new_privs(launch) == 1);
	launch = mpol_launch_free(launch);
	assert_null(launch);
	mpol_plan_free(made);
	mpol_policy_unref(policy);
}

/* In a process of its own: there is one above, once, and its threads stay. */
static int learn(void)
{
	static const char merge[] =
		"{version: 1, mempolicy: {modes: {local: allow, others: EPERM}}}";
	static const char wrong[] = "{version: 1, mempolicy: {files: deny}}";
	struct mpol_launch_request request = none;
	struct mpol_end end = {.size = sizeof(end)};
	struct mpol_outcome *outcome = NULL;
	struct mpol_launch *launch = NULL;
	struct mpol_policy *learned = NULL;
	struct mpol_error err = {.what = ""};
	struct mpol_answer answer;
	struct mpol_plan *made;
	char *text = NULL;
	int r;

	made = plan(MPOL_LEARN_PROFILE, MPOL_MECHANISM_SECCOMP, MPOL_PLAN_LAUNCH | MPOL_PLAN_WATCH);
	request.flags = MPOL_LAUNCH_SUMMARY;
	if (mpol_launch_prepare(made, &request, &launch, &err) < 0 ||
	    mpol_launch_learn(launch, wrong, strlen(wrong), "wrong", &err) != -EINVAL ||
	    !strstr(err.what, "files") ||
	    mpol_launch_learn(launch, merge, strlen(merge), "merge", &err) < 0)
		return 1;
	r = mpol_launch_above(launch, &outcome, &err);
	if (r == 0) {
		if (mpol_launch_enter(launch, &err) < 0)
			_exit(FAILED);
		_exit(set_policy(INTERLEAVE) == 0 ? 7 : FAILED);
	}
	if (r < 0 || mpol_outcome_end(outcome, &end) < 0 || end.told != 1 ||
	    !WIFEXITED(end.status) || WEXITSTATUS(end.status) != 7)
		return 2;
	if (mpol_outcome_profile(outcome, &text) < 0 ||
	    mpol_policy_parse(text, strlen(text), "learned", 0, &learned, &err) < 0)
		return 3;
	if (mpol_policy_test(learned, "set_mempolicy(interleave, 0)", &answer, &err) < 0 ||
	    answer.kind != MPOL_KIND_ALLOW ||
	    mpol_policy_test(learned, "set_mempolicy(local)", &answer, &err) < 0 ||
	    answer.kind != MPOL_KIND_ALLOW ||
	    mpol_policy_test(learned, "set_mempolicy(bind, 0)", &answer, &err) < 0 ||
	    answer.kind != MPOL_KIND_ERRNO)
		return 4;
	if (mpol_outcome_text(outcome, "a title", &text) < 0 || !strstr(text, "exit 7") ||
	    !strstr(text, "a title"))
		return 5;
	return 0;
}

static void who_waits_above_learns_what_it_took(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(learn());
	assert_int_equal(status_of(pid), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_launch_refuses_what_its_plan_does),
		cmocka_unit_test(a_launch_goes_under_a_layer_that_there_is),
		cmocka_unit_test(only_a_launch_s_plan_is_launched),
		cmocka_unit_test(what_is_lost_is_noted_and_what_is_done_where_asked),
		cmocka_unit_test(who_waits_above_learns_what_it_took),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
