/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens when it is tried: the calls that the rules are about, with arguments that no kernel
 * accepts, so that the errno tells a filter above (EPERM, ENOSYS, anything) from the kernel
 * (EINVAL, EFAULT, EBADF); and binding itself, for real, in a child.
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bad_call.h"
#include "base/cleanup.h"
#include "child.h"
#include "parts.h"

/* In the order of the trials: every call, then move_pages that only asks, then a bind for real. */
enum {
	TRIAL_MOVE_QUERY = MPOL_SYS_COUNT,
	TRIAL_BIND_AREA,
	TRIAL_BIND_TASK,
	TRIAL_COUNT,
};

struct trials {
	__u64 node[MPOL_NODES_WORDS]; /* the one to bind to */
	unsigned int next; /* the trial that comes next; the one before may have killed us */
	bool done[TRIAL_COUNT];
	int answer[TRIAL_COUNT];
};

static int bad_arguments_answer(long r)
{
	if (r >= 0)
		return HOST_IGNORED;
	return errno == EINVAL || errno == EFAULT || errno == EBADF ? 0 : errno;
}

/*
 * Set MPOL_BIND on this (child) process and ask whether it is so: 0, what the call answered, or
 * HOST_IGNORED. Where asking is refused the call's own word is taken.
 */
static int bind_task(const __u64 *node)
{
	int mode = MPOL_BIND;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, node, MPOL_NODES_MAX + 1) < 0)
		return errno;
	(void)syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0);
	return mode == MPOL_BIND ? 0 : HOST_IGNORED;
}

static int bind_area(const __u64 *node)
{
	int mode = MPOL_BIND;
	void *area = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		return errno;
	if (syscall(SYS_mbind, area, 4096, MPOL_BIND, node, MPOL_NODES_MAX + 1, 0) < 0)
		return errno;
	(void)syscall(SYS_get_mempolicy, &mode, NULL, 0, area, MPOL_F_ADDR);
	return mode == MPOL_BIND ? 0 : HOST_IGNORED;
}

static void run_trials(void *shared)
{
	struct trials *trials = shared;

	while (trials->next < TRIAL_COUNT) {
		unsigned int i = trials->next++;

		if (i == TRIAL_MOVE_QUERY)
			trials->answer[i] = bad_arguments_answer(
				syscall(SYS_move_pages, 0, 1, NOWHERE, NULL, NOWHERE, NO_FLAGS));
		else if (i == TRIAL_BIND_AREA)
			trials->answer[i] = bind_area(trials->node);
		else if (i == TRIAL_BIND_TASK)
			trials->answer[i] = bind_task(trials->node);
		else
			trials->answer[i] = bad_arguments_answer(bad_call((enum mpol_syscall)i));
		trials->done[i] = true;
	}
}

/*
 * ENOSYS comes from a kernel that lacks the call as well as from a filter. Where there is no filter
 * it is the kernel, and for these calls where it has no NUMA; else the filter is named, which on a
 * kernel that is older than the call as well does it a small wrong.
 */
static void set_call(struct host *host, enum mpol_syscall call, struct host_call *ret,
		     const struct trials *trials, unsigned int trial)
{
	bool of_numa = call != MPOL_SYS_MOUNT && call != MPOL_SYS_FSCONFIG;

	ret->tried = trials->done[trial];
	ret->blocked = trials->answer[trial];
	if (ret->blocked != ENOSYS)
		return;
	/* Without /proc nobody has said that there is no NUMA. */
	if (!host->filtered || (of_numa && !host->numa && access("/proc/self/status", F_OK) == 0)) {
		ret->absent = true;
		ret->blocked = 0;
	}
}

static void try_calls_and_bind(struct host *host)
{
	struct trials *trials = child_share(sizeof(*trials));
	unsigned int i;

	if (!trials)
		return;
	trials->node[0] = 1; /* node 0 where nothing is known: there is hardly a machine without */
	for (i = 0; i < MPOL_NODES_MAX; i++)
		if (host->nodes_allowed[i / 64] >> (i % 64) & 1) {
			trials->node[0] = 0;
			trials->node[i / 64] = UINT64_C(1) << (i % 64);
			break;
		}

	/* A new child for what is left, whenever one died of a trial. */
	for (;;) {
		unsigned int before = trials->next, at;
		int r = child_run(run_trials, trials);

		at = trials->next - 1;
		if (r <= 0 || trials->next == before || trials->done[at])
			break;
		trials->answer[at] = r == SIGALRM ? ETIMEDOUT : HOST_KILLED;
		trials->done[at] = true;
	}

	for (i = 0; i < MPOL_SYS_COUNT; i++)
		set_call(host, (enum mpol_syscall)i, &host->call[i], trials, i);
	set_call(host, MPOL_SYS_MOVE_PAGES, &host->move_query, trials, TRIAL_MOVE_QUERY);
	/* One open way is enough. */
	host->bind_tried = trials->done[TRIAL_BIND_AREA] && trials->done[TRIAL_BIND_TASK];
	host->bind = trials->answer[TRIAL_BIND_AREA] ? trials->answer[TRIAL_BIND_TASK] : 0;
	if (host->call[MPOL_SYS_GET_MEMPOLICY].tried &&
	    !host->call[MPOL_SYS_GET_MEMPOLICY].blocked &&
	    !host->call[MPOL_SYS_GET_MEMPOLICY].absent)
		host->numa = true;
	child_unshare(trials, sizeof(*trials));
}

#ifdef __x86_64__
enum {
	I386_NONE,
	I386_WORKS,
	I386_BLOCKED,
	I386_OFF
};

static void try_i386(void *shared)
{
	long *ret = shared;
	long r = 20; /* getpid */

	__asm__ volatile("int $0x80" : "+a"(r) : : "memory", "cc", "r8", "r9", "r10", "r11");
	*ret = r;
}

/* A kernel without CONFIG_IA32_EMULATION, or booted with ia32_emulation=off, sends SIGSEGV. */
static int i386_state(void)
{
	long *answer = child_share(sizeof(*answer));
	int r, ret;

	if (!answer)
		return I386_NONE;
	r = child_run(try_i386, answer);
	if (r == 0)
		ret = *answer > 0 ? I386_WORKS : I386_BLOCKED;
	else if (r == SIGSEGV)
		ret = I386_OFF;
	else
		ret = r > 0 ? I386_BLOCKED : I386_NONE;
	child_unshare(answer, sizeof(*answer));
	return ret;
}

static void say_abis(struct host *host)
{
	switch (i386_state()) {
	case I386_OFF:
		SAY(host->abis, "x86_64; no i386 in this kernel; x32 refused whole");
		break;
	case I386_BLOCKED:
		SAY(host->abis, "x86_64; i386 refused above us; x32 refused whole");
		break;
	default:
		SAY(host->abis, "x86_64 i386; x32 refused whole");
		break;
	}
}
#else
static void say_abis(struct host *host)
{
	SAY(host->abis, "%s; others refused whole", host->machine);
}
#endif

void host_trials(struct host *host)
{
	try_calls_and_bind(host);
	say_abis(host);
}
