/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "enforcer.h"
#include "layer/client.h"
#include "logged_compile.h"
#include "notify_compile.h"
#include "scope.h"

/* Linux 5.19: a signal that does not kill does not interrupt a call that was handed over. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static int notify_prepare(const struct plan *plan, bool audit, struct enforcement *enforcement,
			  struct fault *fault)
{
	struct mpol_rules rules;

	(void)audit; /* the supervisor's business, who can be told otherwise later */
	if (!abi_family_native())
		return fault_set(fault, -EOPNOTSUPP,
				 "the system calls of this processor are not known to mpolrun, so "
				 "no supervisor can decide them");
	policy_rules_of(plan->policy, plan->held[MECH_NOTIFY], &rules);
	enforcement->notify.filter_len = 0;
	enforcement->notify.calls = seccomp_calls(&rules);
	enforcement->notify.fixed = false;
	enforcement->notify.socket = -EBADF;
	return 0;
}

int notify_open(struct enforcement *enforcement, __u32 calls, int socket)
{
	struct notify_enforcement *notify = &enforcement->notify;

	notify->socket = socket;
	if (notify->fixed)
		return 0;
	notify->calls = calls;
	return notify_compile(calls, abi_family_native(), notify->filter, &notify->filter_len);
}

int notify_prepare_watched(const struct plan *plan, bool audit, struct enforcement *enforcement,
			   struct fault *fault)
{
	struct notify_enforcement *notify = &enforcement->notify;
	struct mpol_rules rules;
	int r;

	r = seccomp_rules(plan, audit, &rules, fault);
	if (r < 0)
		return r;
	notify->calls = seccomp_calls(&rules);
	notify->socket = -EBADF;
	notify->fixed = true;
	r = logged_compile(&rules, abi_family_native(), notify->filter, &notify->filter_len);
	/*
	 * A second filter, which the seccomp enforcer installs: nobody gets a listener in place of
	 * ours.
	 */
	if (r == 0)
		r = notify_compile(0, abi_family_native(), enforcement->filter,
				   &enforcement->filter_len);
	enforcement->seal = (struct seccomp_seal){{0}};
	if (r < 0)
		return fault_set(fault, r, "the seccomp filter cannot be made of these rules");
	return 0;
}

static int install(const struct notify_enforcement *notify)
{
	const struct sock_fprog program = {
		.len = (unsigned short)notify->filter_len,
		.filter = (struct sock_filter *)notify->filter,
	};
	long fd;

	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		     SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		     &program);
	if (fd < 0 && errno == EINVAL)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			     &program);
	return fd < 0 ? -errno : (int)fd;
}

/*
 * The scope is a door the more, not the only one: where it cannot be had the supervisor is told,
 * and takes changes only from processes that cannot be members.
 */
static int notify_enter(const struct enforcement *enforcement)
{
	const struct notify_enforcement *notify = &enforcement->notify;
	_cleanup_close_ int listener = -EBADF;
	bool scoped;
	int r;

	/* Nobody has a key of a fixed one: the command need not notice that it is watched. */
	scoped = !notify->fixed && scope_enter() == 0;
	listener = install(notify);
	if (listener < 0)
		return listener;
	r = layer_hand_over(notify->socket, listener, notify->calls, scoped);
	/* Nothing that execve(2) would close may still be open if it fails and we go on. */
	close(notify->socket);
	return r;
}

static const char *notify_why(int err)
{
	switch (err) {
	case -EBUSY:
		return "a seccomp listener above us leaves no room for another";
	case -ESTALE:
		return "the layer was changed meanwhile";
	case -EOWNERDEAD:
		return "its supervisor is gone";
	case -ETIMEDOUT:
		return "its supervisor does not answer";
	default:
		return strerror(-err);
	}
}

const struct enforcer notify_enforcer = {
	.mechanism = MECH_NOTIFY,
	.prepare = notify_prepare,
	.enter = notify_enter,
	.why = notify_why,
};
