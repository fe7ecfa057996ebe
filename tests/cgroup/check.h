/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cgroups of a test, as root in a guest with the v2 hierarchy at /sys/fs/cgroup. */
#ifndef TESTS_CGROUP_CHECK_H
#define TESTS_CGROUP_CHECK_H

#include <signal.h>
#include <sys/stat.h>

#include "resident/check.h"

#define TOP "/sys/fs/cgroup"

static inline int open_folder(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

static inline void move_to(const char *path, pid_t pid)
{
	char file[128], text[16];
	int fd, n;

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	n = snprintf(text, sizeof(text), "%d", pid);
	CHECK(fd >= 0 && write(fd, text, (size_t)n) == n);
	close(fd);
}

/* What is in it has ended, but perhaps only just. */
static inline void remove_cgroup(const char *path)
{
	int i;

	for (i = 0; i < 200 && rmdir(path) < 0; i++)
		usleep(10000);
	CHECK(access(path, F_OK) < 0);
}

/* A workload that runs: it says what bind comes to whenever it is asked. */
struct workload {
	pid_t pid;
	int to, from;
};

/* In @cgroup, and a member of the layer of @join if that is not NULL. */
static inline struct workload start_under(const char *cgroup, const struct resident_key *install)
{
	struct workload w;
	int to[2], from[2], got;
	char c;

	CHECK(pipe(to) == 0 && pipe(from) == 0);
	w.pid = fork();
	CHECK(w.pid >= 0);
	if (w.pid == 0) {
		close(to[1]);
		if (cgroup)
			move_to(cgroup, getpid());
		if (install)
			ANSWERS(0, join(*install));
		while (read(to[0], &c, 1) == 1) {
			got = set_policy(c);
			CHECK(write(from[1], &got, sizeof(got)) == sizeof(got));
		}
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	w.to = to[1];
	w.from = from[0];
	return w;
}

static inline struct workload start(const char *cgroup)
{
	return start_under(cgroup, NULL);
}

static inline int answer(const struct workload *w, char mode)
{
	int got = -1;

	CHECK(write(w->to, &mode, 1) == 1 && read(w->from, &got, sizeof(got)) == sizeof(got));
	return got;
}

static inline int binds(const struct workload *w)
{
	return answer(w, BIND);
}

static inline void end(const struct workload *w)
{
	int status;

	/* Others that were forked later have its pipe open, too. */
	CHECK(kill(w->pid, SIGKILL) == 0);
	CHECK(waitpid(w->pid, &status, 0) == w->pid && WIFSIGNALED(status));
	close(w->to);
	close(w->from);
}

#endif
