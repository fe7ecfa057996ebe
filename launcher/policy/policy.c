/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static unsigned int kind_of(const struct mpol_rules *rules, uint32_t rule)
{
	return MPOL_ANSWER_KIND(rules->answer[rule]);
}

static bool profile_refuses(const struct profile *profile, uint32_t first, uint32_t n)
{
	uint32_t rule;

	for (rule = first; rule < first + n; rule++)
		if (MPOL_ANSWER_KIND(profile->rule[rule].answer) > MPOL_AUDIT)
			return true;
	return false;
}

/*
 * What the profile does with a policy that is already there. Unsaid, a profile that refuses some
 * policies must not let one of them in through the back door, and one that refuses none has no
 * reason to touch it.
 */
static enum start_inherited inherited_of(const struct profile *profile)
{
	if (profile->inherited != START_UNSAID)
		return profile->inherited;
	if (profile_refuses(profile, MPOL_RULE_MODE, MPOL_ABI_MODES) ||
	    profile_refuses(profile, MPOL_RULE_MODE_FLAG, 3) ||
	    profile_refuses(profile, MPOL_RULE_NODES, 1))
		return START_RESET;
	return START_KEEP;
}

static int check_profile(const struct profile *profile, struct fault *fault)
{
	const struct setting *many = &profile->rule[MPOL_RULE_MODE + MPOL_ABI_MODE_PREFERRED_MANY];
	const struct setting *none = &profile->rule[MPOL_RULE_MODE + MPOL_ABI_MODE_DEFAULT];

	if (profile->inherited == START_KEEP &&
	    profile_refuses(profile, MPOL_RULE_MODE, MPOL_ABI_MODES)) {
		fault_place(fault, profile->name, profile->inherited_place.line,
			    profile->inherited_place.column);
		fault_hint(fault,
			   "libnuma's start-up probe replaces a kept policy and could not put it "
			   "back; say 'reset' or 'refuse'");
		return fault_set(fault, -EINVAL,
				 "'inherited: keep' cannot work where a mode is refused");
	}
	if (MPOL_ANSWER_KIND(many->answer) <= MPOL_AUDIT &&
	    MPOL_ANSWER_KIND(none->answer) > MPOL_AUDIT) {
		fault_place(fault, profile->name, none->place.line, none->place.column);
		fault_hint(fault,
			   "libnuma's start-up probe sets preferred-many and then goes back to "
			   "default; refuse both or allow both");
		return fault_set(fault, -EINVAL,
				 "mode 'default' is refused while 'preferred-many' is allowed");
	}
	return 0;
}

static int add_start(struct policy *policy, const struct profile *profile, const char *name,
		     struct fault *fault)
{
	enum start_inherited inherited = inherited_of(profile);

	if (inherited > policy->inherited) {
		policy->inherited = inherited;
		policy->inherited_source =
			(struct origin){.profile = name, .line = profile->inherited_place.line};
	}
	if (!profile->start.set)
		return 0;
	if (policy->start.set && !start_policy_equal(&policy->start, &profile->start)) {
		char here[64], there[64];

		fault_place(fault, profile->name, profile->start.place.line,
			    profile->start.place.column);
		return fault_set(fault, -EINVAL, "start policy '%s' differs from '%s' of %s",
				 start_policy_text(&profile->start, here, sizeof(here)),
				 start_policy_text(&policy->start, there, sizeof(there)),
				 policy->start_source.profile);
	}
	if (!policy->start.set) {
		policy->start = profile->start;
		policy->start_source =
			(struct origin){.profile = name, .line = profile->start.place.line};
	}
	return 0;
}

static void add_rules(struct policy *policy, const struct profile *profile, const char *name)
{
	uint32_t restricted = 0, rule;
	size_t i;

	for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
		const struct setting *setting = &profile->rule[rule];

		if (MPOL_ANSWER_KIND(setting->answer) == MPOL_ALLOW)
			continue;
		restricted |= GROUP_BIT(group_of_rule(rule));
		if (MPOL_ANSWER_KIND(setting->answer) <= kind_of(&policy->rules, rule))
			continue;
		policy->rules.answer[rule] = setting->answer;
		policy->source[rule] =
			(struct origin){.profile = name, .line = setting->place.line};
	}
	if (MPOL_ANSWER_KIND(profile->rule[MPOL_RULE_NODES].answer) != MPOL_ALLOW)
		for (i = 0; i < MPOL_NODES_WORDS; i++)
			policy->rules.nodes_refused[i] |= profile->nodes_refused[i];
	policy->restricted |= restricted;
	policy->must |= restricted & ~profile->best_effort;
}

/*
 * What nobody has a name for yet. A mode or flag that a later kernel adds must not slip through a
 * policy that restricts its kind; EINVAL is what every kernel says that does not know it. Where all
 * known ones get one and the same answer (nonuma) the unknown ones get it too.
 */
