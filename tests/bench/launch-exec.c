/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Executes its arguments. Linked as a launcher would be, against a shared libc or a static one, it
 * shows what of a launch is libc's own start and the second execve(2), which no launcher can spare.
 */
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 1)
		execv(argv[1], argv + 1);
	return 127;
}
