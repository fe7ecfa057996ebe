/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tries calls that set memory policies, move pages or mount, with arguments that differ in what a
 * filter looks at, and prints what each was answered: a line "NAME ERRNO" each (0: success).
 * Nothing comes of them beyond the process. Ends in "done".
 *
 * usage: probe
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif

#define HIGH 0x500000000 /* beyond what a mode and flags are read of */
#define SIZE 4096

static unsigned long nodes = 1;

static void tell(const char *name, unsigned long n, long r)
{
	printf("%s %#lx %d\n", name, n, r < 0 ? errno : 0);
}

int main(void)
{
	static const unsigned long flags[] = {0, 0x8000, 0x4000, 0x2000, HIGH};
	unsigned long mode, address, flag;
	int status = -1, node = 0;
	size_t i;
	void *bare = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *page = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || bare == MAP_FAILED)
		return 2;
	*(volatile char *)page = 1;
	address = (unsigned long)page;
	for (mode = 0; mode < 10; mode++)
		for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
			int has = mode != 0 && mode != 4; /* of which no mask may be given */

			flag = mode | flags[i];
			tell("mbind", flag,
			     syscall(SYS_mbind, page, SIZE, flag, has ? &nodes : NULL,
				     has ? 64UL : 0UL, 0UL));
			tell("set_mempolicy", flag,
			     syscall(SYS_set_mempolicy, flag, has ? &nodes : NULL,
				     has ? 64UL : 0UL));
		}
	tell("set_mempolicy", 0, syscall(SYS_set_mempolicy, 0UL, NULL, 0UL));
	/* Without a page, whose node would be another one each time. */
	for (flag = 0; flag < 18; flag++)
		tell("mbind-flags", flag, syscall(SYS_mbind, bare, SIZE, 3UL, &nodes, 64UL, flag));
	tell("mbind-flags", HIGH | 2, syscall(SYS_mbind, bare, SIZE, 3UL, &nodes, 64UL, HIGH | 2));
	tell("set_mempolicy_home_node", 0,
	     syscall(SYS_set_mempolicy_home_node, address, SIZE, 0UL, 0UL));
	tell("get_mempolicy", 0, syscall(SYS_get_mempolicy, NULL, NULL, 0UL, NULL, 0UL));
	tell("migrate_pages", 0, syscall(SYS_migrate_pages, 0, 0UL, NULL, NULL));
	tell("move_pages", 0, syscall(SYS_move_pages, 0, 1UL, &page, NULL, &status, 0));
	tell("move_pages", 1, syscall(SYS_move_pages, 0, 1UL, &page, &node, &status, 2));
	/* A target that cannot be read is looked at before any capability. */
	tell("mount", 0, syscall(SYS_mount, NULL, NULL, NULL, 0UL, NULL));
	tell("mount", 1, syscall(SYS_mount, NULL, NULL, NULL, 0UL, 1UL));
	tell("mount", 0x1000, syscall(SYS_mount, NULL, NULL, NULL, 0x1000UL, 1UL));
	tell("fsconfig", 0, syscall(SYS_fsconfig, -1, 0U, NULL, NULL, 0));
	tell("fsconfig", 1, syscall(SYS_fsconfig, -1, 1U, "mpol", "bind:0", 0));
	puts("done");
	return 0;
}
