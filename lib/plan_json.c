/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "lib.h"
#include "rows.h"
#include "run/caps.h"

static const char *const loss_names[] = {
	[LOSS_NO] = "no",
	[LOSS_PROFILE] = "profile",
	[LOSS_CALLER] = "caller",
};

void plan_row_add_cover(struct json_object *object, const struct plan_row *row)
{
	json_add_text(object, "cover", cover_names[row->cover]);
	json_add_text(object, "mechanism",
		      row->cover == COVER_NONE ? NULL : mechanism_names[row->by].name);
	json_add_text(object, "how", row->how);
	json_add_text(object, "note", row->note);
	json_add_text(object, "why", row->why);
	json_add_text(object, "fix", row->fix);
}

static struct json_object *row_json(const struct row *row)
{
	struct json_object *object = json_object_new_object();
	const struct plan_row *plan = row->plan;
	char answer[24];

	json_add_text(object, "rule", keywords[plan->group].name);
	json_add_text(object, "words", row->words);
	json_add_text(object, "answer", answer_text(row->answer, answer, sizeof(answer)));
	json_add_text(object, "profile", row->source->profile);
	json_add_number(object, "line", row->source->line);
	plan_row_add_cover(object, plan);
	json_add_text(object, "loss", loss_names[plan->loss]);
	return object;
}

static struct json_object *rules_json(const struct plan *plan)
{
	struct json_object *array = json_object_new_array();
	struct row rows[MPOL_RULE_COUNT];
	size_t n = rows_of_plan(plan, rows), i;

	for (i = 0; i < n; i++)
		json_object_array_add(array, row_json(&rows[i]));
	return array;
}

static struct json_object *profiles_json(const struct policy *policy)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < policy->n_names; i++)
		json_object_array_add(array, json_text(policy->names[i]));
	return array;
}

/* The rules of @plan that are @chosen. */
static struct json_object *groups_json(const struct plan *plan,
				       bool (*chosen)(const struct plan_row *))
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < plan->n_rows; i++)
		if (chosen(&plan->row[i]))
			json_object_array_add(array, json_text(keywords[plan->row[i].group].name));
	return array;
}

static bool is_any(const struct plan_row *row)
{
	(void)row;
	return true;
}

static bool is_missing(const struct plan_row *row)
{
	return row->cover <= COVER_PART && row->loss == LOSS_NO;
}

static bool is_lost(const struct plan_row *row)
{
	return row->loss != LOSS_NO;
}

static struct json_object *start_json(const struct policy *policy, const struct host *host)
{
	struct json_object *object = json_object_new_object();
	char text[96];

	json_add_text(object, "inherited", inherited_name(policy->inherited));
	json_add_text(object, "carried",
		      host->carries ? start_policy_text(&host->carried, text, sizeof(text)) : NULL);
	json_add_text(object, "policy",
		      policy->start.set ? start_policy_text(&policy->start, text, sizeof(text))
					: NULL);
	return object;
}

/* What each mechanism holds, as lists of rules. */
static struct json_object *held_json(const struct plan *plan)
{
	struct json_object *object = json_object_new_object(), *array;
	enum mechanism mechanism;
	uint32_t group;

	for (mechanism = 0; mechanism < MECH_COUNT; mechanism++) {
		if (!plan->held[mechanism])
			continue;
		array = json_object_new_array();
		for (group = 0; group < GROUP_COUNT; group++)
			if (plan->held[mechanism] & GROUP_BIT(group))
				json_object_array_add(array, json_text(keywords[group].name));
		json_object_object_add(object, mechanism_names[mechanism].name, array);
	}
	return object;
}

/* Said, not claimed: what something above refuses is not our doing. */
static struct json_object *above_json(const struct host *host)
{
	struct json_object *array = json_object_new_array(), *call;
	char answer[24];
	int i;

	for (i = 0; i < MPOL_SYS_COUNT; i++) {
		if (!host->call[i].blocked || host->call[i].absent)
			continue;
		call = json_object_new_object();
		json_add_text(call, "call", host_call_names[i]);
		json_add_text(call, "answer",
			      host_answer_text(host->call[i].blocked, answer, sizeof(answer)));
		json_object_array_add(array, call);
	}
	return array;
}

int plan_json(const struct plan *plan, const struct host *host, bool audit, char **ret)
{
	struct json_object *object = json_object_new_object();
	char title[256];

	if (!object)
		return -ENOMEM;
	json_add_number(object, "version", 1);
	json_object_object_add(object, "covered", json_object_new_boolean(plan->covered));
	json_object_object_add(object, "audit", json_object_new_boolean(audit));
	json_add_text(object, "title", policy_title(plan->policy, title, sizeof(title)));
	json_object_object_add(object, "profiles", profiles_json(plan->policy));
	json_object_object_add(object, "restricted", groups_json(plan, is_any));
	json_object_object_add(object, "not-covered", groups_json(plan, is_missing));
	json_object_object_add(object, "best-effort", groups_json(plan, is_lost));
	json_object_object_add(object, "held", held_json(plan));
	json_object_object_add(object, "rules", rules_json(plan));
	json_object_object_add(object, "start", start_json(plan->policy, host));
	json_object_object_add(object, "above", above_json(host));
	json_object_object_add(
		object, "no-new-privs",
		json_object_new_boolean(plan->n_rows && !caps_spare_nnp(host->capabilities)));
	return json_write(object, ret);
}

int mpol_plan_json(const struct mpol_plan *plan, char **ret_json)
{
	return plan_json(&plan->plan, &plan->host, plan->audit, ret_json);
}
