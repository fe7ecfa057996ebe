/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_show.h"

#include <stdio.h>

#include "answer.h"
#include "profile/keywords.h"

static void add_number(struct json_object *object, const char *key, __u64 value)
{
	json_object_object_add(object, key, json_object_new_int64((int64_t)value));
}

struct json_object *layer_json(const struct layer_state *state)
{
	struct json_object *object = json_object_new_object(), *rules = json_object_new_object();
	char name[40], answer[24];
	__u32 rule;

	json_object_object_add(object, "mechanism", json_object_new_string("notify"));
	json_object_object_add(object, "profile", answer_string(state->policy.title));
	add_number(object, "generation", state->generation);
	json_object_object_add(
		object, "audit",
		json_object_new_boolean(state->policy.rules.flags & MPOL_RULES_AUDIT));
	json_object_object_add(object, "persistent", json_object_new_boolean(state->persistent));
	add_number(object, "launches", state->launches);
	add_number(object, "allowed", state->allowed);
	add_number(object, "audited", state->audited);
	add_number(object, "ignored", state->ignored);
	add_number(object, "refused", state->refused);
	add_number(object, "killed", state->killed);
	json_object_object_add(object, "rules", rules);
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
		struct json_object *row;

		if (!state->policy.rules.answer[rule])
			continue;
		row = json_object_new_object();
		json_object_object_add(
			row, "answer",
			json_object_new_string(answer_text(state->policy.rules.answer[rule], answer,
							   sizeof(answer))));
		add_number(row, "calls", state->refused_by[rule]);
		json_object_object_add(rules, rule_name(rule, name, sizeof(name)), row);
	}
	return object;
}

void layer_print_calls(const struct layer_state *state)
{
	char name[40], answer[24];
	__u32 rule;

	printf("allowed %llu  audited %llu  ignored %llu  refused %llu  killed %llu\n",
	       (unsigned long long)state->allowed, (unsigned long long)state->audited,
	       (unsigned long long)state->ignored, (unsigned long long)state->refused,
	       (unsigned long long)state->killed);
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		if (state->policy.rules.answer[rule])
			printf("  %-28s %-8s %llu calls\n", rule_name(rule, name, sizeof(name)),
			       answer_text(state->policy.rules.answer[rule], answer,
					   sizeof(answer)),
			       (unsigned long long)state->refused_by[rule]);
}
