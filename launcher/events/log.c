/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "journal.h"

#define ROOM 256 /* events, 1.2 KiB each */
#define PATIENCE_NS 200000000 /* with a reader, of who logs: once, until it reads again */
#define LAST_NS 1000000000 /* with a reader, at the end */
#define STACK_SIZE (64 * 1024)

struct event_log {
	struct log_target target;
	char layer[EVENT_NAME_MAX];
	pthread_t thread;
	/* The last line was written in part. The thread's, while it has events to write. */
	bool torn;

	pthread_mutex_t lock; /* of what follows */
	bool waits; /* no write(2) here says that it would have to wait */
	pthread_cond_t filled, written;
	struct event ring[ROOM];
	uint64_t put, taken, done; /* numbers of events: .done of those that left write(2) */
	uint64_t lost, told; /* .told: of the lost ones, those that a line speaks of */
	bool stuck; /* somebody has waited in vain since .done last moved */
	bool ending;
};

static void in_ns(long ns, struct timespec *ret)
{
	clock_gettime(CLOCK_MONOTONIC, ret);
	ret->tv_nsec += ns;
	ret->tv_sec += ret->tv_nsec / 1000000000;
	ret->tv_nsec %= 1000000000;
}

/* 0 or -errno. Waits as long as it takes: it is only this thread that does. */
static int write_all(int fd, const char *line, size_t length, bool *ret_torn)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	size_t at = 0;

	while (at < length) {
		ssize_t n = write(fd, line + at, length - at);

		if (n > 0)
			at += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			(void)poll(&ready, 1, -1);
		else if (n < 0 && errno != EINTR) {
			*ret_torn |= at > 0;
			return -errno;
		}
	}
	return 0;
}

/* On a line of its own, also where the disk was full in the midst of the last one. */
static int write_line(struct event_log *log, const char *line, size_t length)
{
	int r;

	if (log->torn) {
		r = write_all(log->target.fd, "\n", 1, &log->torn);
		if (r < 0)
			return r;
		log->torn = false;
	}
	return write_all(log->target.fd, line, length, &log->torn);
}

static int format_event(const struct event_log *log, const struct event *event,
			char line[EVENT_LINE_MAX])
{
	return log->target.format == LOG_JSON ? event_json(event, line, EVENT_LINE_MAX)
					      : event_text(event, line, EVENT_LINE_MAX);
}

static int write_event(struct event_log *log, const struct event *event)
{
	char line[EVENT_LINE_MAX];
	int n;

	if (log->target.kind == LOG_JOURNAL)
		return journal_send(log->target.fd, event);
	n = format_event(log, event, line);
	return n < 0 ? n : write_line(log, line, (size_t)n);
}

static int write_lost(struct event_log *log, uint64_t lost)
{
	char line[EVENT_LINE_MAX];
	int n;

	if (log->target.kind == LOG_JOURNAL)
		return journal_send_lost(log->target.fd, log->layer, lost);
	n = log->target.format == LOG_JSON ? event_lost_json(log->layer, lost, line, sizeof(line))
					   : event_lost_text(log->layer, lost, line, sizeof(line));
	return n < 0 ? n : write_line(log, line, (size_t)n);
}

/* Called, and left, with the lock held. Returns whether it could be said. */
static bool tell_lost(struct event_log *log)
{
	uint64_t lost = log->lost - log->told;
	int r;

	if (!lost)
		return true;
	pthread_mutex_unlock(&log->lock);
	r = write_lost(log, lost);
	pthread_mutex_lock(&log->lock);
	if (r == 0)
		log->told += lost;
	return r == 0;
}

static void *log_main(void *arg)
{
	struct event_log *log = arg;
	struct event event;
	int r;

	pthread_mutex_lock(&log->lock);
	for (;;) {
		while (log->taken == log->put && !log->ending)
			pthread_cond_wait(&log->filled, &log->lock);
		if (log->taken == log->put)
			break;
		event = log->ring[log->taken++ % ROOM];
		pthread_mutex_unlock(&log->lock);
		r = write_event(log, &event);
		pthread_mutex_lock(&log->lock);
		if (r < 0)
			log->lost++;
		log->done++;
		log->stuck = false;
		pthread_cond_broadcast(&log->written);
		if (r == 0)
			(void)tell_lost(log);
	}
	(void)tell_lost(log);
	log->done++; /* the end: one more than was put */
	pthread_cond_broadcast(&log->written);
	pthread_mutex_unlock(&log->lock);
	return NULL;
}

