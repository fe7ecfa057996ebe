/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#define TRIES 200 /* a fifth of a second */

static int call(enum resident_verb verb, const struct resident_request *request, size_t size)
{
	int r = prctl(RESIDENT_PRCTL, (unsigned long)verb, request, size, 0);

	if (r > 0 && (r & RESIDENT_YES))
		return r & ~RESIDENT_YES;
	if (r >= 0 || errno == EINVAL)
		return -ENODEV;
	return -errno;
}

int resident_hello(uint32_t *ret_programs)
{
	int r = call(RESIDENT_HELLO, NULL, 0);

	/* Perhaps only skipped: let whoever was preempted inside it go on. */
	if (r == -ENODEV && sched_yield() == 0)
		r = call(RESIDENT_HELLO, NULL, 0);
	if (r < 0)
		return r;
	if (r >> 16 != RESIDENT_ABI)
		return -EPROTO;
	*ret_programs = (uint32_t)r & 0xffff;
	return 0;
}

int resident_call(enum resident_verb verb, const struct resident_request *request)
{
	const volatile char *touch = (const volatile char *)request;
	const struct timespec pause = {.tv_nsec = 1000000};
	int r = -ENODEV, i;

	/*
	 * It reads our memory only where that is present. And on a kernel that preempts itself it
	 * is skipped while somebody was preempted inside it on our CPU, who then has to run first.
	 */
	for (i = 0; i < TRIES; i++) {
		(void)touch[0];
		(void)touch[sizeof(*request) - 1];
		r = call(verb, request, sizeof(*request));
		if (r == -ENODEV)
			(void)nanosleep(&pause, NULL);
		else if (r != -EFAULT)
			break;
	}
	return r;
}

const char *resident_error_text(int err)
{
	switch (-err) {
	case ENODEV:
		return "the resident no longer answers";
	case ENOLINK:
		return "the resident answers, and its programs do not refuse: is "
		       "/proc/sys/kernel/ftrace_enabled 0, or, of kprobe, the call traced?";
	case EDQUOT:
		return "this user has as many layers of the resident as one user may";
	case ENOSPC:
		return "the resident has no room for another layer or member";
	case E2BIG:
		return "this process is under 16 layers already";
	case EACCES:
		return "joining takes no_new_privs, or CAP_SYS_ADMIN in the own user namespace";
	case EMLINK:
		return "a process with several threads cannot join";
	case ENOTRECOVERABLE:
		return "the kernel may preempt itself by now, which skips programs of fmod_ret";
	case EOPNOTSUPP:
		return "the resident is being replaced by one with fewer programs";
	case EPROTO:
		return "the resident is that of another release";
	case EKEYREJECTED:
		return "the layer has ended, or has other keys by now";
	case EEXIST:
		return "this process is under the layer already";
	case ESTALE:
		return "the layer was changed meanwhile";
	case EAGAIN:
		return "the resident is being unloaded";
	default:
		return strerror(-err);
	}
}
