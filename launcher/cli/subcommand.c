/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "subcommand.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool reserved_word(const char *word)
{
	size_t i;

	for (i = 0; i < n_command_rows; i++)
		if (strcmp(command_rows[i].word, word) == 0)
			return true;
	return false;
}

int subcommand_needs_verb(const char *word, struct fault *fault)
{
	return fault_set(fault, -EINVAL, "'%s' needs a verb: see mpolrun %s --help", word, word);
}

static int unknown_verb(const char *word, const char *verb, const struct name *verbs, size_t n,
			struct fault *fault)
{
	const char *nearest = name_nearest(verbs, n, verb);
	char all[128] = "";
	size_t i, length = 0;

	for (i = 0; i < n && length < sizeof(all); i++)
		length += (size_t)snprintf(all + length, sizeof(all) - length, "%s%s",
					   i ? ", " : "", verbs[i].name);
	if (nearest)
		fault_hint(fault, "did you mean '%s'?", nearest);
	else
		fault_hint(fault, "its verbs are %s", all);
	return fault_set(fault, -EINVAL, "'%s' has no verb '%s'", word, verb);
}

const char *subcommand_nearest(const char *word)
{
	struct name table[COMMAND_COUNT];
	size_t i, n = 0;

	for (i = 0; i < COMMAND_COUNT; i++)
		if (!command_rows[i].verb)
			table[n++] = (struct name){.name = command_rows[i].word};
	return name_nearest(table, n, word);
}

int subcommand_take(char ***next, enum command *ret, struct fault *fault)
{
	char **words = *next;
	struct name verbs[COMMAND_COUNT];
	size_t i, n = 0;

	*ret = COMMAND_RUN;
	if (!reserved_word(words[0]))
		return 0;
	for (i = 0; i < n_command_rows; i++) {
		const struct command_row *row = &command_rows[i];

		if (strcmp(row->word, words[0]) != 0)
			continue;
		if (row->verb && row->command != COMMAND_RESERVED)
			verbs[n++] = (struct name){.name = row->verb};
		if (row->verb && (!words[1] || strcmp(row->verb, words[1]) != 0))
			continue;
		if (row->command == COMMAND_RESERVED && row->verb)
			return fault_set(fault, -ENOTSUP, "'%s %s' is reserved for a later release",
					 row->word, row->verb);
		if (row->command == COMMAND_RESERVED)
			return fault_set(fault, -ENOTSUP,
					 "'%s' is reserved for a later release; to run a program "
					 "of that name: mpolrun run -p nobind -- %s",
					 row->word, row->word);
		*ret = row->command;
		if (row->verb) {
			*next = words + 2;
			return 0;
		}
	}
	*next = words + 1;
	if (!command_has_verbs(*ret) || (words[1] && word_is_option(words[1])))
		return 0; /* `profile --help`; other options belong to the verbs */
	if (!words[1])
		return subcommand_needs_verb(words[0], fault);
	return unknown_verb(words[0], words[1], verbs, n, fault);
}

int subcommand_help(char **words, enum command *ret, struct fault *fault)
{
	const char *nearest;
	size_t i;
	int r;

	*ret = COMMAND_RUN;
	if (!words[0])
		return 0;
	if (!reserved_word(words[0])) {
		nearest = subcommand_nearest(words[0]);
		if (nearest)
			fault_hint(fault, "did you mean '%s'?", nearest);
		return fault_set(fault, -EINVAL, "there is no subcommand '%s'", words[0]);
	}
	for (i = 0; !words[1] && i < COMMAND_COUNT; i++)
		if (!command_rows[i].verb && strcmp(command_rows[i].word, words[0]) == 0) {
			*ret = (enum command)i;
			return 0;
		}
	r = subcommand_take(&words, ret, fault);
	if (r == 0 && *words)
		return fault_set(fault, -EINVAL, "one argument too many for 'help': '%s'", *words);
	return r;
}
