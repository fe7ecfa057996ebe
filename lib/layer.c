/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "enforce/supervisor.h"
#include "layer/client.h"
#include "layer/names.h"
#include "lib.h"
#include "run/live.h"

_Static_assert(MPOL_RIGHT_INSTALL == (int)TICKET_INSTALL, "the bits of rights");
_Static_assert(MPOL_RIGHT_MODIFY == (int)TICKET_MODIFY, "the bits of rights");

struct mpol_server {
	struct supervisor *supervisor;
};

int mpol_layer_create(const struct mpol_plan *plan, struct mpol_server **ret_server)
{
	_cleanup_(cleanup_supervisor) struct supervisor *supervisor = NULL;
	struct mpol_server *server = NULL;
	struct layer_policy policy;
	struct ticket ticket;
	int fd, r;

	if (!plan->plan.covered)
		return -EOPNOTSUPP;
	if (plan->plan.held[MECH_NOTIFY]) {
		live_policy(&plan->plan, plan->audit, &policy);
		r = supervisor_new(&policy, SUPERVISOR_PERSISTENT, &supervisor, &ticket);
		if (r < 0)
			return r;
		server = malloc(sizeof(*server));
		if (!server)
			return -ENOMEM;
	} else {
		r = ticket_of_policy(plan->policy->policy, plan->audit, &ticket);
		if (r < 0)
			return r;
	}
	fd = ticket_create(&ticket);
	if (fd < 0) {
		free(server);
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

int mpol_layer_update(int layer, const struct mpol_plan *plan, uint64_t generation)
{
	struct wire_request request;
	struct ticket ticket;
	int r;

	r = ticket_read(layer, &ticket);
	if (r < 0)
		return r;
	/* What a static filter would hold cannot be changed later; a plan without any rule is fine. */
	if (!plan->plan.covered || plan->plan.held[MECH_SECCOMP])
		return -EOPNOTSUPP;
	wire_request_init(&request, WIRE_UPDATE);
	live_policy(&plan->plan, false, &request.policy);
	request.audit = plan->audit ? WIRE_AUDIT_ON : WIRE_AUDIT_OFF;
	request.generation = generation;
	return layer_modify(&ticket, &request, NULL);
}

int mpol_layer_info(int layer, struct mpol_info *info)
{
	struct mpol_info found = {.size = sizeof(found)};
	struct layer_state state;
	struct ticket ticket;
	const char *tail = (const char *)info;
	uint32_t i;
	int r;

	if (info->size < sizeof(found))
		return -EINVAL;
	for (i = sizeof(found); i < info->size; i++)
		if (tail[i])
			return -E2BIG;
	r = ticket_read(layer, &ticket);
	if (r < 0)
		return r;
	found.rights = ticket.rights;
	if (ticket.kind == TICKET_NOTIFY) {
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
	}
	found.size = info->size;
	memcpy(info, &found, sizeof(found));
	return 0;
}
