/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What calls cost, in a guest whose clock counts instructions (tests/vm/vm --icount).
 *
 *     bench-bpf [--under N] [--layers N] [--told 1]
 *
 *     bench-bpf --launch COMMAND [ARG...]
 *
 *     bench-bpf [--attached N] [--in CGROUP] [--attach CGROUP]
 *
 * Prints "CALL INSTRUCTIONS" for each, the least of many. --under: first
 * join N layers that refuse bind; --layers: first make N more that stay until this process and its
 * children have ended, as many users as it takes. --told: somebody wants to be told of what is
 * refused. --attached: first attach one to as many cgroups; --in: be in CGROUP; --attach: measure
 * only that, and to detach.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "resident/attach.h"
#include "resident/client.h"

#define ROUNDS 101
#define ROWS 10
#define BIND 2
#define INTERLEAVE 3
#define MANY "/sys/fs/cgroup/many"
#define LAYERS_OF_ONE 1000 /* a quota is 1024 */

static char *page;
static unsigned long nodes = 3;
static int sockets[2];

static int getppid_(void)
{
	return syscall(SYS_getppid) > 0;
}

static int bind_(void)
{
	return (int)syscall(SYS_mbind, page, 4096, BIND, &nodes, 64, 0);
}

static int interleave(void)
{
	return (int)syscall(SYS_mbind, page, 4096, INTERLEAVE, &nodes, 64, 0);
}

static int prctl_(void)
{
	return prctl(PR_GET_DUMPABLE);
}

static int open_(void)
{
	return close(open("/tmp/bench-file", O_RDONLY | O_CLOEXEC));
}

static int open_to_write(void)
{
	return close(open("/tmp/bench-file", O_WRONLY | O_CLOEXEC));
}

static int mmap_(void)
{
	return munmap(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
}

static int mount_(void)
{
	return mount("none", "/tmp/bench-mount", "tmpfs", 0, NULL);
}

static int mount_size(void)
{
	return mount("none", "/tmp/bench-mount", "tmpfs", 0, "size=4096");
}

static void unmount(void)
{
	(void)umount("/tmp/bench-mount");
}

/* Which asks whether we may trace init, and no more. */
static int kcmp_(void)
{
	return (int)syscall(SYS_kcmp, getpid(), 1, 1 /* KCMP_VM */, 0, 0);
}

static int bpf_(void)
{
	return (int)syscall(SYS_bpf, 9999, NULL, 0);
}

static int scm_rights(void)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.header = {
			     .cmsg_len = CMSG_LEN(sizeof(int)),
			     .cmsg_level = SOL_SOCKET,
			     .cmsg_type = SCM_RIGHTS,
		     }};
	char c = 0;
	struct iovec data = {&c, 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd;

	memcpy(CMSG_DATA(&control.header), &sockets[0], sizeof(int));
	if (sendmsg(sockets[0], &message, 0) != 1 || recvmsg(sockets[1], &message, 0) != 1)
		return -1;
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(int));
	return close(fd);
}

static int fork_(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	return waitpid(pid, NULL, 0) != pid;
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

#define KEPT 8

/*
 * What the kernel's allocator has at hand makes a difference of some fifty instructions, which a
 * process sees in all of its rounds. So a few files and messages are kept in each, now more now
 * less.
 */
static void unsettle(int n)
{
	static int files[KEPT], kept, ends[2] = {-1, -1};
	char c;

	if (ends[0] < 0 && socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) < 0)
		return;
	for (; kept > n; kept--) {
		close(files[kept - 1]);
		(void)!read(ends[0], &c, 1);
	}
	for (; kept < n; kept++) {
		files[kept] = open("/tmp", O_RDONLY | O_CLOEXEC);
		(void)!write(ends[1], "", 1);
	}
}

/*
 * The least of many: nobody waited in that round, which makes the clock jump, and the allocator had
 * all at hand. @after is not counted.
 */
static long least_of_rounds(int (*call)(void), void (*after)(void))
{
	long took[ROUNDS], empty[ROUNDS], began;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		unsettle(i % KEPT);
		began = now();
		empty[i] = now() - began;
		began = now();
		(void)call();
		took[i] = now() - began;
		if (after)
			after();
	}
	qsort(took, ROUNDS, sizeof(long), compare);
	qsort(empty, ROUNDS, sizeof(long), compare);
	return took[0] - empty[0];
}

