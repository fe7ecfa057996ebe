/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tries routes to a memory policy, each in a process of its own, and says what came of each:
 *
 *	ROUTE allowed|ignored|refused ERRNO|leaked ERRNO|absent ERRNO|killed SIGNAL [# note]
 *
 * between a line "prober start ..." and a line "prober end N". It judges nothing: what ought to
 * happen is the business of whoever runs it.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "before.h"
#include "bomb.h"
#include "from.h"
#include "oracle.h"
#include "route.h"

#define SECONDS_PER_ROUTE 60 /* an emulated machine is slow; more means that it hangs */

static const char usage[] =
	"usage: prober ROUTE...               try these\n"
	"       prober --routes FILE          try those in FILE, one a line\n"
	"       prober --outside COMMAND...   fork the accomplice that passes a bound memfd, then "
	"exec\n"
	"       prober --leak COMMAND...      the same, with that memfd left open\n"
	"       prober --crowd COMMAND...     use up the room for filters, then exec\n"
	"       prober --listener COMMAND...  under a filter whose listener answers CONTINUE\n"
	"       prober --bound-mount DIR COMMAND...  with a tmpfs on DIR that binds (root)\n"
	"       prober --hold FD COMMAND...   --bomb, --routes or routes, each once FD has a byte\n"
	"       prober --bomb COMMAND...      --routes or routes, beside a fork bomb\n"
	"       prober --into FD ROUTE        try it here, and write the outcome to FD\n";

static void outcome_print(const char *text, const struct outcome *out, int status)
{
	const char *name = strerrorname_np(out->err);

	printf("%s ", text);
	switch (out->kind) {
	case OUTCOME_NONE:
		printf("killed %s", WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : "?");
		break;
	case OUTCOME_ALLOWED:
		printf("allowed");
		break;
	case OUTCOME_IGNORED:
		printf("ignored");
		break;
	case OUTCOME_REFUSED:
		printf("refused %s", name ? name : "?");
		break;
	case OUTCOME_LEAKED:
		printf("leaked %s", name ? name : "?");
		break;
	case OUTCOME_ABSENT:
		printf("absent %s", name ? name : "?");
		break;
	}
	printf(out->note[0] ? " # %s\n" : "\n", out->note);
}

static int try_and_print(const char *text, const char *self)
{
	struct outcome *out =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct route route;
	int status = 0;
	pid_t pid;

	if (out == MAP_FAILED)
		return -errno;
	if (route_parse(text, &route)) {
		munmap(out, 4096);
		return -EINVAL;
	}
	fflush(stdout);
	/* Of what a child has, that thread is not. */
	if (strstr(text, "@old-thread")) {
		route_try_from(&route, self, out);
		outcome_print(text, out, 0);
		munmap(out, 4096);
		return 0;
	}
	pid = fork();
	if (!pid) {
		alarm(SECONDS_PER_ROUTE);
		route_try_from(&route, self, out);
		_exit(0);
	}
	if (pid < 0)
		outcome_absent(out, errno, "fork");
	else
		waitpid(pid, &status, 0);
	outcome_print(text, out, status);
	munmap(out, 4096);
	return 0;
}

static int try_here(const char *fd, const char *text)
{
	struct outcome out = {0};
	struct route route;

	if (route_parse(text, &route))
		return 2;
	route_try(&route, &out);
	return write(atoi(fd), &out, sizeof(out)) == sizeof(out) ? 0 : 1;
}

static int try_file(const char *path, const char *self, int *n)
{
	FILE *file = fopen(path, "re");
	char line[ROUTE_TEXT];
	int err = 0;

	if (!file) {
		fprintf(stderr, "prober: %s: %s\n", path, strerror(errno));
		return -errno;
	}
	for (; !err && fgets(line, sizeof(line), file); ++*n) {
		line[strcspn(line, "\n")] = '\0';
		err = try_and_print(line, self);
	}
	fclose(file);
	return err;
}

/* Nobody moves the process to another CPU, and its node, between a question and its answer. */
static void stay_on_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static bool told(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1;
}

int main(int argc, char **argv)
{
	int err = 0, n = 0, hold = -1;

	if (argc >= 3 && before_knows(argv[1]))
		return before_run(argc, argv);
	stay_on_cpu();
	old_thread_start();
	if (argc >= 4 && !strcmp(argv[1], "--hold")) {
		hold = atoi(argv[2]);
		argv[2] = argv[0];
		argv += 2;
		argc -= 2;
	}
	/* The threads are there, and wait: until we are in a cgroup, and until that is attached. */
	if (hold >= 0 && !told(hold))
		return 2;
	if (argc >= 3 && !strcmp(argv[1], "--bomb")) {
		if (bomb_start())
			return 2;
		argv[1] = argv[0];
		argv++;
		argc--;
	}
	if (hold >= 0 && !told(hold))
		return 2;
	if (argc == 4 && !strcmp(argv[1], "--into"))
		return try_here(argv[2], argv[3]);
	if (argc < 2 || (argv[1][0] == '-' && (argc != 3 || strcmp(argv[1], "--routes")))) {
		fputs(usage, stderr);
		return 2;
	}
	printf("prober start uid %u target %d %s\n", getuid(), oracle_target(),
	       oracle_places() ? "another node" : "the only node");
	if (argv[1][0] == '-')
		err = try_file(argv[2], argv[0], &n);
	for (int i = 1; argv[1][0] != '-' && i < argc && !err; i++, n++)
		err = try_and_print(argv[i], argv[0]);
	bomb_stop();
	printf("prober end %d\n", n);
	return err ? 2 : 0;
}
