/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `explain` says on each made-up host, against a file that people can read and review. A host
 * file holds the report of every policy below; `--update` writes them anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/explain.h"
#include "cli/read.h"
#include "hosts.h"
#include "lib.h"

static const char db[] = "{extends: ['builtin:nobind'],"
			 " mempolicy: {nodes: {0-3: allow, others: EPERM}, home-node: EACCES},"
			 " pages: {move: query}}";
/* Refuses local and allows preferred: the one thing that registers cannot tell. */
static const char no_local[] = "{mempolicy: {modes: {local: EPERM, others: allow}}}";

static const struct {
	const char *title;
	const char *profile;
	uint32_t mechanisms;
	uint32_t best_effort;
	bool live;
} asked[] = {
	{"-p nobind", "builtin:nobind", MECH_ALL, 0, false},
	{"-p container", "builtin:container", MECH_ALL, 0, false},
	{"-p local-only", "builtin:local-only", MECH_ALL, 0, false},
	{"-p db", db, MECH_ALL, 0, false},
	{"-p db --best-effort nodes", db, MECH_ALL, GROUP_BIT(GROUP_NODES), false},
	{"-p no-local", no_local, MECH_ALL, 0, false},
	{"-p nobind --mechanism fmod_ret", "builtin:nobind", MECH_BIT(MECH_FMOD_RET), 0, false},
	{"-p nobind --mechanism fmod_ret,kprobe --best-effort modes", "builtin:nobind",
	 MECH_BIT(MECH_FMOD_RET) | MECH_BIT(MECH_KPROBE), GROUP_BIT(GROUP_MODES), false},
	{"-p nobind, live", "builtin:nobind", MECH_ALL, 0, true},
	{"-p audit-all", "builtin:audit-all", MECH_ALL, 0, false},
	{"-p unrestricted", "builtin:unrestricted", MECH_ALL, 0, false},
};

/* What mpol_plan_json() would say there. */
static struct json_object *make(size_t i, const struct made_up_host *made_up, bool *ret_covered)
{
	const struct plan_request request = {.mechanisms = asked[i].mechanisms,
					     .best_effort = asked[i].best_effort,
					     .live = asked[i].live};
	_cleanup_(profile_set_done) struct profile_set set = {.n = 0};
	_cleanup_(cleanup_policy) struct policy *policy = NULL;
	static struct host host;
	static struct plan plan;
	struct fault fault = {.line = 0};
	char *json = NULL;

	if (profile_load(asked[i].profile, &set, &fault) < 0 ||
	    policy_build(set.profiles, set.n, &policy, &fault) < 0)
		fail_msg("%s: %s", asked[i].title, fault.what);
	memset(&host, 0, sizeof(host));
	made_up->fill(&host);
	plan_make(policy, &host, &request, &plan);
	*ret_covered = plan.covered;
	assert_int_equal(plan_json(&plan, &host, false, &json), 0);
	return read_json(json);
}

static char *report(const struct made_up_host *host)
{
	char *text = NULL;
	size_t length, i;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	for (i = 0; i < ELEMENTSOF(asked); i++) {
		bool covered;
		struct json_object *plan = make(i, host, &covered);

		fprintf(out, "%s$ mpolrun explain %s\n", i ? "\n" : "", asked[i].title);
		explain_text(plan, out);
		json_object_put(plan);
	}
	assert_int_equal(fclose(out), 0);
	return text;
}

static char *slurp(const char *path)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!f || getdelim(&text, &size, '\0', f) < 0) {
		free(text);
		return strdup("");
	}
	return text;
}

static bool update;

static void explain_says_what_the_file_says(void **state)
{
	const struct made_up_host *host = *state;
	_cleanup_free_ char *text = report(host), *path = NULL, *golden = NULL;

	assert_true(asprintf(&path, "%s/%s.txt", GOLDEN, host->name) > 0);
	if (update) {
		_cleanup_fclose_ FILE *f = fopen(path, "we");

		assert_non_null(f);
		fputs(text, f);
		return;
	}
	golden = slurp(path);
	if (strcmp(golden, text) != 0)
		fail_msg("%s differs; what explain says now:\n%s", path, text);
}

static void no_line_is_wider_than_a_terminal(void **state)
{
	_cleanup_free_ char *text = report(*state);
	char *line, *rest;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (line[0] != '$' && strlen(line) > 80)
			fail_msg("%zu columns: %s", strlen(line), line);
}

/* The machine's form says the same as people's: covered or not, a row for each word. */
static void json_agrees_with_the_plan(void **state)
{
	size_t i, k;

	for (i = 0; i < ELEMENTSOF(asked); i++) {
		struct json_object *object, *rules, *field;
		bool covered;

		object = make(i, *state, &covered);
		assert_non_null(object);
		assert_true(json_object_object_get_ex(object, "version", &field));
		assert_int_equal(json_object_get_int(field), 1);
		assert_true(json_object_object_get_ex(object, "covered", &field));
		assert_int_equal(json_object_get_boolean(field), covered);
		assert_true(json_object_object_get_ex(object, "rules", &rules));
		assert_true(json_object_object_get_ex(object, "restricted", &field));
		assert_true(json_object_array_length(rules) >= json_object_array_length(field));
		assert_true(json_object_object_get_ex(object, "not-covered", &field));
		assert_int_equal(json_object_array_length(field) == 0, covered);
		for (k = 0; k < json_object_array_length(rules); k++) {
			struct json_object *rule = json_object_array_get_idx(rules, k);

			assert_true(json_object_object_get_ex(rule, "rule", &field));
			assert_true(group_find(json_object_get_string(field), NULL) >= 0);
			assert_true(json_object_object_get_ex(rule, "answer", &field));
			assert_non_null(field);
		}
		json_object_put(object);
	}
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[64];
	size_t n = 0, i;

	update = argc > 1 && strcmp(argv[1], "--update") == 0;
	for (i = 0; i < n_made_up_hosts; i++) {
		void *host = (void *)&made_up_hosts[i];

		tests[n++] = (struct CMUnitTest){made_up_hosts[i].name,
						 explain_says_what_the_file_says, NULL, NULL, host};
		tests[n++] = (struct CMUnitTest){
			made_up_hosts[i].name, no_line_is_wider_than_a_terminal, NULL, NULL, host};
		tests[n++] = (struct CMUnitTest){made_up_hosts[i].name, json_agrees_with_the_plan,
						 NULL, NULL, host};
	}
	return _cmocka_run_group_tests("golden", tests, n, NULL, NULL);
}
