/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "layer_sources.h"
#include "resident_abi.h"

void layer_policy_from(const struct policy *policy, struct layer_policy *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->rules = policy->rules;
	ret->rules.version = MPOL_RULES_VERSION;
	ret->must = policy->must;
	ret->inherited = policy->inherited;
	if (policy->start.set) {
		ret->start_set = 1;
		ret->start_mode = policy->start.mode;
		memcpy(ret->start_nodes, policy->start.nodes, sizeof(ret->start_nodes));
	}
	policy_title(policy, ret->title, sizeof(ret->title));
	text_make_printable(ret->title);
	layer_sources_from(policy, ret->title, &ret->sources);
}

__u32 layer_policy_restricted(const struct mpol_rules *rules)
{
	__u32 rule, restricted = 0;

	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		if (rules->answer[rule])
			restricted |= GROUP_BIT(group_of_rule(rule));
	return restricted;
}

static void keep_groups(const struct mpol_rules *rules, __u32 groups, struct mpol_rules *ret)
{
	__u32 rule;

	*ret = *rules;
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		if (!(groups & GROUP_BIT(group_of_rule(rule))))
			ret->answer[rule] = MPOL_ANSWER(MPOL_ALLOW, 0);
	if (!(groups & GROUP_BIT(GROUP_NODES)))
		memset(ret->nodes_refused, 0, sizeof(ret->nodes_refused));
}

void layer_policy_of_resident(const struct layer_policy *policy, struct mpol_rules *ret)
{
	__u32 groups = policy->by_resident;

	if (groups & GROUP_BIT(GROUP_FILES))
		groups |= GROUPS_OF_SETTING;
	keep_groups(&policy->rules, groups, ret);
	ret->generation = 0;
}

void layer_policy_of_others(const struct layer_policy *policy, struct mpol_rules *ret)
{
	keep_groups(&policy->rules, ~policy->by_resident, ret);
}

static bool answer_is_valid(__u32 rule, __u16 answer)
{
	__u32 kind = MPOL_ANSWER_KIND(answer), err = MPOL_ANSWER_ERR(answer);

	if (rule >= MPOL_RULE_COUNT)
		return !answer;
	if (kind > MPOL_KILL || (kind == MPOL_ERRNO) != (err != 0))
		return false;
	return kind != MPOL_IGNORE || keywords[group_of_rule(rule)].may_ignore;
}

static bool is_zero(const __u64 *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (words[i])
			return false;
	return true;
}

static bool title_is_valid(const char *title)
{
	char copy[LAYER_TITLE_MAX];

	if (!memchr(title, '\0', LAYER_TITLE_MAX))
		return false;
	strcpy(copy, title);
	text_make_printable(copy);
	return strcmp(copy, title) == 0;
}

int layer_policy_check(const struct layer_policy *policy)
{
	const struct mpol_rules *rules = &policy->rules;
	__u32 rule;

	if (rules->version != MPOL_RULES_VERSION || (rules->flags & ~MPOL_RULES_AUDIT))
		return -EINVAL;
	for (rule = 0; rule < MPOL_RULES_ROOM; rule++)
		if (!answer_is_valid(rule, rules->answer[rule]))
			return -EINVAL;
	if (!rules->answer[MPOL_RULE_NODES] != is_zero(rules->nodes_refused, MPOL_NODES_WORDS))
		return -EINVAL;
	if (policy->must & ~layer_policy_restricted(rules))
		return -EINVAL;
	if (policy->by_resident & ~layer_policy_restricted(rules) ||
	    policy->deciders & ~(__u32)RESIDENT_PROGRAMS ||
	    (policy->by_resident && !policy->deciders))
		return -EINVAL;
	if (policy->inherited <= START_UNSAID || policy->inherited > START_REFUSE)
		return -EINVAL;
	if (policy->start_set > 1 ||
	    (policy->start_mode & ~MPOL_ABI_MODE_FLAGS) >= MPOL_ABI_MODES ||
	    (!policy->start_set &&
	     (policy->start_mode || !is_zero(policy->start_nodes, MPOL_NODES_WORDS))))
		return -EINVAL;
	if (!title_is_valid(policy->title))
		return -EINVAL;
	return layer_sources_check(&policy->sources, policy->title);
}

int layer_policy_to(const struct layer_policy *policy, struct policy **ret)
{
	_cleanup_(cleanup_policy) struct policy *made = calloc(1, sizeof(*made));
	__u32 rule;

	if (!made)
		return -ENOMEM;
	made->rules = policy->rules;
	made->restricted = layer_policy_restricted(&policy->rules);
	made->must = policy->must;
	made->inherited = (enum start_inherited)policy->inherited;
	made->start.set = policy->start_set;
	made->start.mode = policy->start_mode;
	memcpy(made->start.nodes, policy->start_nodes, sizeof(made->start.nodes));
	made->names = calloc(1, sizeof(*made->names));
	if (!made->names)
		return -ENOMEM;
	made->names[0] = strdup(policy->title);
	if (!made->names[0])
		return -ENOMEM;
	made->n_names = 1;
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
		const struct layer_source *source = &policy->sources.rule[rule];

		if (!made->rules.answer[rule])
			continue;
		made->source[rule].profile = made->names[0];
		if (source->length == strlen(policy->title))
			made->source[rule].line = source->line;
	}
	made->inherited_source.profile = made->names[0];
	made->start_source.profile = made->names[0];
	*ret = TAKE_PTR(made);
	return 0;
}
