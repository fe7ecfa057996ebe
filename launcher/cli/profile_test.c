/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* profile test and diff: what a policy answers, and where two answer differently. */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "base/text.h"
#include "call.h"
#include "profile/keywords.h"
#include "profile_cmd.h"
#include "run_cmd.h"

#define TITLE_MAX 512

static const char *done_of(__u16 answer)
{
	switch (MPOL_ANSWER_KIND(answer)) {
	case MPOL_ALLOW:
	case MPOL_AUDIT:
		return "allowed";
	case MPOL_IGNORE:
		return "ignored";
	case MPOL_KILL:
		return "killed";
	default:
		return "refused";
	}
}

static const char *source_place(const struct origin *source, char *buf, size_t size)
{
	if (source->line)
		snprintf(buf, size, "%s:%u", source->profile, source->line);
	else
		snprintf(buf, size, "%s", source->profile ? source->profile : "");
	text_make_printable(buf);
	return buf;
}

static void add_source(struct json_object *object, const struct origin *source)
{
	if (source->profile)
		json_object_object_add(object, "profile", answer_string(source->profile));
	if (source->line)
		json_object_object_add(object, "line", json_object_new_int64(source->line));
}

/* Whether the nodes decide, and the call does not say which. */
static bool nodes_missing(const struct policy *policy, const struct call *call)
{
	__u16 nodes = policy->rules.answer[MPOL_RULE_NODES];

	return call->call.act == MPOL_ACT_SET && !call->nodes_said && nodes != 0;
}

/* One call: prints it, or adds it to @array. Returns whether it is carried out. */
static bool answer_one(const struct policy *policy, const char *text, const struct call *call,
		       struct json_object *array)
{
	__u32 verdict = call_decide(call, &policy->rules);
	__u16 answer = MPOL_VERDICT_ANSWER(verdict);
	__u32 rule = MPOL_VERDICT_RULE(verdict);
	bool carried_out = MPOL_ANSWER_KIND(answer) <= MPOL_AUDIT;
	char answer_buf[32], rule_buf[64], source_buf[512];

	answer_text(answer, answer_buf, sizeof(answer_buf));
	rule_name(rule, rule_buf, sizeof(rule_buf));
	if (array) {
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "call", answer_string(text));
		json_object_object_add(object, "result", json_object_new_string(done_of(answer)));
		json_object_object_add(object, "answer", json_object_new_string(answer_buf));
		json_object_object_add(object, "depends-on-nodes",
				       json_object_new_boolean(nodes_missing(policy, call)));
		if (answer) {
			json_object_object_add(object, "rule", json_object_new_string(rule_buf));
			add_source(object, &policy->source[rule]);
		}
		json_object_array_add(array, object);
		return carried_out;
	}
	if (answer)
		printf("%s  %s: %s (%s %s)\n", done_of(answer), text, answer_buf,
		       source_place(&policy->source[rule], source_buf, sizeof(source_buf)),
		       rule_buf);
	else
		printf("%s  %s\n", done_of(answer), text);
	if (nodes_missing(policy, call))
		printf("         as far as it goes: the rule 'nodes' needs to know the nodes\n");
	return carried_out;
}

int cmd_profile_test(const struct options *options)
{
	_cleanup_(cleanup_policy) struct policy *policy = NULL;
	struct json_object *object = NULL, *array = NULL;
	struct fault fault = {0};
	char title[TITLE_MAX];
	int i, status = 0;

	if (profile_policy(options->argv[0], &policy, &fault) < 0)
		return cmd_fail(&fault);
	for (i = 1; i < options->argc; i++) {
		struct call call;

		/* All are read before the first is answered: half an answer helps nobody. */
		if (call_parse(options->argv[i], &call, &fault) < 0) {
			fault_place(&fault, options->argv[i], 0, 0);
			return cmd_fail(&fault);
		}
	}
	if (options->json) {
		object = answer_new();
		array = json_object_new_array();
		json_object_object_add(object, "profile",
				       answer_string(policy_title(policy, title, sizeof(title))));
		json_object_object_add(object, "calls", array);
	}
	for (i = 1; i < options->argc; i++) {
		struct call call;

		if (call_parse(options->argv[i], &call, &fault) < 0 ||
		    !answer_one(policy, options->argv[i], &call, array))
			status = EXIT_DIFFERENT;
	}
	answer_print(stdout, object);
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

/* A slot's answer as people write it; of nodes also which. */
static const char *slot_text(const struct policy *policy, __u32 rule, char *buf, size_t size)
{
	__u16 answer = policy->rules.answer[rule];
	char nodes[192], text[32];

	answer_text(answer, text, sizeof(text));
	if (rule == MPOL_RULE_NODES && answer) {
		text_from_bitmap(policy->rules.nodes_refused, MPOL_NODES_WORDS, nodes,
				 sizeof(nodes));
		snprintf(buf, size, "%s on %s", text, nodes);
	} else {
		snprintf(buf, size, "%s", text);
	}
	return buf;
}

static bool slots_differ(const struct policy *a, const struct policy *b, __u32 rule)
{
	if (a->rules.answer[rule] != b->rules.answer[rule])
		return true;
	return rule == MPOL_RULE_NODES && a->rules.answer[rule] &&
	       memcmp(a->rules.nodes_refused, b->rules.nodes_refused,
		      sizeof(a->rules.nodes_refused)) != 0;
}

static void compare(const struct policy *a, const struct policy *b, struct differences *differences)
{
	char name[64], text_a[256], text_b[256];
	uint32_t lost;
	__u32 rule;
	int group;

	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		if (slots_differ(a, b, rule))
			differ(differences, rule_name(rule, name, sizeof(name)),
			       slot_text(a, rule, text_a, sizeof(text_a)),
			       slot_text(b, rule, text_b, sizeof(text_b)));

	if (a->inherited != b->inherited)
		differ(differences, "start.inherited", inherited_name(a->inherited),
		       inherited_name(b->inherited));
	start_policy_text(&a->start, text_a, sizeof(text_a));
	start_policy_text(&b->start, text_b, sizeof(text_b));
	if (strcmp(text_a, text_b) != 0)
		differ(differences, "start.policy", text_a, text_b);

	/* Only of rules that both restrict: where one does not, the answer said it already. */
	lost = (a->must ^ b->must) & a->restricted & b->restricted;
	for (group = 0; group < GROUP_COUNT; group++)
		if (lost & GROUP_BIT(group)) {
			bool must = a->must & GROUP_BIT(group);

			snprintf(name, sizeof(name), "best-effort %s", keywords[group].name);
			differ(differences, name, must ? "no" : "yes", must ? "yes" : "no");
		}
}

int cmd_profile_diff(const struct options *options)
{
	_cleanup_(cleanup_policy) struct policy *a = NULL, *b = NULL;
	struct differences differences = {.a = options->argv[0], .b = options->argv[1]};
	struct json_object *object = NULL;
	struct fault fault = {0};

	if (profile_policy(options->argv[0], &a, &fault) < 0 ||
	    profile_policy(options->argv[1], &b, &fault) < 0)
		return cmd_fail(&fault);
	if (options->json) {
		struct json_object *names = json_object_new_array();

		object = answer_new();
		differences.array = json_object_new_array();
		json_object_array_add(names, answer_string(options->argv[0]));
		json_object_array_add(names, answer_string(options->argv[1]));
		json_object_object_add(object, "profiles", names);
		json_object_object_add(object, "rules", differences.array);
	}
	compare(a, b, &differences);
	answer_print(stdout, object);
	return differences.n ? EXIT_DIFFERENT : 0;
}
