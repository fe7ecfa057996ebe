/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody above a command, who waits for what comes of it, and learns from it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "enforce/above.h"
#include "events/learn.h"
#include "events/summary.h"
#include "launch.h"
#include "layer/layer_resident.h"
#include "layer/layer_sources.h"

struct learning {
	struct profile *merge; /* NULL: none */
	struct learner learner;
};

struct mpol_outcome {
	struct summary summary;
	struct learning *learning; /* the launch's, until it is ours */
	struct above_end end;
	bool counts; /* allowed calls are counted, by the supervisor or by the resident */
};

struct learning *learning_free(struct learning *learning)
{
	if (learning)
		profile_free(learning->merge);
	free(learning);
	return NULL;
}

/* What a run teaches nothing about, and what the file that takes its place would not say. */
static const char *what_is_not_learned(const struct profile *profile)
{
	static const enum rule_group groups[] = {GROUP_NODES, GROUP_GET_MEMPOLICY, GROUP_FILES,
						 GROUP_CPUSET};
	size_t i;

	for (i = 0; i < ELEMENTSOF(groups); i++)
		if (MPOL_ANSWER_KIND(profile->rule[keywords[groups[i]].slot].answer) > MPOL_AUDIT)
			return keywords[groups[i]].name;
	if (profile->start.set || profile->inherited != START_UNSAID)
		return "start";
	return profile->best_effort ? "best-effort" : NULL;
}

static int read_merged(const char *text, size_t len, const char *name, struct profile **ret,
		       struct fault *fault)
{
	const char *lost;
	int r;

	r = profile_parse(text, len, name, 0, ret, fault);
	if (r < 0)
		return r;
	lost = what_is_not_learned(*ret);
	if ((*ret)->n_extends)
		return fault_set(fault, -EINVAL, "'%s' extends other profiles: it was not learned",
				 name);
	if (lost)
		return fault_set(fault, -EINVAL,
				 "'%s' says '%s', which cannot be learned and would be lost: let a "
				 "profile that extends the learned one say it",
				 name, lost);
	return 0;
}

int mpol_launch_learn(struct mpol_launch *launch, const char *merge, size_t len, const char *name,
		      struct mpol_error *err)
{
	struct fault fault = {.line = 0};
	struct learning *learning;
	int r = 0;

	if (!launch->above || launch->learning)
		return -EINVAL;
	learning = calloc(1, sizeof(*learning));
	if (!learning)
		return -ENOMEM;
	learner_init(&learning->learner);
	if (merge)
		r = read_merged(merge, len, name, &learning->merge, &fault);
	if (r < 0)
		learning_free(learning);
	else
		launch->learning = learning;
	return lib_error(r, &fault, err);
}

/* What became of a call that a rule answers so. */
static enum event_verdict verdict_of(__u16 answer, bool audit)
{
	enum mpol_kind kind = MPOL_ANSWER_KIND(answer);

	if (audit || kind == MPOL_AUDIT)
		return EVENT_AUDITED;
	return kind == MPOL_KILL ? EVENT_KILLED : EVENT_REFUSED;
}

static void seen(void *arg, const struct event *event)
{
	struct mpol_outcome *outcome = arg;

	if (outcome->learning)
		learner_add(&outcome->learning->learner, event);
	summary_add(&outcome->summary, event);
}

/* Of the calls that the resident answered, those that nobody was told of: by rule alone. */
static void add_untold(struct mpol_outcome *outcome, const struct mpol_launch *launch)
{
	const struct above_counts *counts = &outcome->end.resident;
	const struct policy *policy = launch->plan->plan.policy;
	const int probe = launch->launch.enforcement.resident.probe_mode;
	struct layer_policy sources;
	struct event event;
	uint64_t known;
	__u32 rule;

	if (!counts->known)
		return;
	layer_policy_from(policy, &sources);
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
		/* The launch has tried its own layer by a call that must be refused. */
		known = counts->told[rule] + (probe >= 0 && rule == MPOL_RULE_MODE + (__u32)probe);
		if (counts->answered[rule] <= known)
			continue;
		event = (struct event){.rule = rule, .answer = policy->rules.answer[rule]};
		event.verdict = verdict_of(event.answer, launch->request.audit);
		/* The supervisor has told of those. */
		if (event.verdict == EVENT_AUDITED &&
		    launch->watch.counts & GROUP_BIT(group_of_rule(rule)))
			continue;
		event.line = layer_source(&sources, rule, event.profile, sizeof(event.profile));
		summary_add_counted(&outcome->summary, &event, counts->answered[rule] - known);
	}
}

