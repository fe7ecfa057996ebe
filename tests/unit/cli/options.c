/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a command line means; refusals.c has what it may not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/host.h"
#include "profile/keywords.h"
#include "run/caps.h"
#include "words.h"

static void an_empty_command_line_is_survived(void **state)
{
	char *none[] = {NULL}, *name[] = {"", NULL};

	(void)state;
	assert_int_equal(parse_words(none), 0);
	assert_int_equal(options.show, SHOW_USAGE);
	assert_int_equal(parse_words(name), 0);
	assert_int_equal(options.show, SHOW_USAGE);
}

static void what_is_not_said_has_its_default(void **state)
{
	(void)state;
	assert_int_equal(PARSE("ls", "-l"), 0);
	assert_int_equal(options.command, COMMAND_RUN);
	assert_int_equal(options.show, SHOW_NOTHING);
	assert_int_equal(options.n_sources, 0);
	assert_int_equal(options.mechanisms, MECH_ALL);
	assert_int_equal(options.best_effort, 0);
	assert_int_equal(options.status_fd, -EBADF);
	assert_int_equal(options.no_new_privs, NNP_AUTO);
	assert_int_equal(options.verbosity, 0);
	assert_false(options.audit || options.keep_caps || options.keep_fds || options.dry_run ||
		     options.json);
	assert_null(options.keep_caps_list);
	assert_int_equal(options.argc, 2);
	assert_string_equal(options.argv[1], "-l");
	assert_null(options.argv[2]);
}

static void options_end_at_the_first_word(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-p", "nobind", "ls", "--audit", "-p", "x"), 0);
	assert_false(options.audit);
	assert_int_equal(options.n_sources, 1);
	assert_int_equal(options.argc, 4);

	assert_int_equal(PARSE("-p", "nobind", "--", "--audit", "--", "-p"), 0);
	assert_false(options.audit);
	assert_int_equal(options.argc, 3);
	assert_string_equal(options.argv[0], "--audit");
	assert_string_equal(options.argv[1], "--");

	assert_int_equal(PARSE("--audit", "-", "--dry-run"), 0);
	assert_true(options.audit);
	assert_false(options.dry_run);
	assert_string_equal(options.argv[0], "-");

	assert_int_equal(PARSE("--", ""), 0);
	assert_int_equal(options.argc, 1);
	assert_string_equal(options.argv[0], "");
}

static void a_reserved_first_word_is_a_subcommand(void **state)
{
	(void)state;
	assert_int_equal(PARSE("doctor"), 0);
	assert_int_equal(options.command, COMMAND_DOCTOR);
	assert_int_equal(PARSE("explain", "-p", "nobind"), 0);
	assert_int_equal(options.command, COMMAND_EXPLAIN);
	assert_int_equal(PARSE("profile", "list"), 0);
	assert_int_equal(options.command, COMMAND_PROFILE_LIST);
	assert_int_equal(PARSE("profile", "diff", "a", "b"), 0);
	assert_int_equal(options.command, COMMAND_PROFILE_DIFF);
	assert_int_equal(options.argc, 2);
}

static void behind_run_or_an_option_it_is_a_program(void **state)
{
	(void)state;
	assert_int_equal(PARSE("run", "doctor"), 0);
	assert_int_equal(options.command, COMMAND_RUN);
	assert_string_equal(options.argv[0], "doctor");
	assert_int_equal(PARSE("run", "-p", "nobind", "--", "learn"), 0);
	assert_string_equal(options.argv[0], "learn");
	assert_int_equal(PARSE("-p", "nobind", "doctor"), 0);
	assert_string_equal(options.argv[0], "doctor");
	assert_int_equal(PARSE("--", "run"), 0);
	assert_string_equal(options.argv[0], "run");
	assert_int_equal(PARSE("run", "run", "run"), 0);
	assert_string_equal(options.argv[0], "run");
	assert_int_equal(PARSE("doctors"), 0);
	assert_int_equal(options.command, COMMAND_RUN);
	assert_string_equal(options.argv[0], "doctors");
}

