/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers that are made, and what holds them: a process, the resident, or nothing but a ticket. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/cleanup.h"
#include "enforce/supervisor.h"
#include "enforce/watch.h"
#include "layer/held.h"
#include "layer/layer_resident.h"
#include "lib.h"
#include "run/live.h"

_Static_assert(MPOL_LOG_TEXT == (int)LOG_TEXT && MPOL_LOG_JSON == (int)LOG_JSON, "log formats");

struct mpol_server {
	struct supervisor *supervisor;
};

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
	if (!plan->live && !live_holds(&plan->plan))
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

int lib_log_open(const struct mpol_log *log, struct watch *ret, struct fault *fault)
{
	int r = lib_size_check(log, log->size, sizeof(*log));

	if (r < 0 || log->format > MPOL_LOG_JSON)
		return fault_set(fault, r < 0 ? r : -EINVAL, "no log of that kind");
	if (strcmp(log->where, "audit") == 0)
		return fault_set(fault, -EINVAL,
				 "the kernel's audit log is of what a static filter refuses");
	memset(ret, 0, sizeof(*ret));
	r = log_target_open(log->where, (enum log_format)log->format, capabilities_exceed_caller(),
			    &ret->log, fault);
	if (r < 0)
		return r;
	if (ret->log.kind == LOG_JOURNAL && log->format != MPOL_LOG_TEXT)
		return fault_set(fault, -EINVAL,
				 "the journal has fields of its own, and no format");
	if (log->layer)
		(void)snprintf(ret->layer, sizeof(ret->layer), "%s", log->layer);
	return 0;
}

int mpol_server_log(struct mpol_server *server, const struct mpol_log *log, struct mpol_error *err)
{
	struct fault fault = {.line = 0};
	struct watch watch;
	int r;

	r = lib_log_open(log, &watch, &fault);
	if (r == 0)
		r = supervisor_watch(server->supervisor, &watch);
	return lib_error(r, &fault, err);
}

int mpol_layer_start(const struct mpol_plan *plan, const struct mpol_log *log,
		     struct mpol_error *err)
{
	struct fault fault = {.line = 0};
	struct layer_policy policy;
	struct ticket ticket;
	struct watch watch;
	int fd, r = 0;

	if (!plan->plan.covered || plan->launch || !plan->live)
		return -EOPNOTSUPP;
	live_policy(&plan->plan, plan->audit, &policy);
	if (log)
		r = lib_log_open(log, &watch, &fault);
	if (r == 0) {
		r = live_create(&policy, log ? &watch : NULL, &ticket);
		if (r < 0)
			fault_set(&fault, r, "%s", mpol_strerror(r));
	}
	if (r < 0)
		return lib_error(r, &fault, err);
	fd = ticket_create(&ticket);
	if (fd < 0)
		(void)live_remove(&ticket);
	return fd;
}

struct mpol_held {
	struct layer_held held;
};

int mpol_layer_hold(const struct mpol_plan *plan, struct mpol_held **ret)
{
	struct mpol_held *held;
	struct layer_policy policy;
	struct layer_keys keys;
	struct ticket ticket;
	int r;

	if (!plan->plan.covered || plan->launch || !plan->live)
		return -EOPNOTSUPP;
	live_policy(&plan->plan, plan->audit, &policy);
	if (!policy.deciders)
		return plan->plan.held[MECH_NOTIFY] ? -EOPNOTSUPP : -ENODATA;
	if (!live_by_resident_alone(&policy))
		return -EOPNOTSUPP;
	held = malloc(sizeof(*held));
	if (!held)
		return -ENOMEM;
	r = layer_keys_make(&keys);
	if (r == 0)
		r = layer_held_make(&policy, &keys, &held->held);
	if (r < 0) {
		free(held);
		return r;
	}
	r = live_ticket_of_resident(&policy, &keys, &ticket);
	if (r == 0)
		r = ticket_create(&ticket);
	if (r < 0)
		mpol_held_free(held);
	else
		*ret = held;
	return r;
}

struct mpol_held *mpol_held_free(struct mpol_held *held)
{
	if (held)
		layer_held_done(&held->held);
	free(held);
	return NULL;
}

int mpol_layer_hand_out(int layer, int fd)
{
	struct ticket ticket;
	int r = ticket_read(layer, &ticket);

	return r < 0 ? r : live_hand_out(fd, &ticket);
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
