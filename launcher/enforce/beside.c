/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "beside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "beside_parts.h"

#define START_SECONDS 10
/* What it tells us once it listens. */
struct hello {
	int error;
	struct ticket ticket;
};

/* So many trees, so many listeners. */
static void allow_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int beside_keep(int socket, int log)
{
	_cleanup_close_ int log_copy = -EBADF;

	if (log >= 0) {
		log_copy = fcntl(log, F_DUPFD_CLOEXEC, BESIDE_LOG + 1);
		if (log_copy < 0)
			return -errno;
	}
	if (socket != BESIDE_SOCKET && dup3(socket, BESIDE_SOCKET, O_CLOEXEC) < 0)
		return -errno;
	if (log >= 0 && dup3(log_copy, BESIDE_LOG, O_CLOEXEC) < 0)
		return -errno;
	TAKE_FD(log_copy);
	return syscall(SYS_close_range, log >= 0 ? BESIDE_LOG + 1 : BESIDE_LOG, ~0U, 0) < 0 ? -errno
											    : 0;
}

static int leave_everything(int socket, int log)
{
	static const int ignored[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGALRM,
				      SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2};
	int null, fd;
	size_t i;
	int r;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	(void)prctl(PR_SET_NAME, "mpolrun-layer", 0, 0, 0);
	for (i = 0; i < ELEMENTSOF(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	r = beside_keep(socket, log);
	if (r < 0)
		return r;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (null >= 0 ? dup2(null, fd) < 0 : close(fd) < 0 && errno != EBADF)
			return -errno;
	if (null > STDERR_FILENO)
		close(null);
	allow_many_files();
	return chdir("/") < 0 ? -errno : 0;
}

int beside_serve(struct supervisor *supervisor)
{
	_cleanup_close_ int stop = -EBADF;
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &term, NULL) < 0)
		return -errno;
	stop = signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
	if (stop < 0)
		return -errno;
	return supervisor_serve(supervisor, stop);
}

struct supervisor *beside_begin(const struct layer_policy *policy,
				const struct layer_keys *resident, const struct watch *watch,
				unsigned int flags, int error)
{
	_cleanup_(cleanup_supervisor) struct supervisor *supervisor = NULL;
	struct hello hello = {.error = error};
	struct watch moved;

	if (hello.error == 0)
		hello.error = supervisor_new(policy, resident, flags, &supervisor, &hello.ticket);
	if (hello.error == 0 && watch) {
		moved = *watch;
		if (moved.log.fd >= 0)
			moved.log.fd = BESIDE_LOG;
		hello.error = supervisor_watch(supervisor, &moved);
	}
	if (wire_send(BESIDE_SOCKET, &hello, sizeof(hello), -EBADF) < 0 || hello.error < 0 ||
	    supervisor_adopt(supervisor, BESIDE_SOCKET) < 0)
		return NULL;
	return TAKE_PTR(supervisor);
}

static void run_beside(int socket, const struct layer_policy *policy,
		       const struct layer_keys *resident, const struct watch *watch,
		       unsigned int flags)
{
	int error = leave_everything(socket, watch ? watch->log.fd : -EBADF);
	_cleanup_(cleanup_supervisor) struct supervisor *supervisor =
		beside_begin(policy, resident, watch, flags, error);

	if (supervisor)
		(void)beside_serve(supervisor);
}

int beside_sockets(int ret[2])
{
	static const struct timeval patience = {.tv_sec = START_SECONDS};
	_cleanup_close_ int mine = -EBADF, theirs = -EBADF;
	static const int on = 1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) < 0)
		return -errno;
	mine = ret[0];
	theirs = ret[1];
	/*
	 * Before anything is sent: a listener that came without its sender's pid tells too
	 * little.
	 */
	if (setsockopt(mine, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    setsockopt(theirs, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -errno;
	TAKE_FD(mine);
	TAKE_FD(theirs);
	return 0;
}

int beside_wait(int socket, struct ticket *ret_ticket)
{
	struct wire_with with = {.fd = -EBADF};
	struct hello hello;
	ssize_t n;

	n = wire_receive(socket, &hello, sizeof(hello), 0, &with);
	if (with.fd >= 0)
		close(with.fd);
	if (n != (ssize_t)sizeof(hello)) /* 0: it could not be started */
		return n == -EAGAIN ? -ETIMEDOUT : n < 0 ? (int)n : -ECHILD;
	if (hello.error < 0)
		return hello.error;
	*ret_ticket = hello.ticket;
	return 0;
}

int beside_start(const struct layer_policy *policy, const struct layer_keys *resident,
		 const struct watch *watch, unsigned int flags, int *ret_socket,
		 struct ticket *ret_ticket)
{
	_cleanup_close_ int mine = -EBADF, theirs = -EBADF;
	int pair[2], r;
	pid_t pid;

	r = beside_sockets(pair);
	if (r < 0)
		return r;
	mine = pair[0];
	theirs = pair[1];

	/* Not fork(): no signal when it ends, that the command would find pending. */
	pid = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		if (setsid() >= 0 && fork() == 0)
			run_beside(theirs, policy, resident, watch, flags);
		_exit(0);
	}
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	close(TAKE_FD(theirs));
	r = beside_wait(mine, ret_ticket);
	if (r < 0)
		return r;
	*ret_socket = TAKE_FD(mine);
	return 0;
}
