/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "layer/client.h"
#include "layer/layer_resident.h"
#include "layer/names.h"
#include "lib.h"
#include "run/live.h"

_Static_assert(MPOL_RIGHT_INSTALL == (int)TICKET_INSTALL, "the bits of rights");
_Static_assert(MPOL_RIGHT_MODIFY == (int)TICKET_MODIFY, "the bits of rights");

const char *mpol_strerror(int err)
{
	return live_error_text(err);
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

/* @ret: a ticket of the same layer, with all rights, when it has the new keys. */
static int new_keys(const struct ticket *ticket, struct ticket *ret, struct wire_request *request)
{
	struct layer_keys keys;
	int r;

	r = layer_keys_make(&keys);
	if (r < 0)
		return r;
	wire_request_init(request, WIRE_REKEY);
	request->install = keys.install;
	request->modify = keys.modify;
	*ret = *ticket;
	ret->rights = TICKET_INSTALL | TICKET_MODIFY;
	ret->install = keys.install;
	ret->modify = keys.modify;
	return 0;
}

int mpol_layer_rekey(int layer)
{
	struct wire_request request;
	struct ticket ticket, anew;
	int r;

	r = ticket_read(layer, &ticket);
	if (r == 0)
		r = new_keys(&ticket, &anew, &request);
	if (r == 0)
		r = layer_modify(&ticket, &request, NULL);
	return r < 0 ? r : ticket_create(&anew);
}

struct rekey {
	const struct ticket *ticket;
	struct wire_request request;
};

static int rekey(void *data)
{
	struct rekey *how = data;

	return layer_modify(how->ticket, &how->request, NULL);
}

int mpol_layer_rekey_name(const char *name, struct mpol_error *err)
{
	struct fault fault = {.line = 0};
	struct ticket ticket, anew;
	struct rekey how = {.ticket = &ticket};
	int r;

	r = layer_name_open(name, TICKET_MODIFY, &ticket, &fault);
	if (r == 0)
		r = new_keys(&ticket, &anew, &how.request);
	if (r == 0)
		r = layer_name_replace(name, &anew, rekey, &how, &fault);
	return lib_error(r, &fault, err);
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

int mpol_layer_remove_name(const char *name, struct mpol_error *err)
{
	struct fault fault = {.line = 0};
	struct ticket ticket;
	int r;

	r = layer_name_open(name, TICKET_MODIFY, &ticket, &fault);
	if (r == 0)
		r = layer_name_end(name, live_remove, &fault);
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

/*
 * The kernel keeps the rules of a layer, the ticket the rest: its title, and what happens at a
 * launch. Who changed the layer by a ticket without a name leaves the others as they are.
 */
static void remember(const char *name, const struct ticket *ticket,
		     const struct layer_policy *policy)
{
	struct ticket anew = *ticket;

	anew.policy = *policy;
	anew.policy.deciders = policy->deciders ? policy->deciders : ticket->policy.deciders;
	(void)layer_name_refresh(name, &anew);
}

static int change(int layer, const struct mpol_plan *plan, __u32 audit, __u64 generation,
		  const char *name, struct layer_state *ret)
{
	struct wire_request request;
	struct ticket ticket;
	int r;

	r = ticket_read(layer, &ticket);
	if (r < 0)
		return r;
	if (!(ticket.rights & TICKET_MODIFY))
		return -EACCES;
	wire_request_init(&request, plan ? WIRE_UPDATE : WIRE_AUDIT);
	request.audit = audit;
	request.generation = generation;
	if (plan) {
		/* What a static filter would hold cannot be changed later; no rule is fine. */
		if (!plan->plan.covered || plan->launch || plan->plan.held[MECH_SECCOMP])
			return -EOPNOTSUPP;
		r = policy_for(&ticket, plan, &request.policy);
		if (r < 0)
			return r;
	}
	r = layer_modify(&ticket, &request, ret);
	if (r == 0 && plan && name && ticket.kind == TICKET_RESIDENT)
		remember(name, &ticket, &request.policy);
	return r;
}

int mpol_layer_update(int layer, const struct mpol_plan *plan, uint64_t generation)
{
	return change(layer, plan, plan->audit ? WIRE_AUDIT_ON : WIRE_AUDIT_OFF, generation, NULL,
		      NULL);
}

int mpol_layer_audit(int layer, int on)
{
	return change(layer, NULL, on ? WIRE_AUDIT_ON : WIRE_AUDIT_OFF, 0, NULL, NULL);
}

int mpol_layer_change(int layer, const struct mpol_plan *plan, struct mpol_change *how,
		      struct mpol_error *err)
{
	static const __u32 audit[] = {
		[MPOL_AUDIT_AS_IS] = WIRE_AUDIT_AS_IS,
		[MPOL_AUDIT_ON] = WIRE_AUDIT_ON,
		[MPOL_AUDIT_OFF] = WIRE_AUDIT_OFF,
	};
	struct fault fault = {.line = 0};
	struct layer_state state = {.generation = 0};
	int r;

	r = lib_size_check(how, how->size, sizeof(*how));
	if (r < 0)
		return r;
	if (how->audit >= ELEMENTSOF(audit) || (!plan && how->audit == MPOL_AUDIT_AS_IS))
		return -EINVAL;
	r = change(layer, plan, audit[how->audit], how->generation, how->name, &state);
	if (r == -EBUSY) {
		how->processes = state.members;
		fault_hint(&fault,
			   "start them again under a layer that restricts it from the start");
		fault_set(&fault, r,
			  "the new policy restricts something that the filters of %llu running "
			  "process%s cannot see",
			  (unsigned long long)state.members, state.members == 1 ? "" : "es");
	} else if (r < 0) {
		if (r == -EPERM)
			fault_hint(&fault, "change it from outside the layer");
		fault_set(&fault, r, "%s", mpol_strerror(r));
	}
	return lib_error(r, &fault, err);
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
		found.mechanisms = layer_mechanisms(&ticket, &state);
	}
	found.size = info->size;
	memcpy(info, &found, sizeof(found));
	return 0;
}

int mpol_layer_processes(int layer, int32_t *pids, size_t room, size_t *ret_n)
{
	struct layer_state state;
	struct ticket ticket;
	int r = ticket_read(layer, &ticket);

	_Static_assert(sizeof(pid_t) == sizeof(*pids), "the numbers of processes");
	if (r == 0 && ticket.kind == TICKET_SECCOMP)
		r = -EOPNOTSUPP;
	return r < 0 ? r : layer_processes(&ticket, &state, pids, room, ret_n);
}