static void answer_unknown(struct policy *policy, uint32_t first, uint32_t n, uint32_t unknown)
{
	uint32_t strictest = first, rule;
	bool same = true;

	for (rule = first; rule < first + n; rule++) {
		if (kind_of(&policy->rules, rule) > kind_of(&policy->rules, strictest))
			strictest = rule;
		if (policy->rules.answer[rule] != policy->rules.answer[first])
			same = false;
	}
	if (kind_of(&policy->rules, strictest) == MPOL_ALLOW)
		return;
	policy->source[unknown] = policy->source[strictest];
	if (same || kind_of(&policy->rules, strictest) == MPOL_AUDIT)
		policy->rules.answer[unknown] = policy->rules.answer[strictest];
	else
		policy->rules.answer[unknown] = MPOL_ANSWER(MPOL_ERRNO, EINVAL);
}

/*
 * The home node is looked for before the nodes of the policy itself and need not be one of them, so
 * whoever may not use all nodes may not choose it: the call goes by its number, which every
 * mechanism can see, and not by its node.
 */
static void answer_home_node(struct policy *policy)
{
	const uint32_t nodes = MPOL_RULE_NODES, home = MPOL_RULE_HOME_NODE;

	if (kind_of(&policy->rules, nodes) <= kind_of(&policy->rules, home))
		return;
	policy->rules.answer[home] = policy->rules.answer[nodes];
	policy->source[home] = policy->source[nodes];
	policy->restricted |= GROUP_BIT(GROUP_HOME_NODE);
	if (policy->must & GROUP_BIT(GROUP_NODES))
		policy->must |= GROUP_BIT(GROUP_HOME_NODE);
}

static uint32_t verdict_of_start(const struct policy *policy, const struct start_policy *start)
{
	struct mpol_call call = {.act = MPOL_ACT_SET, .mode = start->mode};
	struct start_policy all;

	memset(all.nodes, 0xff, sizeof(all.nodes));
	call.nodes = mpol_see_nodes(&policy->rules,
				    start_policy_means_all_nodes(start) ? all.nodes : start->nodes);
	return mpol_verdict(&policy->rules, &call);
}

bool policy_refuses_start(const struct policy *policy, const struct start_policy *found)
{
	return MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(verdict_of_start(policy, found))) > MPOL_AUDIT;
}

static int check_start(const struct policy *policy, struct fault *fault)
{
	char text[64], name[48];

	if (!policy->start.set || !policy_refuses_start(policy, &policy->start))
		return 0;
	fault_place(fault, policy->start_source.profile, policy->start.place.line,
		    policy->start.place.column);
	return fault_set(fault, -EINVAL, "start policy '%s' is one that the profile refuses (%s)",
			 start_policy_text(&policy->start, text, sizeof(text)),
			 rule_name(MPOL_VERDICT_RULE(verdict_of_start(policy, &policy->start)),
				   name, sizeof(name)));
}

int policy_build(struct profile *const *profiles, size_t n, struct policy **ret,
		 struct fault *fault)
{
	_cleanup_(cleanup_policy) struct policy *policy = calloc(1, sizeof(*policy));
	char *name;
	size_t i;
	int r;

	if (!policy)
		return -ENOMEM;
	policy->rules.version = MPOL_RULES_VERSION;
	policy->names = calloc(n + 1, sizeof(*policy->names));
	if (!policy->names)
		return -ENOMEM;

	for (i = 0; i < n; i++) {
		r = check_profile(profiles[i], fault);
		if (r < 0)
			return r;
		name = strdup(profiles[i]->name);
		if (!name)
			return -ENOMEM;
		policy->names[policy->n_names++] = name;
		add_rules(policy, profiles[i], name);
		r = add_start(policy, profiles[i], policy->names[i], fault);
		if (r < 0)
			return r;
	}
	if (policy->inherited == START_UNSAID)
		policy->inherited = START_KEEP;
	answer_unknown(policy, MPOL_RULE_MODE, MPOL_ABI_MODES, MPOL_RULE_MODE_UNKNOWN);
	answer_unknown(policy, MPOL_RULE_MBIND_FLAG, MPOL_ABI_MF_BITS,
		       MPOL_RULE_MBIND_FLAG_UNKNOWN);
	answer_home_node(policy);
	r = check_start(policy, fault);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(policy);
	return 0;
}

void policy_free(struct policy *policy)
{
	size_t i;

	if (!policy)
		return;
	for (i = 0; i < policy->n_names; i++)
		free(policy->names[i]);
	free(policy->names);
	free(policy);
}

const char *policy_title(const struct policy *policy, char *buf, size_t size)
{
	size_t length = 0, i;

	buf[0] = '\0';
	for (i = 0; i < policy->n_names && length < size; i++) {
		int n = snprintf(buf + length, size - length, "%s%s", i ? " + " : "",
				 policy->names[i]);

		if (n > 0)
			length += (size_t)n;
	}
	return buf;
}

void policy_rules_of(const struct policy *policy, uint32_t groups, struct mpol_rules *ret)
{
	uint32_t rule;

	*ret = policy->rules;
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		if (!(groups & GROUP_BIT(group_of_rule(rule))))
			ret->answer[rule] = MPOL_ANSWER(MPOL_ALLOW, 0);
	if (!(groups & GROUP_BIT(GROUP_NODES)))
		memset(ret->nodes_refused, 0, sizeof(ret->nodes_refused));
}