/* A value that an option takes, or NULL where it takes none. */
static const char *good_value(const struct option_row *row)
{
	switch (row->kind) {
	case OPTION_CHOICE:
		return row->words[row->n_words - 1].name;
	case OPTION_FD:
		return "7";
	case OPTION_MECHANISMS:
		return "seccomp";
	case OPTION_RULES:
		return "nodes";
	case OPTION_SOURCE:
	case OPTION_TEXT:
		return "bind";
	case OPTION_CAPABILITIES:
		return "bpf";
	case OPTION_FLAG:
	case OPTION_SET:
	case OPTION_SHOW:
	case OPTION_RESERVED:
		break;
	}
	return NULL;
}

/* The words that lead to @row, the caller's option, and as many operands as it needs. */
static size_t around(const struct command_row *row, const char *const *option, char **words)
{
	size_t n = 0;
	int i;

	words[n++] = "mpolrun";
	words[n++] = (char *)row->word;
	if (row->verb)
		words[n++] = (char *)row->verb;
	if (command_takes_layer(row->command))
		words[n++] = "web";
	for (; *option; option++)
		words[n++] = (char *)*option;
	for (i = 0; i < row->min; i++)
		words[n++] = "operand";
	words[n] = NULL;
	return n;
}

static void every_option_is_taken_in_both_forms_where_it_belongs(void **state)
{
	size_t i, c;

	(void)state;
	for (i = 0; i < n_option_rows; i++) {
		const struct option_row *row = &option_rows[i];
		const char *value = good_value(row);
		char name[64], joined[128];
		struct options separate;
		char *words[16];

		if (row->kind == OPTION_RESERVED)
			continue;
		assert_int_equal(row->argument != NULL, value != NULL);
		snprintf(name, sizeof(name), "--%s", row->name);
		snprintf(joined, sizeof(joined), "--%s=%s", row->name, value ? value : "");
		for (c = 0; c < COMMAND_COUNT; c++) {
			const struct command_row *command = &command_rows[c];
			bool belongs = option_belongs(row, (enum command)c);

			if (!belongs && option_is_known(row->name, (enum command)c))
				continue; /* another one, of that name */
			if (c == COMMAND_PROFILE && !belongs)
				continue;
			around(command,
			       (const char *const[]){name, row->optional ? NULL : value, NULL},
			       words);
			assert_int_equal(parse_words(words), belongs ? 0 : -EINVAL);
			if (!belongs)
				continue;
			separate = options;

			around(command, (const char *const[]){joined, NULL}, words);
			assert_int_equal(parse_words(words), value ? 0 : -EINVAL);
			if (!value || row->optional)
				continue;
			assert_int_equal(options.n_sources, separate.n_sources);
			assert_int_equal(options.mechanisms, separate.mechanisms);
			assert_int_equal(options.best_effort, separate.best_effort);
			assert_int_equal(options.status_fd, separate.status_fd);
			assert_int_equal(options.no_new_privs, separate.no_new_privs);
		}
	}
}

static void every_option_changes_what_it_says(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-p", "a", "--deny", "bind", "--mechanism=seccomp,launcher",
			       "--best-effort", "nodes,pages.move", "--audit", "--status-fd", "7",
			       "--keep-caps", "--no-new-privs", "yes", "--keep-fds", "--dry-run",
			       "-q", "ls"),
			 0);
	assert_int_equal(options.n_sources, 2);
	assert_int_equal(options.sources[0].kind, SOURCE_PROFILE);
	assert_string_equal(options.sources[0].text, "a");
	assert_int_equal(options.sources[1].kind, SOURCE_DENY);
	assert_string_equal(options.sources[1].text, "bind");
	assert_int_equal(options.mechanisms, MECH_BIT(MECH_SECCOMP) | MECH_BIT(MECH_LAUNCHER));
	assert_int_equal(options.best_effort, GROUP_BIT(GROUP_NODES) | GROUP_BIT(GROUP_MOVE));
	assert_true(options.audit);
	assert_int_equal(options.status_fd, 7);
	assert_true(options.keep_caps);
	assert_null(options.keep_caps_list);
	assert_int_equal(options.no_new_privs, NNP_YES);
	assert_true(options.keep_fds);
	assert_true(options.dry_run);
	assert_int_equal(options.verbosity, -1);

	assert_int_equal(PARSE("--keep-caps=bpf,sys_admin", "ls"), 0);
	assert_true(options.keep_caps);
	assert_string_equal(options.keep_caps_list, "bpf,sys_admin");
	assert_int_equal(PARSE("--keep-caps", "bpf"), 0);
	assert_null(options.keep_caps_list);
	assert_string_equal(options.argv[0], "bpf");

	assert_int_equal(PARSE("doctor", "--json"), 0);
	assert_true(options.json);
}

