/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "selftest.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bad_call.h"
#include "base/cleanup.h"
#include "client.h"

/* No kernel function on these ways answers it. */
#define ANSWER EDOM
#define TIMES 64

#ifndef SYS_fsopen
#define SYS_fsopen 430
#define SYS_fsconfig 431
#endif

struct trial {
	uint32_t program;
	int joined; /* 0, or -errno of the join */
	int refused, let_through;
};

static long set_bind(void)
{
	/* Without nodes: the kernel itself says EINVAL, after the hook. */
	return syscall(SYS_set_mempolicy, MPOL_BIND, NULL, 0);
}

static int tmpfs = -EBADF, bound = -EBADF;

static long mount_option(void)
{
	return syscall(SYS_fsconfig, tmpfs, 1 /* FSCONFIG_SET_STRING */, "mpol", "default", 0);
}

static long map_bound(void)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, bound, 0);

	return p == MAP_FAILED ? -1 : munmap(p, 4096);
}

/* Where all pages are on the first node, or none of them is: nothing moves. */
static long migrate_nowhere(void)
{
	unsigned long nodes = 1;

	return syscall(SYS_migrate_pages, 0, sizeof(nodes) * 8, &nodes, &nodes);
}

/* A file that is bound to the first node. */
static int make_bound(void)
{
	unsigned long nodes = 1;
	void *p;
	int fd = (int)syscall(SYS_memfd_create, "mpolrun", 1);

	if (fd < 0 || ftruncate(fd, 4096) < 0)
		return -errno;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED || syscall(SYS_mbind, p, 4096, MPOL_BIND, &nodes, 64, 0) < 0)
		return -errno;
	return fd;
}

static const struct {
	uint32_t programs;
	long (*call)(void);
} hooks[] = {
	{RESIDENT_LSM_SET | RESIDENT_FMOD_SET, set_bind},
	{RESIDENT_LSM_MOUNT | RESIDENT_FMOD_MOUNT, mount_option},
	{RESIDENT_LSM_FILES | RESIDENT_FMOD_FILES, map_bound},
	{RESIDENT_LSM_MIGRATE | RESIDENT_FMOD_MIGRATE, migrate_nowhere},
};

#define ENTRY(call, syscall, fmod_ret, kprobe) {(fmod_ret) | (kprobe), syscall},

static const struct {
	uint32_t programs;
	enum mpol_syscall call;
} entries[] = {RESIDENT_ENTRIES(ENTRY)};

/* A call that the kernel does not have has no program, and needs none. */
static void count(struct trial *trial, long r)
{
	if (r < 0 && errno == ANSWER)
		trial->refused++;
	else if (r >= 0 || errno != ENOSYS)
		trial->let_through++;
}

/* All rules answer ANSWER, and the one program that is tried is all that decides. */
static void try(struct trial *trial)
{
	struct resident_request request = {.version = RESIDENT_ABI, .deciders = trial->program};
	uint32_t rule;
	size_t i;
	int n;

	request.rules.version = MPOL_RULES_VERSION;
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		request.rules.answer[rule] = MPOL_ANSWER(MPOL_ERRNO, ANSWER);
	tmpfs = (int)syscall(SYS_fsopen, "tmpfs", 1);
	bound = make_bound();
	trial->joined = resident_call(RESIDENT_CREATE_AND_JOIN, &request);
	if (trial->joined < 0)
		return;
	for (n = 0; n < TIMES; n++) {
		for (i = 0; i < ELEMENTSOF(hooks); i++)
			if (hooks[i].programs & trial->program)
				count(trial, hooks[i].call());
		for (i = 0; i < ELEMENTSOF(entries); i++)
			if (entries[i].programs & trial->program)
				count(trial, bad_call(entries[i].call));
	}
}

/* A member has no way back, so a child becomes one. */
static int in_child(struct trial *trial)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		try(trial);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? 0 : -EIO;
}

int selftest(uint32_t programs, uint32_t *ret_failed, struct fault *fault)
{
	struct trial *trial = mmap(NULL, sizeof(*trial), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t failed = 0, bit;
	int r = 0;

	if (trial == MAP_FAILED)
		return fault_set(fault, -ENOMEM, "out of memory");
	for (bit = 1; bit & RESIDENT_PROGRAMS; bit <<= 1) {
		if (!(programs & bit))
			continue;
		*trial = (struct trial){.program = bit};
		r = in_child(trial);
		if (r < 0) {
			fault_set(fault, r, "the trial could not be made: %s", strerror(-r));
			break;
		}
		/*
		 * On a kernel that preempts itself nobody may count on it, and so it cannot be
		 * tried.
		 */
		if (trial->joined == -ENOTRECOVERABLE)
			continue;
		if (trial->joined < 0) {
			r = fault_set(
				fault, trial->joined,
				"the programs are attached, and a trial cannot join a layer: %s",
				strerror(-trial->joined));
			break;
		}
		if (!trial->refused || trial->let_through)
			failed |= bit;
	}
	munmap(trial, sizeof(*trial));
	if (r == 0)
		*ret_failed = failed;
	return r;
}
