/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command line, parsed as main() would have it. After cmocka.h. */
#ifndef TEST_CLI_WORDS_H
#define TEST_CLI_WORDS_H

#include <string.h>

#include "cli/options.h"

static struct options options;
static struct fault fault;
static char fault_buf[1024];

/* Parse "mpolrun" and the words that follow; what stood in @options before must not matter. */
static inline int parse_words(char **words)
{
	int argc = 0;

	while (words[argc])
		argc++;
	memset(&options, 0x5a, sizeof(options));
	memset(&fault, 0, sizeof(fault));
	return options_parse(argc, words, &options, &fault);
}

#define PARSE(...) parse_words((char *[]){"mpolrun", __VA_ARGS__, NULL})

static inline const char *sentence(void)
{
	return fault_text(&fault, fault_buf, sizeof(fault_buf));
}

#define REFUSED(err, text, ...)                            \
	do {                                               \
		assert_int_equal(PARSE(__VA_ARGS__), err); \
		assert_string_equal(sentence(), text);     \
	} while (0)

#endif
