/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "held.h"

#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "resident/client.h"

#define PATIENCE 2000 /* times a millisecond: programs are being replaced */

static int make(const struct layer_policy *policy, const struct layer_keys *keys)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	struct resident_request request = {
		.version = RESIDENT_ABI,
		.deciders = policy->deciders,
	};
	int i, r;

	memcpy(&request.install, &keys->install, sizeof(request.install));
	memcpy(&request.modify, &keys->modify, sizeof(request.modify));
	layer_policy_of_resident(policy, &request.rules);
	r = resident_call(RESIDENT_CREATE_KEYED_AND_JOIN, &request);
	for (i = 0; r == -EAGAIN && i < PATIENCE; i++) {
		(void)nanosleep(&pause, NULL);
		r = resident_call(RESIDENT_CREATE_KEYED_AND_JOIN, &request);
	}
	return r < 0 ? r : 0;
}

/* Nothing in here may be the parent's to see again: it is a process that knows the keys. */
static void child(const struct layer_policy *policy, const struct layer_keys *keys, int answer,
		  int end)
{
	char byte;
	int r;

	/* A join asks for it, or for CAP_SYS_ADMIN; who has neither is to hear of the attach. */
	r = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : make(policy, keys);
	if (write(answer, &r, sizeof(r)) == (ssize_t)sizeof(r) && r == 0) {
		close(answer);
		while (read(end, &byte, 1) < 0 && errno == EINTR)
			;
	}
	_exit(0);
}

int layer_held_make(const struct layer_policy *policy, const struct layer_keys *keys,
		    struct layer_held *ret)
{
	int answer[2] = {-EBADF, -EBADF}, end[2] = {-EBADF, -EBADF}, result = -EIO;
	struct layer_held held = {.fd = -EBADF};

	if (pipe2(answer, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(end, O_CLOEXEC) < 0) {
		result = -errno;
		close(answer[0]);
		close(answer[1]);
		return result;
	}
	held.child = fork();
	if (held.child == 0) {
		close(answer[0]);
		/* Else we would wait for ourselves. */
		close(end[1]);
		child(policy, keys, answer[1], end[0]);
	}
	close(answer[1]);
	close(end[0]);
	if (held.child < 0)
		result = -errno;
	/* A child that dies first, at a filter or for want of memory, answers nothing. */
	else if (read(answer[0], &result, sizeof(result)) != (ssize_t)sizeof(result))
		result = -EIO;
	close(answer[0]);
	held.fd = end[1];
	if (result < 0) {
		held.child = held.child < 0 ? 0 : held.child;
		layer_held_done(&held);
		return result;
	}
	*ret = held;
	return 0;
}

void layer_held_done(struct layer_held *held)
{
	if (held->fd >= 0)
		close(held->fd);
	held->fd = -EBADF;
	while (held->child > 0 && waitpid(held->child, NULL, 0) < 0 && errno == EINTR)
		;
	held->child = 0;
}
