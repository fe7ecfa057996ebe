/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Other processes: the accomplice outside, and a member like us. And what would undo all of it on
 * this machine, which is only opened, or made and removed again.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outside.h"
#include "route.h"

enum reach {
	REACH_PTRACE,
	REACH_VM_WRITE,
	REACH_PROC_MEM,
	REACH_PIDFD_GETFD
};

static long by_vm_write(int pid, void *word)
{
	unsigned long value = 1;
	struct iovec mine = {&value, sizeof(value)}, theirs = {word, sizeof(value)};

	return process_vm_writev(pid, &mine, 1, &theirs, 1, 0) < 0 ? -errno : 0;
}

static long by_proc_mem(int pid, void *word)
{
	unsigned long value = 1;
	char path[40];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, &value, sizeof(value), (off_t)(uintptr_t)word) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

static long by_pidfd(int pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), err = 0;

	if (pidfd < 0 || syscall(SYS_pidfd_getfd, pidfd, 2, 0) < 0)
		err = -errno;
	if (pidfd >= 0)
		close(pidfd);
	return err;
}

static long by_ptrace(int pid)
{
	if (ptrace(PTRACE_SEIZE, pid, 0, 0))
		return -errno;
	/* It can be let go only when it stands. */
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, NULL, __WALL);
	ptrace(PTRACE_DETACH, pid, 0, 0);
	return 0;
}

static void reach(int pid, void *word, enum reach how, struct outcome *out)
{
	long ret = -EINVAL;

	switch (how) {
	case REACH_PTRACE:
		ret = by_ptrace(pid);
		break;
	case REACH_VM_WRITE:
		ret = by_vm_write(pid, word);
		break;
	case REACH_PROC_MEM:
		ret = by_proc_mem(pid, word);
		break;
	case REACH_PIDFD_GETFD:
		ret = by_pidfd(pid);
		break;
	}
	/* The kernel's own word for a /proc file of one that may not be traced. */
	if (ret == -EACCES)
		ret = -EPERM;
	outcome_judge(out, ret, ret == 0);
}

void reach_outside(const struct route *route, struct outcome *out)
{
	unsigned long word = 0;
	int pid = outside_pid(&word);

	if (pid < 0)
		outcome_absent(out, -pid, "nobody is outside");
	else
		reach(pid, (void *)word, route->arg[0], out);
}

void reach_member(const struct route *route, struct outcome *out)
{
	static unsigned long word;
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	if (pid < 0) {
		outcome_absent(out, errno, "fork");
		return;
	}
	reach(pid, &word, route->arg[0], out);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A kprobe by perf_event_open(2), which goes with its fd. One could void programs of ours. */
static long perf_kprobe(void)
{
	static const char type[] = "/sys/bus/event_source/devices/kprobe/type";
	struct perf_event_attr attr = {.size = sizeof(attr),
				       .kprobe_func = (uintptr_t) "do_nanosleep"};
	FILE *file = fopen(type, "re");
	int fd, n;

	if (!file)
		return -errno;
	n = fscanf(file, "%u", &attr.type);
	fclose(file);
	if (n != 1)
		return -EIO;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return errno == EACCES ? -EPERM : -errno;
	close(fd);
	return 0;
}

void undo(const struct route *route, struct outcome *out)
{
	static const char *const files[] = {
		"/proc/sys/kernel/ftrace_enabled",
		"/sys/kernel/debug/sched/preempt",
		"/proc/sysrq-trigger",
		"/sys/fs/bpf/bypass-pins",
		"/sys/kernel/tracing/kprobe_events",
		"/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages",
		"/sys/bus/event_source/devices/kprobe",
	};
	const char *path = files[route->arg[0] % (sizeof(files) / sizeof(*files))];
	bool pins = route->arg[0] == 3;
	long ret;

	if (access(pins ? "/sys/fs/bpf" : path, F_OK)) {
		outcome_absent(out, errno, path);
		return;
	}
	if (route->arg[0] == 6) {
		ret = perf_kprobe();
		outcome_judge(out, ret, ret == 0);
		return;
	}
	ret = pins ? mkdir(path, 0700) : open(path, O_WRONLY | O_CLOEXEC);
	ret = ret < 0 ? -errno : 0;
	if (pins && !ret)
		rmdir(path);
	outcome_judge(out, ret, ret == 0);
}
