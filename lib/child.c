/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "enforce/enforcer.h"
#include "layer/client.h"
#include "lib.h"
#include "run/live.h"
#include "run/start.h"

#define CHILD_MAGIC 0x6d706f6c63686c64ULL

struct child {
	uint64_t magic;
	bool by_resident; /* joins a layer there; first */
	const struct enforcer *enforcer; /* NULL: no filter is installed */
	struct enforcement enforcement;
	uint32_t inherited; /* enum start_inherited */
	bool nnp;
	struct start_policy start;
};

_Static_assert(sizeof(struct child) <= sizeof(struct mpol_child), "mpol_child is too small");

/* The filter that a static layer's ticket stands for. */
static int prepare_static(const struct policy *policy, bool audit, struct child *child)
{
	struct plan plan = {.policy = policy, .covered = true};
	int r;

	plan.held[MECH_SECCOMP] = policy->restricted;
	r = seccomp_enforcer.prepare(&plan, audit, &child->enforcement, NULL);
	if (r == 0 && child->enforcement.filter_len)
		child->enforcer = &seccomp_enforcer;
	return r;
}

/* What is asked of the resident, but for the key. */
static int prepare_resident(const struct layer_policy *held, const struct policy *policy,
			    struct child *child)
{
	struct plan plan = {.policy = policy, .covered = true, .n_rows = 1};
	struct host host;

	host_probe(0, &host);
	plan.filtered = host.filtered;
	plan.held[MECH_LSM] = held->by_resident;
	plan.row[0] =
		(struct plan_row){.cover = COVER_EXACT, .by = MECH_LSM, .program = held->deciders};
	child->by_resident = true;
	return lsm_enforcer.prepare(&plan, held->rules.flags & MPOL_RULES_AUDIT,
				    &child->enforcement, NULL);
}

/* *ret, the policy as it is now, is the caller's. */
static int prepare_live(const struct ticket *ticket, struct policy **ret, struct child *child)
{
	_cleanup_(cleanup_policy) struct policy *policy = NULL;
	_cleanup_close_ int socket = -EBADF;
	struct live_join join;
	int r;

	r = live_join_ask(ticket, &join);
	if (r < 0)
		return r;
	socket = join.socket;
	r = layer_policy_to(&join.state.policy, &policy);
	if (r == 0 && join.state.policy.deciders)
		r = prepare_resident(&join.state.policy, policy, child);
	if (r == 0)
		r = live_join_prepare(&join, &child->enforcement);
	if (r < 0)
		return r;
	if (TAKE_FD(socket) >= 0)
		child->enforcer = &notify_enforcer;
	*ret = TAKE_PTR(policy);
	return 0;
}

int mpol_child_prepare(int layer, uint32_t flags, struct mpol_child *ret)
{
	_cleanup_(cleanup_policy) struct policy *policy = NULL;
	struct child *child = (struct child *)ret;
	struct ticket ticket;
	struct host host;
	int r;

	if (flags & ~MPOL_CHILD_KEEP_NNP)
		return -EINVAL;
	r = ticket_read(layer, &ticket);
	if (r < 0)
		return r;
	if (!(ticket.rights & TICKET_INSTALL))
		return -EACCES;
	memset(child, 0, sizeof(*child));
	child->enforcement.notify.socket = -EBADF;
	if (ticket.kind == TICKET_SECCOMP) {
		r = layer_policy_to(&ticket.policy, &policy);
		if (r == 0)
			r = prepare_static(policy, ticket.policy.rules.flags & MPOL_RULES_AUDIT,
					   child);
	} else {
		r = prepare_live(&ticket, &policy, child);
	}
	if (r < 0) {
		child->magic = CHILD_MAGIC;
		mpol_child_done(ret);
		return r;
	}
	child->inherited = policy->inherited;
	child->start = policy->start;
	if (child->start.set && start_policy_means_all_nodes(&child->start)) {
		host_probe(ASK_NODES, &host);
		memcpy(child->start.nodes, host.nodes_allowed, sizeof(child->start.nodes));
	}
	child->nnp = !(flags & MPOL_CHILD_KEEP_NNP);
	child->magic = CHILD_MAGIC;
	return 0;
}

static int enter_start(const struct child *child)
{
	int mode = -1;
	int r;

	if (child->inherited == START_REFUSE &&
	    (syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0) < 0 || mode != 0))
		return -EPERM;
	if (child->inherited == START_RESET) {
		r = start_reset();
		if (r < 0)
			return r;
	}
	return child->start.set ? start_set(&child->start, child->start.nodes) : 0;
}

/* Read back, as start_reset() does. */
static int set_no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -EPROTO;
}

int mpol_child_enter(struct mpol_child *opaque)
{
	const struct child *child = (const struct child *)opaque;
	int r;

	if (child->magic != CHILD_MAGIC)
		return -EINVAL;
	r = enter_start(child);
	if (r < 0 || (!child->enforcer && !child->by_resident))
		return r;
	r = child->nnp ? set_no_new_privs() : 0;
	if (r == 0 && child->by_resident)
		r = lsm_enforcer.enter(&child->enforcement);
	return r == 0 && child->enforcer ? child->enforcer->enter(&child->enforcement) : r;
}

void mpol_child_done(struct mpol_child *opaque)
{
	struct child *child = (struct child *)opaque;

	if (child->magic == CHILD_MAGIC && child->enforcement.notify.socket >= 0)
		close(TAKE_FD(child->enforcement.notify.socket));
}
