/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * steps EVERY COMMAND [ARG...]: run COMMAND again and again, and kill it with SIGKILL at its first
 * system call, at the one that is EVERY calls later, and so on, until it gets as far as the target:
 * this program as `steps --target`, the last words of COMMAND. The target tells by a pipe whether
 * it is held, so one that runs half-covered is seen, at whatever step its launch was killed or not.
 */
#include <signal.h>
#include <sys/ptrace.h>

#include "check.h"

#define REPORT 9 /* the target's fd */
#define HELD 'h'
#define FREE 'f'

/* Refused what the profile refuses, and under a layer wherever one can count on the resident. */
static int target(void)
{
	struct resident_request depth = {.version = RESIDENT_ABI, .field = RESIDENT_DEPTH};
	bool held = syscall(SYS_set_mempolicy, BIND, NULL, 0) < 0 && errno == EPERM;
	char said;

	if (deciding_program())
		held = held && resident_call(RESIDENT_QUERY, &depth) > 0;
	said = held ? HELD : FREE;
	return write(REPORT, &said, 1) == 1 ? 0 : 1;
}

static void start(char **command)
{
	CHECK(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
	execvp(command[0], command);
	_exit(127);
}

/* Kill @command at its system call number @at; true: it had ended before. */
static bool ended_before(char **command, unsigned long at)
{
	unsigned long calls = 0;
	bool inside = false;
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0)
		start(command);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	CHECK(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0);
	for (;;) {
		int signal = WSTOPSIG(status);

		if (signal == (SIGTRAP | 0x80)) {
			inside = !inside;
			calls += inside;
			signal = 0;
		} else if (signal == SIGTRAP) {
			signal = 0; /* an execve */
		}
		/* On the way in, and on the way out of the same one, by turns. */
		if (calls > at || (calls == at && at % 2 && !inside))
			break;
		CHECK(ptrace(PTRACE_SYSCALL, pid, 0, signal) == 0);
		CHECK(waitpid(pid, &status, 0) == pid);
		if (!WIFSTOPPED(status)) {
			CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			return true;
		}
	}
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	return false;
}

/* What the targets said so far, which is not much: all of them are held. */
static unsigned long read_reports(int fd)
{
	char said[4096];
	ssize_t n, i;

	n = read(fd, said, sizeof(said));
	CHECK(n >= 0 || errno == EAGAIN);
	for (i = 0; i < n; i++)
		CHECK(said[i] == HELD);
	return n > 0 ? (unsigned long)n : 0;
}

int main(int argc, char **argv)
{
	unsigned long every, at, launches = 0, ran = 0;
	int report[2];
	bool ended = false;

	if (argc > 1 && strcmp(argv[1], "--target") == 0)
		return target();
	CHECK(argc > 2);
	every = strtoul(argv[1], NULL, 10);
	CHECK(every > 0);
	CHECK(pipe2(report, O_CLOEXEC | O_NONBLOCK) == 0);
	CHECK(dup2(report[1], REPORT) == REPORT);
	for (at = 1; !ended; at += every) {
		ended = ended_before(argv + 2, at);
		launches++;
		ran += read_reports(report[0]);
	}
	printf("killed at %lu of %lu steps; the target ran %lu times\n", launches - 1, at, ran);
	CHECK(ran > 0 && launches > 10);
	return 0;
}