static void short_options_take_all_usual_forms(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-pnobind", "ls"), 0);
	assert_string_equal(options.sources[0].text, "nobind");
	assert_int_equal(PARSE("-qvp", "nobind", "ls"), 0);
	assert_string_equal(options.sources[0].text, "nobind");
	assert_int_equal(options.verbosity, 1);
	assert_int_equal(PARSE("-vq", "ls"), 0);
	assert_int_equal(options.verbosity, -1);
	assert_int_equal(PARSE("-p", "-", "ls"), 0);
	assert_string_equal(options.sources[0].text, "-");
	assert_int_equal(PARSE("-h"), 0);
	assert_int_equal(options.show, SHOW_HELP);
	assert_int_equal(PARSE("explain", "-qh"), -EINVAL);
	assert_int_equal(PARSE("-qh", "--nonsense"), 0);
	assert_int_equal(options.show, SHOW_HELP);
}

static void profiles_and_denials_keep_their_order(void **state)
{
	static const char *const texts[] = {"a", "bind", "b", "mount=EINVAL", "c"};
	static const enum option_source_kind kinds[] = {SOURCE_PROFILE, SOURCE_DENY, SOURCE_PROFILE,
							SOURCE_DENY, SOURCE_PROFILE};
	size_t i;

	(void)state;
	assert_int_equal(PARSE("-p", "a", "--deny=bind", "--profile", "b", "--deny", "mount=EINVAL",
			       "-pc", "ls"),
			 0);
	assert_int_equal(options.n_sources, ELEMENTSOF(texts));
	for (i = 0; i < ELEMENTSOF(texts); i++) {
		assert_int_equal(options.sources[i].kind, kinds[i]);
		assert_string_equal(options.sources[i].text, texts[i]);
	}
}

static void lists_add_up_and_single_values_replace(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--best-effort", "nodes", "--best-effort=mount", "--mechanism",
			       "lsm", "--mechanism", "notify", "--status-fd=3", "--status-fd=4",
			       "--no-new-privs=yes", "--no-new-privs=auto", "ls"),
			 0);
	assert_int_equal(options.best_effort, GROUP_BIT(GROUP_NODES) | GROUP_BIT(GROUP_MOUNT));
	assert_int_equal(options.mechanisms, MECH_BIT(MECH_LSM) | MECH_BIT(MECH_NOTIFY));
	assert_int_equal(options.status_fd, 4);
	assert_int_equal(options.no_new_privs, NNP_AUTO);
}

static void ten_thousand_words_are_survived(void **state)
{
	enum {
		MANY = 10000
	};
	_cleanup_free_ char **words = calloc(MANY + 3, sizeof(*words));
	size_t i;

	(void)state;
	assert_non_null(words);
	words[0] = "mpolrun";
	for (i = 1; i <= MANY; i++)
		words[i] = "-v";
	words[MANY + 1] = "ls";
	assert_int_equal(parse_words(words), 0);
	assert_int_equal(options.argc, 1);
	assert_string_equal(options.argv[0], "ls");

	words[1] = "ls";
	assert_int_equal(parse_words(words), 0);
	assert_int_equal(options.argc, MANY + 1);
}

