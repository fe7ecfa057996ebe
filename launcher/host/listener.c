/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a task of ours can have a seccomp listener, tried in a child: there is one in each chain.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "parts.h"

struct listener_trial {
	bool had;
	int error; /* why not, where a call of ours said so */
	bool tells_end; /* of its last task: with Linux 5.9, as the ioctl that we ask for */
};

static void try_listener(void *shared)
{
	struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
	struct sock_fprog program = {1, &allow};
	struct listener_trial *trial = shared;
	long fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		trial->error = errno;
		return;
	}
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		     &program);
	if (fd < 0) {
		trial->error = errno;
		return;
	}
	trial->had = true;
	/* Nothing lies at page 0: EFAULT from a kernel that reads its argument, else EINVAL. */
	trial->tells_end =
		ioctl((int)fd, SECCOMP_IOCTL_NOTIF_ADDFD, (void *)1) < 0 && errno == EFAULT;
}

void host_listener(struct host *host)
{
	struct listener_trial *trial = child_share(sizeof(*trial));
	struct ability *why = &host->mechanism[MECH_NOTIFY];
	int r;

	if (!trial)
		return;
	r = child_run(try_listener, trial);
	if (r < 0) {
		SAY(why->why, "cannot fork to see whether a seccomp listener can be had: %s",
		    strerror(-r));
		SAY(why->fix, "allow a process more (ulimit -u)");
	} else if (r > 0) {
		SAY(why->why, "a filter above answers a kill to seccomp(2)");
	} else if (trial->had && trial->tells_end) {
		host->features |= HOST_LISTENER_FREE;
	} else if (trial->had) {
		SAY(why->why, "kernel's seccomp user notification is too old (5.9)");
	} else if (trial->error && trial->error != EBUSY) {
		SAY(why->why, "no seccomp listener can be had: %s", strerror(trial->error));
	}
	child_unshare(trial, sizeof(*trial));
}
