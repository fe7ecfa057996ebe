/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "enforce/supervisor.h"
#include "layer/client.h"
#include "layer/layer_resident.h"
#include "layer/names.h"
#include "lib.h"
#include "run/live.h"

_Static_assert(MPOL_RIGHT_INSTALL == (int)TICKET_INSTALL, "the bits of rights");
_Static_assert(MPOL_RIGHT_MODIFY == (int)TICKET_MODIFY, "the bits of rights");

struct mpol_server {
	struct supervisor *supervisor;
};

const char *mpol_strerror(int err)
{
	return live_error_text(err);
}

/*
 * Both parts of a layer that a server of this process holds: the resident's, if any, and its own.
 */
static int create_served(const struct layer_policy *policy, struct supervisor **ret,
			 struct ticket *ret_ticket)
{
	struct layer_keys keys;
	int r;

	if (!policy->deciders)
		return supervisor_new(policy, NULL, SUPERVISOR_PERSISTENT, ret, ret_ticket);
	r = layer_keys_make(&keys);
	if (r == 0)
		r = layer_resident_create(policy, &keys);
	if (r < 0)
		return r;
	r = supervisor_new(policy, &keys, SUPERVISOR_PERSISTENT, ret, ret_ticket);
	if (r < 0)
		(void)layer_resident_remove(&keys.modify);
	return r;
}

int mpol_layer_create(const struct mpol_plan *plan, struct mpol_server **ret_server)
{
	_cleanup_(cleanup_supervisor) struct supervisor *supervisor = NULL;
	struct mpol_server *server = NULL;
	struct layer_policy policy;
	struct ticket ticket;
	int fd, r;

	if (!plan->plan.covered || plan->launch)
		return -EOPNOTSUPP;
	live_policy(&plan->plan, plan->audit, &policy);
	if (!live_holds(&plan->plan))
		r = ticket_of_policy(plan->policy->policy, plan->audit, &ticket);
	else if (live_by_resident_alone(&policy))
		r = live_create(&policy, NULL, &ticket);
	else
		r = create_served(&policy, &supervisor, &ticket);
	if (r < 0)
		return r;
	fd = ticket_create(&ticket);
	if (fd >= 0 && supervisor) {
		server = malloc(sizeof(*server));
		if (!server) {
			close(fd);
			fd = -ENOMEM;
		}
	}
	if (fd < 0) {
		if (ticket.kind == TICKET_RESIDENT)
			(void)live_remove(&ticket);
		return fd;
	}
	if (server)
		server->supervisor = TAKE_PTR(supervisor);
	*ret_server = server;
	return fd;
}

int mpol_serve(struct mpol_server *server, int stop)
{
	return supervisor_serve(server->supervisor, stop < 0 ? -EBADF : stop);
}

struct mpol_server *mpol_server_free(struct mpol_server *server)
{
	if (server)
		supervisor_free(server->supervisor);
	free(server);
	return NULL;
}

int mpol_layer_open(const char *name, uint32_t rights, struct mpol_error *err)
{
	struct fault fault = {.line = 0};
	struct ticket ticket;
	int r;

	if (!rights || (rights & ~(MPOL_RIGHT_INSTALL | MPOL_RIGHT_MODIFY)))
		return -EINVAL;
	r = layer_name_open(name, rights & MPOL_RIGHT_MODIFY ? TICKET_MODIFY : TICKET_INSTALL,
			    &ticket, &fault);
	if (r < 0)
		return lib_error(r, &fault, err);
	r = ticket_narrow(&ticket, rights);
	return r < 0 ? r : ticket_create(&ticket);
}

int mpol_layer_restrict(int layer, uint32_t rights)
{
	struct ticket ticket;
	int r = ticket_read(layer, &ticket);

	if (r == 0)
		r = ticket_narrow(&ticket, rights);
	return r < 0 ? r : ticket_create(&ticket);
}

int mpol_layer_remove(int layer)
{
	struct ticket ticket;
	int r = ticket_read(layer, &ticket);

	return r < 0 ? r : live_remove(&ticket);
}

int mpol_layer_rekey(int layer)
{
	struct wire_request request;
	struct ticket ticket;
	struct layer_keys keys;
	int r;

	r = ticket_read(layer, &ticket);
	if (r == 0)
		r = layer_keys_make(&keys);
	if (r < 0)
		return r;
	wire_request_init(&request, WIRE_REKEY);
	request.install = keys.install;
	request.modify = keys.modify;
	r = layer_modify(&ticket, &request, NULL);
	if (r < 0)
		return r;
	ticket.rights = TICKET_INSTALL | TICKET_MODIFY;
	ticket.install = keys.install;
	ticket.modify = keys.modify;
	return ticket_create(&ticket);
}

int mpol_layer_audit(int layer, int on)
{
	struct wire_request request;
	struct ticket ticket;
	int r;

	r = ticket_read(layer, &ticket);
	if (r < 0)
		return r;
	wire_request_init(&request, WIRE_AUDIT);
	request.audit = on ? WIRE_AUDIT_ON : WIRE_AUDIT_OFF;
	return layer_modify(&ticket, &request, NULL);
}

