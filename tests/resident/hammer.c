/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hammer SECONDS TASKS [kprobe]: members on one CPU make refused calls, children that make refused
 * calls, and workers of io_uring that open refused files, while their layer is updated without a
 * pause. No call may get through, and no child be untagged. The answer alternates between two
 * errnos, and any other is a call that saw half of an update. With kprobe it is programs of that
 * kind that refuse.
 *
 * SIGTERM ends it earlier. Prints how many of each there were. A fault is told on stderr; exit
 * status 1.
 */
#include <sched.h>
#include <signal.h>

#include "check.h"
#include "uring.h"

static struct {
	volatile unsigned long calls, forks, opened, updates, lost, through, unborn;
	volatile int stop;
} * shared;

static void on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	CHECK(sched_setaffinity(0, sizeof(set), &set) == 0);
}

static void try_once(void)
{
	int answer = set_policy(BIND);

	__sync_fetch_and_add(&shared->calls, 1);
	if (answer != EPERM && answer != EDOM)
		__sync_fetch_and_add(&shared->through, 1);
}

static void hit(bool forks)
{
	int i, status;
	pid_t pid;

	while (!shared->stop) {
		for (i = 0; i < 100; i++)
			try_once();
		if (!forks)
			continue;
		pid = fork();
		if (pid == 0) {
			try_once();
			_exit(0);
		}
		if (pid < 0) {
			__sync_fetch_and_add(&shared->unborn, 1);
			continue;
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		__sync_fetch_and_add(&shared->forks, 1);
		if (status)
			__sync_fetch_and_add(&shared->lost, 1);
	}
}

/* Not where no program that may be counted on decides about files: then they are all opened. */
static void hit_by_worker(void)
{
	struct ring ring = ring_make();
	int r;

	while (!shared->stop) {
		r = ring_open(&ring, file_of(BIND));
		__sync_fetch_and_add(&shared->opened, 1);
		if (r != -EPERM && r != -EDOM)
			__sync_fetch_and_add(&shared->through, 1);
		if (r >= 0)
			close(r);
	}
}

static void update(struct resident_request *request)
{
	int odd = 0, r;

	request->key = request->modify;
	while (!shared->stop) {
		odd = !odd;
		answer_bind(request, MPOL_ANSWER(MPOL_ERRNO, odd ? EDOM : EPERM));
		r = resident_call(RESIDENT_UPDATE, request);
		CHECK(r > 0 || r == -EAGAIN || r == -ENODEV);
		shared->updates++;
	}
}

/*
 * A verb may be skipped for as long as whoever was preempted inside it waits for the CPU, behind
 * all of us here: that is a failed launch, never a half one, and what is tested is what gets
 * through after it.
 */
static int join_at_last(struct resident_key install)
{
	int r = -ENODEV, i;

	for (i = 0; r == -ENODEV && i < 300; i++)
		r = join(install);
	return r;
}

static uint32_t kprobe_program(void)
{
	uint32_t have = 0;

	ANSWERS(0, resident_hello(&have));
	return have & RESIDENT_KPROBE_SET;
}

static void stop(int signal)
{
	(void)signal;
	shared->stop = 1;
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 2, tasks = argc > 2 ? atoi(argv[2]) : 24, i,
	    status;
	struct resident_request request;
	pid_t updater;

	if (argc > 3 && strcmp(argv[3], "kprobe") == 0)
		found = kprobe_program();
	if (argc > 3 ? !found : !deciding_program()) {
		puts("nothing here decides, or only what may be skipped");
		return 77;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	CHECK(shared != MAP_FAILED);
	make_files();
	on_one_cpu();
	request = nobind((uint64_t)getpid() << 20 | 1);
	request.deciders |= files_program();
	ANSWERS(0, resident_call(RESIDENT_CREATE, &request));
	updater = fork();
	if (updater == 0) {
		update(&request);
		_exit(0);
	}
	for (i = 0; i < tasks; i++)
		if (fork() == 0) {
			no_new_privs();
			ANSWERS(0, join_at_last(request.install));
			if (i % 4 == 3 && (request.deciders & FILES))
				hit_by_worker();
			else
				hit(i % 2);
			_exit(0);
		}
	/* Not before: whoever is born with it would end the rest. */
	(void)signal(SIGTERM, stop);
	while (!shared->stop && seconds-- > 0)
		sleep(1);
	shared->stop = 1;
	for (i = 0; i < tasks + 1; i++) {
		CHECK(wait(&status) > 0);
		CHECK(status == 0);
	}
	ANSWERS(0, drop_layer(request.modify));
	printf("%lu calls, %lu forks, %lu files, %lu updates\n", shared->calls, shared->forks,
	       shared->opened, shared->updates);
	if (shared->through || shared->lost || shared->unborn)
		fprintf(stderr,
			"hammer: %lu calls got through, %lu children went wrong, %lu forks "
			"failed\n",
			shared->through, shared->lost, shared->unborn);
	CHECK(shared->calls > 1000 && shared->forks > 10 && shared->updates > 10);
	CHECK(shared->opened > 10 || tasks < 4 || !(request.deciders & FILES));
	return shared->through || shared->lost || shared->unborn;
}
