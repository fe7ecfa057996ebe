/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/keywords.h"

static void every_word_is_found_by_both_spellings(void **state)
{
	enum rule_group group;
	size_t i;

	(void)state;
	for (group = 0; group < GROUP_COUNT; group++) {
		const struct keyword *keyword = &keywords[group];

		for (i = 0; i < keyword->n_words; i++) {
			const struct name *word = &keyword->words[i];

			assert_ptr_equal(name_find(keyword->words, keyword->n_words, word->name),
					 word);
			assert_ptr_equal(name_find(keyword->words, keyword->n_words, word->alias),
					 word);
			assert_string_equal(name_of(keyword->words, keyword->n_words, word->value),
					    word->name);
			assert_non_null(word->help);
		}
	}
}

static int word(enum rule_group group, const char *text)
{
	const struct name *name = name_find(keywords[group].words, keywords[group].n_words, text);

	assert_non_null(name);
	return name->value;
}

static void words_have_the_numbers_of_the_kernel(void **state)
{
	(void)state;
	assert_int_equal(word(GROUP_MODES, "default"), MPOL_DEFAULT);
	assert_int_equal(word(GROUP_MODES, "preferred"), MPOL_PREFERRED);
	assert_int_equal(word(GROUP_MODES, "bind"), MPOL_BIND);
	assert_int_equal(word(GROUP_MODES, "interleave"), MPOL_INTERLEAVE);
	assert_int_equal(word(GROUP_MODES, "local"), MPOL_LOCAL);
	assert_int_equal(word(GROUP_MODES, "preferred-many"), MPOL_PREFERRED_MANY);
	/* newer than the header of some distributions */
	assert_int_equal(word(GROUP_MODES, "weighted-interleave"), MPOL_PREFERRED_MANY + 1);
	assert_int_equal(1 << (word(GROUP_MODE_FLAGS, "static-nodes") + MPOL_ABI_FLAG_SHIFT),
			 MPOL_F_STATIC_NODES);
	assert_int_equal(1 << (word(GROUP_MODE_FLAGS, "relative-nodes") + MPOL_ABI_FLAG_SHIFT),
			 MPOL_F_RELATIVE_NODES);
	assert_int_equal(1 << (word(GROUP_MODE_FLAGS, "numa-balancing") + MPOL_ABI_FLAG_SHIFT),
			 MPOL_F_NUMA_BALANCING);
	assert_int_equal(1 << word(GROUP_MBIND_FLAGS, "strict"), MPOL_MF_STRICT);
	assert_int_equal(1 << word(GROUP_MBIND_FLAGS, "move"), MPOL_MF_MOVE);
	assert_int_equal(1 << word(GROUP_MBIND_FLAGS, "move-all"), MPOL_MF_MOVE_ALL);
}

static void every_rule_belongs_to_one_group_and_has_its_own_name(void **state)
{
	char names[MPOL_RULE_COUNT][64];
	uint32_t a, b;

	(void)state;
	for (a = 0; a < MPOL_RULE_COUNT; a++) {
		assert_true(group_of_rule(a) < GROUP_COUNT);
		rule_name(a, names[a], sizeof(names[a]));
		assert_true(strlen(names[a]) < 40);
		for (b = 0; b < a; b++)
			assert_string_not_equal(names[a], names[b]);
	}
	assert_int_equal(group_of_rule(MPOL_RULE_COUNT), GROUP_COUNT);
	assert_string_equal(names[MPOL_RULE_MODE + MPOL_ABI_MODE_BIND], "modes.bind");
	assert_string_equal(names[MPOL_RULE_MBIND_FLAG + 2], "mbind-flags.move-all");
	assert_string_equal(names[MPOL_RULE_MODE_UNKNOWN], "modes.unknown");
	assert_string_equal(names[MPOL_RULE_NODES], "nodes");
	assert_string_equal(names[MPOL_RULE_MOVE], "pages.move");
	assert_string_equal(names[MPOL_RULE_MOVE_QUERY], "pages.move-query");
}

