/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of the generator, which is run at build time: one file a shell, and what they share.
 * Each prints to standard output what stands for "@DATA@" in its template.
 */
#ifndef MPOLRUN_GENERATE_H
#define MPOLRUN_GENERATE_H

#include "options.h"

void print_bash(void);
void print_zsh(void);
void print_fish(void);

/* The command's name, the two words of a verb joined by @joint. */
void print_command(const struct command_row *row, const char *joint);

/* @text, with a backslash before each of @special; a quote closes, is escaped, opens again. */
void print_quoted(const char *text, const char *special);

/* The words that the option's value is made of, each after a blank. */
void print_words(const struct option_row *row);

bool is_profile(const struct option_row *row);
bool is_list(const struct option_row *row);
bool has_words(const struct option_row *row);

/* Of two options of one name, what a word after it means is told of that of `run`. */
bool is_hidden(const struct option_row *row);

/* Whether the word after the option is its value. */
bool takes_word(const struct option_row *row);

bool is_verb_of(size_t command, size_t of);

/* What the operands of a command are, for the case statements of the shells. */
const char *operand_kind(size_t command);

#endif
