/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that binds through libnuma, as many do: numa_alloc_onnode() asks for MPOL_BIND, and
 * libnuma prints a line to stderr for each errno that it gets. Exit 0 if the memory can be used.
 */
#include <numa.h>
#include <stdio.h>
#include <string.h>

#define SIZE (1 << 20)

int main(void)
{
	char *area;

	if (numa_available() < 0) {
		puts("no NUMA");
		return 0;
	}
	area = numa_alloc_onnode(SIZE, 0);
	if (!area)
		return 1;
	memset(area, 1, SIZE);
	numa_free(area, SIZE);
	puts("memory used");
	return 0;
}