static void measure_least(const char *name, int (*call)(void), void (*after)(void))
{
	printf("%s %ld\n", name, least_of_rounds(call, after));
}

static void measure(const char *name, int (*call)(void))
{
	measure_least(name, call, NULL);
}

/* For what leaves work for after a grace period of RCU: it is done within the rounds of a row. */
static void measure_in_rows(const char *name, int (*call)(void))
{
	long least = LONG_MAX, row;
	int i;

	for (i = 0; i < ROWS; i++) {
		row = least_of_rounds(call, NULL);
		least = row < least ? row : least;
		usleep(50000);
	}
	printf("%s %ld\n", name, least);
}

static struct resident_request nobind(unsigned long seed)
{
	struct resident_request request = {
		.version = RESIDENT_ABI, .install = {{seed, 1}}, .modify = {{seed, 2}}};
	uint32_t have = 0;

	(void)resident_hello(&have);
	request.deciders = have & RESIDENT_LSM_SET ? RESIDENT_LSM_SET : RESIDENT_ENTRY_SET;
	request.rules.version = MPOL_RULES_VERSION;
	request.rules.answer[MPOL_RULE_MODE + BIND] = MPOL_ANSWER(MPOL_ERRNO, EPERM);
	request.rules.answer[MPOL_RULE_MOUNT] = MPOL_ANSWER(MPOL_ERRNO, EPERM);
	request.rules.answer[MPOL_RULE_FILES] = MPOL_ANSWER(MPOL_ERRNO, EPERM);
	if (have & RESIDENT_LSM_FILES)
		request.deciders |= RESIDENT_LSM_MOUNT | RESIDENT_LSM_FILES;
	else
		request.deciders |= RESIDENT_FMOD_MOUNT | RESIDENT_FMOD_FILES;
	return request;
}

/* The clock counts for all CPUs, also for one that wakes another. */
static void stay_on_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	(void)sched_setaffinity(0, sizeof(one), &one);
}

static void fail(const char *what, int r)
{
	fprintf(stderr, "bench-bpf: %s: %s\n", what, strerror(-r));
	exit(1);
}

static struct resident_request own;

static int update(void)
{
	return resident_call(RESIDENT_UPDATE, &own) < 0;
}

static void want_to_be_told(void)
{
	const struct resident_request request = {.version = RESIDENT_ABI, .part = 1};
	int r = resident_call(RESIDENT_NEXT, &request);

	if (r < 0)
		fail("listen", r);
}

/* Other users make layers. They live as long as their keys: until the programs are unloaded. */
static void make_layers(unsigned long n)
{
	unsigned long made = 0;
	uid_t uid;

	for (uid = 20000; made < n; uid++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			unsigned long i;

			if (setresuid(uid, uid, uid) < 0)
				_exit(1);
			for (i = 0; i < LAYERS_OF_ONE; i++) {
				struct resident_request request = nobind(uid * 10000ul + i);

				if (resident_call(RESIDENT_CREATE, &request) < 0)
					_exit(1);
			}
			_exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			fail("other layers", -EIO);
		made += LAYERS_OF_ONE;
	}
}

