/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much memory lies on which node: of the machine, of a cgroup, of a process. In KiB. */
#ifndef MPOLRUN_CGROUP_MEMORY_H
#define MPOLRUN_CGROUP_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "mpol_abi.h"

struct node_memory {
	bool there;
	uint64_t total, free;
};

/* By node. -ENOENT: the kernel does not tell, or has no nodes. */
int memory_of_nodes(struct node_memory ret[MPOL_NODES_MAX]);

/*
 * Add to @kib, by node, what process @pid has mapped, as /proc/PID/numa_maps tells it: what it
 * shares with another is counted for either. -errno: it is gone, or not ours to look at.
 */
int memory_of_process(pid_t pid, uint64_t kib[MPOL_NODES_MAX]);

/* The same of a cgroup and all below it, whose folder is @fd: memory.numa_stat. -errno */
int memory_of_cgroup(int fd, uint64_t kib[MPOL_NODES_MAX]);

/* Of one line of numa_maps, which is taken apart: what the area has on all nodes. */
uint64_t memory_of_area(char *line);

/* What such files hold. */
void memory_read_numa_maps(FILE *f, uint64_t kib[MPOL_NODES_MAX]);
void memory_read_numa_stat(FILE *f, uint64_t kib[MPOL_NODES_MAX]);

#endif
