/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is under a layer, and what is told of its calls, against the public header alone. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <mpol.h>

#define BIND 2
#define INTERLEAVE 3
#define LOOKS 500 /* a hundredth of a second apart */

static struct mpol_server *server;
static int layer, stop[2];
static pthread_t thread;

static struct mpol_plan *plan(uint32_t mechanisms, uint32_t flags)
{
	static const char text[] = "{mempolicy: {modes: {bind: EPERM}}}";
	struct mpol_policy *policy = NULL;
	struct mpol_plan *made = NULL;
	struct mpol_error err = {.what = ""};

	if (mpol_policy_parse(text, strlen(text), "test", MPOL_POLICY_INLINE, &policy, &err) < 0 ||
	    mpol_plan_new(policy, mechanisms, flags, &made, &err) < 0)
		fail_msg("%s", err.what);
	mpol_policy_unref(policy);
	return made;
}

static void *serve(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)mpol_serve(server, stop[0]);
}

/* Of a supervisor; the resident's events are tried by tests/sandbox. */
static int make_layer(void **state)
{
	struct mpol_plan *made = plan(MPOL_MECHANISM_NOTIFY, MPOL_PLAN_LIVE);

	(void)state;
	assert_int_equal(pipe(stop), 0);
	layer = mpol_layer_create(made, &server);
	assert_true(layer >= 0);
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
	mpol_plan_free(made);
	return 0;
}

static int end_layer(void **state)
{
	void *r;

	(void)state;
	close(stop[1]);
	assert_int_equal(pthread_join(thread, &r), 0);
	assert_int_equal((intptr_t)r, 0);
	close(stop[0]);
	close(layer);
	mpol_server_free(server);
	return 0;
}

/* A process under the layer that makes both calls, says so, and waits until @go is closed. */
static pid_t member(int said, const int go[2])
{
	unsigned long node0 = 1;
	struct mpol_child child;
	char byte = 0;
	pid_t pid;

	assert_int_equal(mpol_child_prepare(layer, 0, &child), 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]); /* else we would wait for ourselves */
		if (mpol_child_enter(&child) < 0 ||
		    syscall(SYS_set_mempolicy, INTERLEAVE, &node0, 64) < 0 ||
		    syscall(SYS_set_mempolicy, BIND, &node0, 64) == 0)
			_exit(1);
		_exit(write(said, &byte, 1) == 1 && read(go[0], &byte, 1) == 0 ? 0 : 2);
	}
	mpol_child_done(&child);
	return pid;
}

struct seen {
	int lines, refused, others;
	pid_t pid;
	bool json;
};

static void look(void *arg, const char *line)
{
	struct seen *seen = arg;
	char pid[32];

	seen->lines++;
	assert_int_equal(line[strlen(line) - 1], '\n');
	(void)snprintf(pid, sizeof(pid), seen->json ? "\"pid\":%d," : "[%d]", (int)seen->pid);
	if (strstr(line, pid) && strstr(line, "refused") && strstr(line, "bind"))
		seen->refused++;
	else
		seen->others++;
}

