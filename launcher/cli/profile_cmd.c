/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile_cmd.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "base/json.h"
#include "base/text.h"
#include "front.h"
#include "read.h"
#include "run_cmd.h"
#include "wrap.h"

#define NAME_WIDTH 16 /* of the first column of `list` */

/* "db.yaml:6:9: unknown mode ...", of a fault in JSON. */
static const char *fault_of(struct json_object *object, char *buf, size_t size)
{
	struct fault fault = {.line = 0};

	fault_place(&fault, read_text(object, "file"), (uint32_t)read_number(object, "line"),
		    (uint32_t)read_number(object, "column"));
	fault_set(&fault, -EINVAL, "%s", read_text(object, "what"));
	if (read_has(object, "hint"))
		fault_hint(&fault, "%s", read_text(object, "hint"));
	return fault_text(&fault, buf, size);
}

static void print_entry(struct json_object *entry)
{
	const char *name = read_text(entry, "name"), *from = read_text(entry, "from");
	bool hides = read_true(entry, "hides-builtin");
	char buf[1024];

	wrap(stdout, read_text(entry, "description"), printf("%-*s  ", NAME_WIDTH, name),
	     NAME_WIDTH + 2);
	if (strncmp(from, "builtin:", 8) != 0)
		printf("%*s(%s%s%s)\n", NAME_WIDTH + 2, "", from, hides ? ", hides builtin:" : "",
		       hides ? name : "");
	if (read_has(entry, "fault"))
		printf("%*sNOT VALID: %s\n", NAME_WIDTH + 2, "",
		       fault_of(read_object(entry, "fault"), buf, sizeof(buf)));
}

/* One that is not valid is listed as such: the list must not hide what a launch would trip over. */
int cmd_profile_list(const struct options *options)
{
	_cleanup_free_ char *json = NULL;
	struct json_object *object, *array;
	struct fault fault = {0};
	size_t i, n;
	int r;

	r = mpol_profile_list(&json);
	if (r < 0) {
		fault_set(&fault, r, "cannot list the profiles: %s", strerror(-r));
		return cmd_fail(&fault);
	}
	if (options->json) {
		puts(json);
		return 0;
	}
	object = read_json(TAKE_PTR(json));
	array = read_array(object, "profiles", &n);
	for (i = 0; i < n; i++)
		print_entry(json_object_array_get_idx(array, i));
	json_object_put(object);
	return 0;
}

/*
 * The comment goes behind the text, so that line numbers stay those of the file and a byte order
 * mark stays in front.
 */
int cmd_profile_show(const struct options *options)
{
	_cleanup_free_ char *text = NULL, *from = NULL;
	struct mpol_error err = {.what = ""};
	struct fault fault = {0};
	size_t len;
	int r;

	r = mpol_profile_text(options->argv[0], &text, &len, &from, &err);
	if (r < 0) {
		front_fault(r, &err, &fault);
		return cmd_fail(&fault);
	}
	fwrite(text, 1, len, stdout);
	printf("%s# from %s\n", len && text[len - 1] != '\n' ? "\n" : "", from);
	return 0;
}

static void add_said(struct json_object *object, const char *key, const char *text)
{
	if (text[0])
		json_object_object_add(object, key, json_text(text));
}

static struct json_object *error_json(const struct mpol_error *err)
{
	struct json_object *object = json_object_new_object();

	add_said(object, "file", err->file);
	if (err->line)
		json_object_object_add(object, "line", json_object_new_int64(err->line));
	if (err->column)
		json_object_object_add(object, "column", json_object_new_int64(err->column));
	add_said(object, "what", err->what);
	add_said(object, "hint", err->hint);
	return object;
}

/* The plan of a launch, in JSON; NULL: no memory. */
static struct json_object *plan_of(const struct mpol_policy *policy)
{
	const struct mpol_plan_request request = {
		.size = sizeof(request), .flags = MPOL_PLAN_LAUNCH, .layer = MPOL_NO_LAYER};
	struct mpol_plan *plan = NULL;
	char *json = NULL;

	(void)mpol_plan_with(policy, &request, &plan, NULL);
	if (plan)
		(void)mpol_plan_json(plan, &json);
	mpol_plan_free(plan);
	return read_json(json);
}

static int check_one(const char *what, struct json_object *array)
{
	_cleanup_(front_policy_done) struct mpol_policy *policy = NULL;
	struct json_object *object = NULL, *plan, *missing;
	struct mpol_error err = {.what = ""};
	struct fault fault = {0};
	bool covered;
	size_t i, n;
	int r;

	r = mpol_policy_load(what, &policy, &err);
	if (array) {
		object = json_object_new_object();
		add_said(object, "profile", what);
		json_object_object_add(object, "valid", json_object_new_boolean(r == 0));
		json_object_array_add(array, object);
	}
	if (r < 0) {
		if (!array) {
			front_fault(r, &err, &fault);
			return cmd_fail(&fault);
		}
		json_object_object_add(object, "fault", error_json(&err));
		return EXIT_MPOLRUN;
	}

	plan = plan_of(policy);
	covered = read_true(plan, "covered");
	missing = read_array(plan, "not-covered", &n);
	if (array) {
		json_object_object_add(object, "covered", json_object_new_boolean(covered));
		json_object_object_add(object, "not-covered", json_object_get(missing));
	} else {
		printf("%s: %s", what, covered ? "ok" : "valid, but nothing here enforces");
		for (i = 0; i < n; i++)
			printf(" %s",
			       json_object_get_string(json_object_array_get_idx(missing, i)));
		printf("\n");
	}
	json_object_put(plan);
	return covered ? 0 : EXIT_NOT_COVERED;
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
