/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data of completions/mpolrun.fish. */
#include <stdio.h>
#include <string.h>

#include "generate.h"

static void print_fish_option(const struct option_row *row)
{
	size_t c;

	printf("complete -c mpolrun -n '__mpolrun_is");
	for (c = 0; c < COMMAND_COUNT; c++)
		if (option_belongs(row, (enum command)c)) {
			printf(" \"");
			print_command(&command_rows[c], " ");
			printf("\"");
		}
	printf("'");
	if (row->letter)
		printf(" -s %c", row->letter);
	printf(" -l %s", row->name);
	if (takes_word(row))
		printf(is_profile(row) ? " -r" : " -x");
	if (is_profile(row)) {
		printf(" -F -a '(__mpolrun_profiles)'");
	} else if (has_words(row)) {
		printf(" -a '%s", is_list(row) ? "(__mpolrun_list" : "");
		print_words(row);
		printf("%s'", is_list(row) ? ")" : "");
	}
	printf(" -d '");
	print_quoted(row->help, "'\\");
	printf("'\n");
}

static bool takes_profiles(enum command command)
{
	return strncmp(operand_kind(command), "profile", 7) == 0;
}

static void print_fish_commands(const char *name, bool (*belongs)(enum command))
{
	size_t c;

	printf("\nset -g __mpolrun_%s", name);
	for (c = 0; c < COMMAND_COUNT; c++)
		if (belongs((enum command)c)) {
			printf(" '");
			print_command(&command_rows[c], " ");
			printf("'");
		}
}

static bool takes_file(enum command command)
{
	return strcmp(operand_kind(command), "file") == 0;
}

void print_fish(void)
{
	size_t i, c;

	printf("set -g __mpolrun_commands");
	for (c = 0; c < COMMAND_COUNT; c++)
		if (!command_rows[c].verb)
			printf(" %s", command_rows[c].word);
	printf("\nset -g __mpolrun_with_verbs");
	for (c = 0; c < COMMAND_COUNT; c++)
		if (command_has_verbs((enum command)c))
			printf(" %s", command_rows[c].word);
	print_fish_commands("take_layer", command_takes_layer);
	print_fish_commands("execute", command_executes);
	print_fish_commands("take_profiles", takes_profiles);
	print_fish_commands("take_file", takes_file);
	printf("\nset -g __mpolrun_take_word");
	for (i = 0; i < n_option_rows; i++) {
		if (!takes_word(&option_rows[i]))
			continue;
		if (option_rows[i].letter)
			printf(" -%c", option_rows[i].letter);
		printf(" --%s", option_rows[i].name);
	}
	printf("\n\n");
	for (c = 0; c < COMMAND_COUNT; c++) {
		const struct command_row *row = &command_rows[c];

		printf("complete -c mpolrun -n ");
		if (row->verb)
			printf("'__mpolrun_is \"verb of %s\"' -a %s -d '", row->word, row->verb);
		else
			printf("'__mpolrun_first; or __mpolrun_is help' -a %s -d '", row->word);
		print_quoted(row->help, "'\\");
		printf("'\n");
	}
	for (i = 0; i < n_option_rows; i++)
		if (option_rows[i].kind != OPTION_RESERVED)
			print_fish_option(&option_rows[i]);
}
