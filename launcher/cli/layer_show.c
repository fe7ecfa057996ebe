/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_show.h"

#include <stdio.h>

#include "answer.h"
#include "host/host.h"
#include "profile/keywords.h"
#include "resident_abi.h"

static void add_number(struct json_object *object, const char *key, __u64 value)
{
	json_object_object_add(object, key, json_object_new_int64((int64_t)value));
}

static bool holds(const struct ticket *ticket, const struct layer_state *state,
		  enum mechanism mechanism)
{
	switch (mechanism) {
	case MECH_LSM:
		return state->policy.deciders & RESIDENT_LSM;
	case MECH_FMOD_RET:
		return state->policy.deciders & RESIDENT_SKIPPABLE;
	case MECH_KPROBE:
		return state->policy.deciders & RESIDENT_KPROBE;
	case MECH_NOTIFY:
		return ticket->kind == TICKET_NOTIFY;
	case MECH_SECCOMP:
	case MECH_LAUNCHER:
	case MECH_COUNT:
		break;
	}
	return false;
}

const char *layer_mechanisms(const struct ticket *ticket, const struct layer_state *state,
			     char *buf, size_t size)
{
	enum mechanism mechanism;
	size_t length = 0;

	buf[0] = '\0';
	for (mechanism = 0; mechanism < MECH_COUNT; mechanism++)
		if (holds(ticket, state, mechanism) && length < size)
			length += (size_t)snprintf(buf + length, size - length, "%s%s",
						   length ? " " : "",
						   mechanism_names[mechanism].name);
	return buf;
}

/* What only a supervisor counts. */
static void add_calls(struct json_object *object, const struct layer_state *state)
{
	add_number(object, "launches", state->launches);
	add_number(object, "allowed", state->allowed);
	add_number(object, "ignored", state->ignored);
	add_number(object, "killed", state->killed);
	add_number(object, "events-lost", state->lost);
}

static bool counted(const struct ticket *ticket, const struct layer_state *state, __u32 rule)
{
	return holds(ticket, state, MECH_NOTIFY) &&
	       !(state->policy.by_resident & GROUP_BIT(group_of_rule(rule)));
}

/* A rule that is there for the sake of another, or at a launch alone, is shown like any other. */
struct json_object *layer_json(const struct ticket *ticket, const struct layer_state *state)
{
	struct json_object *object = json_object_new_object(), *rules = json_object_new_object();
	struct json_object *mechanisms = json_object_new_array();
	char name[40], answer[24];
	enum mechanism mechanism;
	__u32 rule;

	for (mechanism = 0; mechanism < MECH_COUNT; mechanism++)
		if (holds(ticket, state, mechanism))
			json_object_array_add(mechanisms, json_object_new_string(
								  mechanism_names[mechanism].name));
	json_object_object_add(object, "mechanisms", mechanisms);
	json_object_object_add(object, "profile", answer_string(state->policy.title));
	add_number(object, "generation", state->generation);
	json_object_object_add(
		object, "audit",
		json_object_new_boolean(state->policy.rules.flags & MPOL_RULES_AUDIT));
	json_object_object_add(object, "persistent", json_object_new_boolean(state->persistent));
	if (holds(ticket, state, MECH_NOTIFY))
		add_calls(object, state);
	if (state->policy.deciders)
		add_number(object, "members", state->members);
	add_number(object, "audited", state->audited);
	add_number(object, "refused", state->refused);
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
		if (counted(ticket, state, rule))
			add_number(row, "calls", state->refused_by[rule]);
		json_object_object_add(rules, rule_name(rule, name, sizeof(name)), row);
	}
	return object;
}

void layer_print_calls(const struct ticket *ticket, const struct layer_state *state)
{
	char name[40], answer[24];
	__u32 rule;

	if (holds(ticket, state, MECH_NOTIFY))
		printf("allowed %llu  audited %llu  ignored %llu  refused %llu  killed %llu  "
		       "events lost %llu\n",
		       (unsigned long long)state->allowed, (unsigned long long)state->audited,
		       (unsigned long long)state->ignored, (unsigned long long)state->refused,
		       (unsigned long long)state->killed, (unsigned long long)state->lost);
	else
		printf("audited %llu  refused %llu\n", (unsigned long long)state->audited,
		       (unsigned long long)state->refused);
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
		if (!state->policy.rules.answer[rule])
			continue;
		printf("  %-28s %-8s", rule_name(rule, name, sizeof(name)),
		       answer_text(state->policy.rules.answer[rule], answer, sizeof(answer)));
		if (counted(ticket, state, rule))
			printf(" %llu calls", (unsigned long long)state->refused_by[rule]);
		printf("\n");
	}
}
