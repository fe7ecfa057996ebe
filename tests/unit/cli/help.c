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

static void help_of_run_names_every_subcommand(void **state)
{
	_cleanup_free_ char *run = help_of(COMMAND_RUN), *profile = help_of(COMMAND_PROFILE);
	_cleanup_free_ char *resident = help_of(COMMAND_RESIDENT), *layer = help_of(COMMAND_LAYER);
	char entry[64];
	int command;

	(void)state;
	for (command = 0; command < COMMAND_COUNT; command++) {
		const struct command_row *row = &command_rows[command];

		snprintf(entry, sizeof(entry), "\n  %s ", row->verb ? row->verb : row->word);
		assert_non_null(strstr(!row->verb                          ? run
				       : strcmp(row->word, "profile") == 0 ? profile
				       : strcmp(row->word, "layer") == 0   ? layer
									   : resident,
				       entry));
	}
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
		cmocka_unit_test(help_of_run_names_every_subcommand),
		cmocka_unit_test(text_is_wrapped_between_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
