/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * victim: a workload that was started without mpolrun. For each byte of standard input it asks for
 * MPOL_BIND, prints the error that it got, or 0, in a line, and is bound to nothing again.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MPOL_DEFAULT 0
#define MPOL_BIND 2

int main(void)
{
	unsigned long node0 = 1;
	char c;

	while (read(STDIN_FILENO, &c, 1) == 1) {
		int err = syscall(SYS_set_mempolicy, MPOL_BIND, &node0, 64) < 0 ? errno : 0;

		if (!err && syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0) < 0)
			return 1;
		printf("%d\n", err);
		if (fflush(stdout) != 0)
			return 1;
	}
	return 0;
}
