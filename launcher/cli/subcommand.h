/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first words of a command line: which subcommand they name, by the table of options.h. Pure.
 */
#ifndef MPOLRUN_SUBCOMMAND_H
#define MPOLRUN_SUBCOMMAND_H

#include "options.h"

static inline bool word_is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

/*
 * The subcommand that the words at *@next name, which is moved behind them; COMMAND_RUN where they
 * name none.
 *   -EINVAL   a verb is missing, or is none
 *   -ENOTSUP  reserved for a later release
 */
int subcommand_take(char ***next, enum command *ret, struct fault *fault);

/*
 * Of which subcommand `help @words` is the help: `help`, `help profile`, `help profile list`.
 * Errors as above, and -EINVAL for a word that is no subcommand.
 */
int subcommand_help(char **words, enum command *ret, struct fault *fault);

/* The subcommand nearest to @word, or NULL. */
const char *subcommand_nearest(const char *word);

/* Say that @word needs one. -EINVAL. */
int subcommand_needs_verb(const char *word, struct fault *fault);

#endif
