/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The places a route can be tried from: other threads and processes of the same tree. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "listener.h"
#include "route.h"

#define STACK_SIZE (256 * 1024)

struct job {
	const struct route *route;
	struct outcome *out; /* in memory that all of the tree shares */
};

static void *in_thread(void *data)
{
	struct job *job = data;

	route_try(job->route, job->out);
	return NULL;
}

static int in_child(void *data)
{
	in_thread(data);
	_exit(0);
}

static void from_thread(struct job *job)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, in_thread, job);

	if (err)
		outcome_absent(job->out, err, "pthread_create");
	else
		pthread_join(thread, NULL);
}

/* Its own stack, so that vfork's rule of not returning into the parent's frames is kept. */
static void from_clone(struct job *job, int flags)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	pid_t pid = -1;

	if (stack != MAP_FAILED)
		pid = clone(in_child, stack + STACK_SIZE, flags | CLONE_VM | SIGCHLD, job);
	if (pid < 0)
		outcome_absent(job->out, errno, "clone");
	else
		waitpid(pid, NULL, 0);
}

/* A grandchild whose parent is gone. Its end is seen by its end of a pipe. */
static void from_setsid(struct job *job)
{
	int end[2];
	char byte;
	pid_t pid;

	if (pipe(end) || (pid = fork()) < 0) {
		outcome_absent(job->out, errno, "fork");
		return;
	}
	if (!pid) {
		setsid();
		if (!fork())
			in_thread(job);
		_exit(0);
	}
	close(end[1]);
	waitpid(pid, NULL, 0);
	while (read(end[0], &byte, 1) > 0)
		;
	close(end[0]);
}

/* The outcome comes back through a memfd, whose number the new program is told. */
static void from_exec(struct job *job, const char *self)
{
	int fd = syscall(SYS_memfd_create, "outcome", 0);
	char number[16], text[ROUTE_TEXT];
	pid_t pid;

	if (fd < 0 || (pid = fork()) < 0) {
		outcome_absent(job->out, errno, "fork");
		return;
	}
	snprintf(number, sizeof(number), "%d", fd);
	snprintf(text, sizeof(text), "%s", job->route->text);
	*strchrnul(text, '@') = '\0';
	if (!pid) {
		execl(self, self, "--into", number, text, NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	if (pread(fd, job->out, sizeof(*job->out), 0) != sizeof(*job->out))
		outcome_absent(job->out, ENOEXEC, "exec of the prober itself");
	close(fd);
}

void route_try_from(const struct route *route, const char *self, struct outcome *out)
{
	struct job job = {route, out};

	switch (route->from) {
	case FROM_MAIN:
		route_try(route, out);
		break;
	case FROM_THREAD:
		from_thread(&job);
		break;
	case FROM_VFORK:
		from_clone(&job, CLONE_VFORK);
		break;
	case FROM_CLONE_VM:
		from_clone(&job, 0);
		break;
	case FROM_SETSID:
		from_setsid(&job);
		break;
	case FROM_EXEC:
		from_exec(&job, self);
		break;
	case FROM_LISTENER:
		listener_try(route, out);
		break;
	case FROM_COUNT:
		break;
	}
}