static void tell(uint32_t flags)
{
	struct seen seen = {.json = flags & MPOL_EVENTS_JSON};
	const struct timespec pause = {.tv_nsec = 10000000};
	struct mpol_events *events = NULL;
	int said[2], go[2], status, r = 0, i;
	int32_t pids[4] = {0};
	size_t n = 0;
	char byte;

	assert_int_equal(mpol_events_new(layer, "web", flags, &events), 0);
	assert_int_equal(pipe(said) | pipe(go), 0);
	seen.pid = member(said[1], go);
	close(go[0]);
	assert_int_equal(read(said[0], &byte, 1), 1);
	for (i = 0; r == 0 && !seen.refused && i < LOOKS; i++) {
		r = mpol_events_read(events, look, &seen);
		(void)nanosleep(&pause, NULL);
	}
	assert_int_equal(r, 0);
	assert_int_equal(seen.refused, 1);
	/* What is allowed is no event. */
	assert_int_equal(seen.others, 0);

	assert_int_equal(mpol_layer_processes(layer, pids, 4, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(pids[0], seen.pid);
	close(go[1]);
	assert_int_equal(waitpid(seen.pid, &status, 0), seen.pid);
	assert_int_equal(status, 0);
	close(said[0]);
	close(said[1]);
	events = mpol_events_free(events);
	assert_null(events);
}

static void a_refused_call_is_told_in_a_line(void **state)
{
	(void)state;
	tell(0);
	tell(MPOL_EVENTS_JSON);
}

static void what_a_supervisor_does_not_keep_is_not_told_later(void **state)
{
	struct mpol_events *events = NULL;

	(void)state;
	assert_int_equal(mpol_events_new(layer, NULL, MPOL_EVENTS_RECENT, &events), -ENODATA);
	assert_int_equal(mpol_events_new(layer, NULL, 1u << 31, &events), -EINVAL);
	assert_int_equal(mpol_events_new(-2, NULL, 0, &events), -EBADF);
	assert_null(events);
}

static void the_end_of_the_layer_is_told(void **state)
{
	struct mpol_events *events = NULL;
	const struct timespec pause = {.tv_nsec = 10000000};
	struct seen seen = {.lines = 0};
	int r = 0, i;

	assert_int_equal(mpol_events_new(layer, NULL, 0, &events), 0);
	assert_int_equal(mpol_events_read(events, look, &seen), 0);
	assert_int_equal(mpol_layer_remove(layer), 0);
	end_layer(state);
	for (i = 0; r == 0 && i < LOOKS; i++) {
		r = mpol_events_read(events, look, &seen);
		(void)nanosleep(&pause, NULL);
	}
	assert_int_equal(r, MPOL_EVENTS_ENDED);
	assert_int_equal(seen.lines, 0);
	mpol_events_free(events);
}

static void what_others_have_a_part_in_is_not_held(void **state)
{
	struct mpol_plan *live = plan(MPOL_MECHANISM_NOTIFY, MPOL_PLAN_LIVE);
	struct mpol_plan *fixed = plan(MPOL_MECHANISM_SECCOMP, 0);
	struct mpol_events *events = NULL;
	struct mpol_held *held = NULL;
	size_t n;
	int r;

	(void)state;
	assert_int_equal(mpol_layer_hold(live, &held), -EOPNOTSUPP);
	assert_int_equal(mpol_layer_hold(fixed, &held), -EOPNOTSUPP);
	assert_null(held);
	r = mpol_layer_create(fixed, &server);
	assert_true(r >= 0);
	assert_int_equal(mpol_layer_processes(r, NULL, 0, &n), -EOPNOTSUPP);
	assert_int_equal(mpol_events_new(r, NULL, 0, &events), -EOPNOTSUPP);
	close(r);
	mpol_plan_free(fixed);
	mpol_plan_free(live);
}

static void a_host_says_what_it_can_enforce(void **state)
{
	char *json = NULL;

	(void)state;
	assert_int_equal(mpol_host_json(&json), 0);
	assert_non_null(strstr(json, "\"version\": 1"));
	assert_non_null(strstr(json, "\"mechanisms\": ["));
	assert_non_null(strstr(json, "\"name\": \"seccomp\""));
	assert_non_null(strstr(json, "\"next\": "));
	free(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_refused_call_is_told_in_a_line, make_layer,
						end_layer),
		cmocka_unit_test_setup_teardown(what_a_supervisor_does_not_keep_is_not_told_later,
						make_layer, end_layer),
		cmocka_unit_test_setup(the_end_of_the_layer_is_told, make_layer),
		cmocka_unit_test(what_others_have_a_part_in_is_not_held),
		cmocka_unit_test(a_host_says_what_it_can_enforce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
