/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The manual page, given as the argument: its examples work, and it knows every word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "parse.h"
#include "profile/load.h"

static char page[65536];

static void assert_bold(const char *word)
{
	char bold[128];

	snprintf(bold, sizeof(bold), "*%s*", word);
	if (!strstr(page, bold))
		fail_msg("'%s' is not in the page", word);
}

/* Loads the example, so that what it extends is there, too. */
static void assert_example(const char *text)
{
	struct profile_set set = {0};
	struct fault fault = {0};
	FILE *f = tmpfile();
	char what[32], message[1024];

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	rewind(f);
	snprintf(what, sizeof(what), "fd:%d", fileno(f));
	if (profile_load(what, &set, &fault) < 0)
		fail_msg("%s%s", text, fault_text(&fault, message, sizeof(message)));
	profile_set_done(&set);
	fclose(f);
}

static void every_example_is_a_profile(void **state)
{
	size_t profiles = 0, others = 0;
	char *from, *to;

	(void)state;
	for (from = strstr(page, "\n```\n"); from; from = strstr(to + 4, "\n```\n")) {
		from += 5;
		to = strstr(from, "\n```\n");
		assert_non_null(to);
		to[1] = '\0';
		if (strncmp(from, "version", 7) == 0 || from[0] == '{') {
			assert_example(from);
			profiles++;
		} else {
			assert_int_equal(strncmp(from, "mpolrun", 7), 0);
			others++;
		}
		to[1] = '`';
	}
	assert_int_equal(profiles, 5);
	assert_int_equal(others, 2);
}

static void the_first_example_uses_every_key(void **state)
{
	const char *from = strstr(page, "\n```\n"), *to;
	_cleanup_free_ char *text = NULL;
	_cleanup_(cleanup_profile) struct profile *p = NULL;
	bool said[GROUP_COUNT] = {0};
	enum rule_group group;
	uint32_t rule;

	(void)state;
	assert_non_null(from);
	to = strstr(from + 5, "\n```\n");
	text = strndup(from + 5, (size_t)(to - from) - 4);
	p = good(text);
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		said[group_of_rule(rule)] |= p->rule[rule].set;
	for (group = 0; group < GROUP_COUNT; group++)
		assert_true(said[group]);
	assert_true(p->description && p->n_extends && p->best_effort && p->inherited &&
		    p->start.set);
}

static void the_inline_example_works(void **state)
{
	const char *from = strstr(page, "-p '{"), *to;
	_cleanup_free_ char *text = NULL;
	struct profile_set set = {0};

	(void)state;
	assert_non_null(from);
	to = strchr(from + 4, '\'');
	text = strndup(from + 4, (size_t)(to - from) - 4);
	assert_int_equal(profile_load(text, &set, NULL), 0);
	assert_int_equal(set.profiles[0]->rule[MPOL_RULE_MODE + MPOL_ABI_MODE_BIND].answer, DENY);
	profile_set_done(&set);
}

/* The message of the page, from the file that it tells of. */
static void the_message_is_the_one_that_comes(void **state)
{
	static const char text[] = "version: 1\n\n\nmempolicy:\n  modes:\n        bnd: EPERM\n";
	struct profile *p = NULL;
	struct fault fault = {0};
	char message[1024], line[1100];

	(void)state;
	assert_true(profile_parse(text, strlen(text), "db.yaml", 0, &p, &fault) < 0);
	snprintf(line, sizeof(line), "\nmpolrun: %s\n",
		 fault_text(&fault, message, sizeof(message)));
	assert_non_null(strstr(page, line));
}

static void every_word_is_in_the_page(void **state)
{
	static const uint16_t answers[] = {ALLOW, AUDIT, MPOL_ANSWER(MPOL_IGNORE, 0),
					   MPOL_ANSWER(MPOL_KILL, 0)};
	static const char *const others[] = {
		"deny",        "query",     "others", "version",  "description", "extends",
		"best-effort", "inherited", "policy", "reset",    "keep",        "refuse",
		"none",        "prefer",    "static", "relative", "balancing",
	};
	char text[24];
	size_t i;
	enum rule_group group;

	(void)state;
	for (group = 0; group < GROUP_COUNT; group++) {
		assert_bold(keywords[group].name);
		assert_bold(keywords[group].key);
		assert_bold(keywords[group].section);
		for (i = 0; i < keywords[group].n_words; i++)
			assert_bold(keywords[group].words[i].name);
	}
	for (i = 0; i < ELEMENTSOF(answers); i++)
		assert_bold(answer_text(answers[i], text, sizeof(text)));
	for (i = 0; i < ELEMENTSOF(others); i++)
		assert_bold(others[i]);
	for (i = 0; i < n_profile_builtins; i++)
		assert_bold(profile_builtins[i].name);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example_is_a_profile),
		cmocka_unit_test(the_first_example_uses_every_key),
		cmocka_unit_test(the_inline_example_works),
		cmocka_unit_test(the_message_is_the_one_that_comes),
		cmocka_unit_test(every_word_is_in_the_page),
	};
	FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;

	if (!f) {
		fprintf(stderr, "usage: %s mpolrun-profile.5.scd\n", argv[0]);
		return 2;
	}
	page[fread(page, 1, sizeof(page) - 1, f)] = '\0';
	fclose(f);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
