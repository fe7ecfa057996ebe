/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/load.h"

static int load_source(const struct option_source *source, struct profile_set *set,
		       struct fault *fault)
{
	struct profile *deny = NULL;
	int r;

	if (source->kind == SOURCE_PROFILE)
		return profile_load(source->text, set, fault);
	r = profile_from_deny(source->text, &deny, fault);
	if (r < 0)
		return r;
	if (set->n == PROFILE_SET_MAX) {
		profile_free(deny);
		return fault_set(fault, -E2BIG, "more than %d profiles", PROFILE_SET_MAX);
	}
	set->profiles[set->n++] = deny;
	return 0;
}

int front_policy(const struct option_source *sources, size_t n, struct policy **ret,
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
 * What to find out for @policy. A launch that tells nobody about its plan leaves out the mounts and the
 * cpuset where every profile that restricts them would rather lose them than not start: looking
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
	};
	struct option_source of_environment = {.kind = SOURCE_PROFILE};
	const struct option_source *sources = options->sources;
	size_t n = options->n_sources;
	int r;

	if (!n) {
		if (!profile_is_privileged())
			of_environment.text = getenv("MPOLRUN_PROFILE");
		if (!of_environment.text || !*of_environment.text) {
			fault_hint(fault,
				   "say -p nobind, or set MPOLRUN_PROFILE; mpolrun profile list "
				   "shows what there is");
			return fault_set(fault, -EINVAL, "no profile");
		}
		sources = &of_environment;
		n = 1;
	}
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

void front_done(struct front *front)
{
	policy_free(front->policy);
	front->policy = NULL;
}
