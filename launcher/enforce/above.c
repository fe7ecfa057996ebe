/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "above.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "beside_parts.h"

#define BY_SIGNAL 128 /* what shells add to the signal's number */

struct minding {
	pid_t child;
	sigset_t signals;
	int status;
};

static const int handed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};

/* Reap whoever has ended; whether the command is among them. */
static bool reap(struct minding *minding)
{
	bool ended = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == minding->child) {
			minding->status = status;
			ended = true;
		}
	return ended;
}

/*
 * A terminal sends its signals to the command, too, so that only what somebody sent to us is handed
 * on.
 */
static void *mind(void *arg)
{
	struct minding *minding = arg;
	bool ended = reap(minding);
	siginfo_t info;

	while (!ended) {
		if (sigwaitinfo(&minding->signals, &info) < 0)
			continue;
		if (info.si_signo == SIGCHLD)
			ended = reap(minding);
		else if (info.si_code <= 0)
			(void)kill(minding->child, info.si_signo);
	}
	return NULL;
}

static void choose_signals(sigset_t *ret)
{
	size_t i;

	sigemptyset(ret);
	sigaddset(ret, SIGCHLD);
	for (i = 0; i < ELEMENTSOF(handed_on); i++)
		sigaddset(ret, handed_on[i]);
}

static int stay_above(int socket, const struct layer_policy *policy, const struct watch *watch,
		      struct minding *minding, struct layer_state *ret)
{
	_cleanup_(cleanup_supervisor) struct supervisor *supervisor = NULL;
	pthread_t thread;
	int r, error;

	(void)signal(SIGPIPE, SIG_IGN);
	error = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
	if (error == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		error = -errno;
	if (error == 0)
		error = beside_keep(socket, watch->log.fd);
	supervisor = beside_begin(policy, NULL, watch, 0, error);
	r = -pthread_create(&thread, NULL, mind, minding);
	if (supervisor && r == 0) {
		r = supervisor_serve(supervisor, -EBADF);
		supervisor_state(supervisor, ret);
	} else {
		close(BESIDE_SOCKET); /* then the child gives up */
	}
	if (r == 0)
		(void)pthread_join(thread, NULL);
	return r;
}

int above_run(const struct layer_policy *policy, const struct watch *watch, int *ret_socket,
	      struct ticket *ret_ticket, struct above_end *ret_end)
{
	_cleanup_close_ int mine = -EBADF, theirs = -EBADF;
	struct minding minding = {.child = 0};
	sigset_t before;
	int pair[2], r;

	r = beside_sockets(pair);
	if (r < 0)
		return r;
	mine = pair[0];
	theirs = pair[1];
	choose_signals(&minding.signals);
	if (sigprocmask(SIG_BLOCK, &minding.signals, &before) < 0)
		return -errno;
	minding.child = fork();
	if (minding.child < 0) {
		r = -errno;
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		return r;
	}
	if (minding.child == 0) {
		close(TAKE_FD(theirs));
		r = beside_wait(mine, ret_ticket);
		if (sigprocmask(SIG_SETMASK, &before, NULL) < 0)
			return -errno;
		if (r < 0)
			return r;
		*ret_socket = TAKE_FD(mine);
		return 0;
	}
	memset(ret_end, 0, sizeof(*ret_end));
	/* Both are closed there, or moved. */
	TAKE_FD(mine);
	r = stay_above(TAKE_FD(theirs), policy, watch, &minding, &ret_end->state);
	ret_end->status = minding.status;
	ret_end->pid = minding.child;
	return r < 0 ? r : 1;
}

void above_exit(int status)
{
	const struct rlimit none = {0, 0};
	sigset_t set;

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	if (getpid() == 1)
		_exit(BY_SIGNAL + WTERMSIG(status));
	/* The core is the command's, if anybody's. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(status));
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)raise(WTERMSIG(status));
	_exit(BY_SIGNAL + WTERMSIG(status));
}
