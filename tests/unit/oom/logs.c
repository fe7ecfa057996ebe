/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is said of every log in logs/, against a file that people can read and review: first the
 * text, then the JSON. Those called after a kernel were written by that kernel, when
 * tests/vm/incident or a cpuset, a memory cgroup or a hostile name made it kill; those called
 * "written" were made up in the format of the release in their name. `--update` writes the
 * expectations anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "oom/parse.h"
#include "oom/read.h"
#include "oom/render.h"

static bool update;

struct report {
	FILE *text;
	struct json_object *json;
};

static void take(void *arg, const struct oom_event *event)
{
	const struct oom_around around = {.can_attach = true};
	struct report *report = arg;

	oom_print(report->text, event, &around);
	json_object_array_add(report->json, oom_json(event, &around));
}

static char *read_log(const char *path)
{
	struct report report = {.json = json_object_new_array()};
	struct oom_parser *parser = malloc(sizeof(*parser));
	struct oom_read source = {.path = path};
	struct fault fault = {.line = 0};
	char *text = NULL;
	size_t size;

	report.text = open_memstream(&text, &size);
	assert_true(parser && report.text);
	oom_parser_init(parser, take, &report);
	assert_int_equal(oom_read(&source, parser, &fault), 0);
	assert_false(source.live);
	fprintf(report.text, "%s\n",
		json_object_to_json_string_ext(report.json,
					       JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
						       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(report.json);
	free(parser);
	assert_int_equal(fclose(report.text), 0);
	return text;
}

static char *slurp(const char *path)
{
	_cleanup_fclose_ FILE *in = fopen(path, "re");
	char *text = calloc(1, 1 << 20);

	assert_non_null(text);
	if (in)
		assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
	return text;
}

static int is_log(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && strcmp(end, ".log") == 0;
}

static void every_log_is_explained_as_expected(void **state)
{
	struct dirent **entries;
	int n = scandir(LOGS, &entries, is_log, alphasort), i;

	(void)state;
	assert_true(n > 10);
	for (i = 0; i < n; i++) {
		char log[512], path[512];
		_cleanup_free_ char *got = NULL, *expected = NULL;

		snprintf(log, sizeof(log), LOGS "/%s", entries[i]->d_name);
		snprintf(path, sizeof(path), LOGS "/%.*s.txt",
			 (int)(strlen(entries[i]->d_name) - strlen(".log")), entries[i]->d_name);
		got = read_log(log);
		if (update) {
			_cleanup_fclose_ FILE *out = fopen(path, "we");

			assert_true(out && fputs(got, out) >= 0);
		}
		expected = slurp(path);
		if (strcmp(got, expected) != 0)
			fail_msg("%s: expected\n%s\ngot\n%s", log, expected, got);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_log_is_explained_as_expected),
	};

	update = argc == 2 && strcmp(argv[1], "--update") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
