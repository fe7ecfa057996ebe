/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profiles that are there, and what policies are made of them: for readers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "lib.h"
#include "policy/call.h"

static void add_if_said(struct json_object *object, const char *key, const char *text)
{
	if (text && text[0])
		json_add_text(object, key, text);
}

static struct json_object *fault_json(const struct fault *fault)
{
	struct json_object *object = json_object_new_object();

	add_if_said(object, "file", fault->file);
	if (fault->line)
		json_add_number(object, "line", fault->line);
	if (fault->column)
		json_add_number(object, "column", fault->column);
	add_if_said(object, "what", fault->what);
	add_if_said(object, "hint", fault->hint);
	return object;
}

static bool hides_builtin(const struct profile_entry *entry)
{
	size_t i;

	for (i = 0; i < n_profile_builtins; i++)
		if (strcmp(profile_builtins[i].name, entry->name) == 0)
			return strncmp(entry->from, "builtin:", 8) != 0;
	return false;
}

static struct json_object *entry_json(const struct profile_entry *entry)
{
	_cleanup_(profile_set_done) struct profile_set set = {.n = 0};
	struct json_object *object = json_object_new_object();
	struct fault fault = {.line = 0};
	bool valid = profile_load(entry->from, &set, &fault) == 0;
	char *description = valid ? set.profiles[0]->description : NULL;

	if (description)
		description[strcspn(description, "\n")] = '\0';
	json_add_text(object, "name", entry->name);
	json_add_text(object, "from", entry->from);
	add_if_said(object, "description", description);
	json_object_object_add(object, "hides-builtin",
			       json_object_new_boolean(hides_builtin(entry)));
	if (!valid)
		json_object_object_add(object, "fault", fault_json(&fault));
	return object;
}

int mpol_profile_list(char **ret_json)
{
	struct json_object *object, *array;
	struct profile_entry *entries;
	size_t i, n;
	int r;

	r = profile_list(&entries, &n);
	if (r < 0)
		return r;
	object = json_object_new_object();
	array = json_object_new_array();
	json_add_number(object, "version", 1);
	json_object_object_add(object, "profiles", array);
	for (i = 0; i < n; i++)
		json_object_array_add(array, entry_json(&entries[i]));
	profile_list_free(entries, n);
	return json_write(object, ret_json);
}

int mpol_profile_text(const char *name_or_path, char **ret, size_t *ret_len, char **ret_from,
		      struct mpol_error *err)
{
	struct fault fault = {.line = 0};

	return lib_error(profile_text(name_or_path, ret, ret_len, ret_from, &fault), &fault, err);
}

int mpol_policy_test(const struct mpol_policy *policy, const char *text, struct mpol_answer *ret,
		     struct mpol_error *err)
{
	const struct policy *compiled = policy->policy;
	struct fault fault = {.line = 0};
	struct call call;
	int r;

	r = call_parse(text, &call, &fault);
	if (r < 0)
		return lib_error(r, &fault, err);
	lib_answer(compiled, call_decide(&call, &compiled->rules), ret);
	ret->needs_nodes = call.call.act == MPOL_ACT_SET && !call.nodes_said &&
			   compiled->rules.answer[MPOL_RULE_NODES] != 0;
	return 0;
}

static struct json_object *rules_json(const struct policy *policy)
{
	struct json_object *rules = json_object_new_object(), *row;
	char name[64], answer[32], nodes[192];
	__u32 rule;

	for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
		row = json_object_new_object();
		json_add_text(row, "answer",
			      answer_text(policy->rules.answer[rule], answer, sizeof(answer)));
		if (rule == MPOL_RULE_NODES && policy->rules.answer[rule]) {
			text_from_bitmap(policy->rules.nodes_refused, MPOL_NODES_WORDS, nodes,
					 sizeof(nodes));
			json_add_text(row, "nodes", nodes);
		}
		if (policy->source[rule].profile) {
			json_add_text(row, "profile", policy->source[rule].profile);
			json_add_number(row, "line", policy->source[rule].line);
		}
		json_object_object_add(rules, rule_name(rule, name, sizeof(name)), row);
	}
	return rules;
}

static struct json_object *groups_json(uint32_t groups)
{
	struct json_object *array = json_object_new_array();
	uint32_t group;

	for (group = 0; group < GROUP_COUNT; group++)
		if (groups & GROUP_BIT(group))
			json_object_array_add(array, json_text(keywords[group].name));
	return array;
}

int mpol_policy_json(const struct mpol_policy *policy, char **ret_json)
{
	const struct policy *compiled = policy->policy;
	struct json_object *object = json_object_new_object(), *start;
	char text[512];

	if (!object)
		return -ENOMEM;
	json_add_number(object, "version", 1);
	json_add_text(object, "title", policy_title(compiled, text, sizeof(text)));
	json_object_object_add(object, "rules", rules_json(compiled));
	json_object_object_add(object, "restricted", groups_json(compiled->restricted));
	json_object_object_add(object, "best-effort",
			       groups_json(compiled->restricted & ~compiled->must));
	start = json_object_new_object();
	json_add_text(start, "inherited", inherited_name(compiled->inherited));
	json_add_text(start, "policy", start_policy_text(&compiled->start, text, sizeof(text)));
	json_object_object_add(object, "start", start);
	return json_write(object, ret_json);
}
