/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What commands cost to run, side by side: each once a round, round after round, so that whatever
 * else this machine does meets all of them alike.
 *
 * usage: bench-launch ROUNDS UID SEPARATOR COMMAND [ARGUMENT]... [SEPARATOR COMMAND...]...
 *
 * UID is the user that they run as (-1: whoever calls). Prints JSON: for each command a list of the
 * user and system time of every round in microseconds, of all processes that the command waited
 * for, and where the processor counts them (perf_event_open(2)) the instructions retired. Rounds
 * before the first are not counted. A command that does not exit 0 ends the whole.
 */
#include <errno.h>
#include <grp.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WARM_ROUNDS 5
#define COMMANDS_MAX 32

struct command {
	char **argv;
	uint32_t *microseconds; /* one a round */
	uint64_t *instructions;
};

static void die(const char *what)
{
	fprintf(stderr, "bench-launch: %s: %s\n", what, strerror(errno));
	exit(1);
}

/*
 * Inherited by the children, where execve(2) starts it; a child's count is added here when it ends.
 * This process never executes anything, so that nothing of its own is counted. -1: no counter.
 */
static int counter_open(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.disabled = 1,
		.inherit = 1,
		.enable_on_exec = 1,
		.exclude_hv = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static uint64_t counter_read(int counter)
{
	uint64_t n;

	if (read(counter, &n, sizeof(n)) != sizeof(n))
		die("reading the counter");
	return n;
}

/* One processor for all: the clock of another may run at another speed. */
static void stay_here(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		die("sched_setaffinity");
}

static void become(long uid)
{
	if (uid < 0)
		return;
	if (setgroups(0, NULL) < 0 || setresgid((gid_t)uid, (gid_t)uid, (gid_t)uid) < 0 ||
	    setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) < 0)
		die("changing user");
}

static uint32_t microseconds(const struct timeval *time)
{
	return (uint32_t)(time->tv_sec * 1000000 + time->tv_usec);
}

/* vfork(2): copying this process would be charged to the command. */
static uint32_t run(char **argv, char **environment)
{
	struct rusage usage;
	int status;
	pid_t pid = vfork();

	if (pid < 0)
		die("vfork");
	if (pid == 0) {
		execve(argv[0], argv, environment);
		_exit(127);
	}
	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			die("wait4");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "bench-launch: %s: wait status %#x\n", argv[0],
			(unsigned int)status);
		exit(1);
	}
	return microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime);
}

/* Cut argv at every @separator; the list is the commands', each now ending in NULL. */
static size_t split(char **argv, const char *separator, struct command *commands)
{
	size_t n = 0;

	for (; *argv; argv++) {
		if (strcmp(*argv, separator) != 0)
			continue;
		*argv = NULL;
		if (n == COMMANDS_MAX || !argv[1]) {
			errno = EINVAL;
			die("the list of commands");
		}
		commands[n++].argv = argv + 1;
	}
	return n;
}

static void print(const struct command *commands, size_t n, size_t rounds, bool counted)
{
	size_t i, round;

	printf("[");
	for (i = 0; i < n; i++) {
		printf("%s{\"microseconds\": [", i ? ",\n " : "");
		for (round = 0; round < rounds; round++)
			printf("%s%u", round ? ", " : "", commands[i].microseconds[round]);
		printf("]");
		for (round = 0; counted && round < rounds; round++)
			printf("%s%llu", round ? ", " : ", \"instructions\": [",
			       (unsigned long long)commands[i].instructions[round]);
		printf("%s}", counted ? "]" : "");
	}
	printf("]\n");
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MAX] = {{NULL}};
	char *environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
	size_t rounds, n, i;
	int counter, round;

	if (argc < 5) {
		fprintf(stderr, "usage: bench-launch ROUNDS UID SEPARATOR COMMAND...\n");
		return 1;
	}
	rounds = strtoul(argv[1], NULL, 10);
	n = split(argv + 3, argv[3], commands);
	for (i = 0; i < n; i++) {
		commands[i].microseconds = calloc(rounds, sizeof(uint32_t));
		commands[i].instructions = calloc(rounds, sizeof(uint64_t));
		if (!commands[i].microseconds || !commands[i].instructions)
			die("memory");
	}

	counter = counter_open();
	become(strtol(argv[2], NULL, 10));
	stay_here();
	for (round = -WARM_ROUNDS; round < (int)rounds; round++)
		for (i = 0; i < n; i++) {
			uint64_t before = counter >= 0 ? counter_read(counter) : 0;
			uint32_t time = run(commands[i].argv, environment);

			if (round < 0)
				continue;
			commands[i].microseconds[round] = time;
			if (counter >= 0)
				commands[i].instructions[round] = counter_read(counter) - before;
		}
	print(commands, n, rounds, counter >= 0);
	return 0;
}
