/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * forks N: N forks, by processes that have just joined, while others join and the layer is updated
 * in bursts. No child may be untagged, and afterwards nobody is counted.
 */
#include <sched.h>
#include <signal.h>

#include "check.h"

#define WORKERS 3
#define FORKS_EACH 250 /* by one that joined */

static struct {
	volatile unsigned long forks, joins, updates, untagged, unborn;
	volatile int stop;
} * shared;

static char stack[16384] __attribute__((aligned(16)));

static int look(void *data)
{
	int answer = set_policy(BIND);

	(void)data;
	/* One of the two between which the layer is switched. */
	if (answer != EPERM && answer != EDOM)
		__sync_fetch_and_add(&shared->untagged, 1);
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
		__sync_fetch_and_add(&shared->unborn, 1);
		return;
	}
	__sync_fetch_and_add(&shared->forks, 1);
	CHECK(waitpid(pid, &status, 0) == pid);
}

static void join_and_fork(struct resident_key install)
{
	unsigned int n;

	no_new_privs();
	ANSWERS(0, join(install));
	__sync_fetch_and_add(&shared->joins, 1);
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

static void update(struct resident_request *request)
{
	int odd = 0, r, n = 0;

	request->key = request->modify;
	while (!shared->stop) {
		odd = !odd;
		answer_bind(request, MPOL_ANSWER(MPOL_ERRNO, odd ? EDOM : EPERM));
		r = resident_call(RESIDENT_UPDATE, request);
		CHECK(r > 0 || r == -EAGAIN || r == -ENODEV);
		shared->updates++;
		/* In bursts, so that there is a CPU left to fork on. */
		if (++n % 10 == 0)
			usleep(2000);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	unsigned long wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
	struct resident_request request;
	int i, status;

	if (!deciding_program()) {
		puts("nothing here decides, or only what may be skipped");
		return 77;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	CHECK(shared != MAP_FAILED);
	make_files();
	request = nobind((uint64_t)getpid() << 20 | 2);
	ANSWERS(0, resident_call(RESIDENT_CREATE, &request));
	for (i = 0; i < WORKERS; i++)
		if (fork() == 0)
			work(request.install);
	if (fork() == 0)
		update(&request);
	while (shared->forks < wanted && !shared->untagged)
		usleep(20000);
	shared->stop = 1;
	for (i = 0; i < WORKERS + 1; i++)
		CHECK(wait(&status) > 0 && status == 0);
	ANSWERS(0, members_become(request.install, 0));
	ANSWERS(0, drop_layer(request.modify));
	printf("%lu forks, %lu joins, %lu updates\n", shared->forks, shared->joins,
	       shared->updates);
	if (shared->untagged || shared->unborn)
		fprintf(stderr, "forks: %lu untagged, %lu unborn\n", shared->untagged,
			shared->unborn);
	CHECK(shared->forks >= wanted && shared->joins > 1 && shared->updates > 10);
	return shared->untagged || shared->unborn;
}
