/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Away from what holds it: without the supervisor of its layer, or in another cgroup. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "from.h"
#include "listener.h"
#include "outside.h"
#include "ring.h"

#define SECONDS 2 /* that a call may wait for a supervisor which does not answer */
#define AWAY "bypass-away"

/*
 * Whoever runs the very copy of mpolrun that started us is our supervisor, since the launcher
 * itself became us; its command line can be read by everybody.
 */
static bool is_supervisor(const char *pid, const char *mpolrun)
{
	char path[300], line[4096] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, line, sizeof(line) - 1) < 0)
		line[0] = '\0';
	close(fd);
	return !strcmp(line, mpolrun);
}

/* Who has the same uid may take away what another process may use. */
static int starve(int pid)
{
	static const int what[] = {RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_STACK, RLIMIT_NPROC};
	const struct rlimit none = {0, 0};
	int err = 0;

	for (size_t i = 0; i < sizeof(what) / sizeof(*what); i++)
		err |= prlimit(pid, what[i], &none, NULL);
	return err;
}

#define STARVE 0 /* no signal, but that */

/* Until its end, or its stop, is felt. */
static void wait_for_state(const char *pid, const char *states)
{
	char path[300], line[256];

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	for (int ticks = 100; ticks; ticks--) {
		FILE *file = fopen(path, "re");
		const char *end = NULL;

		if (file && fgets(line, sizeof(line), file))
			end = strrchr(line, ')');
		if (file)
			fclose(file);
		if (!end || strchr(states, end[2]))
			return;
		usleep(10000);
	}
}

static int signal_supervisors(int number, int *ret_reached)
{
	const char *mpolrun = getenv("BYPASS_MPOLRUN");
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int n = 0;

	while (proc && mpolrun && (entry = readdir(proc))) {
		if (atoi(entry->d_name) <= 0 || !is_supervisor(entry->d_name, mpolrun))
			continue;
		n++;
		if (number == STARVE ? starve(atoi(entry->d_name))
				     : kill(atoi(entry->d_name), number))
			continue;
		++*ret_reached;
		if (number == SIGKILL || number == SIGSTOP)
			wait_for_state(entry->d_name, number == SIGSTOP ? "TZX" : "ZX");
	}
	if (proc)
		closedir(proc);
	return n;
}

static void without_supervisor(const struct job *job, int number, bool listen)
{
	int reached = 0, n = signal_supervisors(number, &reached);
	char note[sizeof(job->out->note)];
	pid_t pid;

	pid = fork();
	if (!pid) {
		if (listen)
			listener_try(job->route, job->out);
		else
			route_try(job->route, job->out);
		_exit(0);
	}
	job_wait(job, pid, SECONDS);
	snprintf(note, sizeof(note), "%.100s; %d supervisors, %d reached", job->out->note, n,
		 reached);
	memcpy(job->out->note, note, sizeof(note));
	if (number == SIGSTOP)
		signal_supervisors(SIGCONT, &reached);
}

void from_supervisor_killed(const struct job *job)
{
	without_supervisor(job, SIGKILL, false);
}

void from_supervisor_killed_listener(const struct job *job)
{
	without_supervisor(job, SIGKILL, true);
}

void from_supervisor_stopped(const struct job *job)
{
	without_supervisor(job, SIGSTOP, false);
}

void from_supervisor_starved(const struct job *job)
{
	without_supervisor(job, STARVE, false);
}

static bool is_away(void)
{
	char text[512] = "";
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	if (fd >= 0)
		close(fd);
	return strstr(text, AWAY);
}

static void try_away(const struct job *job, int err, const char *how)
{
	if (err || !is_away())
		outcome_absent(job->out, err ? -err : EXDEV, how);
	else
		route_try(job->route, job->out);
}

void from_moved_by_write(const struct job *job)
{
	int fd = outside_receive(OUTSIDE_CGROUP_PROCS), err = fd < 0 ? fd : 0;

	if (!err && write(fd, "0", 1) != 1)
		err = -errno;
	try_away(job, err, "cgroup.procs of another cgroup");
}

void from_moved_by_clone(const struct job *job)
{
	int fd = outside_receive(OUTSIDE_CGROUP);
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	pid_t pid;

	if (fd < 0) {
		outcome_absent(job->out, -fd, "another cgroup");
		return;
	}
	args.cgroup = (uint64_t)fd;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (!pid) {
		try_away(job, 0, "CLONE_INTO_CGROUP");
		_exit(0);
	}
	if (pid < 0)
		outcome_absent(job->out, errno, "CLONE_INTO_CGROUP");
	else
		waitpid(pid, NULL, 0);
}

/* One write of our pid to the registered file @fd, done by a worker of the kernel. */
static int uring_write(int fd)
{
	char text[16];
	struct io_uring_sqe sqe = {.opcode = IORING_OP_WRITE,
				   .flags = IOSQE_FIXED_FILE | IOSQE_ASYNC,
				   .addr = (uintptr_t)text};
	struct ring ring;
	int err = ring_open(&ring, fd);

	if (err)
		return err;
	snprintf(text, sizeof(text), "%d", getpid());
	sqe.len = strlen(text);
	err = ring_do(&ring, &sqe);
	return err < 0 ? err : 0;
}

void from_moved_by_uring(const struct job *job)
{
	int fd = outside_receive(OUTSIDE_CGROUP_PROCS), err = fd < 0 ? fd : uring_write(fd);

	try_away(job, err, "cgroup.procs of another cgroup, by io_uring");
}
