/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What members may not touch, since it holds them: each thing is tried by a root with and without
 * its capabilities, as a member, who gets EPERM, and as somebody who is none, for whom it works.
 */
#include <linux/bpf.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "check.h"

#define FOLDER "/sys/fs/bpf/guards"

static pid_t free_one; /* a process that is no member */

static int result(long r)
{
	return r < 0 ? errno : 0;
}

static int open_to_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return result(fd);
}

static int write_file(const char *path)
{
	/* Not every kernel has each; then there is nothing to touch. */
	return access(path, F_OK) < 0 ? -1 : open_to_write(path);
}

static int make_folder(const char *path)
{
	return result(mkdir(path, 0700));
}

static int remove_folder(const char *path)
{
	return result(rmdir(path));
}

static int remove_pin(const char *path)
{
	return result(unlink(path));
}

static int move_folder(const char *path)
{
	return result(rename(path, FOLDER "/new"));
}

static int make_symlink(const char *path)
{
	return result(symlink("/", path));
}

static int let_others_in(const char *path)
{
	return result(chmod(path, 0777));
}

static int give_away(const char *path)
{
	return result(chown(path, 0, 0));
}

static int pin_command(int command, const char *path, int fd)
{
	union bpf_attr attr = {.pathname = (uint64_t)path, .bpf_fd = (uint32_t)fd};

	return (int)syscall(SYS_bpf, command, &attr, sizeof(attr));
}

static int open_pin(const char *path)
{
	return result(pin_command(BPF_OBJ_GET, path, 0));
}

static int trace(const char *path)
{
	(void)path;
	return result(ptrace(PTRACE_SEIZE, free_one, 0, 0));
}

static int read_memory(const char *path)
{
	char byte;
	struct iovec mine = {&byte, 1}, other = {&free_one, 1};

	(void)path;
	return result(process_vm_readv(free_one, &mine, 1, &other, 1, 0));
}

static int open_memory(const char *path)
{
	char name[40];
	int got;

	(void)path;
	(void)snprintf(name, sizeof(name), "/proc/%d/mem", free_one);
	got = open_to_write(name);
	/* The kernel's own word where it may not be traced. */
	return got == EACCES ? EPERM : got;
}

static const struct attempt {
	int (*try)(const char *path);
	const char *path;
} attempts[] = {
	{write_file, "/proc/sys/kernel/ftrace_enabled"},
	{write_file, "/proc/sysrq-trigger"},
	{write_file, "/sys/kernel/debug/sched/preempt"},
	{write_file, "/sys/kernel/tracing/current_tracer"},
	{write_file, "/sys/kernel/tracing/kprobe_events"},
	{make_folder, FOLDER "/new"},
	{make_symlink, FOLDER "/new"},
	{remove_folder, FOLDER "/old"},
	{move_folder, FOLDER "/old"},
	{remove_pin, FOLDER "/pin"},
	{let_others_in, FOLDER},
	{let_others_in, FOLDER "/pin"},
	{give_away, FOLDER},
	{open_pin, FOLDER "/pin"},
	{trace, "another process"},
	{read_memory, "another process"},
	{open_memory, "another process"},
};

/* A folder of pins, as it was before the last attempt. */
static void make_pins(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
	int map;

	(void)unlink(FOLDER "/pin");
	(void)unlink(FOLDER "/new");
	(void)rmdir(FOLDER "/new");
	(void)rmdir(FOLDER "/old");
	(void)rmdir(FOLDER);
	CHECK(mkdir(FOLDER, 0700) == 0 && mkdir(FOLDER "/old", 0700) == 0);
	map = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	CHECK(map >= 0 && pin_command(BPF_OBJ_PIN, FOLDER "/pin", map) == 0);
	close(map);
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	CHECK(syscall(SYS_capset, &header, none) == 0);
}

static void join_own(void)
{
	struct resident_request request = nobind(8);

	no_new_privs();
	ANSWERS(0, resident_call(RESIDENT_CREATE_AND_JOIN, &request));
	CHECK(bind_is_refused());
}

static void try(const struct attempt *attempt, bool member, bool capable)
{
	pid_t pid;
	int status, got;

	make_pins();
	pid = fork();
	if (pid == 0) {
		if (member)
			join_own();
		if (!capable)
			drop_capabilities();
		got = attempt->try(attempt->path);
		if (got >= 0 && got != (member ? EPERM : 0)) {
			fprintf(stderr, "attempt %td on %s by %s %s capabilities: %s\n",
				attempt - attempts, attempt->path, member ? "a member" : "another",
				capable ? "with" : "without", got ? strerror(got) : "done");
			_exit(1);
		}
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void members_do_not_touch_what_holds_them(void)
{
	size_t i;
	int how;

	free_one = fork();
	if (free_one == 0) {
		/* Else only who has as many could trace it. */
		drop_capabilities();
		pause();
		_exit(0);
	}
	for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		for (how = 0; how < 4; how++)
			try(&attempts[i], how & 1, how & 2);
	make_pins();
	CHECK(unlink(FOLDER "/pin") == 0 && rmdir(FOLDER "/old") == 0 && rmdir(FOLDER) == 0);
	kill(free_one, SIGKILL);
}

/* What is not ours stays theirs. */
static void members_do_the_same_elsewhere(void)
{
	pid_t own;

	join_own();
	CHECK(open_to_write("/dev/null") == 0);
	CHECK(open("/proc/sys/kernel/ftrace_enabled", O_RDONLY | O_CLOEXEC) >= 0 ||
	      errno == ENOENT);
	CHECK(mkdir("/tmp/guards", 0700) == 0 && symlink("/", "/tmp/guards/link") == 0);
	CHECK(chmod("/tmp/guards", 0755) == 0 && rename("/tmp/guards", "/tmp/guards-2") == 0);
	CHECK(unlink("/tmp/guards-2/link") == 0 && rmdir("/tmp/guards-2") == 0);
	own = fork();
	if (own == 0) {
		pause();
		_exit(0);
	}
	CHECK(ptrace(PTRACE_SEIZE, own, 0, 0) == 0);
	kill(own, SIGKILL);
}

static const struct test tests[] = {
	TEST(members_do_not_touch_what_holds_them, 0),
	TEST(members_do_the_same_elsewhere, 0),
};

int main(void)
{
	return run_tests(tests, sizeof(tests) / sizeof(tests[0]));
}
