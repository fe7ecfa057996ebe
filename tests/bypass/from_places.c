/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces, programs with other rights, crowds of processes, of layers and of filters. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "from.h"

#define STORM 48
#define STORM_THIN 12
#define NESTED_MAX 16

static void in_namespace(const struct job *job, int flags)
{
	if (unshare(flags))
		outcome_absent(job->out, errno, "unshare");
	else
		route_try(job->route, job->out);
}

void from_userns(const struct job *job)
{
	in_namespace(job, CLONE_NEWUSER);
}

/* With a user namespace, since CAP_SYS_ADMIN is dropped by a launch. */
void from_cgroupns(const struct job *job)
{
	in_namespace(job, CLONE_NEWUSER | CLONE_NEWCGROUP);
}

/* A copy of this program beside it, which whoever runs the suite as root makes setuid. */
void from_setuid(const struct job *job)
{
	char path[4096], *argv[5] = {path};

	snprintf(path, sizeof(path), "%s-setuid", job->self);
	if (access(path, X_OK))
		outcome_absent(job->out, errno, "a setuid copy of the prober");
	else
		job_exec(job, argv, 1);
}

/* Each on its own, all at the same time: one that gets through is one too many. */
void from_storm(const struct job *job)
{
	struct outcome *all = mmap(NULL, STORM * sizeof(*all), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int n = 0, allowed = 0, most = route_thin() ? STORM_THIN : STORM;

	if (all == MAP_FAILED) {
		outcome_absent(job->out, errno, "mmap");
		return;
	}
	for (; n < most; n++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (!pid) {
			/* And a generation below it, so that forks race with calls. */
			if (fork())
				route_try(job->route, &all[n]);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	*job->out = all[0];
	for (int i = 0; i < n; i++) {
		bool got = all[i].kind == OUTCOME_ALLOWED || all[i].kind == OUTCOME_LEAKED;

		if (got && !allowed++)
			*job->out = all[i];
	}
	if (n < most)
		outcome_absent(job->out, EAGAIN, "fork");
	else
		snprintf(job->out->note, sizeof(job->out->note), "%d of %d got it", allowed, n);
	munmap(all, STORM * sizeof(*all));
}

/* Launches that refuse something else, one in the other. */
static void nested(const struct job *job, size_t depth)
{
	static char *const launch[] = {
		"-p", "builtin:unrestricted", "--deny", "weighted-interleave", "-q", "--"};
	const size_t words = sizeof(launch) / sizeof(*launch);
	char *argv[NESTED_MAX * (1 + sizeof(launch) / sizeof(*launch)) + 5];
	char *mpolrun = getenv("BYPASS_MPOLRUN");
	size_t n = 0;

	if (!mpolrun) {
		outcome_absent(job->out, ENOENT, "BYPASS_MPOLRUN");
		return;
	}
	for (size_t i = 0; i < depth; i++) {
		argv[n++] = mpolrun;
		memcpy(&argv[n], launch, sizeof(launch));
		n += words;
	}
	argv[n++] = (char *)job->self;
	job_exec(job, argv, n);
}

void from_nested15(const struct job *job)
{
	nested(job, NESTED_MAX - 1);
}

void from_nested16(const struct job *job)
{
	nested(job, NESTED_MAX);
}

int crowd_filters(void)
{
	static struct sock_filter code[BPF_MAXINSNS];
	struct sock_fprog program = {BPF_MAXINSNS, code};

	for (int i = 0; i < BPF_MAXINSNS; i++)
		code[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	/* Large ones, then ever smaller ones into what is left. */
	while (program.len) {
		if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
			continue;
		if (errno != ENOMEM)
			return -errno;
		program.len /= 2;
	}
	return 0;
}

void from_crowd(const struct job *job)
{
	int err = crowd_filters();

	if (err)
		outcome_absent(job->out, -err, "filters of one's own");
	else
		route_try(job->route, job->out);
}

static struct {
	sem_t go, done;
	const struct job *job;
} old;

static void *old_thread(void *data)
{
	for (;;) {
		sem_wait(&old.go);
		/* What the last route left. */
		syscall(SYS_set_mempolicy, 0, NULL, 0ul);
		route_try(old.job->route, old.job->out);
		sem_post(&old.done);
	}
	return data;
}

void old_thread_start(void)
{
	pthread_t thread;

	sem_init(&old.go, 0, 0);
	sem_init(&old.done, 0, 0);
	pthread_create(&thread, NULL, old_thread, NULL);
}

void from_old_thread(const struct job *job)
{
	old.job = job;
	sem_post(&old.go);
	sem_wait(&old.done);
}
