/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs at build time: prints the completions and the man page's option list from the tables that
 * parse. Usage: generate bash|zsh|fish|man TEMPLATE; the line "@DATA@" of TEMPLATE is replaced.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "generate.h"
#include "host/host.h"
#include "profile/keywords.h"

static const char *verb_of(const struct command_row *row)
{
	return row->verb ? row->verb : "";
}

void print_command(const struct command_row *row, const char *joint)
{
	printf("%s%s%s", row->word, row->verb ? joint : "", verb_of(row));
}

void print_quoted(const char *text, const char *special)
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

void print_words(const struct option_row *row)
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

bool is_profile(const struct option_row *row)
{
	return row->kind == OPTION_SOURCE && row->value == SOURCE_PROFILE;
}

bool is_list(const struct option_row *row)
{
	return row->kind == OPTION_MECHANISMS || row->kind == OPTION_RULES;
}

bool has_words(const struct option_row *row)
{
	return is_list(row) || row->kind == OPTION_CHOICE ||
	       (row->kind == OPTION_SOURCE && row->value == SOURCE_DENY);
}

bool is_hidden(const struct option_row *row)
{
	return !option_belongs(row, COMMAND_RUN) && option_is_known(row->name, COMMAND_RUN);
}

bool takes_word(const struct option_row *row)
{
	return row->kind != OPTION_RESERVED && row->argument && !row->optional && !is_hidden(row);
}

bool is_verb_of(size_t c, size_t of)
{
	return command_rows[c].verb && strcmp(command_rows[c].word, command_rows[of].word) == 0;
}

const char *operand_kind(size_t c)
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
