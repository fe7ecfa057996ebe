/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MPOL_F_ADDR 2

/* Longer names first: "prefer (many)" also begins like "prefer". */
static const struct {
	const char *name;
	int mode;
} mode_names[] = {
	{"prefer (many)", MODE_PREFERRED_MANY},
	{"prefer", MODE_PREFERRED},
	{"bind", MODE_BIND},
	{"weighted interleave", MODE_WEIGHTED},
	{"interleave", MODE_INTERLEAVE},
	{"local", MODE_LOCAL},
	{"default", MODE_DEFAULT},
};

static const char *mode_text(int mode)
{
	for (size_t i = 0; i < sizeof(mode_names) / sizeof(*mode_names); i++)
		if (mode_names[i].mode == mode)
			return mode_names[i].name;
	return "nothing known";
}

/* The line of the mapping that holds @addr; a thread's own file, since policies are per thread. */
static bool numa_maps_line(void *addr, char *ret, int size)
{
	FILE *maps = fopen("/proc/thread-self/numa_maps", "re");
	char line[512];
	bool found = false;

	if (!maps)
		return false;
	while (fgets(line, sizeof(line), maps)) {
		if (strtoul(line, NULL, 16) > (unsigned long)addr)
			break;
		snprintf(ret, size, "%s", line);
		found = true;
	}
	fclose(maps);
	return found;
}

static int line_node(const char *line)
{
	for (const char *at = strstr(line, " N"); at; at = strstr(at + 1, " N"))
		if (at[2] >= '0' && at[2] <= '9')
			return atoi(at + 2);
	return -1;
}

static int page_node(void *addr)
{
	int status = -1;

	/* No nodes: it only asks. */
	if (syscall(SYS_move_pages, 0, 1ul, &addr, NULL, &status, 0))
		return -1;
	return status >= 0 ? status : -1;
}

struct seen oracle_look(void *addr, bool touch)
{
	struct seen seen = {-1, -1, -1};
	char line[512];
	int node;

	if (touch)
		*(volatile char *)addr = 1;
	if (numa_maps_line(addr, line, sizeof(line))) {
		const char *policy = strchr(line, ' ');

		for (size_t i = 0; policy && i < sizeof(mode_names) / sizeof(*mode_names); i++) {
			if (strncmp(policy + 1, mode_names[i].name, strlen(mode_names[i].name)))
				continue;
			seen.mode = mode_names[i].mode;
			break;
		}
		seen.node = line_node(line);
	}
	/* It tells the area's own policy only; where there is none the task's counts. */
	if (syscall(SYS_get_mempolicy, &seen.asked, NULL, 0ul, addr, MPOL_F_ADDR) ||
	    (!seen.asked && syscall(SYS_get_mempolicy, &seen.asked, NULL, 0ul, NULL, 0)))
		seen.asked = -1;
	node = page_node(addr);
	if (node >= 0)
		seen.node = node;
	return seen;
}

/* The nodes with memory that this task may use, as a mask of the first 32. */
static unsigned int allowed_nodes(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned int mask = 0;
	char line[512];

	while (status && fgets(line, sizeof(line), status)) {
		char *at = line + strlen("Mems_allowed_list:");

		if (strncmp(line, "Mems_allowed_list:", at - line))
			continue;
		while (*at && *at != '\n') {
			unsigned long first = strtoul(at, &at, 10), last = first;

			if (*at == '-')
				last = strtoul(at + 1, &at, 10);
			for (; first <= last && first < 32; first++)
				mask |= 1u << first;
			if (*at == ',')
				at++;
		}
	}
	if (status)
		fclose(status);
	return mask;
}

/* As it was at first, also in who is forked later: each reading takes a tenth of a route. */
static unsigned int nodes_at_first(void)
{
	static unsigned int mask;

	if (!mask)
		mask = allowed_nodes();
	return mask;
}

static int local_node(void)
{
	unsigned int cpu, node;

	return syscall(SYS_getcpu, &cpu, &node, NULL) ? 0 : (int)node;
}

int oracle_target(void)
{
	unsigned int mask = nodes_at_first();

	for (int node = 31; node >= 0; node--)
		if ((mask & (1u << node)) && node != local_node())
			return node;
	return local_node();
}

bool oracle_places(void)
{
	return oracle_target() != local_node();
}

int oracle_only(void)
{
	unsigned int mask = allowed_nodes();

	return mask && !(mask & (mask - 1)) ? __builtin_ctz(mask) : -1;
}

const char *seen_text(const struct seen *seen)
{
	static char text[80];

	if (seen->node < 0)
		snprintf(text, sizeof(text), "%s", mode_text(seen->mode));
	else
		snprintf(text, sizeof(text), "%s on node %d", mode_text(seen->mode), seen->node);
	return text;
}
