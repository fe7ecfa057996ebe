/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front_launch.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "front.h"
#include "layer/client.h"
#include "layer/names.h"
#include "profile/load.h"

static int load_source(const struct option_source *source, struct profile_set *set,
		       struct fault *fault)
{
	if (source->kind == SOURCE_PROFILE)
		return profile_load(source->text, set, fault);
	return profile_load_deny(source->text, set, fault);
}

static int front_policy(const struct option_source *sources, size_t n, struct policy **ret,
			struct fault *fault)
{
	_cleanup_(profile_set_done) struct profile_set set = {.n = 0};
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		r = load_source(&sources[i], &set, fault);
		if (r < 0)
			return r;
	}
	return policy_build(set.profiles, set.n, ret, fault);
}

/*
 * What to find out for @policy. A launch that tells nobody about its plan leaves out the mounts and
 * the cpuset where every profile that restricts them would rather lose them than not start: looking
 * changes nothing then, and costs a tenth of the launch.
 */
static uint32_t front_asks(const struct options *options, uint32_t ask, const struct policy *policy)
{
	bool told = ask || options->dry_run || options->status_fd >= 0 || options->verbosity > 0;

	ask |= plan_asks(policy);
	if (!told && !(policy->must & GROUP_BIT(GROUP_FILES)))
		ask &= ~(uint32_t)ASK_MOUNTS;
	if (!told && !(policy->must & GROUP_BIT(GROUP_CPUSET)))
		ask &= ~(uint32_t)ASK_CPUSET;
	return ask;
}

int front_make(const struct options *options, uint32_t ask, struct front *ret, struct fault *fault)
{
	struct plan_request request = {
		.mechanisms = options->mechanisms,
		.best_effort = options->best_effort,
		.audit = options->audit,
		.watch = options_watch(options),
	};
	struct option_source of_environment;
	const struct option_source *sources;
	size_t n;
	int r;

	if (front_is_live(options)) {
		request.live = true;
		request.mechanisms &= LIVE_BACKENDS;
	}
	/* A live layer needs a listener, and so does who has no other filter to choose. */
	if (request.live || request.watch ||
	    (request.mechanisms & (MECH_BIT(MECH_SECCOMP) | MECH_BIT(MECH_NOTIFY))) ==
		    MECH_BIT(MECH_NOTIFY))
		ask |= ASK_LISTENER;
	r = front_find_sources(options, &of_environment, &sources, &n, fault);
	if (r < 0)
		return r;
	r = front_policy(sources, n, &ret->policy, fault);
	if (r < 0)
		return r;
	host_probe(front_asks(options, ask, ret->policy), &ret->host);
	plan_make(ret->policy, &ret->host, &request, &ret->plan);
	if (!ret->plan.covered && !(ask & ASK_KERNEL)) {
		/* Worth the time now: what the kernel lacks is the sentence that will be read. */
		host_probe(ask | plan_asks(ret->policy) | ASK_KERNEL, &ret->host);
		plan_make(ret->policy, &ret->host, &request, &ret->plan);
	}
	return 0;
}

/* The first rule that is not covered is the sentence; explain has the rest. */
void front_say_not_covered(const struct plan *plan, struct fault *fault)
{
	size_t i, missing = 0;

	for (i = plan->n_rows; i-- > 0;) {
		const struct plan_row *row = &plan->row[i];
		const char *name = keywords[row->group].name;

		if (row->cover > COVER_PART || row->loss != LOSS_NO)
			continue;
		missing++;
		fault_set(fault, -EOPNOTSUPP, "%s cannot be %senforced here: %s", name,
			  row->cover == COVER_PART ? "wholly " : "",
			  row->why[0] ? row->why : row->note);
		fault_hint(fault,
			   "%s%s--best-effort %s to go on without; mpolrun explain shows all",
			   row->fix, row->fix[0] ? ", or " : "", name);
	}
	if (missing > 1) {
		char what[sizeof(fault->what)];

		snprintf(what, sizeof(what), "%s", fault->what);
		fault_set(fault, -EOPNOTSUPP, "%.200s, and %zu more", what, missing - 1);
	}
}

int front_ticket(const char *layer, enum ticket_right right, struct ticket *ret,
		 struct fault *fault)
{
	struct ticket ticket;
	uint32_t fd;
	int r;

	if (strncmp(layer, "fd:", 3) != 0)
		return layer_name_open(layer, right, ret, fault);
	if (text_to_u32(layer + 3, INT32_MAX, &fd) < 0)
		return fault_set(fault, -EINVAL, "'%s' is not the number of a file descriptor",
				 layer);
	r = ticket_read((int)fd, &ticket);
	if (r == -EBADMSG || r == -EPERM)
		return fault_set(fault, r, "%s is no ticket of a layer", layer);
	if (r == -ENOTSUP)
		return fault_set(fault, r, "%s is a ticket of a newer release", layer);
	if (r < 0)
		return fault_set(fault, r, "cannot read %s: %s", layer, strerror(-r));
	if (!(ticket.rights & right))
		return fault_set(fault, -EACCES, "the ticket %s does not have the right to %s",
				 layer,
				 right == TICKET_MODIFY ? "change the layer"
							: "run programs under the layer");
	*ret = ticket;
	return 0;
}

int front_join(const struct options *options, struct front *ret, struct fault *fault)
{
	struct plan_request request = {.live = true};
	struct layer_state state;
	int r;

	if (options->n_sources || options->audit)
		return fault_set(fault, -EINVAL,
				 "the policy is that of layer '%s'; -p, --deny and --audit go with "
				 "new layers only",
				 options->layer);
	r = front_ticket(options->layer, TICKET_INSTALL, &ret->ticket, fault);
	if (r < 0)
		return r;
	ret->joins = true;
	if (ret->ticket.kind == TICKET_SECCOMP) {
		state.policy = ret->ticket.policy;
		request.live = false;
	} else {
		r = layer_query(&ret->ticket, &state);
		if (r < 0)
			return fault_set(fault, r, "cannot go under layer '%s': %s", options->layer,
					 live_error_text(r));
	}
	ret->by_resident = state.policy.deciders;
	request.mechanisms = live_backends(&ret->ticket, &state.policy);
	request.of_layer = true;
	r = layer_policy_to(&state.policy, &ret->policy);
	if (r < 0)
		return r;
	host_probe(front_asks(options, ret->ticket.kind == TICKET_NOTIFY ? ASK_LISTENER : 0,
			      ret->policy),
		   &ret->host);
	plan_make(ret->policy, &ret->host, &request, &ret->plan);
	return 0;
}

int front_live(const struct options *options, struct live_request *ret, struct fault *fault)
{
	struct front_owner owner;
	int r;

	if ((options->mode || options->group) && !options->name && options->command == COMMAND_RUN)
		return fault_set(fault, -EINVAL,
				 "--mode and --group are those of a named layer's "
				 "ticket; there is no --name");
	r = front_owner(options, &owner, fault);
	if (r < 0)
		return r;
	*ret = (struct live_request){
		.name = options->name,
		.mode = owner.mode,
		.group = owner.group,
		.ticket_fd = options->ticket_fd,
		.audit = options->audit,
	};
	return 0;
}

void front_done(struct front *front)
{
	policy_free(front->policy);
	front->policy = NULL;
}
