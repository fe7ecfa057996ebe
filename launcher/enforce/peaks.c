/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peaks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cgroup/memory.h"

#define FIRST_NS 10000000 /* until the first look; twice as long each time, up to */
#define PAUSE_NS 1000000000
#define SHARE 10 /* of what a look took, at least, is the pause behind it */
#define LAST_NS 200000000 /* with a look that goes on at the end */
#define STACK_SIZE (64 * 1024)

struct parent {
	pid_t pid, parent;
	bool below; /* us */
};

struct peaks {
	pid_t self;
	struct parent *process; /* as the last look found them: its thread's */
	size_t n, room;
	uint64_t now[MPOL_NODES_MAX];

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct summary_memory memory;
	bool ending, ended;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void in_ns(uint64_t ns, struct timespec *ret)
{
	ns += now_ns();
	ret->tv_sec = (time_t)(ns / 1000000000);
	ret->tv_nsec = (long)(ns % 1000000000);
}

/* -errno: it is gone. */
static int read_parent(int proc, const char *pid, pid_t *ret)
{
	_cleanup_close_ int fd = -EBADF;
	char path[32], text[512], *at;
	ssize_t n;
	int parent;

	(void)snprintf(path, sizeof(path), "%.10s/stat", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	/* The name, in parentheses, may hold anything; the state follows the last of them. */
	at = strrchr(text, ')');
	if (!at || sscanf(at, ") %*c %d", &parent) != 1)
		return -EIO;
	*ret = parent;
	return 0;
}

static void find_processes(struct peaks *peaks)
{
	_cleanup_closedir_ DIR *dir = opendir("/proc");
	struct dirent *entry;
	struct parent *more;
	uint32_t pid;
	pid_t parent;

	peaks->n = 0;
	while (dir && (entry = readdir(dir))) {
		if (text_to_u32(entry->d_name, INT32_MAX, &pid) < 0 ||
		    read_parent(dirfd(dir), entry->d_name, &parent) < 0)
			continue;
		if (peaks->n == peaks->room) {
			more = reallocarray(peaks->process, peaks->room * 2 + 64, sizeof(*more));
			if (!more)
				return;
			peaks->process = more;
			peaks->room = peaks->room * 2 + 64;
		}
		peaks->process[peaks->n++] = (struct parent){.pid = (pid_t)pid, .parent = parent};
	}
}

static int compare_pids(const void *a, const void *b)
{
	const struct parent *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static bool is_below(const struct peaks *peaks, pid_t parent)
{
	const struct parent key = {.pid = parent}, *found;

	if (parent == peaks->self)
		return true;
	found = bsearch(&key, peaks->process, peaks->n, sizeof(key), compare_pids);
	return found && found->below;
}

/* A parent may come behind its children, so until nothing changes. */
static void mark(struct peaks *peaks)
{
	bool changed = peaks->n > 0;
	size_t i;

	/* As the kernel lists them; but nobody says that it will. */
	if (changed)
		qsort(peaks->process, peaks->n, sizeof(*peaks->process), compare_pids);
	while (changed) {
		changed = false;
		for (i = 0; i < peaks->n; i++) {
			struct parent *process = &peaks->process[i];

			if (!process->below && is_below(peaks, process->parent)) {
				process->below = true;
				changed = true;
			}
		}
	}
}

/* False: none of them could be looked at. */
static bool look(struct peaks *peaks)
{
	bool seen = false;
	size_t i;

	memset(peaks->now, 0, sizeof(peaks->now));
	find_processes(peaks);
	mark(peaks);
	for (i = 0; i < peaks->n; i++)
		if (peaks->process[i].below)
			seen |= memory_of_process(peaks->process[i].pid, peaks->now) == 0;
	return seen;
}

/* Called with the lock held. */
static void keep(struct peaks *peaks)
{
	size_t i;

	peaks->memory.looks++;
	for (i = 0; i < MPOL_NODES_MAX; i++)
		if (peaks->now[i] > peaks->memory.kib[i])
			peaks->memory.kib[i] = peaks->now[i];
}

static void *peaks_main(void *arg)
{
	struct peaks *peaks = arg;
	uint64_t pause = FIRST_NS, began, took = 0;
	struct timespec until;
	bool seen;

	pthread_mutex_lock(&peaks->lock);
	while (!peaks->ending) {
		in_ns(took * SHARE > pause ? took * SHARE : pause, &until);
		while (!peaks->ending &&
		       pthread_cond_timedwait(&peaks->changed, &peaks->lock, &until) != ETIMEDOUT)
			;
		if (peaks->ending)
			break;
		pthread_mutex_unlock(&peaks->lock);
		began = now_ns();
		seen = look(peaks);
		took = now_ns() - began;
		pause = pause * 2 < PAUSE_NS ? pause * 2 : PAUSE_NS;
		pthread_mutex_lock(&peaks->lock);
		if (seen && !peaks->ending)
			keep(peaks);
	}
	peaks->ended = true;
	pthread_cond_signal(&peaks->changed);
	pthread_mutex_unlock(&peaks->lock);
	return NULL;
}

static void peaks_free(struct peaks *peaks)
{
	pthread_cond_destroy(&peaks->changed);
	pthread_mutex_destroy(&peaks->lock);
	free(peaks->process);
	free(peaks);
}

static int find_nodes(struct summary_memory *ret)
{
	_cleanup_free_ struct node_memory *node = calloc(MPOL_NODES_MAX, sizeof(*node));
	int r = node ? memory_of_nodes(node) : -ENOMEM;
	size_t i;

	for (i = 0; r == 0 && i < MPOL_NODES_MAX; i++)
		ret->there[i] = node[i].there;
	return r;
}

int peaks_begin(struct peaks **ret)
{
	struct peaks *peaks = calloc(1, sizeof(*peaks));
	pthread_condattr_t monotonic;
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int r;

	if (!peaks)
		return -ENOMEM;
	peaks->self = getpid();
	pthread_mutex_init(&peaks->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&peaks->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	r = find_nodes(&peaks->memory);
	if (r == 0) {
		pthread_attr_init(&attributes);
		pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
		pthread_attr_setstacksize(&attributes, STACK_SIZE);
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		r = -pthread_create(&thread, &attributes, peaks_main, peaks);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		pthread_attr_destroy(&attributes);
	}
	if (r < 0)
		peaks_free(peaks);
	else
		*ret = peaks;
	return r;
}

void peaks_end(struct peaks *peaks, struct summary_memory *ret)
{
	struct timespec until;
	bool ended;

	if (!peaks)
		return;
	in_ns(LAST_NS, &until);
	pthread_mutex_lock(&peaks->lock);
	peaks->ending = true;
	pthread_cond_signal(&peaks->changed);
	while (!peaks->ended &&
	       pthread_cond_timedwait(&peaks->changed, &peaks->lock, &until) != ETIMEDOUT)
		;
	ended = peaks->ended;
	*ret = peaks->memory;
	pthread_mutex_unlock(&peaks->lock);
	if (ended)
		peaks_free(peaks);
}
