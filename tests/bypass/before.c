/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "before.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "from.h"
#include "listener.h"
#include "oracle.h"
#include "outside.h"

#define STACK_SIZE (64 * 1024)

static int outside(char **words)
{
	(void)words;
	return outside_start(false);
}

static int leak(char **words)
{
	(void)words;
	return outside_start(true);
}

static int crowd(char **words)
{
	(void)words;
	return crowd_filters();
}

static int serve_others(void *data)
{
	int(*pipes)[2] = data, fd;

	if (read(pipes[0][0], &fd, sizeof(fd)) != sizeof(fd))
		_exit(1);
	/* The table of files was ours and theirs: from here on this copy is ours. */
	if (unshare(CLONE_FILES) || write(pipes[1][1], "", 1) != 1)
		_exit(1);
	/* Whoever waits for the end of those files has to reap the last member: not before that
	 * does an older kernel tell us of the end (until 6.11). */
	if (dup2(fd, STDIN_FILENO) < 0 || close_range(STDOUT_FILENO, ~0u, 0))
		_exit(1);
	listener_serve(STDIN_FILENO, -1);
	_exit(0);
}

/* Served by a process outside, which is not under the filter. */
static int listener(char **words)
{
	static char stack[STACK_SIZE] __attribute__((aligned(16)));
	static int pipes[2][2];
	char byte;
	int fd;

	(void)words;
	if (pipe2(pipes[0], O_CLOEXEC) || pipe2(pipes[1], O_CLOEXEC) ||
	    clone(serve_others, stack + STACK_SIZE, CLONE_FILES | SIGCHLD, pipes) < 0)
		return -errno;
	fd = listener_install();
	if (fd < 0)
		return fd;
	if (write(pipes[0][1], &fd, sizeof(fd)) != sizeof(fd) || read(pipes[1][0], &byte, 1) != 1)
		return -errno;
	close(fd);
	return 0;
}

static int bound_mount(char **words)
{
	char options[80];

	snprintf(options, sizeof(options), "mode=1777,mpol=bind:%d", oracle_target());
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bound", words[0], "tmpfs", 0, options))
		return -errno;
	return setenv("BYPASS_BOUND_MOUNT", words[0], 1) ? -ENOMEM : 0;
}

static const struct {
	const char *option;
	int (*fn)(char **words);
	int words;
	bool may_fail; /* what needs it then says that it is absent */
} befores[] = {
	{"--outside", outside, 0, true},
	{"--leak", leak, 0, true},
	{"--crowd", crowd, 0, false},
	{"--listener", listener, 0, false},
	{"--bound-mount", bound_mount, 1, false},
};

static size_t find(const char *option)
{
	size_t i;

	for (i = 0; i < sizeof(befores) / sizeof(*befores); i++)
		if (!strcmp(befores[i].option, option))
			break;
	return i;
}

bool before_knows(const char *option)
{
	return find(option) < sizeof(befores) / sizeof(*befores);
}

int before_run(int argc, char **argv)
{
	size_t i = find(argv[1]);
	int at = 2 + befores[i].words, err;

	if (argc <= at)
		return 2;
	err = befores[i].fn(argv + 2);
	if (err)
		fprintf(stderr, "prober: %s: %s\n", argv[1], strerror(-err));
	if (err && !befores[i].may_fail)
		return 2;
	execvp(argv[at], argv + at);
	fprintf(stderr, "prober: %s: %s\n", argv[at], strerror(errno));
	return 127;
}
