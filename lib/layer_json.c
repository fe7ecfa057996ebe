/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer as what holds it tells, for readers. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cgroup/place.h"
#include "layer/client.h"
#include "layer/layer_resident.h"
#include "lib.h"
#include "resident/attached.h"

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
		return ticket->kind == TICKET_SECCOMP;
	case MECH_LAUNCHER:
	case MECH_COUNT:
		break;
	}
	return false;
}

uint32_t layer_mechanisms(const struct ticket *ticket, const struct layer_state *state)
{
	enum mechanism mechanism;
	uint32_t mechanisms = 0;

	for (mechanism = 0; mechanism < MECH_COUNT; mechanism++)
		if (holds(ticket, state, mechanism))
			mechanisms |= MECH_BIT(mechanism);
	return mechanisms;
}

static bool is_by_resident(const struct layer_state *state, enum rule_group group)
{
	return state->policy.deciders && (state->policy.by_resident & GROUP_BIT(group));
}

/* Of most calls, which set a policy, the resident knows if it decides them all. */
static bool counts_allowed(const struct ticket *ticket, const struct layer_state *state)
{
	return ticket->kind == TICKET_NOTIFY ? !(state->watch & LAYER_COUNTS_NO_ALLOWED)
					     : is_by_resident(state, GROUP_MODES);
}

/* What only a supervisor counts. */
static void add_calls(struct json_object *object, const struct layer_state *state)
{
	json_add_number(object, "launches", state->launches);
	json_add_number(object, "ignored", (int64_t)state->ignored);
	json_add_number(object, "killed", (int64_t)state->killed);
	json_add_number(object, "events-lost", (int64_t)state->lost);
}

/* A rule that is there for the sake of another, or at a launch alone, is shown like any other. */
static struct json_object *rules_json(const struct ticket *ticket, const struct layer_state *state)
{
	struct json_object *rules = json_object_new_object(), *row;
	char name[40], answer[24];
	__u32 rule;

	for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
		if (!state->policy.rules.answer[rule])
			continue;
		row = json_object_new_object();
		json_add_text(
			row, "answer",
			answer_text(state->policy.rules.answer[rule], answer, sizeof(answer)));
		if (holds(ticket, state, MECH_NOTIFY) || is_by_resident(state, group_of_rule(rule)))
			json_add_number(row, "calls", (int64_t)state->refused_by[rule]);
		json_object_object_add(rules, rule_name(rule, name, sizeof(name)), row);
	}
	return rules;
}

/* A cgroup outside of what is mounted here has no path. */
static int add_cgroup(uint64_t id, void *data)
{
	char path[PATH_MAX];

	if (cgroup_path_of_id(id, path, sizeof(path)) < 0)
		(void)snprintf(path, sizeof(path), "cgroup %llu", (unsigned long long)id);
	json_object_array_add(data, json_text(path));
	return 0;
}

/* Their names only root sees. */
static void add_cgroups(struct json_object *object, const struct ticket *ticket)
{
	struct json_object *array;
	struct resident_key key;
	__u64 n;

	if (ticket->kind != TICKET_RESIDENT || layer_resident_cgroups(ticket, &n) < 0)
		return;
	json_add_number(object, "attached", (int64_t)n);
	if (!n)
		return;
	_Static_assert(sizeof(key) == sizeof(ticket->install), "the keys of a layer");
	memcpy(&key, &ticket->install, sizeof(key));
	array = json_object_new_array();
	if (resident_cgroups(&key, add_cgroup, array) < 0)
		json_object_put(array);
	else
		json_object_object_add(object, "cgroups", array);
}

static struct json_object *mechanisms_json(const struct ticket *ticket,
					   const struct layer_state *state)
{
	struct json_object *array = json_object_new_array();
	enum mechanism mechanism;

	for (mechanism = 0; mechanism < MECH_COUNT; mechanism++)
		if (holds(ticket, state, mechanism))
			json_object_array_add(array, json_text(mechanism_names[mechanism].name));
	return array;
}

int mpol_layer_json(int layer, char **ret_json)
{
	struct json_object *object;
	struct layer_state state;
	struct ticket ticket;
	int r;

	r = ticket_read(layer, &ticket);
	if (r == 0)
		r = layer_query(&ticket, &state);
	if (r < 0)
		return r;
	object = json_object_new_object();
	json_add_number(object, "version", 1);
	json_object_object_add(object, "mechanisms", mechanisms_json(&ticket, &state));
	json_add_text(object, "profile", state.policy.title);
	json_add_number(object, "generation", (int64_t)state.generation);
	json_object_object_add(
		object, "audit",
		json_object_new_boolean(!!(state.policy.rules.flags & MPOL_RULES_AUDIT)));
	json_object_object_add(object, "persistent", json_object_new_boolean(!!state.persistent));
	if (ticket.kind == TICKET_NOTIFY)
		add_calls(object, &state);
	if (state.policy.deciders)
		json_add_number(object, "members", (int64_t)state.members);
	json_object_object_add(object, "counts-allowed",
			       json_object_new_boolean(counts_allowed(&ticket, &state)));
	json_add_number(object, "allowed", (int64_t)state.allowed);
	json_add_number(object, "audited", (int64_t)state.audited);
	json_add_number(object, "refused", (int64_t)state.refused);
	json_object_object_add(object, "rules", rules_json(&ticket, &state));
	if (ticket.kind == TICKET_NOTIFY)
		json_add_number(object, "supervisor", ticket.server.pid);
	add_cgroups(object, &ticket);
	return json_write(object, ret_json);
}
