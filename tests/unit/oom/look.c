/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who a report names, if it still lives: what /proc says of it, and that it is not another one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "oom/read.h"

/* Does nothing, under a filter if @filtered, until it is killed. Its name could break a line. */
static pid_t start(bool filtered)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {1, &allow};
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_NAME, "a\033name", 0, 0, 0);
		if (filtered && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
				 prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)))
			_exit(1);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int64_t now(void)
{
	struct timespec time;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &time), 0);
	/* A process's start is told by the clock that goes on in suspend, in hundredths. */
	return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static struct oom_task task_of(pid_t pid)
{
	struct oom_task task = {.pid = pid, .uid = getuid()};

	strcpy(task.comm, "a?name");
	return task;
}

#define HOUR (INT64_C(3600) * 1000000)

static void the_process_is_found_and_so_is_its_cgroup(void **state)
{
	pid_t pid = start(false);
	struct oom_task task = task_of(pid), known = task_of(pid), by_name = task_of(pid);
	char line[600] = "", wanted[700];
	FILE *file;

	(void)state;
	strcpy(known.cgroup, "/as/logged");
	by_name.uid = -1;
	assert_int_equal(oom_look(&task, now() + HOUR), 0);
	assert_int_equal(oom_look(&known, now() + HOUR), 0);
	assert_int_equal(oom_look(&by_name, now() + HOUR), 0);
	/* What the log says stays. */
	assert_string_equal(known.cgroup, "/as/logged");
	file = fopen("/proc/self/cgroup", "re");
	while (file && fgets(line, sizeof(line), file) && strncmp(line, "0::", 3) != 0)
		;
	if (file)
		fclose(file);
	snprintf(wanted, sizeof(wanted), "%s",
		 strncmp(line, "0::", 3) == 0 ? strtok(line + 3, "\n") : "");
	assert_string_equal(task.cgroup, wanted);
	end(pid);
}

static void a_filter_is_told_of(void **state)
{
	pid_t pid = start(true);
	struct oom_task task = task_of(pid);

	(void)state;
	assert_int_equal(oom_look(&task, now() + HOUR), 2);
	end(pid);
}

static void another_process_is_not_taken_for_it(void **state)
{
	pid_t pid = start(false);
	struct oom_task named = task_of(pid), owned = task_of(pid), young = task_of(pid),
			unknown = task_of(pid), nameless = task_of(pid), gone = task_of(pid);

	(void)state;
	strcpy(named.comm, "b?name");
	assert_int_equal(oom_look(&named, now() + HOUR), -1);
	owned.uid++;
	assert_int_equal(oom_look(&owned, now() + HOUR), -1);
	/* Younger than the report. */
	assert_int_equal(oom_look(&young, 1), -1);
	unknown.pid = -1;
	assert_int_equal(oom_look(&unknown, now() + HOUR), -1);
	nameless.comm[0] = '\0';
	assert_int_equal(oom_look(&nameless, now() + HOUR), -1);
	end(pid);
	assert_int_equal(oom_look(&gone, now() + HOUR), -1);
}

static void a_time_since_the_start_is_told_by_the_wall_clock(void **state)
{
	char got[64], wanted[64];
	time_t wall = time(NULL);
	struct tm tm;

	(void)state;
	/* A second may begin between the two. */
	oom_wall_time(now(), got, sizeof(got));
	localtime_r(&wall, &tm);
	strftime(wanted, sizeof(wanted), "%b %e %H:%M:%S", &tm);
	if (strcmp(got, wanted) != 0) {
		wall--;
		localtime_r(&wall, &tm);
		strftime(wanted, sizeof(wanted), "%b %e %H:%M:%S", &tm);
	}
	assert_string_equal(got, wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_process_is_found_and_so_is_its_cgroup),
		cmocka_unit_test(a_filter_is_told_of),
		cmocka_unit_test(another_process_is_not_taken_for_it),
		cmocka_unit_test(a_time_since_the_start_is_told_by_the_wall_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
