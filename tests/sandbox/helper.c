/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small things that a shell cannot do, by name:
 *
 *	helper argv0 PROGRAM           execve PROGRAM with an empty argv
 *	helper open KIND COMMAND...    execute COMMAND with fd 7 open on KIND: io_uring, bpf,
 *	                               listener, socket, eventfd, plain-memfd, bound-memfd (its
 *	                               first page), bound-later-memfd (one page in its midst),
 *	                               bound-behind-memfd (the page behind its end)
 *	helper policy                  print the mode of the task's memory policy
 *	helper set MODE COMMAND...     set that mode on node 0 for the task, then execute COMMAND
 *	helper silent FILE COMMAND...  execute COMMAND where FILE is a page of a file system that
 *	                               does not answer
 *	helper set-from FILE           set a policy whose nodes are in that file
 *	helper answer ERRNO CALL[,CALL] COMMAND...
 *	                               execute COMMAND under a filter that answers these calls with
 *	                               ERRNO (0: a success that did nothing): set, get, seccomp,
 *	                               setfd and getfd of fcntl(2), fstatfs, list (getdents64),
 *	                               close-range, landlock (its last step)
 *	helper closed N                exit 0 if fd N is closed, 1 if it is open
 *	helper signals                 print the blocked and ignored signals' masks
 *	helper status COMMAND...       execute COMMAND and print its status, or -SIGNAL
 *	helper small-pages COMMAND...  execute COMMAND without transparent huge pages
 *
 * Exit status 2: could not do it, with the reason on standard error.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/fuse.h>
#include <linux/mempolicy.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FD 7

static int fail(const char *what)
{
	fprintf(stderr, "helper: %s: %s\n", what, strerror(errno));
	return 2;
}

static int open_io_uring(void)
{
	char params[256] = {0};

	return syscall(SYS_io_uring_setup, 4, params);
}

static int open_bpf(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* A filter that decides nothing that anybody calls. */
static int open_listener(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_acct, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &program);
}

#define PAGE 4096ul
#define MEMFD_PAGES 20000ul

/* On a shared mapping mbind(2) binds the file, whoever maps it next. @page ~0: nothing is bound. */
static int open_memfd(unsigned long page)
{
	int fd = syscall(SYS_memfd_create, "helper", 0);
	unsigned long node0 = 1;
	char *area;

	if (fd < 0 || ftruncate(fd, MEMFD_PAGES * PAGE))
		return -1;
	area = mmap(NULL, MEMFD_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (area == MAP_FAILED)
		return -1;
	/* A binding may lie where the file does not reach yet. */
	if (page == MEMFD_PAGES - 1 && ftruncate(fd, page * PAGE))
		return -1;
	if (page != ~0ul && syscall(SYS_mbind, area + page * PAGE, PAGE, MPOL_BIND, &node0, 64, 0))
		return -1;
	munmap(area, MEMFD_PAGES * PAGE);
	return fd;
}

static int open_kind(const char *kind)
{
	if (!strcmp(kind, "io_uring"))
		return open_io_uring();
	if (!strcmp(kind, "bpf"))
		return open_bpf();
	if (!strcmp(kind, "listener"))
		return open_listener();
	if (!strcmp(kind, "socket"))
		return socket(AF_UNIX, SOCK_STREAM, 0);
	if (!strcmp(kind, "eventfd"))
		return eventfd(0, 0);
	if (!strcmp(kind, "plain-memfd"))
		return open_memfd(~0ul);
	if (!strcmp(kind, "bound-memfd"))
		return open_memfd(0);
	if (!strcmp(kind, "bound-later-memfd"))
		return open_memfd(12345);
	if (!strcmp(kind, "bound-behind-memfd"))
		return open_memfd(MEMFD_PAGES - 1);
	errno = EINVAL;
	return -1;
}

static int run_with_open(char **argv)
{
	int fd = open_kind(argv[0]);

	if (fd < 0)
		return fail(argv[0]);
	/* dup2() leaves close-on-exec behind, which all of these are born with. */
	if (dup2(fd, FD) < 0)
		return fail("dup2");
	if (fd != FD)
		close(fd);
	execvp(argv[1], argv + 1);
	return fail(argv[1]);
}

static int print_policy(void)
{
	int mode;

	if (syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0))
		return fail("get_mempolicy");
	printf("%d\n", mode);
	return 0;
}

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	(void)!write(fd, text, strlen(text));
	close(fd);
}

static void reply(int device, __u64 unique, int error, void *body, size_t size)
{
	struct fuse_out_header header = {sizeof(header) + size, error, unique};
	struct iovec parts[] = {{&header, sizeof(header)}, {body, size}};

	(void)!writev(device, parts, 2);
}

/*
 * A file system that is one file of a page, which never comes. Until the parent has ended, which a
 * scope may keep from sending a signal then.
 */
static void serve_nothing(int device, pid_t parent)
{
	struct pollfd ready = {.fd = device, .events = POLLIN};
	static char request[1 << 17];
	const struct fuse_in_header *in = (void *)request;
	struct fuse_init_out init = {.major = 7, .minor = 31, .max_write = PAGE};
	struct fuse_open_out opened = {.fh = 0};
	struct fuse_attr_out attr = {
		.attr = {.ino = 1, .size = PAGE, .mode = S_IFREG | 0666, .nlink = 1}};

	while (getppid() == parent) {
		if (poll(&ready, 1, 200) == 0)
			continue;
		if (read(device, request, sizeof(request)) <= 0)
			return;
		if (in->opcode == FUSE_INIT)
			reply(device, in->unique, 0, &init, sizeof(init));
		else if (in->opcode == FUSE_GETATTR)
			reply(device, in->unique, 0, &attr, sizeof(attr));
		else if (in->opcode == FUSE_OPEN)
			reply(device, in->unique, 0, &opened, sizeof(opened));
		else if (in->opcode != FUSE_READ)
			reply(device, in->unique, -ENOSYS, NULL, 0);
	}
}

