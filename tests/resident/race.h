/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tests share in which processes race: counters, and a layer that is updated meanwhile. */
#ifndef TESTS_RESIDENT_RACE_H
#define TESTS_RESIDENT_RACE_H

#include <signal.h>

#include "check.h"

/* In memory that all processes of a test share. */
static struct {
	volatile unsigned long calls, forks, joins, opened, updates;
	volatile unsigned long through, untagged, unborn; /* faults */
	volatile int stop;
} * shared;

static inline void count(volatile unsigned long *counter)
{
	__sync_fetch_and_add(counter, 1);
}

/* One of the two answers between which the layer is switched; any other saw half of an update. */
static inline bool bind_is_refused_by_either(void)
{
	int answer = set_policy(BIND);

	return answer == EPERM || answer == EDOM;
}

/* Update the layer until the end. @burst: pause after so many, so that others have a CPU; or 0. */
static inline void race_update(struct resident_request request, int burst)
{
	int odd = 0, r, n = 0;

	request.key = request.modify;
	while (!shared->stop) {
		odd = !odd;
		answer_bind(&request, MPOL_ANSWER(MPOL_ERRNO, odd ? EDOM : EPERM));
		r = resident_call(RESIDENT_UPDATE, &request);
		CHECK(r > 0 || r == -EAGAIN || r == -ENODEV);
		shared->updates++;
		if (burst && ++n % burst == 0)
			usleep(2000);
	}
	_exit(0);
}

/* Make a layer of @seed, and a process that updates it. False: nothing here decides. */
static inline bool race_begin(uint64_t seed, int burst, struct resident_request *ret)
{
	if (!deciding_program()) {
		puts("nothing here decides, or only what may be skipped");
		return false;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	CHECK(shared != MAP_FAILED);
	make_files();
	*ret = nobind((uint64_t)getpid() << 20 | seed);
	ret->deciders |= files_program();
	ANSWERS(0, resident_call(RESIDENT_CREATE, ret));
	if (fork() == 0)
		race_update(*ret, burst);
	return true;
}

/* Wait for that process and @others; the layer ends. Prints the numbers; true: no faults. */
static inline bool race_end(const struct resident_request *request, int others)
{
	int status;

	shared->stop = 1;
	for (; others >= 0; others--)
		CHECK(wait(&status) > 0 && status == 0);
	ANSWERS(0, members_become(request->install, 0));
	ANSWERS(0, drop_layer(request->modify));
	printf("%lu calls, %lu forks, %lu joins, %lu files, %lu updates; %lu got through, "
	       "%lu untagged, %lu forks failed\n",
	       shared->calls, shared->forks, shared->joins, shared->opened, shared->updates,
	       shared->through, shared->untagged, shared->unborn);
	return !shared->through && !shared->untagged && !shared->unborn;
}

#endif
