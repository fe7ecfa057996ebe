/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs at build time: prints the completions and the man page's option list from the tables that
 * parse. Usage: generate bash|zsh|fish|man TEMPLATE; the line "@DATA@" of TEMPLATE is replaced.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/host.h"
#include "options.h"
#include "profile/keywords.h"

static const char *verb_of(const struct command_row *row)
{
	return row->verb ? row->verb : "";
}

/* The command's name, the two words of a verb joined by @joint. */
static void print_command(const struct command_row *row, const char *joint)
{
	printf("%s%s%s", row->word, row->verb ? joint : "", verb_of(row));
}

/* @text, with a backslash before each of @special; a quote closes, is escaped, opens again. */
static void print_quoted(const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'' && !strchr(special, '\''))
			printf("'\\'");
		else if (strchr(special, *text))
			putchar('\\');
		putchar(*text);
	}
}

/* What can be said after --deny: the words of rules that have some, else the rule's name. */
static void print_deny_words(void)
{
	size_t i, j;

	for (i = 0; i < GROUP_COUNT; i++) {
		const struct keyword *keyword = &keywords[i];

		if (keyword->form == KEYWORD_ANSWER || keyword->form == KEYWORD_MOVE)
			printf(" %s", keyword->name);
		for (j = 0; j < keyword->n_words; j++)
			printf(" %s%s%s", i == GROUP_MODES ? "" : keyword->name,
			       i == GROUP_MODES ? "" : ".", keyword->words[j].name);
	}
}

/* The words that the option's value is made of, each after a blank. */
static void print_words(const struct option_row *row)
{
	size_t i;

	if (row->kind == OPTION_CHOICE)
		for (i = 0; i < row->n_words; i++)
			printf(" %s", row->words[i].name);
	else if (row->kind == OPTION_MECHANISMS)
		for (i = 0; i < MECH_COUNT; i++)
			printf(" %s", mechanism_names[i].name);
	else if (row->kind == OPTION_RULES)
		for (i = 0; i < GROUP_COUNT; i++)
			printf(" %s", keywords[i].name);
	else if (row->kind == OPTION_SOURCE && row->value == SOURCE_DENY)
		print_deny_words();
}

static bool is_profile(const struct option_row *row)
{
	return row->kind == OPTION_SOURCE && row->value == SOURCE_PROFILE;
}

static bool is_list(const struct option_row *row)
{
	return row->kind == OPTION_MECHANISMS || row->kind == OPTION_RULES;
}

static bool has_words(const struct option_row *row)
{
	return is_list(row) || row->kind == OPTION_CHOICE ||
	       (row->kind == OPTION_SOURCE && row->value == SOURCE_DENY);
}

/* Of two options of one name, what a word after it means is told of that of `run`. */
static bool is_hidden(const struct option_row *row)
{
	return !option_belongs(row, COMMAND_RUN) && option_is_known(row->name, COMMAND_RUN);
}

/* Whether the word after the option is its value. */
static bool takes_word(const struct option_row *row)
{
	return row->kind != OPTION_RESERVED && row->argument && !row->optional && !is_hidden(row);
}

static void print_pattern(const struct option_row *row)
{
	if (row->letter)
		printf("-%c | ", row->letter);
	printf("--%s", row->name);
}

static bool is_verb_of(size_t c, size_t of)
{
	return command_rows[c].verb && strcmp(command_rows[c].word, command_rows[of].word) == 0;
}

/* What the operands of a command are, for the case statements of the shells. */
static const char *operand_kind(size_t c)
{
	if (command_executes((enum command)c))
		return "command";
	if (c == COMMAND_HELP)
		return "help";
	if (strncmp(command_rows[c].operands, "PROFILE CALL", 12) == 0)
		return "profile1";
	if (strncmp(command_rows[c].operands, "PROFILE", 7) == 0)
		return "profile";
	if (strncmp(command_rows[c].operands, "[FILE", 5) == 0)
		return "file";
	return "none";
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

static void print_bash(void)
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

static void print_zsh(void)
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

static void print_fish(void)
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

/* scdoc: '_' and '*' are marks, and are escaped in words that are not ours to mark. */
static void print_man_option(const struct option_row *row)
{
	size_t c;
	int others = 0;

	if (row->letter)
		printf("*-%c*%s", row->letter, row->argument ? "" : ", ");
	if (row->letter && row->argument) {
		printf(" _");
		print_quoted(row->argument, "_*\\");
		printf("_, ");
	}
	printf("*--%s*", row->name);
	if (row->argument) {
		printf(row->optional ? "[=_" : " _");
		print_quoted(row->argument, "_*\\");
		printf(row->optional ? "_]" : "_");
	}
	printf("\n\t%c", toupper((unsigned char)row->help[0]));
	print_quoted(row->help + 1, "_*\\'");
	printf(".\n");
	if (row->more)
		printf("\t%s\n", row->more);
	if ((row->commands & ~COMMAND_BIT(COMMAND_RUN)) && row->kind != OPTION_SHOW) {
		printf("\tOf");
		for (c = 0; c < COMMAND_COUNT; c++)
			if (option_belongs(row, (enum command)c)) {
				printf("%s *", others++ ? "," : "");
				print_command(&command_rows[c], " ");
				printf("*");
			}
		printf(".\n");
	}
	printf("\n");
}

static void print_man(void)
{
	size_t i;

	for (i = 0; i < n_option_rows; i++)
		if (option_rows[i].kind != OPTION_RESERVED)
			print_man_option(&option_rows[i]);
}

static const struct kind {
	const char *name;
	void (*print)(void);
} kinds[] = {
	{"bash", print_bash},
	{"zsh", print_zsh},
	{"fish", print_fish},
	{"man", print_man},
};

int main(int argc, char **argv)
{
	_cleanup_fclose_ FILE *template = NULL;
	const struct kind *kind = NULL;
	bool done = false;
	char line[1024];
	size_t i;

	for (i = 0; argc == 3 && i < ELEMENTSOF(kinds); i++)
		if (strcmp(kinds[i].name, argv[1]) == 0)
			kind = &kinds[i];
	if (!kind) {
		fprintf(stderr, "usage: generate bash|zsh|fish|man TEMPLATE\n");
		return 2;
	}
	template = fopen(argv[2], "re");
	if (!template) {
		fprintf(stderr, "generate: %s: %s\n", argv[2], strerror(errno));
		return 1;
	}
	while (fgets(line, sizeof(line), template)) {
		if (strcmp(line, "@DATA@\n") == 0) {
			kind->print();
			done = true;
		} else {
			fputs(line, stdout);
		}
	}
	if (!done || ferror(template) || fflush(stdout) != 0) {
		fprintf(stderr, "generate: %s: no line @DATA@, or input or output failed\n",
			argv[2]);
		return 1;
	}
	return 0;
}
