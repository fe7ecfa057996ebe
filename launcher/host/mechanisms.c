/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which mechanisms are to be had, by asking the kernel for them with arguments that it must refuse.
 */
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
#include "resident/client.h"

#ifndef SECCOMP_RET_USER_NOTIF
#define SECCOMP_RET_USER_NOTIF 0x7fc00000U
#endif

#define NO_RESIDENT "the resident is not loaded"
#ifdef RESIDENT_NOT_BUILT
#define LOAD_RESIDENT "as root: mpolrun resident load, of a build with -Dbpf=enabled"
#else
#define LOAD_RESIDENT "as root: mpolrun resident load"
#endif

struct seccomp_facts {
	int filter; /* what SECCOMP_SET_MODE_FILTER answers to no filter at all */
	int no_child; /* not 0: the errno that kept us from asking */
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

	/*
	 * The filter is read before any right is looked at: EFAULT from every kernel that has it.
	 */
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
		ret->no_child = -r;
	else if (r == SIGALRM)
		ret->filter = ETIMEDOUT;
	child_unshare(facts, sizeof(*facts));
}

struct resident_facts {
	int hello;
	uint32_t programs;
};

static void ask_resident(void *shared)
{
	struct resident_facts *facts = shared;

	facts->hello = resident_hello(&facts->programs);
}

/* prctl(2) with an option of ours: in a child, where a filter might kill for it. */
static void resident_facts(struct host *host, struct resident_facts *ret)
{
	struct resident_facts *facts;

	if (!host->filtered) {
		ask_resident(ret);
		return;
	}
	facts = child_share(sizeof(*facts));
	if (!facts)
		return;
	facts->hello = -ENODEV;
	(void)child_run(ask_resident, facts);
	*ret = *facts;
	child_unshare(facts, sizeof(*facts));
}

static void set_if(struct host *host, uint32_t any_of, enum host_feature feature)
{
	if (any_of)
		host->features |= (uint32_t)feature;
}

/* What it answers is what it has attached, and whether that counts on a kernel as it runs now. */
static void host_resident(struct host *host)
{
	struct resident_facts facts = {.hello = -ENODEV};
	struct ability *lsm = &host->mechanism[MECH_LSM];
	struct ability *fmod_ret = &host->mechanism[MECH_FMOD_RET];
	struct ability *kprobe = &host->mechanism[MECH_KPROBE];
	uint32_t programs;

	resident_facts(host, &facts);
	if (facts.hello < 0) {
		if (facts.hello == -EPROTO)
			SAY(host->resident.why, "the resident is that of another release");
		else
			SAY(host->resident.why, NO_RESIDENT);
		SAY(host->resident.fix, LOAD_RESIDENT);
		*lsm = *fmod_ret = *kprobe = host->resident;
		return;
	}
	programs = facts.programs;
	host->resident.ready = true;
	host->resident_lacks = RESIDENT_PROGRAMS & ~programs;
	host->features |= HOST_RESIDENT;
	set_if(host, programs & RESIDENT_LSM & ~RESIDENT_LSM_SET, HOST_BPF_LSM);
	set_if(host, programs & (RESIDENT_LSM_SET | RESIDENT_FMOD_SET), HOST_HOOK);
	set_if(host, programs & (RESIDENT_ENTRY | RESIDENT_KPROBE), HOST_ERROR_INJECTION);
	set_if(host, programs & RESIDENT_NO_PREEMPT, HOST_NO_PREEMPT);

	lsm->ready = programs & RESIDENT_LSM;
	if (!lsm->ready)
		SAY(lsm->why, "bpf is not in the kernel's lsm= list");
	fmod_ret->ready = programs & RESIDENT_SKIPPABLE && programs & RESIDENT_NO_PREEMPT;
	if (!fmod_ret->ready && programs & RESIDENT_SKIPPABLE)
		SAY(fmod_ret->why, "the kernel may preempt itself, which skips such programs");
	else if (!fmod_ret->ready)
		SAY(fmod_ret->why, "the resident has no programs of the kind attached");
	kprobe->ready = programs & RESIDENT_KPROBE;
	if (kprobe->ready)
		SAY(kprobe->why, "best effort only: " KPROBE_WINDOW);
	else
		SAY(kprobe->why, "only where the kernel preempts itself and can inject errors");
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
	} else if (facts.no_child) {
		SAY(seccomp->why, "cannot fork to look what the filter above allows: %s",
		    strerror(facts.no_child));
		SAY(seccomp->fix, "allow a process more (ulimit -u)");
	} else if (host->filtered) {
		SAY(seccomp->why, "a filter above answers %s to seccomp(2)",
		    host_answer_text(facts.filter, answer, sizeof(answer)));
		SAY(seccomp->fix, "allow seccomp(2) in the filter of the container or unit");
	} else {
		SAY(seccomp->why, "kernel lacks CONFIG_SECCOMP_FILTER: seccomp(2) answers %s",
		    host_answer_text(facts.filter, answer, sizeof(answer)));
		SAY(seccomp->fix, "a kernel built with CONFIG_SECCOMP_FILTER");
	}

	if (!seccomp->ready)
		*notify = *seccomp;
	else if (facts.features & HOST_ACTION_NOTIFY)
		notify->ready = !notify->why[0]; /* host_listener() may know better */
	else
		SAY(notify->why, "kernel lacks seccomp user notification (5.0)");
	host_resident(host);
}
