/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "control.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "pins.h"

#define MEMBERS_MAX (1024 * 1024)
#define LAYERS_MAX 65536
#define LAYERS_FEW 16384 /* on a machine that cannot have as many tasks */
#define LAYERS_PER_OWNER 1024

/* One number in a file of /proc/sys, or @otherwise. */
static uint32_t read_number(const char *path, uint32_t otherwise)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	unsigned int number;

	return f && fscanf(f, "%u", &number) == 1 ? number : otherwise;
}

void control_limits(struct control_limits *ret)
{
	uint32_t threads = read_number("/proc/sys/kernel/threads-max", MEMBERS_MAX);
	uint32_t pids = read_number("/proc/sys/kernel/pid_max", MEMBERS_MAX);
	uint32_t tasks = threads < pids ? threads : pids;

	/* Entries of tasks that were never born stay for a while. */
	ret->members = tasks < MEMBERS_MAX / 4 * 3 ? tasks + tasks / 4 + 1024 : MEMBERS_MAX;
	ret->layers = tasks >= LAYERS_MAX / 2 ? LAYERS_MAX : LAYERS_FEW;
}

int control_map(struct resident_control **ret, struct fault *fault)
{
	_cleanup_close_ int fd = bpf_obj_get(PINS_MAPS "/control");
	void *p;

	if (fd < 0)
		return fd == -ENOENT ? -ENOENT
				     : fault_set(fault, fd, "cannot open " PINS_MAPS "/control: %s",
						 strerror(-fd));
	p = mmap(NULL, sizeof(**ret), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return fault_set(fault, -errno, "cannot map " PINS_MAPS "/control: %s",
				 strerror(errno));
	*ret = p;
	return 0;
}

void control_unmap(struct resident_control **control)
{
	if (*control)
		munmap(*control, sizeof(**control));
	*control = NULL;
}

static bool does_not(const char *preempt)
{
	return strcmp(preempt, "none") == 0 || strcmp(preempt, "voluntary") == 0;
}

/* A kernel that was built to change its mind tells its programs; of another @built is known. */
static uint32_t preemption(const char *built)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/kallsyms", "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0)
		if (strstr(line, " preempt_dynamic_mode\n"))
			return RESIDENT_PREEMPT_ASK;
	if (does_not(built))
		return RESIDENT_PREEMPT_NEVER;
	return strcmp(built, "unknown") == 0 ? RESIDENT_PREEMPT_UNKNOWN : RESIDENT_PREEMPT_ALWAYS;
}

bool control_preempts(const char *preempt)
{
	if (strcmp(preempt, "unknown") == 0)
		return preemption(preempt) != RESIDENT_PREEMPT_ASK;
	return !does_not(preempt);
}

void control_fill(struct resident_control *control, const struct control_limits *limits,
		  const char *preempt)
{
	memset(control, 0, sizeof(*control));
	control->preempt = preemption(preempt);
	control->members_max = limits->members;
	control->members_kept = limits->members / 16;
	control->owner_members_max = limits->members / 2;
	control->layers_max = limits->layers;
	control->layers_kept = limits->layers / 16;
	control->owner_layers_max = LAYERS_PER_OWNER;
	control->next_id = 1;
	control->abi = RESIDENT_ABI;
}
