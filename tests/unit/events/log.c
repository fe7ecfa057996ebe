/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A log and its reader: who writes never waits long, and each event is written or counted as lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "events/log.h"

#define THREADS 8
#define EACH 500

static const struct event refused = {.rule = MPOL_RULE_COUNT,
				     .uid = -1,
				     .call = MPOL_SYS_GET_MEMPOLICY,
				     .verdict = EVENT_REFUSED,
				     .answer = MPOL_ANSWER(MPOL_ERRNO, EPERM)};

static struct event_log *start(int fd)
{
	struct log_target target = {.kind = LOG_LINES, .fd = fd};
	struct event_log *log;

	assert_int_equal(event_log_new(&target, "t", &log), 0);
	return log;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Lines of a text that begin with @prefix. */
static size_t count_lines(const char *text, const char *prefix)
{
	size_t n = 0;

	while (text && *text) {
		n += strncmp(text, prefix, strlen(prefix)) == 0;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return n;
}

static void a_line_is_there_when_put_comes_back(void **state)
{
	char name[] = "/tmp/mpolrun-log-XXXXXX", text[4096] = "";
	_cleanup_close_ int fd = mkstemp(name);
	struct event_log *log = start(fd);

	(void)state;
	event_log_put(log, &refused);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_int_equal(count_lines(text, "mpolrun: refused get_mempolicy()"), 1);
	event_log_put(log, &refused);
	event_log_end(log);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_int_equal(count_lines(text, "mpolrun: refused"), 2);
	unlink(name);
}

static void *put_many(void *log)
{
	int i;

	for (i = 0; i < EACH; i++)
		event_log_put(log, &refused);
	return NULL;
}

static void put_from_all_threads(struct event_log *log)
{
	pthread_t thread[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, put_many, log), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
}

static void each_event_of_many_threads_is_written_or_lost(void **state)
{
	char name[] = "/tmp/mpolrun-log-XXXXXX", *text = calloc(1, 4000000);
	_cleanup_close_ int fd = mkstemp(name);
	struct event_log *log = start(fd);
	uint64_t lost;

	(void)state;
	put_from_all_threads(log);
	lost = event_log_lost(log);
	event_log_end(log);
	assert_true(pread(fd, text, 3999999, 0) > 0);
	assert_int_equal(count_lines(text, "mpolrun: refused") + lost, THREADS * EACH);
	free(text);
	unlink(name);
}

/* The reader sleeps: a pipe's worth and a ring's worth fit, all else is lost, in no time. */
static void a_reader_that_stopped_holds_up_nobody(void **state)
{
	static char text[4000000];
	struct event_log *log;
	uint64_t lost = 0, told = 0;
	size_t at = 0, written;
	double before;
	int pipes[2];
	ssize_t n;
	char *line;

	(void)state;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	log = start(pipes[1]);
	before = seconds();
	put_from_all_threads(log);
	assert_true(seconds() - before < 2);
	lost = event_log_lost(log);
	assert_true(lost > THREADS * EACH / 4);

	/* It wakes: what had room comes, and how many had none. */
	assert_int_equal(fcntl(pipes[0], F_SETFL, O_NONBLOCK), 0);
	while (at < sizeof(text) - 1) {
		struct pollfd ready = {.fd = pipes[0], .events = POLLIN};

		if (poll(&ready, 1, 300) <= 0)
			break;
		n = read(pipes[0], text + at, sizeof(text) - 1 - at);
		if (n > 0)
			at += (size_t)n;
	}
	text[at] = '\0';
	event_log_end(log);
	written = count_lines(text, "mpolrun: refused");
	for (line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, "mpolrun: t: ", 12) == 0)
			told += strtoull(line + 12, NULL, 10);
	assert_int_equal(written + told, THREADS * EACH);
	assert_int_equal(told, lost);
	close(pipes[0]);
	close(pipes[1]);
}

static void where_nothing_can_be_written_all_is_counted(void **state)
{
	_cleanup_close_ int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct event_log *log = start(full);
	int pipes[2], i;

	(void)state;
	for (i = 0; i < 100; i++)
		event_log_put(log, &refused);
	assert_int_equal(event_log_lost(log), 100);
	event_log_end(log);

	/* A reader that is gone: an errno to the log's thread, and no signal to anybody. */
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	close(pipes[0]);
	log = start(pipes[1]);
	for (i = 0; i < 100; i++)
		event_log_put(log, &refused);
	assert_int_equal(event_log_lost(log), 100);
	event_log_end(log);
	close(pipes[1]);
}

/* What has room for a line and a half, until it has room for all. */
static void a_torn_line_is_glued_to_no_other(void **state)
{
	char name[] = "/tmp/mpolrun-log-XXXXXX", text[4096] = "";
	_cleanup_close_ int fd = mkstemp(name);
	struct event_log *log = start(fd);
	struct rlimit before, limit;
	off_t length;

	(void)state;
	event_log_put(log, &refused);
	length = lseek(fd, 0, SEEK_CUR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)length + (rlim_t)length / 2;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	event_log_put(log, &refused);
	event_log_put(log, &refused);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(event_log_lost(log), 2);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), length + length / 2);
	event_log_put(log, &refused);
	event_log_put(log, &refused);
	event_log_end(log);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_int_equal(count_lines(text, "mpolrun: refused"), 4); /* one of them the half one */
	assert_int_equal(count_lines(text, "mpolrun: t: 2 "), 1);
	assert_int_equal(count_lines(text, ""), 5);
	unlink(name);
}

