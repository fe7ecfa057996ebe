/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oracle.h"

#define SOCKET_VARIABLE "BYPASS_OUTSIDE_SOCKET"
#define FILE_VARIABLE "BYPASS_OUTSIDE_FILE"
#define SEGMENT_VARIABLE "BYPASS_OUTSIDE_SEGMENT"
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

/* Whoever comes as another user must be able to open it too. */
static int make_file(char *path)
{
	int fd = mkstemp(path), err;

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

static int set_number(const char *name, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	return setenv(name, text, 1) ? -ENOMEM : 0;
}

int outside_start(int leak)
{
	int pair[2], fd = syscall(SYS_memfd_create, "bound", 0), id, err;
	char path[] = "/dev/shm/bypass-XXXXXX", byte;
	pid_t pid;

	if (fd < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return -errno;
	err = bind_file(fd);
	if (err)
		return err;
	if (make_file(path))
		path[0] = '\0';
	id = make_segment();
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		close(pair[1]);
		/* Ends with the last holder of the other end. */
		while (read(pair[0], &byte, 1) == 1 && !pass(pair[0], fd))
			;
		unlink(path);
		shmctl(id, IPC_RMID, NULL);
		_exit(0);
	}
	close(pair[0]);
	if (!leak)
		close(fd);
	err = set_number(SOCKET_VARIABLE, pair[1]);
	if (!err)
		err = set_number(SEGMENT_VARIABLE, id);
	return err || !setenv(FILE_VARIABLE, path, 1) ? err : -ENOMEM;
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

int outside_receive(void)
{
	const char *number = getenv(SOCKET_VARIABLE);
	char byte = '?', room[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = room,
			     .msg_controllen = sizeof(room)};
	struct cmsghdr *cmsg;
	int fd;

	if (!number)
		return -ENOENT;
	if (write(atoi(number), &byte, 1) != 1 ||
	    recvmsg(atoi(number), &msg, MSG_CMSG_CLOEXEC) != 1)
		return -errno;
	cmsg = CMSG_FIRSTHDR(&msg);
	/* A message whose file the kernel would not hand over arrives without it. */
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return msg.msg_flags & MSG_CTRUNC ? -EPERM : -EBADMSG;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}