static void groups_are_found_by_their_dotted_name_only(void **state)
{
	const char *nearest = NULL;
	enum rule_group group;

	(void)state;
	for (group = 0; group < GROUP_COUNT; group++)
		assert_int_equal(group_find(keywords[group].name, NULL), group);
	assert_int_equal(group_find("migrate", &nearest), -ENOENT);
	assert_string_equal(nearest, "pages.migrate");
	assert_int_equal(group_find("move", &nearest), -ENOENT);
	assert_string_equal(nearest, "pages.move");
	assert_int_equal(group_find("fils", &nearest), -ENOENT);
	assert_string_equal(nearest, "files");
	assert_int_equal(group_find("modes.bind", &nearest), -ENOENT);
	nearest = "";
	assert_int_equal(group_find("elephant", &nearest), -ENOENT);
	assert_null(nearest);
}

static uint16_t answer(const char *text)
{
	uint16_t ret = 0xffff;

	assert_int_equal(answer_parse(text, &ret, NULL), 0);
	return ret;
}

static void answers_are_words_errnos_and_numbers(void **state)
{
	(void)state;
	assert_int_equal(answer("allow"), MPOL_ANSWER(MPOL_ALLOW, 0));
	assert_int_equal(answer("audit"), MPOL_ANSWER(MPOL_AUDIT, 0));
	assert_int_equal(answer("ignore"), MPOL_ANSWER(MPOL_IGNORE, 0));
	assert_int_equal(answer("kill"), MPOL_ANSWER(MPOL_KILL, 0));
	assert_int_equal(answer("deny"), MPOL_ANSWER(MPOL_ERRNO, EPERM));
	assert_int_equal(answer("EPERM"), answer("deny"));
	assert_int_equal(answer("ENOSYS"), MPOL_ANSWER(MPOL_ERRNO, ENOSYS));
	assert_int_equal(answer("EWOULDBLOCK"), answer("EAGAIN"));
	assert_int_equal(answer("ENOTSUP"), answer("EOPNOTSUPP"));
	assert_int_equal(answer("38"), answer("ENOSYS"));
	assert_int_equal(answer("1"), answer("deny"));
	assert_int_equal(answer("4095"), MPOL_ANSWER(MPOL_ERRNO, 4095));
}

static void what_is_no_answer_is_told_the_nearest(void **state)
{
	static const struct {
		const char *text, *nearest;
	} wrong[] = {
		{"EPRM", "EPERM"}, {"eperm", "EPERM"}, {"Deny", "deny"},    {"alow", "allow"},
		{"killl", "kill"}, {"0", NULL},        {"4096", NULL},      {"-1", NULL},
		{"0x26", NULL},    {"", NULL},         {"true", NULL},      {"E", NULL},
		{" 38", NULL},     {"38 ", NULL},      {"1e1", NULL},       {"99999999999", NULL},
		{"deny ", "deny"}, {"ESUCCESS", NULL}, {"EPERM,", "EPERM"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(wrong); i++) {
		const char *nearest = NULL;
		uint16_t ret = 0xffff;

		assert_int_equal(answer_parse(wrong[i].text, &ret, &nearest), -EINVAL);
		assert_int_equal(ret, 0xffff);
		if (wrong[i].nearest)
			assert_string_equal(nearest, wrong[i].nearest);
	}
}

static void every_answer_reads_back_as_it_is_written(void **state)
{
	char text[24];
	uint32_t err;
	uint16_t kind;

	(void)state;
	for (kind = MPOL_ALLOW; kind <= MPOL_KILL; kind++)
		if (kind != MPOL_ERRNO)
			assert_int_equal(answer(answer_text(MPOL_ANSWER(kind, 0), text, 24)),
					 MPOL_ANSWER(kind, 0));
	for (err = 1; err <= 4095; err++)
		assert_int_equal(answer(answer_text(MPOL_ANSWER(MPOL_ERRNO, err), text, 24)),
				 MPOL_ANSWER(MPOL_ERRNO, err));
	assert_string_equal(answer_text(MPOL_ANSWER(MPOL_ERRNO, EPERM), text, 24), "EPERM");
	assert_string_equal(answer_text(MPOL_ANSWER(MPOL_ERRNO, 4000), text, 24), "4000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_is_found_by_both_spellings),
		cmocka_unit_test(words_have_the_numbers_of_the_kernel),
		cmocka_unit_test(every_rule_belongs_to_one_group_and_has_its_own_name),
		cmocka_unit_test(groups_are_found_by_their_dotted_name_only),
		cmocka_unit_test(answers_are_words_errnos_and_numbers),
		cmocka_unit_test(what_is_no_answer_is_told_the_nearest),
		cmocka_unit_test(every_answer_reads_back_as_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
