/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What --help, --version and an empty command line print, from the tables of options_table.c. */
#include <string.h>

#include "base/exit.h"
#include "options.h"
#include "wrap.h"

#define HELP_COLUMN 28

static int print_name(FILE *out, enum command command)
{
	const struct command_row *row = &command_rows[command];

	if (command == COMMAND_RUN)
		return fprintf(out, "mpolrun [run]");
	return fprintf(out, "mpolrun %s%s%s", row->word, row->verb ? " " : "",
		       row->verb ? row->verb : "");
}

static void print_entry(FILE *out, const char *entry, const char *help)
{
	int column = fprintf(out, "  %s", entry);

	if (column + 2 > HELP_COLUMN) {
		fputc('\n', out);
		column = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - column, "");
	wrap(out, help, HELP_COLUMN, HELP_COLUMN);
}

static void print_option(FILE *out, const struct option_row *row)
{
	char entry[64];
	size_t length = 0;

	if (row->letter)
		length = (size_t)snprintf(entry, sizeof(entry), "-%c, ", row->letter);
	else
		length = (size_t)snprintf(entry, sizeof(entry), "    ");
	snprintf(entry + length, sizeof(entry) - length, "--%s%s%s%s", row->name,
		 row->optional ? "[=" : (row->argument ? " " : ""),
		 row->argument ? row->argument : "", row->optional ? "]" : "");
	print_entry(out, entry, row->help);
}

void options_usage(enum command command, FILE *out)
{
	const struct command_row *row = &command_rows[command];
	bool any = false;
	size_t i;

	print_name(out, command);
	if (command_takes_layer(command))
		fprintf(out, " LAYER");
	if (command == COMMAND_RUN || command == COMMAND_EXPLAIN)
		fprintf(out, " -p PROFILE");
	for (i = 0; i < n_option_rows; i++)
		if (option_rows[i].kind != OPTION_SHOW && option_rows[i].kind != OPTION_SOURCE &&
		    option_belongs(&option_rows[i], command))
			any = true;
	if (any)
		fprintf(out, " [OPTION...]");
	if (row->operands[0])
		fprintf(out, " %s", row->operands);
}

/* Of a subcommand with verbs, "look at profiles: list, show"; else its help as it is. */
static void print_subcommand(FILE *out, enum command command)
{
	const struct command_row *row = &command_rows[command];
	char text[256];
	size_t length = (size_t)snprintf(text, sizeof(text), "%s", row->help), i;
	const char *before = ": ";

	for (i = 0; command_has_verbs(command) && i < COMMAND_COUNT && length < sizeof(text); i++) {
		if (!command_rows[i].verb || strcmp(command_rows[i].word, row->word) != 0)
			continue;
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s", before,
					   command_rows[i].verb);
		before = ", ";
	}
	print_entry(out, row->verb ? row->verb : row->word, text);
}

void options_help(enum command command, FILE *out)
{
	const struct command_row *of = &command_rows[command];
	size_t i;

	fprintf(out, "Usage: ");
	options_usage(command, out);
	fputc('\n', out);
	if (command == COMMAND_RUN)
		wrap(out,
		     "Runs COMMAND under a profile that says which memory policies "
		     "(mbind(2), set_mempolicy(2) and all other ways to one) it and its "
		     "children may use.",
		     0, 0);
	else
		wrap(out, of->help, 0, 0);

	fprintf(out, "\nOptions:\n");
	for (i = 0; i < n_option_rows; i++)
		if (option_belongs(&option_rows[i], command))
			print_option(out, &option_rows[i]);

	if (command == COMMAND_RUN || command_has_verbs(command)) {
		fprintf(out, command == COMMAND_RUN ? "\nSubcommands:\n" : "\nVerbs:\n");
		for (i = 0; i < COMMAND_COUNT; i++) {
			const struct command_row *row = &command_rows[i];
			bool belongs = command == COMMAND_RUN
					       ? !row->verb
					       : row->verb && strcmp(row->word, of->word) == 0;

			if (belongs)
				print_subcommand(out, (enum command)i);
		}
	}
	if (command == COMMAND_RUN)
		wrap(out,
		     "A program that has such a name is run as: mpolrun run -p nobind -- "
		     "doctor",
		     0, 0);
	fprintf(out, "\nSee mpolrun(1) and mpolrun-profile(5).\n");
}

static void print_short_usage(FILE *out)
{
	fprintf(out, "Usage: ");
	options_usage(COMMAND_RUN, out);
	fprintf(out, "\n       ");
	options_usage(COMMAND_DOCTOR, out);
	fprintf(out, "\n       ");
	options_usage(COMMAND_EXPLAIN, out);
	fprintf(out, "\n       ");
	options_usage(COMMAND_PROFILE, out);
	fprintf(out, "\nTry: mpolrun -p nobind -- numactl --membind=0 true, or mpolrun --help\n");
}

int options_show(const struct options *options)
{
	switch (options->show) {
	case SHOW_HELP:
		options_help(options->command, stdout);
		break;
	case SHOW_VERSION:
		printf("mpolrun %s\n", MPOLRUN_VERSION);
		break;
	case SHOW_USAGE:
		print_short_usage(stderr);
		return EXIT_MPOLRUN;
	case SHOW_NOTHING:
		break;
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : EXIT_MPOLRUN;
}
