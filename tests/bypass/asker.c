/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks for a memory policy when told: for each 'b' or 'i' on standard input for bind or interleave,
 * for 'B' or 'I' by a child. Answers '0' (allowed), '1' (EPERM) or '?' on standard output.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char ask(char what)
{
	unsigned long node0 = 1;
	int mode = what == 'b' ? MPOL_BIND : MPOL_INTERLEAVE;

	if (syscall(SYS_set_mempolicy, mode, &node0, 64) == 0)
		return syscall(SYS_set_mempolicy, MPOL_DEFAULT, 0, 0) == 0 ? '0' : '?';
	return errno == EPERM ? '1' : '?';
}

static char ask_by_child(char what)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(ask((char)tolower(what)));
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)
		       ? (char)WEXITSTATUS(status)
		       : '?';
}

int main(void)
{
	char what, answer;

	while (read(STDIN_FILENO, &what, 1) == 1) {
		answer = islower((unsigned char)what) ? ask(what) : ask_by_child(what);
		if (write(STDOUT_FILENO, &answer, 1) != 1)
			return 1;
	}
	return 0;
}