/* Somebody else is a member, until we end. */
static void have_member(void)
{
	struct resident_request request = nobind(8);
	int joined[2];
	char c;

	if (pipe(joined) < 0)
		fail("pipe", -errno);
	if (fork() == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (resident_call(RESIDENT_CREATE_AND_JOIN, &request) < 0 ||
		    write(joined[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(joined[1]);
	if (read(joined[0], &c, 1) != 1)
		fail("another member", -EIO);
	close(joined[0]);
}

static int join_and_end(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		struct resident_request request = own;

		_exit(resident_call(RESIDENT_CREATE_AND_JOIN, &request) < 0);
	}
	return waitpid(pid, NULL, 0) != pid;
}

static int open_cgroup(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		fail(path, -errno);
	return fd;
}

/* One layer, on many cgroups that stay. */
static void make_attached(unsigned long n)
{
	struct resident_request request = nobind(8);
	char path[64];
	unsigned long i;
	int r = resident_call(RESIDENT_CREATE, &request);

	request.key = request.install;
	(void)mkdir(MANY, 0755);
	for (i = 0; i < n && r >= 0; i++) {
		int fd;

		(void)snprintf(path, sizeof(path), MANY "/%lu", i);
		if (mkdir(path, 0755) < 0)
			fail(path, -errno);
		fd = open_cgroup(path);
		r = resident_attach(RESIDENT_ATTACH, &request, fd, NULL);
		close(fd);
	}
	if (r < 0)
		fail("attach", r);
}

static void enter(const char *path)
{
	int fd = open_cgroup(path), procs = openat(fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	if (procs < 0 || write(procs, "0", 1) != 1)
		fail(path, -errno);
	close(procs);
	close(fd);
}

static void measure_attach(const char *path)
{
	struct resident_request request = nobind(9);
	long attach[ROUNDS], detach[ROUNDS], began;
	int fd = open_cgroup(path), i, r = resident_call(RESIDENT_CREATE, &request);

	request.key = request.install;
	for (i = 0; i < ROUNDS && r >= 0; i++) {
		began = now();
		r = resident_attach(RESIDENT_ATTACH, &request, fd, NULL);
		attach[i] = now() - began;
		if (r < 0)
			break;
		began = now();
		r = resident_detach(&request, fd);
		detach[i] = now() - began;
	}
	if (r < 0)
		fail("attach", r);
	request.key = request.modify;
	(void)resident_call(RESIDENT_REMOVE, &request);
	qsort(attach, ROUNDS, sizeof(long), compare);
	qsort(detach, ROUNDS, sizeof(long), compare);
	printf("attach %ld\ndetach %ld\n", attach[ROUNDS / 2], detach[ROUNDS / 2]);
}

static char **command;

/* All of it: vfork, execve, what the command does, its end and the wait. */
static int launch(void)
{
	pid_t pid = vfork();
	int status;

	if (pid == 0) {
		execv(command[0], command);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		fail(command[0], -EIO);
	return 0;
}

int main(int argc, char **argv)
{
	int under = 0, i, r;

	stay_on_one_cpu();
	if (argc > 2 && strcmp(argv[1], "--launch") == 0) {
		command = argv + 2;
		measure("launch", launch);
		return 0;
	}
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) < 0 ||
	    close(open("/tmp/bench-file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) < 0)
		fail("start", -errno);
	(void)mkdir("/tmp/bench-mount", 0700);
	for (i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--attached") == 0)
			make_attached(strtoul(argv[i + 1], NULL, 10));
		else if (strcmp(argv[i], "--in") == 0)
			enter(argv[i + 1]);
		else if (strcmp(argv[i], "--attach") == 0)
			measure_attach(argv[i + 1]);
	}
	if (argc > 1 && strcmp(argv[argc - 2], "--attach") == 0)
		return 0;
	for (i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--layers") == 0)
			make_layers(strtoul(argv[i + 1], NULL, 10));
		else if (strcmp(argv[i], "--under") == 0)
			under = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--told") == 0)
			want_to_be_told();
		else if (strcmp(argv[i], "--beside") == 0)
			have_member();
	}
	if (under) {
		own = nobind(7);
		r = resident_call(RESIDENT_CREATE, &own);
		if (r < 0)
			fail("create", r);
		own.key = own.modify;
		measure("update", update);
		measure_in_rows("vfork-join-exit", join_and_end);
		(void)resident_call(RESIDENT_REMOVE, &own);
		for (i = 0; i < under; i++) {
			r = resident_call(RESIDENT_CREATE_AND_JOIN, &own);
			if (r < 0)
				fail("join", r);
		}
	}
	measure("getppid", getppid_);
	measure("mbind-interleave", interleave);
	measure("mbind-bind", bind_);
	measure("prctl", prctl_);
	measure("open-tmpfs", open_);
	measure("open-tmpfs-write", open_to_write);
	measure("mmap", mmap_);
	measure_least("mount-tmpfs", mount_, unmount);
	measure_least("mount-tmpfs-size", mount_size, unmount);
	measure("kcmp", kcmp_);
	measure("bpf", bpf_);
	measure("scm-rights", scm_rights);
	measure("vfork-exit", fork_);
	return 0;
}
