/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/options.h"
#include "cli/wrap.h"

static char *help_of(enum command command)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	options_help(command, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void check_lines(char *text)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		size_t length = strlen(line);

		assert_true(length <= 79);
		assert_true(length == 0 || line[length - 1] != ' ');
	}
}

static void help_fits_80_columns(void **state)
{
	int command;

	(void)state;
	for (command = 0; command < COMMAND_COUNT; command++) {
		_cleanup_free_ char *text = help_of((enum command)command);

		assert_true(strncmp(text, "Usage: mpolrun", 14) == 0);
		check_lines(text);
	}
}

static void help_names_its_own_options_and_no_others(void **state)
{
	char name[64];
	int command;
	size_t i;

	(void)state;
	for (command = 0; command < COMMAND_COUNT; command++) {
		_cleanup_free_ char *text = help_of((enum command)command);

		for (i = 0; i < n_option_rows; i++) {
			const struct option_row *row = &option_rows[i];
			const char *found;

			snprintf(name, sizeof(name), " --%s", row->name);
			for (found = strstr(text, name); found; found = strstr(found + 1, name))
				if (!strchr("abcdefghijklmnopqrstuvwxyz-", found[strlen(name)]))
					break;
			assert_int_equal(found != NULL,
					 option_is_known(row->name, (enum command)command));
		}
	}
}

/* Whether @verb stands in what the help of run says of @word, which may go over several lines. */
static bool run_tells_of(const char *run, const char *word, const char *verb)
{
	char entry[64], named[64];
	const char *at, *end;

	snprintf(entry, sizeof(entry), "\n  %s ", word);
	at = strstr(run, entry);
	assert_non_null(at);
	end = strstr(at + 1, "\n  ");
	while (end && end[3] == ' ')
		end = strstr(end + 1, "\n  ");
	snprintf(named, sizeof(named), " %s", verb);
	at = strstr(at, named);
	return at && (!end || at < end);
}

static void help_names_every_subcommand_and_verb(void **state)
{
	_cleanup_free_ char *run = help_of(COMMAND_RUN);
	char entry[64];
	int command, of;

	(void)state;
	for (command = 0; command < COMMAND_COUNT; command++) {
		const struct command_row *row = &command_rows[command];

		snprintf(entry, sizeof(entry), "\n  %s ", row->verb ? row->verb : row->word);
		for (of = 0; row->verb && of < COMMAND_COUNT; of++)
			if (!command_rows[of].verb && strcmp(command_rows[of].word, row->word) == 0)
				break;
		if (row->verb) {
			_cleanup_free_ char *help = help_of((enum command)of);

			assert_non_null(strstr(help, entry));
			assert_true(run_tells_of(run, row->word, row->verb));
		} else {
			assert_non_null(strstr(run, entry));
		}
	}
	assert_false(run_tells_of(run, "profile", "exec"));
}

static void wrapped(const char *expected, const char *text, int column, int indent)
{
	_cleanup_free_ char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	assert_non_null(out);
	wrap(out, text, column, indent);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(got, expected);
}

static void text_is_wrapped_between_words(void **state)
{
	char longest[101];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[100] = '\0';
	wrapped("\n", "", 0, 4);
	wrapped("one two\n", "one  two", 0, 4);
	wrapped("one\n  two\n", "one two", 74, 2);
	wrapped("one two\n", "one two", 72, 2);
	{
		char text[128], expected[128];

		snprintf(text, sizeof(text), "b %s c", longest);
		snprintf(expected, sizeof(expected), "b\n %s\n c\n", longest);
		wrapped(expected, text, 0, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_fits_80_columns),
		cmocka_unit_test(help_names_its_own_options_and_no_others),
		cmocka_unit_test(help_names_every_subcommand_and_verb),
		cmocka_unit_test(text_is_wrapped_between_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
