/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hammer SECONDS TASKS [KIND]: members on one CPU make refused calls, children that make refused
 * calls, and workers of io_uring that open refused files, while their layer is updated without a
 * pause. No call may get through, and no child be untagged. The answer alternates between two
 * errnos, and any other is a call that saw half of an update. KIND is lsm, fmod_ret or kprobe, the
 * programs that are to refuse; 77 where there are none, or none that count.
 *
 * SIGTERM ends it earlier. Prints how many of each there were; exit status 1 of any that should not
 * be.
 */
#include <sched.h>

#include "race.h"
#include "uring.h"

static void on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	CHECK(sched_setaffinity(0, sizeof(set), &set) == 0);
}

static bool is_refused(void)
{
	bool refused = bind_is_refused_by_either();

	count(&shared->calls);
	if (!refused)
		count(&shared->through);
	return refused;
}

static void hit(bool forks)
{
	int i, status;
	pid_t pid;

	while (!shared->stop) {
		for (i = 0; i < 100; i++)
			(void)is_refused();
		if (!forks)
			continue;
		pid = fork();
		if (pid == 0) {
			_exit(!is_refused());
		}
		if (pid < 0) {
			count(&shared->unborn);
			continue;
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		count(&shared->forks);
		if (status)
			count(&shared->untagged);
	}
}

/* Not where no program that may be counted on decides about files: then they are all opened. */
static void hit_by_worker(void)
{
	struct ring ring = ring_make();
	int r;

	while (!shared->stop) {
		r = ring_open(&ring, file_of(BIND));
		count(&shared->opened);
		if (r != -EPERM && r != -EDOM)
			count(&shared->through);
		if (r >= 0)
			close(r);
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

static void stop(int signal)
{
	(void)signal;
	shared->stop = 1;
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 2, tasks = argc > 2 ? atoi(argv[2]) : 24, i;
	struct resident_request request;
	bool well;

	if (argc > 3)
		decide_by(argv[3]);
	on_one_cpu();
	if (!race_begin(1, 0, &request))
		return 77;
	for (i = 0; i < tasks; i++)
		if (fork() == 0) {
			no_new_privs();
			ANSWERS(0, join_at_last(request.install));
			count(&shared->joins);
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
	well = race_end(&request, tasks);
	CHECK(shared->calls > 1000 && shared->forks > 10 && shared->updates > 10);
	CHECK(shared->opened > 10 || tasks < 4 || !(request.deciders & FILES));
	return !well;
}
