/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "host/host.h"
#include "profile/keywords.h"
#include "subcommand.h"

/* An option as it was written: "--json=" has the name "json" and the value "". */
struct written {
	char text[64]; /* for messages: "--json" or "-p" */
	const struct option_row *row;
	const char *value; /* or NULL */
};

static const char *nearest_option(enum command command, const char *name)
{
	struct name table[OPTIONS_MAX];
	size_t i, n = 0;

	for (i = 0; i < n_option_rows && n < ELEMENTSOF(table); i++)
		if (option_belongs(&option_rows[i], command))
			table[n++] = (struct name){.name = option_rows[i].name};
	return name_nearest(table, n, name);
}

static int unknown_option(enum command command, const struct written *written, const char *name,
			  struct fault *fault)
{
	const char *nearest = name ? nearest_option(command, name) : NULL;
	const struct command_row *of = &command_rows[command];
	size_t i;

	if (written->row && written->row->kind == OPTION_RESERVED) {
		if (written->row->help)
			fault_hint(fault, "%s", written->row->help);
		return fault_set(fault, -ENOTSUP, "'%s' is reserved for a later release",
				 written->text);
	}
	for (i = 0; written->row && i < COMMAND_COUNT; i++)
		if (option_belongs(written->row, (enum command)i)) {
			fault_hint(fault, "'%s%s%s' has it", command_rows[i].word,
				   command_rows[i].verb ? " " : "",
				   command_rows[i].verb ? command_rows[i].verb : "");
			return fault_set(fault, -EINVAL, "'%s%s%s' has no option '%s'", of->word,
					 of->verb ? " " : "", of->verb ? of->verb : "",
					 written->text);
		}
	if (nearest)
		fault_hint(fault, "did you mean '--%s'?", nearest);
	return fault_set(fault, -EINVAL, "unknown option '%s'", written->text);
}

/* The fields' names, of a list with commas, one by one into @word; false at its end. */
static bool next_in_list(const char **list, char *word, size_t size)
{
	size_t length;

	if (!*list)
		return false;
	length = strcspn(*list, ",");
	snprintf(word, size, "%.*s", (int)(length < size ? length : size - 1), *list);
	*list = (*list)[length] ? *list + length + 1 : NULL;
	return true;
}

/* Where no word is near to what was written: all that there are. */
static void hint_all(enum option_kind kind, struct fault *fault)
{
	size_t n = kind == OPTION_MECHANISMS ? MECH_COUNT : GROUP_COUNT, length = 0, i;
	char all[160] = "";

	for (i = 0; i < n && length < sizeof(all); i++)
		length += (size_t)snprintf(
			all + length, sizeof(all) - length, "%s%s", i ? ", " : "",
			kind == OPTION_MECHANISMS ? mechanism_names[i].name : keywords[i].name);
	fault_hint(fault, "there are %s", all);
}

static int add_to_mask(const struct written *written, uint32_t *mask, struct fault *fault)
{
	const char *list = written->value;
	const char *nearest;
	uint32_t found = 0;
	char word[64];

	while (next_in_list(&list, word, sizeof(word))) {
		if (written->row->kind == OPTION_MECHANISMS) {
			const struct name *name = name_find(mechanism_names, MECH_COUNT, word);

			nearest = name_nearest(mechanism_names, MECH_COUNT, word);
			if (name) {
				found |= MECH_BIT(name->value);
				continue;
			}
		} else {
			int group = group_find(word, &nearest);

			if (group >= 0) {
				found |= GROUP_BIT(group);
				continue;
			}
		}
		if (nearest)
			fault_hint(fault, "did you mean '%s'?", nearest);
		else
			hint_all(written->row->kind, fault);
		return fault_set(fault, -EINVAL, "%s: unknown %s '%s'", written->text,
				 written->row->kind == OPTION_MECHANISMS ? "mechanism" : "rule",
				 word);
	}
	*mask |= found;
	return 0;
}

static int set_choice(const struct written *written, int *ret, struct fault *fault)
{
	const struct option_row *row = written->row;
	const struct name *name = name_find(row->words, row->n_words, written->value);
	char all[128] = "";
	size_t i, length = 0;

	if (name) {
		*ret = name->value;
		return 0;
	}
	for (i = 0; i < row->n_words && length < sizeof(all); i++)
		length += (size_t)snprintf(all + length, sizeof(all) - length, "%s%s",
					   i ? " or " : "", row->words[i].name);
	if (row->kind == OPTION_CHOICE && name_find(row->words, row->n_words, "yes"))
		fault_hint(fault, "say %s=yes", written->text);
	return fault_set(fault, -EINVAL, "%s: '%s' is not %s", written->text, written->value, all);
}

