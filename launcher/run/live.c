/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "enforce/beside.h"
#include "enforce/scope.h"
#include "layer/client.h"
#include "layer/names.h"

const char *live_error_text(int err)
{
	switch (err) {
	case -EOWNERDEAD:
		return "its supervisor is gone";
	case -EHOSTUNREACH:
		return "its supervisor cannot be seen from this network or pid namespace";
	case -ETIMEDOUT:
		return "its supervisor does not answer";
	case -EKEYREJECTED:
		return "the layer has other keys by now";
	case -EACCES:
		return "the ticket does not have the right to do that";
	case -EOPNOTSUPP:
		return "a static layer cannot be changed";
	case -EPERM:
		return "a member of a layer cannot change it";
	case -ESTALE:
		return "the layer was changed meanwhile";
	case -EPROTO:
		return "its supervisor is that of another release";
	default:
		return strerror(-err);
	}
}

void live_policy(const struct plan *plan, bool audit, struct layer_policy *ret)
{
	__u32 groups = plan->held[MECH_NOTIFY] | plan->held[MECH_LAUNCHER];

	layer_policy_from(plan->policy, ret);
	policy_rules_of(plan->policy, groups, &ret->rules);
	ret->must &= layer_policy_restricted(&ret->rules);
	if (audit)
		ret->rules.flags |= MPOL_RULES_AUDIT;
}

static int give_ticket(int fd, const struct ticket *ticket)
{
	_cleanup_close_ int memfd = -EBADF;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	/* A member with the right to change its own layer would be none. */
	if (fd > STDERR_FILENO && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	if (S_ISSOCK(st.st_mode)) {
		memfd = ticket_create(ticket);
		return memfd < 0 ? memfd : wire_send(fd, "T", 1, memfd);
	}
	n = write(fd, ticket, sizeof(*ticket));
	if (n < 0)
		return -errno;
	return n == (ssize_t)sizeof(*ticket) ? 0 : -EIO;
}

int live_publish(const struct live_request *request, const struct ticket *ticket,
		 struct fault *fault)
{
	struct ticket named = *ticket;
	int r;

	if (request->name) {
		if (!scope_is_there() && (named.rights & TICKET_MODIFY))
			(void)ticket_narrow(&named, TICKET_INSTALL);
		r = layer_name_add(request->name, &named, request->mode, request->group, fault);
		if (r < 0)
			return r;
	}
	r = request->ticket_fd >= 0 ? give_ticket(request->ticket_fd, ticket) : 0;
	if (r < 0) {
		if (request->name)
			(void)layer_name_remove(request->name, NULL);
		return fault_set(fault, r, "--ticket-fd %d: %s", request->ticket_fd, strerror(-r));
	}
	return 0;
}

static int join(const struct live_request *request, struct enforcement *enforcement,
		struct fault *fault)
{
	_cleanup_close_ int socket = -EBADF;
	struct layer_state state;
	int r;

	r = layer_join(request->join, &state, &socket);
	if (r == 0)
		r = notify_open(enforcement, state.calls, socket);
	if (r < 0)
		return fault_set(fault, r, "cannot go under the layer: %s", live_error_text(r));
	TAKE_FD(socket);
	return 0;
}

int live_open(const struct live_request *request, const struct plan *plan,
	      struct enforcement *enforcement, struct fault *fault)
{
	_cleanup_close_ int socket = -EBADF;
	struct layer_policy policy;
	struct ticket ticket;
	int r;

	if (request->join)
		return join(request, enforcement, fault);
	live_policy(plan, request->audit, &policy);
	r = beside_start(&policy, 0, &socket, &ticket);
	if (r == 0)
		r = notify_open(enforcement, enforcement->notify.calls, socket);
	if (r < 0)
		return fault_set(fault, r, "cannot start a supervisor: %s", live_error_text(r));
	r = live_publish(request, &ticket, fault);
	if (r < 0)
		return r;
	TAKE_FD(socket);
	return 0;
}