static void a_very_long_word_is_no_option(void **state)
{
	_cleanup_free_ char *word = malloc(100000);
	size_t i;

	(void)state;
	assert_non_null(word);
	memset(word, 'a', 99999);
	word[99999] = '\0';
	memcpy(word, "--", 2);
	assert_int_equal(PARSE(word, "ls"), -EINVAL);
	/* Cut where the parser's own copy ends, it would be an option. */
	for (i = 0; i < n_option_rows; i++) {
		memcpy(word + 2, option_rows[i].name, strlen(option_rows[i].name));
		assert_int_equal(PARSE(word, "x", "ls"), -EINVAL);
		memset(word + 2, 'a', 64);
	}
}

static void the_tables_are_whole(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < COMMAND_COUNT; i++) {
		assert_int_equal(command_rows[i].command, i);
		assert_non_null(command_rows[i].help);
	}
	for (i = 0; i < n_option_rows; i++) {
		const struct option_row *row = &option_rows[i];

		for (j = 0; j < i; j++) {
			if (row->commands & option_rows[j].commands)
				assert_string_not_equal(row->name, option_rows[j].name);
			assert_true(!row->letter || row->letter != option_rows[j].letter);
		}
		if (row->kind == OPTION_RESERVED)
			continue;
		assert_non_null(row->help);
		assert_true(row->commands != 0);
		assert_int_equal(row->kind == OPTION_CHOICE, row->words != NULL);
		assert_true(!row->optional || row->argument);
	}
}

static void help_is_that_of_the_words_behind_it(void **state)
{
	(void)state;
	assert_int_equal(PARSE("help"), 0);
	assert_int_equal(options.show, SHOW_HELP);
	assert_int_equal(options.command, COMMAND_RUN);
	assert_int_equal(PARSE("help", "doctor"), 0);
	assert_int_equal(options.show, SHOW_HELP);
	assert_int_equal(options.command, COMMAND_DOCTOR);
	assert_int_equal(PARSE("help", "layer"), 0);
	assert_int_equal(options.command, COMMAND_LAYER);
	assert_int_equal(PARSE("help", "profile", "list"), 0);
	assert_int_equal(options.command, COMMAND_PROFILE_LIST);
	assert_int_equal(PARSE("run", "help"), 0);
	assert_int_equal(options.show, SHOW_NOTHING);
	assert_string_equal(options.argv[0], "help");
	assert_int_equal(PARSE("-V"), 0);
	assert_int_equal(options.show, SHOW_VERSION);
}

/* Not refused: it may be a program. Who finds that there is no profile for it says so. */
static void a_command_that_is_nearly_a_subcommand_is_noticed(void **state)
{
	(void)state;
	assert_int_equal(PARSE("docter"), 0);
	assert_string_equal(options.misspelt, "doctor");
	assert_int_equal(PARSE("ls"), 0);
	assert_null(options.misspelt);
	assert_int_equal(PARSE("-p", "nobind", "docter"), 0);
	assert_null(options.misspelt);
	assert_int_equal(PARSE("run", "docter"), 0);
	assert_null(options.misspelt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_command_line_is_survived),
		cmocka_unit_test(what_is_not_said_has_its_default),
		cmocka_unit_test(options_end_at_the_first_word),
		cmocka_unit_test(a_reserved_first_word_is_a_subcommand),
		cmocka_unit_test(behind_run_or_an_option_it_is_a_program),
		cmocka_unit_test(every_option_is_taken_in_both_forms_where_it_belongs),
		cmocka_unit_test(every_option_changes_what_it_says),
		cmocka_unit_test(short_options_take_all_usual_forms),
		cmocka_unit_test(profiles_and_denials_keep_their_order),
		cmocka_unit_test(lists_add_up_and_single_values_replace),
		cmocka_unit_test(ten_thousand_words_are_survived),
		cmocka_unit_test(a_very_long_word_is_no_option),
		cmocka_unit_test(the_tables_are_whole),
		cmocka_unit_test(help_is_that_of_the_words_behind_it),
		cmocka_unit_test(a_command_that_is_nearly_a_subcommand_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
