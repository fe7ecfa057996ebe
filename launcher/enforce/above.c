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
#include "peaks.h"

#define PAUSE_NS 20000000 /* between looks whether the resident has members left */

/* For as long as the process lives: at the end some thread may still hold on to it. */
static struct above {
	struct supervisor *supervisor;
	pthread_t minder;
	pid_t child;
	sigset_t signals;
	int status; /* of .child, once .ended */
	bool ended;
	int served_result;
	bool served; /* atomic; the result stands before it */
	const struct layer_keys *resident; /* of its part in the layer; NULL: it has none */
	struct above_counts counts;
	uint64_t members; /* that it had at the last look */
} above;

/* Those that a fault of ours raises, and those that are to stop us. */
static const int kept[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGSYS,
			   SIGABRT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};

static void choose_signals(sigset_t *ret)
{
	size_t i;

	sigfillset(ret);
	for (i = 0; i < ELEMENTSOF(kept); i++)
		sigdelset(ret, kept[i]);
}

/*
 * Ask the resident what it has counted. Its layer ends with the last member, so that nobody can ask
 * later.
 */
static void look_at_counts(void)
{
	struct layer_state state = {.generation = 0};

	above.members = 0;
	if (!above.resident || layer_resident_count(&above.resident->modify, &state) < 0)
		return;
	above.members = state.members;
	above.counts.known = true;
	above.counts.allowed = state.allowed;
	_Static_assert(sizeof(above.counts.answered) == sizeof(state.refused_by), "one a rule");
	memcpy(above.counts.answered, state.refused_by, sizeof(state.refused_by));
}

/*
 * Reap whoever has ended; among them, once, the command. Until it is reaped a task is a member: so
 * before the last one is, all that there is to count has been.
 */
static void reap(void)
{
	siginfo_t ended = {.si_pid = 0};
	int status;

	while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid) {
		look_at_counts();
		if (waitpid(ended.si_pid, &status, WNOHANG) == above.child && !above.ended) {
			above.status = status;
			above.ended = true;
		}
		ended.si_pid = 0;
	}
}

/*
 * A terminal sends its signals to the command, too, so that only what somebody sent to us is handed
 * on; but a timer that was set before us is ours alone.
 */
static bool is_for_the_command(const siginfo_t *info)
{
	return info->si_code <= 0 || info->si_signo == SIGALRM || info->si_signo == SIGVTALRM ||
	       info->si_signo == SIGPROF;
}

static void hand_on(const siginfo_t *info)
{
	if (info->si_code == SI_QUEUE)
		(void)sigqueue(above.child, info->si_signo, info->si_value);
	else
		(void)kill(above.child, info->si_signo);
}

/* What is under the resident's part alone ends without a word. */
static bool has_members(void)
{
	look_at_counts();
	return above.members;
}

/*
 * Until the command has ended and the layer has, or somebody wants an end. Whom the command left
 * behind is reaped all the while: until 6.11 a listener is told of the last task's end only then.
 * When the command has been reaped its pid may be a stranger's.
 */
static void mind(void)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_NS};
	siginfo_t info;
	bool over;

	for (;;) {
		reap();
		over = above.ended && __atomic_load_n(&above.served, __ATOMIC_ACQUIRE);
		if (over && !has_members())
			return;
		if (sigtimedwait(&above.signals, &info, over ? &pause : NULL) < 0 ||
		    info.si_signo == SIGCHLD)
			continue;
		if (!above.ended && is_for_the_command(&info))
			hand_on(&info);
		else if (above.ended && (info.si_signo == SIGINT || info.si_signo == SIGTERM ||
					 info.si_signo == SIGHUP))
			return;
	}
}

static void *serve(void *arg)
{
	(void)arg;
	above.served_result = supervisor_serve(above.supervisor, -EBADF);
	__atomic_store_n(&above.served, true, __ATOMIC_RELEASE);
	(void)pthread_kill(above.minder, SIGCHLD);
	return NULL;
}

static int stay_above(int socket, const struct layer_policy *policy, const struct watch *watch,
		      struct above_end *ret)
{
	_cleanup_(cleanup_supervisor) struct supervisor *supervisor = NULL;
	struct peaks *peaks = NULL;
	pthread_t thread;
	int r, error;

	(void)signal(SIGPIPE, SIG_IGN);
	error = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
	if (error == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		error = -errno;
	if (error == 0)
		error = beside_keep(socket, watch->log.fd);
	supervisor = beside_begin(policy, above.resident, watch, 0, error);
	if (!supervisor) {
		close(BESIDE_SOCKET); /* then the child gives up */
		above.served = true;
		mind();
		return 0;
	}
	above.supervisor = supervisor;
	above.minder = pthread_self();
	r = -pthread_create(&thread, NULL, serve, NULL);
	if (r < 0)
		return r;
	if (watch->memory)
		(void)peaks_begin(&peaks);
	mind();
	peaks_end(peaks, watch->memory);
	if (!__atomic_load_n(&above.served, __ATOMIC_ACQUIRE)) {
		look_at_counts();
		supervisor_halt(TAKE_PTR(supervisor), &ret->state);
		ret->resident = above.counts;
		return 0;
	}
	(void)pthread_join(thread, NULL);
	supervisor_state(supervisor, &ret->state);
	ret->resident = above.counts;
	supervisor_told(supervisor, ret->resident.told);
	return above.served_result;
}

static int restore_signals(const struct sigaction *child, const sigset_t *mask)
{
	return sigaction(SIGCHLD, child, NULL) < 0 || sigprocmask(SIG_SETMASK, mask, NULL) < 0
		       ? -errno
		       : 0;
}

int above_run(const struct layer_policy *policy, const struct layer_keys *resident,
	      const struct watch *watch, int *ret_socket, struct ticket *ret_ticket,
	      struct above_end *ret_end)
{
	_cleanup_close_ int mine = -EBADF, theirs = -EBADF;
	const struct sigaction default_action = {.sa_handler = SIG_DFL};
	struct sigaction child_before;
	struct rusage used;
	sigset_t before;
	int pair[2], r, error;

	r = beside_sockets(pair);
	if (r < 0)
		return r;
	mine = pair[0];
	theirs = pair[1];
	choose_signals(&above.signals);
	/* Where it is ignored, who ends leaves no status, and no signal. */
	if (sigprocmask(SIG_BLOCK, &above.signals, &before) < 0 ||
	    sigaction(SIGCHLD, &default_action, &child_before) < 0)
		return -errno;
	above.child = fork();
	if (above.child < 0) {
		r = -errno;
		(void)restore_signals(&child_before, &before);
		return r;
	}
	if (above.child == 0) {
		close(TAKE_FD(theirs));
		r = beside_wait(mine, ret_ticket);
		error = restore_signals(&child_before, &before);
		if (r == 0)
			r = error;
		if (r < 0)
			return r;
		*ret_socket = TAKE_FD(mine);
		return 0;
	}
	memset(ret_end, 0, sizeof(*ret_end));
	above.resident = resident;
	/* Both are closed there, or moved. */
	TAKE_FD(mine);
	r = stay_above(TAKE_FD(theirs), policy, watch, ret_end);
	ret_end->status = above.status;
	ret_end->pid = above.child;
	ret_end->peak_kib = getrusage(RUSAGE_CHILDREN, &used) == 0 ? (uint64_t)used.ru_maxrss : 0;
	return r < 0 ? r : 1;
}
