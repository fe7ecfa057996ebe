/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * forks N: N forks, by processes that have just joined, while others join and the layer is updated
 * in bursts. No child may be untagged, and afterwards nobody is counted.
 */
#include <sched.h>

#include "race.h"

#define WORKERS 3
#define FORKS_EACH 250 /* by one that joined */

static char stack[16384] __attribute__((aligned(16)));

static int look(void *data)
{
	(void)data;
	if (!bind_is_refused_by_either())
		count(&shared->untagged);
	_exit(0);
}

/* A child, of one kind or another, and now and then one of its own. */
static void have_child(unsigned int n)
{
	static const unsigned long kinds[] = {0, 0, CLONE_VM, CLONE_VM | CLONE_VFORK};
	unsigned long kind = kinds[n % 4];
	pid_t pid;
	int status;

	if (kind) {
		pid = clone(look, stack + sizeof(stack), (int)kind | SIGCHLD, NULL);
	} else {
		pid = fork();
		if (pid == 0)
			look(NULL);
	}
	if (pid < 0) {
		count(&shared->unborn);
		return;
	}
	count(&shared->forks);
	CHECK(waitpid(pid, &status, 0) == pid);
}

static void join_and_fork(struct resident_key install)
{
	unsigned int n;

	no_new_privs();
	ANSWERS(0, join(install));
	count(&shared->joins);
	for (n = 0; n < FORKS_EACH; n++)
		have_child(n);
	_exit(0);
}

static void work(struct resident_key install)
{
	pid_t pid;
	int status;

	while (!shared->stop) {
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0)
			join_and_fork(install);
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	unsigned long wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
	struct resident_request request;
	bool well;
	int i;

	/* In bursts, so that there is a CPU left to fork on. */
	if (!race_begin(2, 10, &request))
		return 77;
	for (i = 0; i < WORKERS; i++)
		if (fork() == 0)
			work(request.install);
	while (shared->forks < wanted && !shared->untagged)
		usleep(20000);
	well = race_end(&request, WORKERS);
	CHECK(shared->forks >= wanted && shared->joins > 1 && shared->updates > 10);
	return !well;
}
