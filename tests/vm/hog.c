/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two tasks of tests/vm/incident.
 *
 * usage: hog innocent MIB    take memory from wherever the kernel gives it
 *        hog hog MIB         bind to node 0 first, and give up when that is refused
 *
 * Both run on CPU 0, so that the kernel gives memory of node 0 first, are called by their role in
 * the kernel's log, and stay when they have their memory. Each step is one line on standard output.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* uapi/linux/mempolicy.h; libnuma would probe policies of its own at start. */
#define MPOL_BIND 2

static int bind_to_node_0(void)
{
	unsigned long nodes = 1;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 8 * sizeof(nodes)) < 0)
		return -errno;
	return 0;
}

int main(int argc, char **argv)
{
	cpu_set_t cpus;
	char *end, *memory;
	unsigned long mib;
	size_t size, at;
	int r;

	if (argc != 3 || (strcmp(argv[1], "innocent") != 0 && strcmp(argv[1], "hog") != 0)) {
		fprintf(stderr, "usage: hog innocent|hog MIB\n");
		return 2;
	}
	mib = strtoul(argv[2], &end, 10);
	if (*end || mib == 0 || mib > 1 << 20) {
		fprintf(stderr, "hog: not a number of MiB: %s\n", argv[2]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	prctl(PR_SET_NAME, argv[1]);
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0) {
		perror("hog: sched_setaffinity");
		return 2;
	}

	if (strcmp(argv[1], "hog") == 0) {
		r = bind_to_node_0();
		printf("set_mempolicy(MPOL_BIND, node 0): %s\n", r < 0 ? strerror(-r) : "success");
		if (r < 0)
			return 1;
	}

	size = mib << 20;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		perror("hog: mmap");
		return 2;
	}
	for (at = 0; at < size; at += 4096)
		memory[at] = 1;
	printf("took %lu MiB\n", mib);
	for (;;)
		pause();
}
