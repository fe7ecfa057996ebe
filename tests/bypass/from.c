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

#include "bomb.h"
#include "from.h"
#include "listener.h"

#define STACK_SIZE (256 * 1024)

static void *in_thread(void *data)
{
	const struct job *job = data;

	route_try(job->route, job->out);
	return NULL;
}

static void from_main(const struct job *job)
{
	route_try(job->route, job->out);
}

static int in_child(void *data)
{
	in_thread(data);
	_exit(0);
}

static void from_thread(const struct job *job)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, in_thread, (void *)job);

	if (err)
		outcome_absent(job->out, err, "pthread_create");
	else
		pthread_join(thread, NULL);
}

/* Its own stack, so that vfork's rule of not returning into the parent's frames is kept. */
static void in_shared_memory(const struct job *job, int flags)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	pid_t pid = -1;

	if (stack != MAP_FAILED)
		pid = clone(in_child, stack + STACK_SIZE, flags | CLONE_VM | SIGCHLD, (void *)job);
	if (pid < 0)
		outcome_absent(job->out, errno, "clone");
	else
		waitpid(pid, NULL, 0);
}

static void from_vfork(const struct job *job)
{
	in_shared_memory(job, CLONE_VFORK);
}

static void from_clone_vm(const struct job *job)
{
	in_shared_memory(job, 0);
}

/* A grandchild whose parent is gone. Its end is seen by its end of a pipe. */
static void from_setsid(const struct job *job)
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
			from_main(job);
		_exit(0);
	}
	close(end[1]);
	waitpid(pid, NULL, 0);
	while (read(end[0], &byte, 1) > 0)
		;
	close(end[0]);
}

void job_wait(const struct job *job, pid_t pid, int seconds)
{
	int ticks = seconds * 50;

	while (ticks-- && waitpid(pid, NULL, WNOHANG) == 0)
		usleep(20000);
	if (ticks >= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (job->out->kind != OUTCOME_NONE)
		return;
	outcome_judge(job->out, -ETIMEDOUT, false);
	snprintf(job->out->note, sizeof(job->out->note), "it waits");
}

/* The outcome comes back through a memfd, whose number the new program is told. */
void job_exec(const struct job *job, char **argv, size_t end)
{
	int fd = syscall(SYS_memfd_create, "outcome", 0), status = 0;
	char number[16], text[ROUTE_TEXT];
	pid_t pid;

	if (fd < 0 || (pid = fork()) < 0) {
		outcome_absent(job->out, errno, "fork");
		return;
	}
	snprintf(number, sizeof(number), "%d", fd);
	snprintf(text, sizeof(text), "%s", job->route->text);
	*strchrnul(text, '@') = '\0';
	argv[end] = "--into";
	argv[end + 1] = number;
	argv[end + 2] = text;
	argv[end + 3] = NULL;
	if (!pid) {
		execv(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (pread(fd, job->out, sizeof(*job->out), 0) == sizeof(*job->out))
		;
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 125) {
		outcome_judge(job->out, -E2BIG, false);
		snprintf(job->out->note, sizeof(job->out->note), "a launch inside failed");
	} else {
		outcome_absent(job->out, ENOEXEC, argv[0]);
	}
	close(fd);
}

static void from_exec(const struct job *job)
{
	char *argv[5] = {(char *)job->self};

	job_exec(job, argv, 1);
}

static void from_listener(const struct job *job)
{
	listener_try(job->route, job->out);
}

static const struct {
	const char *name;
	from_fn *fn;
} places[] = {
	{"main", from_main},
	{"thread", from_thread}, /* another thread of the process */
	{"old-thread", from_old_thread}, /* one that was there before the rest */
	{"vfork", from_vfork}, /* CLONE_VM | CLONE_VFORK */
	{"clone-vm", from_clone_vm}, /* another process in the same address space */
	{"setsid", from_setsid}, /* a grandchild in its own session */
	{"exec", from_exec}, /* after one more execve(2) */
	{"setuid", from_setuid}, /* the same, of a file that is setuid root */
	{"listener", from_listener}, /* under an own filter whose listener answers CONTINUE */
	{"crowd", from_crowd}, /* under as many own filters as there is room for */
	{"userns", from_userns},
	{"cgroupns", from_cgroupns},
	{"storm", from_storm}, /* many processes at once */
	{"bomb", from_bomb}, /* those of a fork bomb that burns already */
	{"nested-15", from_nested15}, /* below 15 launches of its own */
	{"nested-16", from_nested16},
	{"supervisor-killed", from_supervisor_killed},
	{"supervisor-killed-listener", from_supervisor_killed_listener},
	{"supervisor-stopped", from_supervisor_stopped},
	{"supervisor-starved", from_supervisor_starved},
	{"moved-by-write", from_moved_by_write}, /* to a cgroup, by an fd that was passed in */
	{"moved-by-uring", from_moved_by_uring},
	{"moved-by-clone", from_moved_by_clone},
};

int from_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (!strcmp(places[i].name, name))
			return (int)i;
	return -EINVAL;
}

void route_try_from(const struct route *route, const char *self, struct outcome *out)
{
	struct job job = {route, out, self};

	places[route->from].fn(&job);
}
