/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is in a cgroup and below it, and what they hold that a layer comes too late for: memory
 * policies that it forbids, and files by which they could leave. Any phase but between fork and
 * execve.
 */
#ifndef MPOLRUN_CGROUP_TASKS_H
#define MPOLRUN_CGROUP_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "mpol_abi.h"
#include "place.h"

#define TASKS_WHAT_SIZE 256

struct cgroup_process {
	pid_t pid;
	char name[32];
	char bound[TASKS_WHAT_SIZE]; /* "bind:0, 2 areas, 9 MiB": a policy that is forbidden; "" */
	char leaves[TASKS_WHAT_SIZE]; /* a cgroup file that is open for writing; "" */
};

struct cgroup_processes {
	struct cgroup_process *process; /* owned */
	size_t n;
	size_t n_unseen; /* processes that we may not look at, and cgroups too deep down */
};

/* -errno; cgroup_processes_done() in any case. */
int cgroup_processes_find(const struct cgroup_folder *folder, const struct mpol_rules *rules,
			  struct cgroup_processes *ret);

/* Those of one more cgroup, or one more process, unless it is there already: added to *ret. */
int cgroup_processes_add(int folder, const struct mpol_rules *rules, struct cgroup_processes *ret);
int cgroup_processes_add_pid(pid_t pid, const struct mpol_rules *rules,
			     struct cgroup_processes *ret);
void cgroup_processes_done(struct cgroup_processes *processes);

bool cgroup_processes_have(const struct cgroup_processes *processes, pid_t pid);

/*
 * The policy that begins @text, as numa_maps has it ("bind=static:0-1 heap"), into *ret_mode with
 * its flags and into @nodes; false: none that we know. Pure.
 */
bool numa_maps_policy(const char *text, __u32 *ret_mode, __u64 nodes[MPOL_NODES_WORDS]);

#endif
