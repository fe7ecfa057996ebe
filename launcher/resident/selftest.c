// SPDX-License-Identifier: LGPL-2.1-or-later
#include "selftest.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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
	int refused; /* how many times of TIMES */
};

static long set_bind(void)
{
	/* Without nodes: the kernel itself says EINVAL, after the hook. */
	return syscall(SYS_set_mempolicy, MPOL_BIND, NULL, 0);
}

static long migrate(void)
{
	return syscall(SYS_migrate_pages, -1, 0, NULL, NULL);
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
	uint32_t rule, rule_too; /* answered with ANSWER */
	long (*call)(void);
} trials[] = {
	{RESIDENT_LSM_SET | RESIDENT_FMOD_SET | RESIDENT_ENTRY_SET, MPOL_RULE_MODE + MPOL_BIND,
	 MPOL_RULE_MODE + MPOL_BIND, set_bind},
	{RESIDENT_LSM_MOUNT | RESIDENT_FMOD_MOUNT, MPOL_RULE_MOUNT, MPOL_RULE_MOUNT, mount_option},
	{RESIDENT_LSM_FILES | RESIDENT_FMOD_FILES, MPOL_RULE_FILES, MPOL_RULE_MODE + MPOL_BIND,
	 map_bound},
	{RESIDENT_ENTRY_OTHER, MPOL_RULE_MIGRATE, MPOL_RULE_MIGRATE, migrate},
};

static void try(struct trial *trial)
{
	struct resident_request request = {.version = RESIDENT_ABI, .deciders = trial->program};
	size_t i;
	int n;

	for (i = 0; i < ELEMENTSOF(trials); i++)
		if (trials[i].programs & trial->program)
			break;
	request.rules.version = MPOL_RULES_VERSION;
	request.rules.answer[trials[i].rule] = MPOL_ANSWER(MPOL_ERRNO, ANSWER);
	request.rules.answer[trials[i].rule_too] = MPOL_ANSWER(MPOL_ERRNO, ANSWER);
	tmpfs = (int)syscall(SYS_fsopen, "tmpfs", 1);
	bound = make_bound();
	trial->joined = resident_call(RESIDENT_CREATE_AND_JOIN, &request);
	if (trial->joined < 0)
		return;
	for (n = 0; n < TIMES; n++)
		if (trials[i].call() < 0 && errno == ANSWER)
			trial->refused++;
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
		/* On a kernel that preempts itself nobody may count on it, and so it cannot be tried. */
		if (trial->joined == -ENOTRECOVERABLE)
			continue;
		if (trial->joined < 0) {
			r = fault_set(
				fault, trial->joined,
				"the programs are attached, and a trial cannot join a layer: %s",
				strerror(-trial->joined));
			break;
		}
		if (trial->refused != TIMES)
			failed |= bit;
	}
	munmap(trial, sizeof(*trial));
	if (r == 0)
		*ret_failed = failed;
	return r;
}
