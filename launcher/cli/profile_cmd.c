/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile_cmd.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "base/text.h"
#include "front.h"
#include "host/host.h"
#include "plan/plan.h"
#include "profile/load.h"
#include "run_cmd.h"
#include "wrap.h"

#define NAME_WIDTH 16 /* of the first column of `list` */

int profile_policy(const char *what, struct policy **ret, struct fault *fault)
{
	struct option_source source = {.kind = SOURCE_PROFILE, .text = what};

	return front_policy(&source, 1, ret, fault);
}

static void add_string(struct json_object *object, const char *key, const char *value)
{
	if (value && value[0])
		json_object_object_add(object, key, answer_string(value));
}

struct json_object *profile_json_fault(const struct fault *fault)
{
	struct json_object *object = json_object_new_object();

	add_string(object, "file", fault->file);
	if (fault->line)
		json_object_object_add(object, "line", json_object_new_int64(fault->line));
	if (fault->column)
		json_object_object_add(object, "column", json_object_new_int64(fault->column));
	add_string(object, "what", fault->what);
	add_string(object, "hint", fault->hint);
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

static void list_one(const struct profile_entry *entry, struct json_object *array)
{
	_cleanup_(profile_set_done) struct profile_set set = {0};
	struct fault fault = {0};
	char *description = NULL;
	bool valid = profile_load(entry->from, &set, &fault) == 0;
	bool hides = hides_builtin(entry);
	char buf[1024];

	/* A profile may say "\e]0;" in its description; a terminal must not hear it. */
	if (valid && set.profiles[0]->description) {
		description = set.profiles[0]->description;
		description[strcspn(description, "\n")] = '\0';
		text_make_printable(description);
	}
	if (array) {
		struct json_object *object = json_object_new_object();

		add_string(object, "name", entry->name);
		add_string(object, "from", entry->from);
		add_string(object, "description", description);
		json_object_object_add(object, "hides-builtin", json_object_new_boolean(hides));
		if (!valid)
			json_object_object_add(object, "fault", profile_json_fault(&fault));
		json_object_array_add(array, object);
		return;
	}
	text_make_printable(entry->name);
	text_make_printable(entry->from);
	wrap(stdout, description ? description : "", printf("%-*s  ", NAME_WIDTH, entry->name),
	     NAME_WIDTH + 2);
	if (strncmp(entry->from, "builtin:", 8) != 0)
		printf("%*s(%s%s%s)\n", NAME_WIDTH + 2, "", entry->from,
		       hides ? ", hides builtin:" : "", hides ? entry->name : "");
	if (!valid)
		printf("%*sNOT VALID: %s\n", NAME_WIDTH + 2, "",
		       fault_text(&fault, buf, sizeof(buf)));
}

/* One that is not valid is listed as such: the list must not hide what a launch would trip over. */
int cmd_profile_list(const struct options *options)
{
	struct json_object *object = NULL, *array = NULL;
	struct profile_entry *entries;
	struct fault fault = {0};
	size_t i, n;
	int r;

	r = profile_list(&entries, &n);
	if (r < 0) {
		fault_set(&fault, r, "cannot list the profiles: %s", strerror(-r));
		return cmd_fail(&fault);
	}
	if (options->json) {
		object = answer_new();
		array = json_object_new_array();
		json_object_object_add(object, "profiles", array);
	}
	for (i = 0; i < n; i++)
		list_one(&entries[i], array);
	profile_list_free(entries, n);
	answer_print(stdout, object);
	return 0;
}

/*
 * The comment goes behind the text, so that line numbers stay those of the file and a byte order
 * mark stays in front.
 */
int cmd_profile_show(const struct options *options)
{
	_cleanup_free_ char *text = NULL, *from = NULL;
	struct fault fault = {0};
	size_t len;

	if (profile_text(options->argv[0], &text, &len, &from, &fault) < 0)
		return cmd_fail(&fault);
	fwrite(text, 1, len, stdout);
	printf("%s# from %s\n", len && text[len - 1] != '\n' ? "\n" : "", from);
	return 0;
}

static int check_one(const char *what, struct json_object *array)
{
	_cleanup_(cleanup_policy) struct policy *policy = NULL;
	struct plan_request request = {.mechanisms = MECH_ALL};
	struct json_object *object = NULL, *missing = NULL;
	struct fault fault = {0};
	struct host host;
	struct plan plan;
	size_t i;
	int r;

	r = profile_policy(what, &policy, &fault);
	if (array) {
		object = json_object_new_object();
		add_string(object, "profile", what);
		json_object_object_add(object, "valid", json_object_new_boolean(r == 0));
		json_object_array_add(array, object);
	}
	if (r < 0) {
		if (!array)
			return cmd_fail(&fault);
		json_object_object_add(object, "fault", profile_json_fault(&fault));
		return EXIT_MPOLRUN;
	}

	host_probe(plan_asks(policy), &host);
	plan_make(policy, &host, &request, &plan);
	if (array) {
		missing = json_object_new_array();
		json_object_object_add(object, "covered", json_object_new_boolean(plan.covered));
		json_object_object_add(object, "not-covered", missing);
	} else {
		printf("%s: %s", what, plan.covered ? "ok" : "valid, but nothing here enforces");
	}
	for (i = 0; i < plan.n_rows; i++) {
		const char *name = keywords[plan.row[i].group].name;

		if (plan.row[i].cover > COVER_PART || plan.row[i].loss != LOSS_NO)
			continue;
		if (array)
			json_object_array_add(missing, json_object_new_string(name));
		else
			printf(" %s", name);
	}
	if (!array)
		printf("\n");
	return plan.covered ? 0 : EXIT_NOT_COVERED;
}

int cmd_profile_check(const struct options *options)
{
	struct json_object *object = NULL, *array = NULL;
	int i, status = 0;

	if (options->json) {
		object = answer_new();
		array = json_object_new_array();
		json_object_object_add(object, "profiles", array);
	}
	for (i = 0; i < options->argc; i++) {
		int one = check_one(options->argv[i], array);

		if (one > status)
			status = one;
	}
	answer_print(stdout, object);
	return status;
}