int mpol_layer_name(int layer, const char *name, uint32_t mode, uint32_t group,
		    struct mpol_error *err)
{
	const struct live_request request = {
		.name = name,
		.mode = (mode_t)mode,
		.group = (gid_t)group,
		.ticket_fd = -EBADF,
	};
	struct fault fault = {.line = 0};
	struct ticket ticket;
	int r;

	if (mode & ~(uint32_t)0777)
		return -EINVAL;
	r = ticket_read(layer, &ticket);
	if (r < 0)
		return r;
	if (ticket.kind == TICKET_SECCOMP)
		return -EOPNOTSUPP;
	if (!(ticket.rights & TICKET_INSTALL))
		return -EACCES;
	return lib_error(live_publish(&request, &ticket, &fault), &fault, err);
}

int mpol_layer_unname(const char *name, struct mpol_error *err)
{
	struct fault fault = {.line = 0};
	int r = layer_name_check(name, &fault);

	if (r == 0)
		r = layer_name_remove(name, &fault);
	return lib_error(r, &fault, err);
}

int mpol_layer_list(char ***ret, size_t *ret_n)
{
	return layer_name_list(ret, ret_n);
}

/*
 * Share the rules of @plan out among what holds the layer, where that is not what @plan counts on.
 */
static int policy_for(const struct ticket *ticket, const struct mpol_plan *plan,
		      struct layer_policy *ret)
{
	struct plan_request request = {.live = true, .audit = plan->audit};
	bool by_resident = plan_held_by_resident(&plan->plan);
	struct layer_state state;
	struct plan anew;
	int r;

	if (ticket->kind == TICKET_RESIDENT ? !plan->plan.held[MECH_NOTIFY] : !by_resident) {
		live_policy(&plan->plan, false, ret);
		return 0;
	}
	r = layer_query(ticket, &state);
	if (r < 0)
		return r;
	request.mechanisms = live_backends(ticket, &state.policy);
	plan_make(plan->policy->policy, &plan->host, &request, &anew);
	if (!anew.covered)
		return -EOPNOTSUPP;
	live_policy(&anew, false, ret);
	return 0;
}

int mpol_layer_update(int layer, const struct mpol_plan *plan, uint64_t generation)
{
	struct wire_request request;
	struct ticket ticket;
	int r;

	r = ticket_read(layer, &ticket);
	if (r < 0)
		return r;
	if (!(ticket.rights & TICKET_MODIFY))
		return -EACCES;
	/*
	 * What a static filter would hold cannot be changed later; a plan without any rule is fine.
	 */
	if (!plan->plan.covered || plan->launch || plan->plan.held[MECH_SECCOMP])
		return -EOPNOTSUPP;
	wire_request_init(&request, WIRE_UPDATE);
	r = policy_for(&ticket, plan, &request.policy);
	if (r < 0)
		return r;
	request.audit = plan->audit ? WIRE_AUDIT_ON : WIRE_AUDIT_OFF;
	request.generation = generation;
	return layer_modify(&ticket, &request, NULL);
}

static uint32_t mechanisms_of(const struct ticket *ticket, const struct layer_state *state)
{
	uint32_t mechanisms = ticket->kind == TICKET_NOTIFY ? MPOL_MECHANISM_NOTIFY : 0;

	if (state->policy.deciders & RESIDENT_LSM)
		mechanisms |= MPOL_MECHANISM_LSM;
	if (state->policy.deciders & RESIDENT_SKIPPABLE)
		mechanisms |= MPOL_MECHANISM_FMOD_RET;
	if (state->policy.deciders & RESIDENT_KPROBE)
		mechanisms |= MPOL_MECHANISM_KPROBE;
	return mechanisms;
}

int mpol_layer_info(int layer, struct mpol_info *info)
{
	struct mpol_info found = {.size = sizeof(found)};
	struct layer_state state;
	struct ticket ticket;
	int r;

	r = lib_size_check(info, info->size, sizeof(found));
	if (r == 0)
		r = ticket_read(layer, &ticket);
	if (r < 0)
		return r;
	found.rights = ticket.rights;
	if (ticket.kind == TICKET_SECCOMP) {
		found.mechanisms = MPOL_MECHANISM_SECCOMP;
	} else {
		r = layer_query(&ticket, &state);
		if (r < 0)
			return r;
		found.generation = state.generation;
		found.launches = state.launches;
		found.audit = !!(state.policy.rules.flags & MPOL_RULES_AUDIT);
		found.allowed = state.allowed;
		found.audited = state.audited;
		found.ignored = state.ignored;
		found.refused = state.refused;
		found.killed = state.killed;
		found.members = state.members;
		found.mechanisms = mechanisms_of(&ticket, &state);
	}
	found.size = info->size;
	memcpy(info, &found, sizeof(found));
	return 0;
}
