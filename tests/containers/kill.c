/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * containers-kill [--too] N COMMAND [ARG...]: run COMMAND, and kill it with SIGKILL at its Nth
 * system call: on the way in if N is even, on the way out if it is odd. Its children live on. Exits
 * with 99 then, or ends by SIGKILL with --too, and with COMMAND's status where that ended before.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLED 99

static int must(int r, const char *what)
{
	if (r < 0) {
		perror(what);
		exit(2);
	}
	return r;
}

int main(int argc, char **argv)
{
	unsigned long at, calls = 0, inside = 0;
	bool too = argc > 1 && strcmp(argv[1], "--too") == 0;
	int status;
	pid_t pid;

	argv += too;
	if (argc - too < 3)
		return 2;
	at = strtoul(argv[1], NULL, 10);
	pid = must(fork(), "fork");
	if (pid == 0) {
		must((int)ptrace(PTRACE_TRACEME, 0, 0, 0), "ptrace");
		/* Its execve alone would not stop it: crun has blocked SIGTRAP with all others. */
		(void)raise(SIGSTOP);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	must(waitpid(pid, &status, 0), "waitpid");
	must((int)ptrace(PTRACE_SETOPTIONS, pid, 0,
			 PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL),
	     "ptrace");
	while (WIFSTOPPED(status)) {
		int signal = WSTOPSIG(status);

		if (signal == (SIGTRAP | 0x80)) {
			inside = !inside;
			calls += inside;
			signal = 0;
		} else if (signal == SIGTRAP || signal == SIGSTOP) {
			signal = 0; /* an execve, or the first stop */
		}
		if (calls > at || (calls == at && at % 2 && !inside)) {
			must(kill(pid, SIGKILL), "kill");
			must(waitpid(pid, &status, 0), "waitpid");
			if (too)
				(void)raise(SIGKILL);
			return KILLED;
		}
		must((int)ptrace(PTRACE_SYSCALL, pid, 0, signal), "ptrace");
		must(waitpid(pid, &status, 0), "waitpid");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}