static int set_fd(const struct written *written, int *ret, struct fault *fault)
{
	uint32_t n;

	if (text_to_u32(written->value, INT_MAX, &n) < 0)
		return fault_set(fault, -EINVAL, "%s: '%s' is not the number of a file descriptor",
				 written->text, written->value);
	*ret = (int)n;
	return 0;
}

static int add_source(const struct written *written, struct options *options, struct fault *fault)
{
	if (options->n_sources == ELEMENTSOF(options->sources))
		return fault_set(fault, -E2BIG, "more than %zu of --profile and --deny",
				 ELEMENTSOF(options->sources));
	options->sources[options->n_sources].kind = (enum option_source_kind)written->row->value;
	options->sources[options->n_sources].text = written->value;
	options->n_sources++;
	return 0;
}

static int apply(const struct written *written, struct options *options, struct fault *fault)
{
	const struct option_row *row = written->row;
	void *field = (char *)options + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_SET:
		*(int *)field = row->value;
		return 0;
	case OPTION_SHOW:
		options->show = (enum show)row->value;
		return 0;
	case OPTION_CHOICE:
		return set_choice(written, field, fault);
	case OPTION_FD:
		return set_fd(written, field, fault);
	case OPTION_TEXT:
		*(const char **)field = written->value;
		return 0;
	case OPTION_MECHANISMS:
	case OPTION_RULES:
		return add_to_mask(written, field, fault);
	case OPTION_SOURCE:
		return add_source(written, options, fault);
	case OPTION_CAPABILITIES:
		options->keep_caps = true;
		options->keep_caps_list = written->value;
		return 0;
	case OPTION_RESERVED:
		break; /* unknown_option() had it */
	}
	return fault_set(fault, -EINVAL, "unknown option '%s'", written->text);
}

/* Where two commands have options of one name, that of @command. */
static const struct option_row *find_long(const char *name, enum command command)
{
	const struct option_row *other = NULL;
	size_t i;

	for (i = 0; i < n_option_rows; i++) {
		if (strcmp(option_rows[i].name, name) != 0)
			continue;
		if (option_belongs(&option_rows[i], command))
			return &option_rows[i];
		if (!other)
			other = &option_rows[i];
	}
	return other;
}

static const struct option_row *find_letter(char letter)
{
	size_t i;

	for (i = 0; i < n_option_rows; i++)
		if (option_rows[i].letter && option_rows[i].letter == letter)
			return &option_rows[i];
	return NULL;
}

bool option_is_known(const char *name, enum command command)
{
	const struct option_row *row = find_long(name, command);

	return row && option_belongs(row, command);
}

/*
 * Take one option, whose row may be NULL, with the value that is attached to it or NULL; a value
 * that is still missing is the next word.
 */
static int take(struct options *options, struct written *written, const char *name, char ***next,
		struct fault *fault)
{
	const struct option_row *row = written->row;

	if (!row || !option_belongs(row, options->command))
		return unknown_option(options->command, written, name, fault);
	if (!row->argument && written->value)
		return fault_set(fault, -EINVAL, "'%s' takes no value", written->text);
	if (row->argument && !row->optional && !written->value) {
		/* Of what any word would do for: who forgot the value means the end of options. */
		bool forgotten = **next && strcmp(**next, "--") == 0 &&
				 (row->kind == OPTION_TEXT || row->kind == OPTION_SOURCE);

		if (forgotten)
			fault_hint(fault, "'--' ends the options");
		if (!**next || forgotten)
			return fault_set(fault, -EINVAL, "'%s' needs a value: %s", written->text,
					 row->argument);
		written->value = *(*next)++;
	}
	if (written->value && !written->value[0])
		return fault_set(fault, -EINVAL, "'%s' has an empty value where there must be %s",
				 written->text, row->argument);
	return apply(written, options, fault);
}

static int take_long(struct options *options, const char *word, char ***next, struct fault *fault)
{
	struct written written = {.value = strchr(word, '=')};
	size_t length = written.value ? (size_t)(written.value - word) : strlen(word);
	char name[sizeof(written.text)] = "";

	/* What does not fit is no option of ours; cut, it must not become one. */
	snprintf(written.text, sizeof(written.text), "%.*s",
		 (int)(length < sizeof(written.text) ? length : sizeof(written.text) - 1), word);
	if (length < sizeof(name)) {
		memcpy(name, word + 2, length - 2);
		written.row = find_long(name, options->command);
	}
	if (written.value)
		written.value++;
	return take(options, &written, name, next, fault);
}

