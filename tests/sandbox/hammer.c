/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hammer THREADS SECONDS [CALLS]: all threads ask for MPOL_BIND until the time is over, or each so
 * many times; prints how many answers were EPERM, EINVAL, and anything else.
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 64

static unsigned long eperm, einval, other;
static time_t end;
static long calls;

static void *hammer(void *unused)
{
	unsigned long node0 = 1;
	long left = calls;

	(void)unused;
	while (calls ? left-- > 0 : time(NULL) < end) {
		long r = syscall(SYS_set_mempolicy, MPOL_BIND, &node0, 64);
		unsigned long *which = &other;

		if (r < 0 && errno == EPERM)
			which = &eperm;
		else if (r < 0 && errno == EINVAL)
			which = &einval;
		__atomic_fetch_add(which, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS_MAX];
	int i, n = argc == 3 || argc == 4 ? atoi(argv[1]) : 0;

	if (n < 1 || n > THREADS_MAX)
		return 2;
	end = time(NULL) + atoi(argv[2]);
	calls = argc == 4 ? atol(argv[3]) : 0;
	for (i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, hammer, NULL))
			return 2;
	for (i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	printf("%lu %lu %lu\n", eperm, einval, other);
	return 0;
}
