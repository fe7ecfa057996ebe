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
#include "layer/layer_resident.h"
#include "layer/names.h"
#include "resident/client.h"

const char *live_error_text(int err)
{
	switch (err) {
	case -EOWNERDEAD:
		return "its supervisor is gone, or the resident is";
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
	case -EAGAIN:
		return "it is being made or changed: try again";
	case -EBADMSG:
	case -ELOOP:
		return "it is no ticket of a layer";
	case -EEXIST:
		return strerror(-err);
	default:
		return resident_error_text(err);
	}
}

uint32_t live_backends(const struct ticket *ticket, const struct layer_policy *policy)
{
	uint32_t backends = MECH_BIT(MECH_LAUNCHER);

	if (ticket->kind == TICKET_SECCOMP)
		backends |= MECH_BIT(MECH_SECCOMP);
	if (ticket->kind == TICKET_NOTIFY)
		backends |= MECH_BIT(MECH_NOTIFY);
	return policy->deciders ? backends | MECHS_RESIDENT : backends;
}

bool live_holds(const struct plan *plan)
{
	return plan_held_by_resident(plan) || plan->held[MECH_NOTIFY];
}

bool live_by_resident_alone(const struct layer_policy *policy)
{
	const __u32 of_launch = GROUP_BIT(GROUP_FILES) | GROUP_BIT(GROUP_CPUSET);

	return policy->deciders &&
	       !(layer_policy_restricted(&policy->rules) & ~policy->by_resident & ~of_launch);
}

void live_policy(const struct plan *plan, bool audit, struct layer_policy *ret)
{
	__u32 by_resident = plan_held_by_resident(plan);
	__u32 groups = by_resident | plan->held[MECH_NOTIFY] | plan->held[MECH_LAUNCHER];
	size_t i;

	/*
	 * Whether a file's policy is refused is asked of the rules for setting one: the resident
	 * gets those, too, that nothing here holds.
	 */
	if (by_resident & GROUP_BIT(GROUP_FILES))
		by_resident |= GROUPS_OF_SETTING & ~groups;
	layer_policy_from(plan->policy, ret);
	policy_rules_of(plan->policy, groups | by_resident, &ret->rules);
	ret->must &= layer_policy_restricted(&ret->rules);
	ret->by_resident = by_resident & layer_policy_restricted(&ret->rules);
	for (i = 0; i < plan->n_rows; i++)
		if (plan->row[i].cover != COVER_NONE && MECH_BIT(plan->row[i].by) & MECHS_RESIDENT)
			ret->deciders |= plan->row[i].program;
	if (audit)
		ret->rules.flags |= MPOL_RULES_AUDIT;
}

bool live_is_fixed(const struct live_request *request, const struct plan *plan)
{
	return request->watch && !request->join && plan->held[MECH_SECCOMP];
}

void live_policy_of_launch(const struct live_request *request, const struct plan *plan,
			   struct layer_policy *ret)
{
	live_policy(plan, request->audit, ret);
	if (!live_is_fixed(request, plan))
		return;
	ret->by_resident = 0;
	ret->deciders = 0;
	policy_rules_of(plan->policy, plan->held[MECH_SECCOMP], &ret->rules);
	ret->must = plan->policy->must & layer_policy_restricted(&ret->rules);
	if (request->audit)
		ret->rules.flags |= MPOL_RULES_AUDIT;
}

int live_hand_out(int fd, const struct ticket *ticket)
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
		if (named.kind == TICKET_NOTIFY && !scope_is_there() &&
		    (named.rights & TICKET_MODIFY))
			(void)ticket_narrow(&named, TICKET_INSTALL);
		r = layer_name_add(request->name, &named, request->mode, request->group, fault);
		if (r < 0)
			return r;
	}
	r = request->ticket_fd >= 0 ? live_hand_out(request->ticket_fd, ticket) : 0;
	if (r < 0) {
		if (request->name)
			(void)layer_name_remove(request->name, NULL);
		return fault_set(fault, r, "--ticket-fd %d: %s", request->ticket_fd, strerror(-r));
	}
	return 0;
}

int live_ticket_of_resident(const struct layer_policy *policy, const struct layer_keys *keys,
			    struct ticket *ret)
{
	__u32 owner;
	int r = layer_resident_owner(&owner);

	if (r == 0)
		ticket_of_resident(policy, &keys->install, &keys->modify, owner, ret);
	return r;
}

int live_create(const struct layer_policy *policy, const struct watch *watch, struct ticket *ret)
{
	_cleanup_close_ int socket = -EBADF;
	struct layer_keys keys;
	int r = 0;

	if (live_by_resident_alone(policy)) {
		r = layer_keys_make(&keys);
		if (r == 0)
			r = live_ticket_of_resident(policy, &keys, ret);
		return r < 0 ? r : layer_resident_create(policy, &keys);
	}
	if (policy->deciders) {
		r = layer_keys_make(&keys);
		if (r == 0)
			r = layer_resident_create(policy, &keys);
	}
	if (r < 0)
		return r;
	r = beside_start(policy, policy->deciders ? &keys : NULL, watch, SUPERVISOR_PERSISTENT,
			 &socket, ret);
	if (r < 0 && policy->deciders)
		(void)layer_resident_remove(&keys.modify);
	return r;
}