/* "-q", "-qv", "-pNAME", "-qp NAME" */
static int take_letters(struct options *options, const char *word, char ***next,
			struct fault *fault)
{
	const char *s;
	int r;

	for (s = word + 1; *s; s++) {
		struct written written = {.row = find_letter(*s)};

		snprintf(written.text, sizeof(written.text), "-%c", *s);
		if (written.row && written.row->argument && s[1])
			written.value = s + 1;
		r = take(options, &written, NULL, next, fault);
		if (r < 0 || written.value || options->show)
			return r;
	}
	return 0;
}

static int check_operands(const struct options *options, bool all_are_words, struct fault *fault)
{
	const struct command_row *row = &command_rows[options->command];
	char name[32];
	int i;

	snprintf(name, sizeof(name), "%s%s%s", row->word, row->verb ? " " : "",
		 row->verb ? row->verb : "");
	if (command_has_verbs(options->command))
		return subcommand_needs_verb(row->word, fault);
	if (command_takes_layer(options->command) && !options->layer)
		return fault_set(fault, -EINVAL, "'%s' needs the name of a layer first", name);
	if (options->argc < row->min)
		return command_executes(options->command)
			       ? fault_set(fault, -EINVAL, "no command to run")
			       : fault_set(fault, -EINVAL, "'%s' needs %s", name, row->operands);
	/* COMMAND's words are its own; elsewhere a late option would be taken for a file. */
	for (i = 0; !command_executes(options->command) && !all_are_words && i < options->argc; i++)
		if (word_is_option(options->argv[i]))
			return fault_set(fault, -EINVAL, "options come before arguments: '%s'",
					 options->argv[i]);
	if (row->max >= 0 && options->argc > row->max) {
		if (option_is_known("profile", options->command))
			fault_hint(fault, "a profile is named by -p %s", options->argv[row->max]);
		return fault_set(fault, -EINVAL, "one argument too many for '%s': '%s'", name,
				 options->argv[row->max]);
	}
	return 0;
}

/* `--deny bind EINVAL` would run a program of that name, under another policy than was meant. */
static int check_answer_is_no_command(const struct options *options, char *const *words,
				      struct fault *fault)
{
	const struct option_source *last;
	uint16_t answer;

	if (!options->n_sources || !*words || answer_parse(*words, &answer, NULL) < 0)
		return 0;
	last = &options->sources[options->n_sources - 1];
	if (last->kind != SOURCE_DENY || last->text != words[-1] || strchr(last->text, '='))
		return 0;
	fault_hint(fault, "did you mean '--deny %s=%s'? A program of that name follows '--'",
		   last->text, *words);
	return fault_set(fault, -EINVAL, "'%s' would be the command to run", *words);
}

int options_parse(int argc, char **argv, struct options *ret, struct fault *fault)
{
	struct options options = {.status_fd = -EBADF, .ticket_fd = -EBADF};
	bool all_are_words = false;
	char **next = argv + 1;
	int r;

	if (argc < 2) {
		options.show = SHOW_USAGE;
		*ret = options;
		return 0;
	}
	r = subcommand_take(&next, &options.command, fault);
	if (r < 0)
		return r;
	if (next == argv + 1 && !word_is_option(*next))
		options.misspelt = subcommand_nearest(*next);
	if (command_takes_layer(options.command) && *next && !word_is_option(*next))
		options.layer = *next++;
	while (*next && word_is_option(*next)) {
		const char *word = *next++;

		if (strcmp(word, "--") == 0) {
			all_are_words = true;
			break;
		}
		r = word[1] == '-' ? take_long(&options, word, &next, fault)
				   : take_letters(&options, word, &next, fault);
		if (r < 0)
			return r;
		if (options.show) {
			*ret = options;
			return 0;
		}
	}
	if (options.command == COMMAND_HELP) {
		r = subcommand_help(next, &options.command, fault);
		options.show = SHOW_HELP;
		if (r == 0)
			*ret = options;
		return r;
	}
	r = all_are_words ? 0 : check_answer_is_no_command(&options, next, fault);
	if (r < 0)
		return r;
	options.argv = next;
	options.argc = argc - (int)(next - argv);
	if (!options.mechanisms)
		options.mechanisms = MECH_ALL;
	r = check_operands(&options, all_are_words, fault);
	if (r < 0)
		return r;
	*ret = options;
	return 0;
}