/* Whether all calls that set a policy are seen by somebody who counts them. */
static bool counts_allowed(const struct mpol_launch *launch)
{
	uint32_t by_resident = plan_held_by_resident(&launch->plan->plan) | launch->watch.counts;

	return by_resident & GROUP_BIT(GROUP_MODES) || launch->plan->plan.held[MECH_NOTIFY];
}

/* Keys by which the resident can be asked about its part of the layer, where it has one. */
static int make_keys(const struct mpol_launch *launch, struct live_above *above)
{
	memset(&above->resident, 0, sizeof(above->resident));
	return launch->launch.enforcement.resident.verb ? layer_keys_make(&above->resident) : 0;
}

int mpol_launch_above(struct mpol_launch *launch, struct mpol_outcome **ret, struct mpol_error *err)
{
	struct live_request *live = &launch->request.live;
	struct live_above *above = &launch->supervisor;
	struct fault fault = {.line = 0};
	struct mpol_outcome *outcome;
	struct layer_policy policy;
	int r;

	if (!launch->above || live->above)
		return -EINVAL;
	live_policy_of_launch(live, &launch->plan->plan, &policy);
	if (policy.deciders && (live->name || live->ticket_fd >= 0)) {
		fault_set(&fault, -EOPNOTSUPP,
			  "nobody waits above a layer that can be changed and in which the "
			  "resident has a part");
		return lib_error(-EOPNOTSUPP, &fault, err);
	}
	r = make_keys(launch, above);
	if (r < 0)
		return lib_error(fault_set(&fault, r, "cannot make keys: %s", strerror(-r)), &fault,
				 err);
	outcome = calloc(1, sizeof(*outcome));
	if (!outcome)
		return -ENOMEM;
	summary_init(&outcome->summary);
	outcome->learning = launch->learning;
	outcome->counts = counts_allowed(launch);
	launch->watch.seen = seen;
	launch->watch.arg = outcome;
	if (!outcome->learning)
		launch->watch.memory = &outcome->summary.memory;
	r = above_run(&policy,
		      ticket_key_is_zero(&above->resident.install) ? NULL : &above->resident,
		      &launch->watch, &above->socket, &above->ticket, &outcome->end);
	if (r > 0) {
		add_untold(outcome, launch);
		launch->learning = NULL;
		*ret = outcome;
		return 1;
	}
	/* In the process that becomes the command there is nothing to come of it. */
	free(outcome);
	if (r == 0)
		live->above = above;
	else
		fault_set(&fault, r, "cannot start a supervisor: %s", live_error_text(r));
	return lib_error(r, &fault, err);
}

int mpol_outcome_end(struct mpol_outcome *outcome, struct mpol_end *ret)
{
	struct mpol_end end = {.size = sizeof(end)};
	int r;

	r = lib_size_check(ret, ret->size, sizeof(end));
	if (r < 0)
		return r;
	end.status = outcome->end.status;
	end.pid = outcome->end.pid;
	end.told = summary_total(&outcome->summary);
	end.lost = outcome->end.state.lost;
	end.peak_kib = outcome->end.peak_kib;
	end.size = ret->size;
	memcpy(ret, &end, sizeof(end));
	return 0;
}

/* What @print writes, as a text. */
static int print_to_text(void (*print)(struct mpol_outcome *, const char *, FILE *),
			 struct mpol_outcome *outcome, const char *title, char **ret)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	bool failed;

	if (!file)
		return -ENOMEM;
	print(outcome, title, file);
	failed = ferror(file);
	if (fclose(file) == EOF || failed) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	return 0;
}

static void print_summary(struct mpol_outcome *outcome, const char *title, FILE *file)
{
	const struct above_end *end = &outcome->end;
	uint64_t allowed = end->state.allowed + end->resident.allowed;

	summary_print(file, &outcome->summary, title, end->status,
		      outcome->counts ? &allowed : NULL, end->state.lost, end->peak_kib);
}

int mpol_outcome_text(struct mpol_outcome *outcome, const char *title, char **ret)
{
	return print_to_text(print_summary, outcome, title, ret);
}

static void print_profile(struct mpol_outcome *outcome, const char *title, FILE *file)
{
	(void)title;
	learner_write(file, &outcome->learning->learner, outcome->end.status,
		      outcome->learning->merge);
}

int mpol_outcome_profile(struct mpol_outcome *outcome, char **ret)
{
	return outcome->learning ? print_to_text(print_profile, outcome, NULL, ret) : -EINVAL;
}
