/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Of the words "N0=12 N1=3", each times @unit / 1024. */
static void add_words(char *words, uint64_t unit, uint64_t kib[MPOL_NODES_MAX])
{
	char *word, *rest = NULL;
	uint64_t n;
	unsigned int node;
	char end;

	for (word = strtok_r(words, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest))
		if (sscanf(word, "N%u=%" SCNu64 "%c", &node, &n, &end) == 2 &&
		    node < MPOL_NODES_MAX)
			kib[node] += n * unit / 1024;
}

/* "ADDRESS POLICY file=... anon=3 N0=2 N1=1 kernelpagesize_kB=4" */
static void add_area(char *line, uint64_t kib[MPOL_NODES_MAX])
{
	/* The name of a file comes before, and the kernel escapes its blanks. */
	char *at = strrchr(line, ' ');
	uint64_t page;

	if (at && sscanf(at, " kernelpagesize_kB=%" SCNu64, &page) == 1)
		add_words(line, page * 1024, kib);
}

uint64_t memory_of_area(char *line)
{
	uint64_t kib[MPOL_NODES_MAX] = {0}, sum = 0;
	size_t i;

	add_area(line, kib);
	for (i = 0; i < MPOL_NODES_MAX; i++)
		sum += kib[i];
	return sum;
}

/* A line for each area. */
void memory_read_numa_maps(FILE *f, uint64_t kib[MPOL_NODES_MAX])
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, f) > 0)
		add_area(line, kib);
}

/* "anon N0=BYTES N1=BYTES", and so on; only those two are not parts of others. */
void memory_read_numa_stat(FILE *f, uint64_t kib[MPOL_NODES_MAX])
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, f) > 0)
		if (strncmp(line, "anon ", 5) == 0 || strncmp(line, "file ", 5) == 0)
			add_words(line, 1, kib);
}

static int open_at(int folder, const char *path, FILE **ret)
{
	_cleanup_close_ int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f)
		return -errno;
	TAKE_FD(fd);
	*ret = f;
	return 0;
}

static void cleanup_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

int memory_of_process(pid_t pid, uint64_t kib[MPOL_NODES_MAX])
{
	_cleanup_(cleanup_file) FILE *f = NULL;
	char path[48];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/numa_maps", (int)pid);
	r = open_at(AT_FDCWD, path, &f);
	if (r == 0)
		memory_read_numa_maps(f, kib);
	return r;
}

int memory_of_cgroup(int fd, uint64_t kib[MPOL_NODES_MAX])
{
	_cleanup_(cleanup_file) FILE *f = NULL;
	int r = open_at(fd, "memory.numa_stat", &f);

	if (r == 0)
		memory_read_numa_stat(f, kib);
	return r;
}

/* "Node 0 MemTotal:  4096 kB" */
static void read_meminfo(FILE *f, struct node_memory *ret)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	uint64_t n;

	while (getline(&line, &size, f) > 0)
		if (sscanf(line, "Node %*u MemTotal: %" SCNu64, &n) == 1)
			ret->total = n;
		else if (sscanf(line, "Node %*u MemFree: %" SCNu64, &n) == 1)
			ret->free = n;
}

int memory_of_nodes(struct node_memory ret[MPOL_NODES_MAX])
{
	_cleanup_closedir_ DIR *dir = opendir("/sys/devices/system/node");
	struct dirent *entry;
	char path[300];
	unsigned int node;
	bool any = false;
	char end;

	memset(ret, 0, sizeof(*ret) * MPOL_NODES_MAX);
	while (dir && (entry = readdir(dir))) {
		_cleanup_(cleanup_file) FILE *f = NULL;

		if (sscanf(entry->d_name, "node%u%c", &node, &end) != 1 || node >= MPOL_NODES_MAX)
			continue;
		snprintf(path, sizeof(path), "%s/meminfo", entry->d_name);
		if (open_at(dirfd(dir), path, &f) < 0)
			continue;
		read_meminfo(f, &ret[node]);
		ret[node].there = ret[node].total > 0;
		any |= ret[node].there;
	}
	return any ? 0 : -ENOENT;
}