static void the_journal_gets_fields_that_no_name_can_add_to(void **state)
{
	struct log_target target = {.kind = LOG_JOURNAL};
	struct event event = refused;
	struct event_log *log;
	char text[8192];
	int pair[2];
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	target.fd = pair[0];
	assert_int_equal(event_log_new(&target, "web", &log), 0);
	strcpy(event.comm, "x\nPRIORITY=0\nA=b");
	strcpy(event.layer, "web");
	event.pid = 12;
	event.rule = MPOL_RULE_GET_MEMPOLICY;
	event_log_put(log, &event);
	n = recv(pair[1], text, sizeof(text) - 1, MSG_DONTWAIT);
	assert_true(n > 0);
	text[n] = '\0';
	assert_int_equal(count_lines(text, "MESSAGE=web: refused get_mempolicy() by x?PRIORITY"),
			 1);
	assert_int_equal(count_lines(text, "PRIORITY="), 1);
	assert_int_equal(count_lines(text, "PRIORITY=4"), 1);
	assert_int_equal(count_lines(text, "MPOLRUN_RULE=get-mempolicy"), 1);
	assert_int_equal(count_lines(text, "OBJECT_PID=12"), 1);
	assert_int_equal(count_lines(text, "A="), 0);
	event_log_end(log);
	close(pair[0]);
	close(pair[1]);
}

/* A stream takes what it has room for, which may be a part of a line. */
static void a_line_that_a_socket_took_in_part_is_glued_to_no_other(void **state)
{
	static char text[1000000];
	char *line = text, *end;
	struct event_log *log;
	size_t at = 0, whole = 0, n_lost = 0;
	int pair[2], i;
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	log = start(pair[0]);
	for (i = 0; i < 2000; i++) {
		event_log_put(log, &refused);
		if (i % 20 == 19 && (n = recv(pair[1], text + at, 3001, MSG_DONTWAIT)) > 0)
			at += (size_t)n;
	}
	while ((n = recv(pair[1], text + at, sizeof(text) - 1 - at, MSG_DONTWAIT)) > 0) {
		at += (size_t)n;
		(void)poll(NULL, 0, 20);
	}
	event_log_put(log, &refused);
	event_log_end(log);
	while ((n = recv(pair[1], text + at, sizeof(text) - 1 - at, MSG_DONTWAIT)) > 0)
		at += (size_t)n;
	text[at] = '\0';
	for (; (end = strchr(line, '\n')); line = end + 1) {
		assert_true(end == line || strncmp(line, "mpolrun: ", 9) == 0);
		whole += strncmp(line, "mpolrun: refused", 16) == 0 && strstr(line, "abi");
		if (strncmp(line, "mpolrun: t: ", 12) == 0)
			n_lost += strtoull(line + 12, NULL, 10);
	}
	assert_int_equal(*line, '\0');
	assert_int_equal(whole + n_lost, 2001);
	close(pair[0]);
	close(pair[1]);
}

/* As in a supervisor: then whoever puts an event writes it, too, where nobody waits for that. */
static int block_pipe(void **state)
{
	sigset_t pipe;

	(void)state;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	return pthread_sigmask(SIG_BLOCK, &pipe, NULL);
}

/* Past the thread of the log. */
#define PAST(test) cmocka_unit_test_setup(test, block_pipe)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_there_when_put_comes_back),
		cmocka_unit_test(each_event_of_many_threads_is_written_or_lost),
		cmocka_unit_test(a_reader_that_stopped_holds_up_nobody),
		cmocka_unit_test(where_nothing_can_be_written_all_is_counted),
		cmocka_unit_test(a_torn_line_is_glued_to_no_other),
		cmocka_unit_test(a_line_that_a_socket_took_in_part_is_glued_to_no_other),
		cmocka_unit_test(the_journal_gets_fields_that_no_name_can_add_to),
		PAST(each_event_of_many_threads_is_written_or_lost),
		PAST(a_reader_that_stopped_holds_up_nobody),
		PAST(where_nothing_can_be_written_all_is_counted),
		PAST(a_torn_line_is_glued_to_no_other),
		PAST(a_line_that_a_socket_took_in_part_is_glued_to_no_other),
		PAST(the_journal_gets_fields_that_no_name_can_add_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
