/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which mechanisms are to be had, by asking the kernel for them with arguments that it must refuse. */
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "child.h"
#include "parts.h"

#ifndef SECCOMP_RET_USER_NOTIF
#define SECCOMP_RET_USER_NOTIF 0x7fc00000U
#endif

#define NO_RESIDENT "this release has no resident yet"

struct seccomp_facts {
	int filter; /* what SECCOMP_SET_MODE_FILTER answers to no filter at all */
	uint32_t features;
};

static void ask_seccomp(void *shared)
{
	static const struct {
		uint32_t action;
		enum host_feature feature;
	} actions[] = {
		{SECCOMP_RET_USER_NOTIF, HOST_ACTION_NOTIFY},
		{SECCOMP_RET_LOG, HOST_ACTION_LOG},
		{SECCOMP_RET_KILL_PROCESS, HOST_ACTION_KILL_PROCESS},
	};
	struct seccomp_facts *facts = shared;
	size_t i;

	/* The filter is read before any right is looked at: EFAULT from every kernel that has it. */
	facts->filter =
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) < 0 ? errno : HOST_IGNORED;
	for (i = 0; i < ELEMENTSOF(actions); i++)
		if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &actions[i].action) == 0)
			facts->features |= (uint32_t)actions[i].feature;
}

/* Under a filter a child asks in our place: it might be killed for it. */
static void seccomp_facts(struct host *host, struct seccomp_facts *ret)
{
	struct seccomp_facts *facts;
	int r;

	if (!host->filtered) {
		ask_seccomp(ret);
		return;
	}
	facts = child_share(sizeof(*facts));
	if (!facts) {
		ret->filter = ENOMEM;
		return;
	}
	facts->filter = HOST_KILLED;
	r = child_run(ask_seccomp, facts);
	*ret = *facts;
	if (r < 0)
		ret->filter = -r;
	else if (r == SIGALRM)
		ret->filter = ETIMEDOUT;
	child_unshare(facts, sizeof(*facts));
}

void host_mechanisms(struct host *host)
{
	struct ability *seccomp = &host->mechanism[MECH_SECCOMP];
	struct ability *notify = &host->mechanism[MECH_NOTIFY];
	struct seccomp_facts facts = {0};
	char answer[24];

	seccomp_facts(host, &facts);
	host->features |= facts.features;
	if (facts.filter == EFAULT) {
		seccomp->ready = true;
	} else if (host->filtered) {
		SAY(seccomp->why, "a filter above answers %s to seccomp(2)",
		    host_answer_text(facts.filter, answer, sizeof(answer)));
		SAY(seccomp->fix, "allow seccomp(2) in the filter of the container or unit");
	} else {
		SAY(seccomp->why, "kernel lacks CONFIG_SECCOMP_FILTER: seccomp(2) answers %s",
		    host_answer_text(facts.filter, answer, sizeof(answer)));
		SAY(seccomp->fix, "a kernel built with CONFIG_SECCOMP_FILTER");
	}

	if (facts.features & HOST_ACTION_NOTIFY)
		SAY(notify->why, "this release does not use it yet");
	else
		SAY(notify->why, "kernel lacks seccomp user notification (5.0)");
	SAY(host->resident.why, NO_RESIDENT);
	SAY(host->mechanism[MECH_LSM].why, NO_RESIDENT);
	SAY(host->mechanism[MECH_FMOD_RET].why, NO_RESIDENT);
}