static int run_with_silent(char **argv)
{
	int device, uid = (int)geteuid(), gid = (int)getegid();
	pid_t parent = getpid();
	char text[100];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return fail("unshare");
	/* Not what a task with new privileges is by itself. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	write_to("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "0 %d 1", uid);
	write_to("/proc/self/uid_map", text);
	snprintf(text, sizeof(text), "0 %d 1", gid);
	write_to("/proc/self/gid_map", text);
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return fail("/dev/fuse");
	snprintf(text, sizeof(text), "fd=%d,rootmode=100000,user_id=0,group_id=0", device);
	if (mount("helper", argv[0], "fuse", MS_NOSUID | MS_NODEV, text))
		return fail("mount");
	if (fork() == 0) {
		serve_nothing(device, parent);
		_exit(0);
	}
	close(device);
	execvp(argv[1], argv + 1);
	return fail(argv[1]);
}

static int set_from(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *page = MAP_FAILED;
	struct stat st;

	/* The kernel asks for the size only when somebody wants to know it. */
	if (fd >= 0 && fstat(fd, &st) == 0)
		page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	if (page == MAP_FAILED)
		return fail(path);
	puts("setting");
	fflush(stdout);
	if (syscall(SYS_set_mempolicy, MPOL_BIND, page, 64))
		return fail("set_mempolicy");
	return 0;
}

static int run_with_policy(char **argv)
{
	unsigned long node0 = 1;

	if (syscall(SYS_set_mempolicy, atoi(argv[0]), &node0, 64))
		return fail("set_mempolicy");
	execvp(argv[1], argv + 1);
	return fail(argv[1]);
}

static const struct answered {
	const char *name;
	int call, argument; /* -1: whatever the arguments are */
	unsigned int value; /* of that argument */
} answered[] = {
	{"none", -1, -1, 0},
	{"set", SYS_set_mempolicy, -1, 0},
	{"get", SYS_get_mempolicy, -1, 0},
	{"seccomp", SYS_seccomp, -1, 0},
	{"setfd", SYS_fcntl, 1, F_SETFD},
	{"getfd", SYS_fcntl, 1, F_GETFD},
	{"fstatfs", SYS_fstatfs, -1, 0},
	{"list", SYS_getdents64, -1, 0},
	{"close-range", SYS_close_range, -1, 0},
	{"landlock", SYS_landlock_restrict_self, -1, 0},
};

static int answer_call(const char *name, unsigned int answer)
{
	const struct answered *call = answered;

	while (strcmp(call->name, name) != 0)
		if (++call == answered + sizeof(answered) / sizeof(*answered))
			return -1;
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->call, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 call->argument < 0 ? offsetof(struct seccomp_data, nr)
					    : offsetof(struct seccomp_data, args[call->argument])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			 call->argument < 0 ? (unsigned int)call->call : call->value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/*
 * What a container or an outer layer may have put there before we start; seccomp(2) only for
 * filters.
 */
static int run_with_answer(char **argv)
{
	const unsigned int answer = (unsigned int)atoi(argv[0]);
	char *name;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return fail("PR_SET_NO_NEW_PRIVS");
	for (name = strtok(argv[1], ","); name; name = strtok(NULL, ","))
		if (answer_call(name, answer))
			return fail(name);
	execvp(argv[2], argv + 2);
	return fail(argv[2]);
}

static int print_signals(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];

	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, "SigBlk", 6) || !strncmp(line, "SigIgn", 6))
			fputs(line, stdout);
	return status ? 0 : fail("/proc/self/status");
}

static int print_status(char **argv)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		execvp(argv[0], argv);
		_exit(fail(argv[0]));
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return fail("fork");
	printf("%d\n", WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status));
	return 0;
}

static int run_with_small_pages(char **argv)
{
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		return fail("PR_SET_THP_DISABLE");
	execvp(argv[0], argv);
	return fail(argv[0]);
}

int main(int argc, char **argv)
{
	char *none[] = {NULL};

	if (argc == 3 && !strcmp(argv[1], "argv0")) {
		execve(argv[2], none, environ);
		return fail(argv[2]);
	}
	if (argc >= 4 && !strcmp(argv[1], "open"))
		return run_with_open(argv + 2);
	if (argc == 2 && !strcmp(argv[1], "policy"))
		return print_policy();
	if (argc >= 4 && !strcmp(argv[1], "set"))
		return run_with_policy(argv + 2);
	if (argc >= 4 && !strcmp(argv[1], "silent"))
		return run_with_silent(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "set-from"))
		return set_from(argv[2]);
	if (argc >= 5 && !strcmp(argv[1], "answer"))
		return run_with_answer(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "closed"))
		return fcntl(atoi(argv[2]), F_GETFD) < 0 ? 0 : 1;
	if (argc == 2 && !strcmp(argv[1], "signals"))
		return print_signals();
	if (argc >= 3 && !strcmp(argv[1], "status"))
		return print_status(argv + 2);
	if (argc >= 3 && !strcmp(argv[1], "small-pages"))
		return run_with_small_pages(argv + 2);
	fprintf(stderr, "helper: bad usage; see helper.c\n");
	return 2;
}
