/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listener.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct member {
	const struct route *route;
	struct outcome *out;
	/* a pipe: the listener's fd number, then, when all is over, the end of file */
	int ready[2];
};

int listener_install(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mbind, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_set_mempolicy, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_migrate_pages, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_move_pages, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};
	int fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		     &program);
	return fd < 0 ? -errno : fd;
}

static void *in_member(void *data)
{
	struct member *member = data;
	int fd = listener_install();

	if (write(member->ready[1], &fd, sizeof(fd)) == sizeof(fd) && fd >= 0)
		route_try(member->route, member->out);
	close(member->ready[1]);
	return NULL;
}

int listener_serve(int listener, int end)
{
	struct pollfd fds[] = {{.fd = listener, .events = POLLIN}, {.fd = end, .events = POLLIN}};
	int n = 0;

	while (poll(fds, 2, -1) > 0 && !((fds[0].revents | fds[1].revents) & POLLHUP)) {
		struct seccomp_notif call;
		struct seccomp_notif_resp answer = {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};

		if (!(fds[0].revents & POLLIN))
			continue;
		memset(&call, 0, sizeof(call));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
			continue;
		answer.id = call.id;
		if (!ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer))
			n++;
	}
	return n;
}

void listener_try(const struct route *route, struct outcome *out)
{
	struct member member = {route, out, {-1, -1}};
	pthread_t thread;
	int fd = -1, n = 0, err;

	if (pipe(member.ready) || pthread_create(&thread, NULL, in_member, &member)) {
		outcome_absent(out, errno, "thread");
		return;
	}
	err = read(member.ready[0], &fd, sizeof(fd)) == sizeof(fd) ? 0 : EIO;
	if (!err && fd >= 0)
		n = listener_serve(fd, member.ready[0]);
	pthread_join(thread, NULL);
	/* A listener that is refused, as there is one, is a refusal of the whole trick. */
	if (fd == -EBUSY)
		outcome_judge(out, fd, false);
	else if (err || fd < 0)
		outcome_absent(out, fd < 0 ? -fd : err, "no listener");
	else
		snprintf(out->note + strlen(out->note), sizeof(out->note) - strlen(out->note),
			 ", the listener waved %d calls through", n);
}
