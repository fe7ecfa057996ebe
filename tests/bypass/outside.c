/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <signal.h>
#include <unistd.h>

#include "oracle.h"

#define SOCKET_VARIABLE "BYPASS_OUTSIDE_SOCKET"
#define SIZE (16 * 4096ul)

int outside_bound_memfd(void)
{
	int fd = syscall(SYS_memfd_create, "bound", 0);
	unsigned long mask = 1ul << oracle_target();
	void *area = MAP_FAILED;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, SIZE))
		area = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* On a shared mapping the policy belongs to the file, and stays. */
	if (area == MAP_FAILED || syscall(SYS_mbind, area, SIZE, MODE_BIND, &mask, 64ul, 0)) {
		close(fd);
		return -errno;
	}
	munmap(area, SIZE);
	return fd;
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

int outside_start(int leak)
{
	int pair[2], fd = outside_bound_memfd();
	char number[16], byte;
	pid_t pid;

	if (fd < 0)
		return fd;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		close(pair[1]);
		/* Ends with the last holder of the other end. */
		while (read(pair[0], &byte, 1) == 1 && !pass(pair[0], fd))
			;
		_exit(0);
	}
	close(pair[0]);
	if (!leak)
		close(fd);
	snprintf(number, sizeof(number), "%d", pair[1]);
	return setenv(SOCKET_VARIABLE, number, 1) ? -ENOMEM : 0;
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
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -EBADMSG;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}
