/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* profile test and diff: what a policy answers, and where two answer differently. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "base/json.h"
#include "front.h"
#include "profile_cmd.h"
#include "read.h"
#include "run_cmd.h"

static int load(const char *what, struct mpol_policy **ret, struct fault *fault)
{
	struct mpol_error err = {.what = ""};
	int r = mpol_policy_load(what, ret, &err);

	return r < 0 ? front_fault(r, &err, fault) : 0;
}

/* What mpol_policy_json() says of it. */
static struct json_object *told(const struct mpol_policy *policy)
{
	char *json = NULL;

	(void)mpol_policy_json(policy, &json);
	return read_json(json);
}

static const char *done_of(const struct mpol_answer *answer)
{
	switch ((enum mpol_answer_kind)answer->kind) {
	case MPOL_KIND_ALLOW:
	case MPOL_KIND_AUDIT:
		return "allowed";
	case MPOL_KIND_IGNORE:
		return "ignored";
	case MPOL_KIND_KILL:
		return "killed";
	case MPOL_KIND_ERRNO:
		break;
	}
	return "refused";
}

static void add_answer(const char *text, const struct mpol_answer *answer,
		       struct json_object *array)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "call", json_text(text));
	json_object_object_add(object, "result", json_object_new_string(done_of(answer)));
	json_object_object_add(object, "answer", json_object_new_string(answer->text));
	json_object_object_add(object, "depends-on-nodes",
			       json_object_new_boolean(!!answer->needs_nodes));
	if (answer->kind != MPOL_KIND_ALLOW) {
		json_object_object_add(object, "rule", json_object_new_string(answer->rule));
		if (answer->profile[0])
			json_object_object_add(object, "profile", json_text(answer->profile));
		if (answer->line)
			json_object_object_add(object, "line", json_object_new_int64(answer->line));
	}
	json_object_array_add(array, object);
}

static void print_answer(const char *text, const struct mpol_answer *answer)
{
	char line[16] = "";

	if (answer->line)
		snprintf(line, sizeof(line), ":%u", answer->line);
	if (answer->kind != MPOL_KIND_ALLOW)
		printf("%s  %s: %s (%s%s %s)\n", done_of(answer), text, answer->text,
		       answer->profile, line, answer->rule);
	else
		printf("%s  %s\n", done_of(answer), text);
	if (answer->needs_nodes)
		printf("         as far as it goes: the rule 'nodes' needs to know the nodes\n");
}

int cmd_profile_test(const struct options *options)
{
	_cleanup_(front_policy_done) struct mpol_policy *policy = NULL;
	_cleanup_free_ struct mpol_answer *answers = NULL;
	struct json_object *object, *policy_told, *array = NULL;
	struct fault fault = {0};
	struct mpol_error err = {.what = ""};
	int i, r, status = 0;

	if (load(options->argv[0], &policy, &fault) < 0)
		return cmd_fail(&fault);
	answers = calloc((size_t)options->argc, sizeof(*answers));
	if (!answers) {
		fault_set(&fault, -ENOMEM, "out of memory");
		return cmd_fail(&fault);
	}
	/* All are read before the first is answered: half an answer helps nobody. */
	for (i = 1; i < options->argc; i++) {
		r = mpol_policy_test(policy, options->argv[i], &answers[i], &err);
		if (r < 0) {
			front_fault(r, &err, &fault);
			fault_place(&fault, options->argv[i], 0, 0);
			return cmd_fail(&fault);
		}
		if (answers[i].kind > MPOL_KIND_AUDIT)
			status = EXIT_DIFFERENT;
	}
	if (options->json) {
		policy_told = told(policy);
		object = answer_new();
		array = json_object_new_array();
		json_object_object_add(object, "profile",
				       json_text(read_text(policy_told, "title")));
		json_object_object_add(object, "calls", array);
		for (i = 1; i < options->argc; i++)
			add_answer(options->argv[i], &answers[i], array);
		answer_print(stdout, object);
		json_object_put(policy_told);
		return status;
	}
	for (i = 1; i < options->argc; i++)
		print_answer(options->argv[i], &answers[i]);
	return status;
}

