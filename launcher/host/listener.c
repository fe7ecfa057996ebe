/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a task of ours can have a seccomp listener, tried in a child: there is one in each chain.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "parts.h"

struct listener_trial {
	bool had;
	bool tells_end; /* of its last task: with Linux 5.9, as the ioctl that we ask for */
};

static void try_listener(void *shared)
{
	struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
	struct sock_fprog program = {1, &allow};
	struct listener_trial *trial = shared;
	long fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return;
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		     &program);
	if (fd < 0)
		return;
	trial->had = true;
	/* Nothing lies at page 0: EFAULT from a kernel that reads its argument, else EINVAL. */
	trial->tells_end =
		ioctl((int)fd, SECCOMP_IOCTL_NOTIF_ADDFD, (void *)1) < 0 && errno == EFAULT;
}

void host_listener(struct host *host)
{
	struct listener_trial *trial = child_share(sizeof(*trial));

	if (!trial)
		return;
	if (child_run(try_listener, trial) == 0 && trial->had) {
		if (trial->tells_end)
			host->features |= HOST_LISTENER_FREE;
		else
			SAY(host->mechanism[MECH_NOTIFY].why,
			    "kernel's seccomp user notification is too old (5.9)");
	}
	child_unshare(trial, sizeof(*trial));
}
