/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One tree of processes: its listener, and the thread that answers. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "caller.h"
#include "notify_decide.h"
#include "supervisor_parts.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* Linux 6.6 */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#define STACK_SIZE (64 * 1024)

/*
 * SIGKILL to a thread ends its process. The task is blocked in the call for as long as its id is
 * valid, so its pid is nobody else's; where the kernel can hold a thread, not even in between.
 */
static void kill_caller(int listener, const struct seccomp_notif *notif)
{
	_cleanup_close_ int pidfd = -EBADF;

	if (!notif->pid)
		return; /* out of sight: it is refused all the same */
	pidfd = (int)syscall(SYS_pidfd_open, notif->pid, PIDFD_THREAD);
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notif->id) < 0)
		return;
	if (pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	else
		(void)syscall(SYS_tkill, notif->pid, SIGKILL);
}

static void count(struct layer_state *state, const struct notify_decision *decision)
{
	__u64 *which = NULL;

	if (!decision->known)
		return;
	switch ((enum mpol_kind)MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(decision->verdict))) {
	case MPOL_ALLOW:
		which = &state->allowed;
		break;
	case MPOL_AUDIT:
		which = &state->audited;
		break;
	case MPOL_IGNORE:
		which = &state->ignored;
		break;
	case MPOL_ERRNO:
		which = &state->refused;
		break;
	case MPOL_KILL:
		which = &state->killed;
		break;
	}
	__atomic_fetch_add(which, 1, __ATOMIC_RELAXED);
	if (which != &state->allowed)
		__atomic_fetch_add(&state->refused_by[MPOL_VERDICT_RULE(decision->verdict)], 1,
				   __ATOMIC_RELAXED);
}

static void decide(const struct supervisor *supervisor, const struct seccomp_data *data,
		   struct notify_decision *ret)
{
	(supervisor->watch.fixed ? notify_decide_watched : notify_decide)(
		&supervisor->rules, supervisor->family, data, ret);
}

static bool is_told(const struct supervisor *supervisor, const struct notify_decision *decision)
{
	return (!decision->known || decision->verdict) && supervisor_tells(supervisor);
}

/*
 * Before it is answered, so that the caller is still what it was, and the line stands before its
 * own. @event: what caller_look() saw.
 */
static void tell(struct supervisor *supervisor, const struct seccomp_data *data,
		 const struct notify_decision *decision, struct event *event)
{
	caller_of_decision(data, decision, &supervisor->rules, event);
	supervisor_tell(supervisor, event);
}

/*
 * Decide, and tell. Called, and left, with the lock held for reading, so that the answer is that of
 * the present policy; but not while the caller is looked at, which it can hold up for as long as it
 * likes, with a mask in memory that nobody fills in.
 */
static void decide_and_tell(struct tree *tree, const struct seccomp_notif *notif,
			    struct notify_decision *ret)
{
	struct supervisor *supervisor = tree->supervisor;
	struct event event;

	decide(supervisor, &notif->data, ret);
	if (!is_told(supervisor, ret))
		return;
	memset(&event, 0, sizeof(event));
	/* Where to look depends on the call. */
	caller_of_decision(&notif->data, ret, &supervisor->rules, &event);
	pthread_rwlock_unlock(&supervisor->lock);
	caller_look(tree->listener, notif, &event);
	pthread_rwlock_rdlock(&supervisor->lock);
	decide(supervisor, &notif->data, ret);
	if (is_told(supervisor, ret))
		tell(supervisor, &notif->data, ret, &event);
}

/* 0, or -errno where the listener is of no use any more. */
static int answer_one(struct tree *tree)
{
	struct supervisor *supervisor = tree->supervisor;
	struct seccomp_notif_resp response;
	struct notify_decision decision;
	/* A newer kernel's notification may be longer; it wants it zeroed. */
	union {
		struct seccomp_notif notif;
		char room[256];
	} got;
	int r;

	memset(&got, 0, sizeof(got));
	if (ioctl(tree->listener, SECCOMP_IOCTL_NOTIF_RECV, &got) < 0)
		return errno == ENOENT || errno == EINTR ? 0 : -errno;

	pthread_rwlock_rdlock(&supervisor->lock);
	decide_and_tell(tree, &got.notif, &decision);
	if (decision.kill)
		kill_caller(tree->listener, &got.notif);
	response = (struct seccomp_notif_resp){
		.id = got.notif.id,
		.error = decision.error,
		.flags = decision.go_on ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0,
	};
	/* ENOENT: a signal took the caller away; it asks again if it still wants to. */
	r = ioctl(tree->listener, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0 ? -errno : 0;
	count(&supervisor->state, &decision);
	pthread_rwlock_unlock(&supervisor->lock);
	return r == -ENOENT || r == -EINTR || r == -EINPROGRESS ? 0 : r;
}

/*
 * poll(2) first: it tells on every kernel when the last task of the filter has gone, while a
 * blocked RECV may sleep on.
 */
static void *tree_main(void *arg)
{
	struct tree *tree = arg;
	struct supervisor *supervisor = tree->supervisor;
	struct tree **at;
	struct pollfd ready = {.fd = tree->listener, .events = POLLIN};
	static const uint64_t one = 1;

	for (;;) {
		if (poll(&ready, 1, -1) < 0 && errno != EINTR)
			break;
		if (ready.revents & POLLIN) {
			if (answer_one(tree) < 0)
				break;
		} else if (ready.revents) {
			break;
		}
	}
	close(tree->listener);
	/* Last: supervisor_serve() may return as soon as it sees no tree. */
	pthread_rwlock_wrlock(&supervisor->lock);
	supervisor->state.launches--;
	for (at = &supervisor->trees; *at != tree; at = &(*at)->next)
		;
	*at = tree->next;
	free(tree);
	(void)!write(supervisor->ended, &one, sizeof(one));
	pthread_rwlock_unlock(&supervisor->lock);
	return NULL;
}

int tree_start(struct supervisor *supervisor, int listener, pid_t pid)
{
	_cleanup_close_ int mine = listener;
	struct tree *tree;
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	int r;

	tree = malloc(sizeof(*tree));
	if (!tree)
		return -ENOMEM;
	*tree = (struct tree){.supervisor = supervisor, .listener = mine};
	/*
	 * Caller and thread wait for each other: on one CPU neither has to be woken on another that
	 * sleeps, which takes longer than all the rest. No more than a hint, where it is known.
	 */
	(void)ioctl(mine, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	if (pid <= 0 || process_look(pid, &tree->first) < 0)
		tree->first = (struct process){.pid = 0};
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	/* Signals are for the program's other threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_rwlock_wrlock(&supervisor->lock);
	r = pthread_create(&thread, &attributes, tree_main, tree);
	if (r == 0) {
		supervisor->state.launches++;
		tree->next = supervisor->trees;
		supervisor->trees = tree;
		TAKE_FD(mine);
	} else {
		free(tree);
	}
	pthread_rwlock_unlock(&supervisor->lock);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -r;
}
