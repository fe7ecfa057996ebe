/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nodes_race.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "oracle.h"

#define TRIES 400
#define SECONDS 3 /* an emulated machine runs one CPU for a while, and then the other */
#define NODE_1 2ul
#define MASK_BITS 33ul
#define WORDS 64 /* nodes that any kernel may have, 1024 and more */

static volatile int over;

static void *flip(void *data)
{
	volatile unsigned long *mask = data;
	cpu_set_t all;

	/* The prober keeps to one CPU; there the two would take turns. */
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	while (!over)
		*mask ^= NODE_1;
	return NULL;
}

void nodes_race(const struct route *route, unsigned long *mask, struct outcome *out)
{
	unsigned long args[6] = {route->arg[0], (uintptr_t)mask, MASK_BITS};
	unsigned long got[WORDS] = {0};
	int refused = 0, held = 0, without = 0, err;
	time_t end = time(NULL) + SECONDS;
	pthread_t thread;
	long last = 0;

	if (!oracle_places()) {
		outcome_absent(out, ENODEV, "a second node");
		return;
	}
	err = pthread_create(&thread, NULL, flip, mask);
	if (err) {
		outcome_absent(out, err, "pthread_create");
		return;
	}
	for (int i = 0; i < TRIES || (!(refused + held && without) && time(NULL) < end); i++) {
		long ret = abi_call(route->abi, CALL_SET_MEMPOLICY, args);

		if (ret < 0) {
			refused++;
			last = ret;
		} else if (!syscall(SYS_get_mempolicy, NULL, got, WORDS * 8 * sizeof(*got), NULL,
				    0) &&
			   (got[0] & NODE_1)) {
			held++;
		} else {
			without++;
		}
	}
	over = 1;
	pthread_join(thread, NULL);
	snprintf(out->note, sizeof(out->note), "%d refused, %d with node 1, %d without", refused,
		 held, without);
	outcome_judge(out, held ? 0 : last, held);
}
