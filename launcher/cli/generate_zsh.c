/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data of completions/_mpolrun. */
#include <stdio.h>
#include <string.h>

#include "generate.h"

static void print_zsh_option(const struct option_row *row)
{
	bool repeats = row->kind == OPTION_SOURCE;

	if (row->letter && !repeats)
		printf("\t\t'(-%c --%s)'", row->letter, row->name);
	else
		printf("\t\t");
	if (row->letter)
		printf("%s{-%c%s,--%s%s}", repeats ? "'*'" : "", row->letter,
		       row->argument ? "+" : "", row->name, row->argument ? "=" : "");
	else
		printf("'%s--%s%s'", repeats ? "*" : "", row->name,
		       row->optional ? "=-" : (row->argument ? "=" : ""));
	printf("'[");
	print_quoted(row->help, "[]:\\");
	putchar(']');
	if (row->argument) {
		printf("%s", row->optional ? "::" : ":");
		print_quoted(row->argument, "[]:\\");
		if (is_profile(row)) {
			printf(":_mpolrun_profiles");
		} else if (is_list(row)) {
			printf(":_mpolrun_list %s", row->name);
			print_words(row);
		} else if (has_words(row)) {
			printf(":(");
			print_words(row);
			printf(")");
		} else {
			printf(": ");
		}
	}
	printf("' \\\n");
}

/* The verbs of a subcommand, or for COMMAND_COUNT the subcommands. */
static void print_zsh_described(const char *name, size_t of)
{
	size_t c;

	printf("() {\n\tlocal -a list=(\n");
	for (c = 0; c < COMMAND_COUNT; c++) {
		const struct command_row *row = &command_rows[c];

		if (of == COMMAND_COUNT ? row->verb != NULL : !is_verb_of(c, of))
			continue;
		printf("\t\t'%s:", row->verb ? row->verb : row->word);
		print_quoted(row->help, ":\\");
		printf("'\n");
	}
	printf("\t)\n\t_describe %s list\n}\n\n", name);
}

static void print_zsh_operands(const char *kind)
{
	if (strcmp(kind, "command") == 0)
		printf("\t\t'(-):command:_command_names -e' '*::arguments:_normal'\n");
	else if (strcmp(kind, "profile1") == 0)
		printf("\t\t':profile:_mpolrun_profiles' '*:call: '\n");
	else if (strcmp(kind, "profile") == 0)
		printf("\t\t'*:profile:_mpolrun_profiles'\n");
	else if (strcmp(kind, "file") == 0)
		printf("\t\t':file:_files'\n");
	else if (strcmp(kind, "help") == 0)
		printf("\t\t':subcommand:_mpolrun_subcommands'\n");
	else
		printf("\t\t&& return\n");
}

void print_zsh(void)
{
	size_t i, c;

	printf("_mpolrun_subcommands");
	print_zsh_described("subcommand", COMMAND_COUNT);
	for (c = 0; c < COMMAND_COUNT; c++)
		if (command_has_verbs((enum command)c)) {
			printf("_mpolrun_verbs_%s", command_rows[c].word);
			print_zsh_described("verb", c);
		}
	printf("typeset -ga _mpolrun_take_layer=(");
	for (c = 0; c < COMMAND_COUNT; c++)
		if (command_takes_layer((enum command)c)) {
			printf(" ");
			print_command(&command_rows[c], "_");
		}
	printf(" )\n\n");
	for (c = 0; c < COMMAND_COUNT; c++) {
		printf("%s_mpolrun_command_", c ? "\n" : "");
		print_command(&command_rows[c], "_");
		printf("() {\n\t_arguments -s -S : \\\n");
		for (i = 0; i < n_option_rows; i++)
			if (option_belongs(&option_rows[i], (enum command)c))
				print_zsh_option(&option_rows[i]);
		print_zsh_operands(operand_kind(c));
		printf("}\n");
	}
}