int event_log_new(const struct log_target *target, const char *layer, struct event_log **ret)
{
	struct event_log *log = calloc(1, sizeof(*log));
	pthread_condattr_t monotonic;
	pthread_attr_t attributes;
	sigset_t all, before;
	int r;

	if (!log)
		return -ENOMEM;
	log->target = *target;
	snprintf(log->layer, sizeof(log->layer), "%s", layer);
	pthread_mutex_init(&log->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&log->filled, NULL);
	pthread_cond_init(&log->written, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	/* SIGPIPE and SIGXFSZ too: a reader that went away is an errno. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&log->thread, &attributes, log_main, log);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (r) {
		free(log);
		return -r;
	}
	*ret = log;
	return 0;
}

/* Called with the lock held: its number, or 0 where there is no room. */
static uint64_t post(struct event_log *log, const struct event *event)
{
	if (log->put - log->taken == ROOM) {
		log->lost++;
		return 0;
	}
	log->ring[log->put % ROOM] = *event;
	pthread_cond_signal(&log->filled);
	return ++log->put;
}

void event_log_post(struct event_log *log, const struct event *event)
{
	pthread_mutex_lock(&log->lock);
	(void)post(log, event);
	pthread_mutex_unlock(&log->lock);
}

static bool is_blocked(int signal)
{
	sigset_t blocked;

	return pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0 && sigismember(&blocked, signal);
}

/*
 * Called with the lock held: write @event here and now, if nobody would wait for it; two threads
 * that hand it to each other take ten times as long. Pipes, sockets and the journal say so; files
 * and terminals do not. False: not a byte was written.
 */
static bool write_at_once(struct event_log *log, const struct event *event)
{
	char line[EVENT_LINE_MAX];
	struct iovec piece = {.iov_base = line};
	ssize_t n;

	if (log->waits || log->done != log->put || log->told != log->lost || log->torn ||
	    !is_blocked(SIGPIPE))
		return false;
	if (log->target.kind == LOG_JOURNAL)
		return journal_send(log->target.fd, event) == 0;
	n = format_event(log, event, line);
	if (n < 0)
		return false;
	piece.iov_len = (size_t)n;
	n = pwritev2(log->target.fd, &piece, 1, -1, RWF_NOWAIT);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		log->waits = true;
	if (n <= 0)
		return false;
	if ((size_t)n < piece.iov_len) {
		log->torn = true;
		log->lost++;
	}
	return true;
}

void event_log_put(struct event_log *log, const struct event *event)
{
	struct timespec until;
	uint64_t mine;

	pthread_mutex_lock(&log->lock);
	if (write_at_once(log, event)) {
		log->put++;
		log->taken++;
		log->done++;
		pthread_mutex_unlock(&log->lock);
		return;
	}
	mine = post(log, event);
	if (mine && !log->stuck) {
		in_ns(PATIENCE_NS, &until);
		while (log->done < mine && !log->stuck)
			if (pthread_cond_timedwait(&log->written, &log->lock, &until) == ETIMEDOUT)
				log->stuck = log->done < mine;
	}
	pthread_mutex_unlock(&log->lock);
}

uint64_t event_log_lost(struct event_log *log)
{
	uint64_t lost;

	pthread_mutex_lock(&log->lock);
	lost = log->lost;
	pthread_mutex_unlock(&log->lock);
	return lost;
}

void event_log_end(struct event_log *log)
{
	struct timespec until;
	bool ended;

	if (!log)
		return;
	in_ns(LAST_NS, &until);
	pthread_mutex_lock(&log->lock);
	log->ending = true;
	pthread_cond_signal(&log->filled);
	while (log->done <= log->put)
		if (pthread_cond_timedwait(&log->written, &log->lock, &until) == ETIMEDOUT)
			break;
	ended = log->done > log->put;
	pthread_mutex_unlock(&log->lock);
	if (!ended)
		return; /* its thread still has it */
	pthread_cond_destroy(&log->filled);
	pthread_cond_destroy(&log->written);
	pthread_mutex_destroy(&log->lock);
	free(log);
}
