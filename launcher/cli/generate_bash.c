/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data of completions/mpolrun.bash. */
#include <stdio.h>
#include <string.h>

#include "generate.h"

static void print_pattern(const struct option_row *row)
{
	if (row->letter)
		printf("-%c | ", row->letter);
	printf("--%s", row->name);
}

static void print_bash_kinds(void)
{
	size_t c, v;

	printf("\n# The verbs of a subcommand that has some.\n_mpolrun_verbs()\n{\n\tcase $1 in\n");
	for (c = 0; c < COMMAND_COUNT; c++) {
		if (!command_has_verbs((enum command)c))
			continue;
		printf("\t%s) echo '", command_rows[c].word);
		for (v = 0; v < COMMAND_COUNT; v++)
			if (is_verb_of(v, c))
				printf("%s ", command_rows[v].verb);
		printf("' ;;\n");
	}
	printf("\tesac\n}\n\n# What stands behind its options.\n"
	       "_mpolrun_operands()\n{\n\tcase $1 in\n");
	for (c = 0; c < COMMAND_COUNT; c++) {
		printf("\t\"");
		print_command(&command_rows[c], " ");
		printf("\") echo %s ;;\n", operand_kind(c));
	}
	printf("\tesac\n}\n\n# Whether the word before its options is a layer.\n"
	       "_mpolrun_takes_layer()\n{\n\tcase $1 in\n");
	for (c = 0; c < COMMAND_COUNT; c++)
		if (command_takes_layer((enum command)c)) {
			printf("\t\"");
			print_command(&command_rows[c], " ");
			printf("\") return 0 ;;\n");
		}
	printf("\tesac\n\treturn 1\n}\n");
}

void print_bash(void)
{
	size_t i, c;

	printf("_mpolrun_commands='");
	for (c = 0; c < COMMAND_COUNT; c++)
		if (!command_rows[c].verb)
			printf("%s%s", c ? " " : "", command_rows[c].word);
	printf("'\n");
	print_bash_kinds();
	printf("\n# The options of a subcommand.\n_mpolrun_options()\n{\n\tcase $1 in\n");
	for (c = 0; c < COMMAND_COUNT; c++) {
		printf("\t\"");
		print_command(&command_rows[c], " ");
		printf("\") echo '");
		for (i = 0; i < n_option_rows; i++) {
			if (!option_belongs(&option_rows[i], (enum command)c))
				continue;
			if (option_rows[i].letter)
				printf("-%c ", option_rows[i].letter);
			printf("--%s ", option_rows[i].name);
		}
		printf("' ;;\n");
	}
	printf("\tesac\n}\n\n# Whether the next word is the option's value.\n"
	       "_mpolrun_takes_word()\n{\n\tcase $1 in\n");
	for (i = 0; i < n_option_rows; i++) {
		if (!takes_word(&option_rows[i]))
			continue;
		printf("\t");
		print_pattern(&option_rows[i]);
		printf(") return 0 ;;\n");
	}
	printf("\tesac\n\treturn 1\n}\n\n# What an option's value is made of.\n"
	       "_mpolrun_kind()\n{\n\tcase $1 in\n");
	for (i = 0; i < n_option_rows; i++) {
		const struct option_row *row = &option_rows[i];

		if ((!is_profile(row) && !has_words(row)) || is_hidden(row))
			continue;
		printf("\t");
		print_pattern(row);
		printf(") echo '%s", is_profile(row) ? "profile" : is_list(row) ? "list" : "words");
		print_words(row);
		printf("' ;;\n");
	}
	printf("\tesac\n}\n");
}
