/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a tree of processes can do to who is in it, as root: forks that fail at every step leave no
 * tag and no count; cgroups, sessions and namespaces change nothing; nor does an exec by a thread.
 */
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "check.h"

#define CGROUP "/sys/fs/cgroup/resident-"
#define TIMES 50
#define UTS_MAX "/proc/sys/user/max_uts_namespaces"

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* A fork that must fail; the errno that it failed with. */
static int failed(long pid)
{
	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : 0;
}

static int with_flags_that_exclude_each_other(void)
{
	return failed(syscall(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0));
}

static int beyond_its_rlimit(void)
{
	return failed(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static int with_a_namespace_too_many(void)
{
	return failed(syscall(SYS_clone, CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0));
}

static int with_nowhere_to_put_the_pidfd(void)
{
	return failed(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, (int *)8, 0, 0));
}

static int into_no_cgroup(void)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = 0x7fffffff};

	return failed(syscall(SYS_clone3, &args, sizeof(args)));
}

static int with_a_pid_that_is_taken(void)
{
	pid_t taken = 1;
	struct clone_args args = {
		.exit_signal = SIGCHLD, .set_tid = (uint64_t)&taken, .set_tid_size = 1};

	return failed(syscall(SYS_clone3, &args, sizeof(args)));
}

static int beyond_its_cgroup(void)
{
	return failed(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

/* In the order in which a fork comes to them. */
static const struct {
	int (*fork)(void);
	int err;
} failures[] = {
	{with_flags_that_exclude_each_other, EINVAL},
	{beyond_its_rlimit, EAGAIN},
	/* What follows is behind task_alloc. */
	{with_a_namespace_too_many, ENOSPC},
	{with_a_pid_that_is_taken, EEXIST},
	{with_nowhere_to_put_the_pidfd, EFAULT},
	{into_no_cgroup, EBADF},
	{beyond_its_cgroup, EAGAIN},
};

static void fail_as_member(size_t i, const struct resident_request *layer)
{
	const struct rlimit one = {1, 1};
	int n;

	if (failures[i].fork == beyond_its_cgroup)
		write_text(CGROUP "few/cgroup.procs", "0");
	ANSWERS(0, join(layer->install));
	if (failures[i].fork == beyond_its_rlimit) {
		CHECK(setrlimit(RLIMIT_NPROC, &one) == 0);
		CHECK(setresuid(1234, 1234, 1234) == 0);
	}
	for (n = 0; n < TIMES; n++)
		ANSWERS(failures[i].err, failures[i].fork());
	ANSWERS(1, members_of(layer->install));
}

static void a_fork_that_fails_leaves_nothing(void)
{
	struct resident_request layer = nobind(21);
	pid_t pid;
	size_t i;
	int status, n;

	ANSWERS(0, resident_call(RESIDENT_CREATE, &layer));
	CHECK(mkdir(CGROUP "few", 0755) == 0);
	write_text(CGROUP "few/pids.max", "1");
	write_text(UTS_MAX, "0");
	for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		pid = fork();
		if (pid == 0) {
			fail_as_member(i, &layer);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		ANSWERS(0, members_become(layer.install, 0));
		/* Theirs were the addresses that come next. */
		for (n = 0; n < TIMES; n++) {
			pid = fork();
			if (pid == 0)
				_exit(bind_is_refused());
			CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		}
	}
	write_text(UTS_MAX, "100");
	CHECK(rmdir(CGROUP "few") == 0);
}

static int member_is_in(const char *cgroup)
{
	char text[200] = {0};
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return strstr(text, cgroup) != NULL;
}

/* By itself, by a child that is born elsewhere, and by somebody outside. */
static void a_cgroup_is_no_way_out(void)
{
	struct resident_request request = nobind(22);
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	int to[2], from[2], status;
	char pid_text[20], c = 0;
	pid_t member, child;

	CHECK(mkdir(CGROUP "a", 0755) == 0 && mkdir(CGROUP "b", 0755) == 0);
	CHECK(pipe(to) == 0 && pipe(from) == 0);
	member = fork();
	if (member == 0) {
		ANSWERS(0, resident_call(RESIDENT_CREATE_AND_JOIN, &request));
		write_text(CGROUP "a/cgroup.procs", "0");
		CHECK(member_is_in("resident-a") && bind_is_refused());
		args.cgroup =
			(uint64_t)open(CGROUP "b", O_RDONLY | O_DIRECTORY | O_PATH | O_CLOEXEC);
		child = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
		CHECK(child >= 0);
		if (child == 0)
			_exit(member_is_in("resident-b") && bind_is_refused() ? 0 : 1);
		CHECK(waitpid(child, &status, 0) == child && status == 0);
		CHECK(write(from[1], &c, 1) == 1 && read(to[0], &c, 1) == 1);
		CHECK(member_is_in("resident-b") && bind_is_refused());
		write_text("/sys/fs/cgroup/cgroup.procs", "0");
		CHECK(bind_is_refused());
		_exit(0);
	}
	CHECK(read(from[0], &c, 1) == 1);
	(void)snprintf(pid_text, sizeof(pid_text), "%d", member);
	write_text(CGROUP "b/cgroup.procs", pid_text);
	CHECK(write(to[1], &c, 1) == 1);
	CHECK(waitpid(member, &status, 0) == member && status == 0);
	CHECK(rmdir(CGROUP "a") == 0 && rmdir(CGROUP "b") == 0);
}

static void namespaces_and_sessions_are_no_way_out(void)
{
	static const int kinds[] = {CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
				    CLONE_NEWPID, CLONE_NEWNET,    CLONE_NEWUSER};
	struct resident_request request = nobind(23);
	pid_t pid;
	size_t i;
	int status, own;

	own = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	ANSWERS(0, resident_call(RESIDENT_CREATE_AND_JOIN, &request));
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		CHECK(unshare(kinds[i]) == 0);
		CHECK(bind_is_refused());
		pid = fork();
		if (pid == 0) {
			CHECK(setsid() > 0);
			_exit(bind_is_refused() ? 0 : 1);
		}
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		/* Back, while we may; and the first process of a pid namespace has ended it. */
		if (kinds[i] == CLONE_NEWUTS)
			CHECK(setns(own, CLONE_NEWUTS) == 0 && bind_is_refused());
		if (kinds[i] == CLONE_NEWPID) {
			int init = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);

			CHECK(setns(init, CLONE_NEWPID) == 0);
		}
	}
}

static void *exec_self(void *data)
{
	(void)data;
	execl("/proc/self/exe", "tree", "--bind", NULL);
	return NULL;
}

/* The thread takes over the number of its process, and stays the task that it is. */
static void exec_by_a_thread_is_no_way_out(void)
{
	struct resident_request request = nobind(24);
	pthread_t thread;

	ANSWERS(0, resident_call(RESIDENT_CREATE_AND_JOIN, &request));
	CHECK(pthread_create(&thread, NULL, exec_self, NULL) == 0);
	pause();
	CHECK(!"executed");
}

static const struct test tests[] = {
	TEST(a_fork_that_fails_leaves_nothing, 21),
	TEST(a_cgroup_is_no_way_out, 0),
	TEST(namespaces_and_sessions_are_no_way_out, 0),
	TEST(exec_by_a_thread_is_no_way_out, 0),
};

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--bind") == 0) {
		CHECK(bind_is_refused());
		return 0;
	}
	return run_tests(tests, sizeof(tests) / sizeof(tests[0]));
}
