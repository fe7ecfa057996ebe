/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oracle.h"
#include "ring.h"

#define SOCKET_VARIABLE "BYPASS_OUTSIDE_SOCKET"
#define FILE_VARIABLE "BYPASS_OUTSIDE_FILE"
#define SEGMENT_VARIABLE "BYPASS_OUTSIDE_SEGMENT"
#define PID_VARIABLE "BYPASS_OUTSIDE_PID"
#define WORD_VARIABLE "BYPASS_OUTSIDE_WORD"
#define LEAK_VARIABLE "BYPASS_OUTSIDE_LEAK"
/* Set by whoever runs the suite: numbers of fds. */
#define CGROUP_PROCS_VARIABLE "BYPASS_CGROUP_PROCS"
#define CGROUP_VARIABLE "BYPASS_CGROUP"
#define SIZE (16 * 4096ul)

/* On a shared mapping the policy belongs to the file or the segment, and stays. */
static int bind_area(void *area)
{
	unsigned long mask = 1ul << oracle_target();

	return syscall(SYS_mbind, area, SIZE, MODE_BIND, &mask, 33ul, 0) ? -errno : 0;
}

static int bind_file(int fd)
{
	void *area = MAP_FAILED;
	int err;

	if (!ftruncate(fd, SIZE))
		area = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (area == MAP_FAILED)
		return -errno;
	err = bind_area(area);
	munmap(area, SIZE);
	return err;
}

/* In a folder of its own. Whoever comes as another user must be able to open it too. */
static int make_file(char *folder, char *path, size_t size)
{
	int fd, err;

	if (!mkdtemp(folder))
		return -errno;
	chmod(folder, 0755);
	snprintf(path, size, "%s/bound", folder);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	fchmod(fd, 0666);
	err = bind_file(fd);
	close(fd);
	return err;
}

static int make_segment(void)
{
	int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0666);
	void *area = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

	if (area == (void *)-1 || bind_area(area)) {
		int err = errno;

		if (id >= 0)
			shmctl(id, IPC_RMID, NULL);
		return -err;
	}
	shmdt(area);
	return id;
}