int live_remove(const struct ticket *ticket)
{
	struct wire_request remove;

	wire_request_init(&remove, WIRE_REMOVE);
	return layer_modify(ticket, &remove, NULL);
}

int live_join_ask(const struct ticket *ticket, struct live_join *ret)
{
	struct live_join join = {.socket = -EBADF};
	const struct ticket_key *key;
	int r;

	r = ticket->kind == TICKET_RESIDENT ? layer_query(ticket, &join.state)
					    : layer_join(ticket, &join.state, &join.socket);
	if (r < 0)
		return r;
	key = ticket->kind == TICKET_RESIDENT ? &ticket->install : &join.state.resident;
	join.resident = *key;
	join.owner = ticket->owner;
	if (!ticket_key_is_zero(key))
		r = layer_resident_generation(key, ticket->owner, &join.generation);
	if (r < 0) {
		if (join.socket >= 0)
			close(join.socket);
		/* Of a layer without members, the first one is to make the resident's part. */
		return r == -EKEYREJECTED && ticket->kind == TICKET_NOTIFY ? -EAGAIN : r;
	}
	*ret = join;
	return 0;
}

int live_join_prepare(const struct live_join *join, struct enforcement *enforcement)
{
	if (!ticket_key_is_zero(&join->resident))
		resident_join(enforcement, &join->resident, join->owner, join->generation);
	return join->socket < 0 ? 0 : notify_open(enforcement, join->state.calls, join->socket);
}

static int join_layer(const struct ticket *ticket, struct enforcement *enforcement)
{
	struct live_join join;
	int r;

	r = live_join_ask(ticket, &join);
	if (r == 0) {
		r = live_join_prepare(&join, enforcement);
		if (r < 0 && join.socket >= 0)
			close(join.socket);
	}
	return r;
}

/* Of errors that mean something else where there is a layer. */
static const char *start_error_text(int err)
{
	switch (err) {
	case -EAGAIN:
	case -ECHILD:
		return "there is room for no other process (ulimit -u)";
	case -EHOSTUNREACH:
		return "it takes the /proc of this pid namespace, which is not mounted here";
	default:
		return live_error_text(err);
	}
}

static int find_supervisor(const struct live_request *request, const struct layer_policy *policy,
			   const struct layer_keys *keys, int *ret_socket,
			   struct ticket *ret_ticket)
{
	if (!request->above)
		return beside_start(policy, keys, request->watch, 0, ret_socket, ret_ticket);
	*ret_socket = request->above->socket;
	*ret_ticket = request->above->ticket;
	return 0;
}

void live_say_entered(const struct live_request *request)
{
	(void)layer_query_over(request->above->socket, &request->above->ticket);
}

int live_open(const struct live_request *request, const struct plan *plan,
	      struct enforcement *enforcement, struct ticket *ret_ticket, struct fault *fault)
{
	bool by_resident = plan_held_by_resident(plan);
	bool handed_out = request->name || request->ticket_fd >= 0;
	_cleanup_close_ int socket = -EBADF;
	struct layer_policy policy;
	struct layer_keys keys;
	struct ticket ticket;
	int r = 0;

	ret_ticket->rights = 0;
	if (request->join) {
		r = join_layer(request->join, enforcement);
		return r < 0 ? fault_set(fault, r, "cannot go under the layer: %s",
					 live_error_text(r))
			     : 0;
	}
	live_policy_of_launch(request, plan, &policy);
	/*
	 * Without a ticket nobody changes it; only who tells of the resident's part, or counts,
	 * needs keys.
	 */
	if (request->above) {
		by_resident = !ticket_key_is_zero(&request->above->resident.install);
		keys = request->above->resident;
	} else {
		by_resident = by_resident && (handed_out || request->watch);
		r = by_resident ? layer_keys_make(&keys) : 0;
		if (r < 0)
			return fault_set(fault, r, "cannot make keys: %s", strerror(-r));
	}
	if (by_resident)
		resident_make(enforcement, &keys);
	if (!plan->held[MECH_NOTIFY] && !live_is_fixed(request, plan)) {
		if (by_resident && handed_out)
			r = live_ticket_of_resident(&policy, &keys, ret_ticket);
		return r < 0 ? fault_set(fault, r, "cannot make its ticket: %s", live_error_text(r))
			     : 0;
	}
	r = find_supervisor(request, &policy, by_resident ? &keys : NULL, &socket, &ticket);
	if (r == 0)
		r = notify_open(enforcement, enforcement->notify.calls, socket);
	if (r < 0)
		return fault_set(fault, r, "cannot start a supervisor: %s", start_error_text(r));
	if (!live_is_fixed(request, plan))
		r = live_publish(request, &ticket, fault);
	if (r < 0)
		return r;
	TAKE_FD(socket);
	return 0;
}