/* What differs, printed or added to an array. */
struct differences {
	const char *a, *b; /* what is compared, as the user named it */
	struct json_object *array; /* or NULL */
	size_t n;
};

static void differ(struct differences *differences, const char *what, const char *a, const char *b)
{
	struct json_object *object, *answers;

	if (!differences->n++ && !differences->array)
		printf("--- %s\n+++ %s\n", differences->a, differences->b);
	if (!differences->array) {
		printf("  %-22s %s -> %s\n", what, a, b);
		return;
	}
	object = json_object_new_object();
	answers = json_object_new_array();
	json_object_array_add(answers, json_object_new_string(a));
	json_object_array_add(answers, json_object_new_string(b));
	json_object_object_add(object, "rule", json_object_new_string(what));
	json_object_object_add(object, "answers", answers);
	json_object_array_add(differences->array, object);
}

/* A rule's answer as people write it; of nodes also which. */
static const char *rule_text(struct json_object *rule, char *buf, size_t size)
{
	if (read_has(rule, "nodes"))
		snprintf(buf, size, "%s on %s", read_text(rule, "answer"),
			 read_text(rule, "nodes"));
	else
		snprintf(buf, size, "%s", read_text(rule, "answer"));
	return buf;
}

static void compare_text(struct json_object *a, struct json_object *b, const char *key,
			 const char *what, struct differences *differences)
{
	if (!read_is(a, key, read_text(b, key)))
		differ(differences, what, read_text(a, key), read_text(b, key));
}

static bool is_in(struct json_object *policy, const char *list, const char *rule)
{
	return read_array_has(read_object(policy, list), rule);
}

static void compare(struct json_object *a, struct json_object *b, struct differences *differences)
{
	struct json_object *rules = read_object(a, "rules"), *others = read_object(b, "rules");
	struct json_object *start = read_object(a, "start"), *other = read_object(b, "start");
	char name[64], text_a[256], text_b[256];
	const char *rule;
	uint32_t i;

	json_object_object_foreach(rules, key, value)
	{
		rule_text(value, text_a, sizeof(text_a));
		rule_text(read_object(others, key), text_b, sizeof(text_b));
		if (strcmp(text_a, text_b) != 0)
			differ(differences, key, text_a, text_b);
	}
	compare_text(start, other, "inherited", "start.inherited", differences);
	compare_text(start, other, "policy", "start.policy", differences);

	/* Only of rules that both restrict: where one does not, the answer said it already. */
	for (i = 0; (rule = mpol_rule_name(i)); i++) {
		bool lost = is_in(a, "best-effort", rule);

		if (!is_in(a, "restricted", rule) || !is_in(b, "restricted", rule) ||
		    lost == is_in(b, "best-effort", rule))
			continue;
		snprintf(name, sizeof(name), "best-effort %s", rule);
		differ(differences, name, lost ? "yes" : "no", lost ? "no" : "yes");
	}
}

int cmd_profile_diff(const struct options *options)
{
	_cleanup_(front_policy_done) struct mpol_policy *a = NULL, *b = NULL;
	struct differences differences = {.a = options->argv[0], .b = options->argv[1]};
	struct json_object *object = NULL, *told_a, *told_b;
	struct fault fault = {0};

	if (load(options->argv[0], &a, &fault) < 0 || load(options->argv[1], &b, &fault) < 0)
		return cmd_fail(&fault);
	if (options->json) {
		struct json_object *names = json_object_new_array();

		object = answer_new();
		differences.array = json_object_new_array();
		json_object_array_add(names, json_text(options->argv[0]));
		json_object_array_add(names, json_text(options->argv[1]));
		json_object_object_add(object, "profiles", names);
		json_object_object_add(object, "rules", differences.array);
	}
	told_a = told(a);
	told_b = told(b);
	compare(told_a, told_b, &differences);
	json_object_put(told_a);
	json_object_put(told_b);
	answer_print(stdout, object);
	return differences.n ? EXIT_DIFFERENT : 0;
}