static int pass(int socket, int fd)
{
	char byte = 'f', room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = room,
			     .msg_controllen = sizeof(room)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(socket, &msg, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static int set_number(const char *name, unsigned long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", (long)number);
	return setenv(name, text, 1) ? -ENOMEM : 0;
}

static int number_of(const char *name)
{
	const char *text = getenv(name);

	return text ? atoi(text) : -1;
}

#define TO_RING 'r' /* no number of a file of ours */

struct to_ring {
	int pid, ring;
	int what;
};

/* Take the ring of whoever asks, as a debugger could, and put a file of ours into it. */
static int send_to_ring(const struct to_ring *to, const int *fds)
{
	int pidfd = syscall(SYS_pidfd_open, to->pid, 0), fd = -1, err;
	struct ring ring;

	if (pidfd >= 0)
		fd = syscall(SYS_pidfd_getfd, pidfd, to->ring, 0);
	err = fd < 0 ? -errno : ring_open(&ring, fds[to->what]);
	if (!err)
		err = ring_send(&ring, fd);
	if (fd >= 0)
		close(fd);
	if (pidfd >= 0)
		close(pidfd);
	return err;
}

static void answer_ring(int socket, const int *fds)
{
	struct to_ring to;
	int err = -EIO;

	if (read(socket, &to, sizeof(to)) == sizeof(to))
		err = send_to_ring(&to, fds);
	if (write(socket, &err, sizeof(err)) != sizeof(err))
		_exit(1);
}

/* Ends with the last holder of the other end. */
static void serve(int socket, const int *fds)
{
	unsigned char what;

	while (read(socket, &what, 1) == 1)
		if (what == TO_RING)
			answer_ring(socket, fds);
		else if (what >= OUTSIDE_COUNT || fds[what] < 0 || pass(socket, fds[what]))
			/* An answer without a file. */
			if (write(socket, "-", 1) != 1)
				break;
}

int outside_start(int leak)
{
	static volatile unsigned long word;
	int fds[OUTSIDE_COUNT] = {syscall(SYS_memfd_create, "bound", 0),
				  number_of(CGROUP_PROCS_VARIABLE), number_of(CGROUP_VARIABLE),
				  syscall(SYS_memfd_create, "unbound", 0)};
	char folder[] = "/dev/shm/bypass-XXXXXX", path[sizeof(folder) + 8];
	int pair[2], id, err;
	pid_t pid;

	if (fds[OUTSIDE_MEMFD] < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return -errno;
	err = bind_file(fds[OUTSIDE_MEMFD]);
	if (!err && ftruncate(fds[OUTSIDE_UNBOUND], SIZE))
		err = -errno;
	if (err)
		return err;
	if (make_file(folder, path, sizeof(path)))
		path[0] = '\0';
	id = make_segment();
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		close(pair[1]);
		/* Where Yama lets only parents trace, we would not be tried. */
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
		serve(pair[0], fds);
		unlink(path);
		rmdir(folder);
		shmctl(id, IPC_RMID, NULL);
		_exit(0);
	}
	close(pair[0]);
	for (int i = leak ? OUTSIDE_MEMFD + 1 : 0; i < OUTSIDE_COUNT; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	err = set_number(SOCKET_VARIABLE, pair[1]);
	if (!err)
		err = set_number(SEGMENT_VARIABLE, id);
	if (!err)
		err = set_number(PID_VARIABLE, pid);
	if (!err)
		err = set_number(WORD_VARIABLE, (unsigned long)&word);
	if (!err && leak)
		err = set_number(LEAK_VARIABLE, fds[OUTSIDE_MEMFD]);
	return err || !setenv(FILE_VARIABLE, path, 1) ? err : -ENOMEM;
}

int outside_send_to_ring(int ring, bool unbound)
{
	struct to_ring to = {getpid(), ring, unbound ? OUTSIDE_UNBOUND : OUTSIDE_MEMFD};
	int socket = number_of(SOCKET_VARIABLE), err;
	char what = TO_RING;

	if (socket < 0)
		return -ENOENT;
	if (write(socket, &what, 1) != 1 || write(socket, &to, sizeof(to)) != sizeof(to) ||
	    read(socket, &err, sizeof(err)) != sizeof(err))
		return -errno;
	return err;
}

int outside_inherited(void)
{
	int fd = number_of(LEAK_VARIABLE);

	return fd < 0 ? -ENOENT : fd;
}

int outside_pid(unsigned long *ret_word)
{
	const char *word = getenv(WORD_VARIABLE);
	int pid = number_of(PID_VARIABLE);

	if (pid < 0 || !word)
		return -ENOENT;
	*ret_word = strtoul(word, NULL, 10);
	return pid;
}

const char *outside_folder(void)
{
	static char folder[256];
	const char *path = getenv(FILE_VARIABLE);
	char *end;

	if (!path || !*path)
		return NULL;
	snprintf(folder, sizeof(folder), "%s", path);
	end = strrchr(folder, '/');
	*end = '\0';
	return folder;
}

int outside_open(void)
{
	const char *path = getenv(FILE_VARIABLE);
	int fd = open(path ? path : "", O_RDWR | O_CLOEXEC); /* "" is ENOENT */

	return fd < 0 ? -errno : fd;
}

void *outside_attach(void)
{
	const char *id = getenv(SEGMENT_VARIABLE);
	void *area = (void *)-1;

	errno = ENOENT;
	if (id && atoi(id) >= 0)
		area = shmat(atoi(id), NULL, 0);
	return area == (void *)-1 ? NULL : area;
}

int outside_receive(int what)
{
	int socket = number_of(SOCKET_VARIABLE), fd;
	char byte = (char)what, room[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = room,
			     .msg_controllen = sizeof(room)};
	struct cmsghdr *cmsg;

	if (socket < 0)
		return -ENOENT;
	if (write(socket, &byte, 1) != 1 || recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -errno;
	if (byte == '-')
		return -ENOENT;
	cmsg = CMSG_FIRSTHDR(&msg);
	/* A message whose file the kernel would not hand over arrives without it. */
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return msg.msg_flags & MSG_CTRUNC ? -EPERM : -EBADMSG;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}
