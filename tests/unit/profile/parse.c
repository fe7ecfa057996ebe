/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a profile means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "parse.h"

#define V "version: 1\n"

/* Every key that there is, in both spellings of the notation. */
static const char everything[] =
	V "description: Everything at once\n"
	  "extends: [nobind, ./other.yaml]\n"
	  "best-effort: [modes, mode-flags, mbind-flags, nodes, home-node, get-mempolicy, mount,\n"
	  "              files, cpuset, pages.migrate, pages.move]\n"
	  "mempolicy:\n"
	  "  modes: {bind: EPERM, interleave: audit, others: allow}\n"
	  "  mode-flags: {static-nodes: kill}\n"
	  "  mbind-flags: {move-all: ignore, others: 22}\n"
	  "  nodes: {0-3: allow, others: EINVAL}\n"
	  "  home-node: ENOSYS\n"
	  "  get-mempolicy: deny\n"
	  "  mount: deny\n"
	  "  files: audit\n"
	  "  cpuset: kill\n"
	  "pages: {migrate: EPERM, move: query}\n"
	  "start: {inherited: refuse, policy: interleave=static:0-3}\n"
	  "x-owner: {any: [thing, {at: all}]}\n";

static void each_word_is_understood_and_keeps_its_place(void **state)
{
	_cleanup_(cleanup_profile) struct profile *p = good(everything);

	(void)state;
	assert_string_equal(p->name, "p.yaml");
	assert_string_equal(p->description, "Everything at once");
	assert_int_equal(p->n_extends, 2);
	assert_string_equal(p->extends[0], "nobind");
	assert_string_equal(p->extends[1], "./other.yaml");
	assert_int_equal(p->extends_place[1].line, 3);
	assert_int_equal(p->extends_place[1].column, 19);
	assert_int_equal(p->best_effort, (1u << GROUP_COUNT) - 1);

	assert_rule(p, MPOL_RULE_MODE + MPOL_ABI_MODE_BIND, DENY, 7, 11);
	assert_rule(p, MPOL_RULE_MODE + MPOL_ABI_MODE_INTERLEAVE, AUDIT, 7, 24);
	assert_rule(p, MPOL_RULE_MODE + MPOL_ABI_MODE_DEFAULT, ALLOW, 7, 43);
	assert_rule(p, MPOL_RULE_MODE_UNKNOWN, ALLOW, 7, 43);
	assert_rule(p, MPOL_RULE_MODE_FLAG + 2, MPOL_ANSWER(MPOL_KILL, 0), 8, 16);
	assert_false(p->rule[MPOL_RULE_MODE_FLAG + 0].set);
	assert_false(p->rule[MPOL_RULE_MODE_FLAG + 1].set);
	assert_rule(p, MPOL_RULE_MBIND_FLAG + 2, MPOL_ANSWER(MPOL_IGNORE, 0), 9, 17);
	assert_rule(p, MPOL_RULE_MBIND_FLAG + 0, MPOL_ANSWER(MPOL_ERRNO, 22), 9, 35);
	assert_rule(p, MPOL_RULE_MBIND_FLAG_UNKNOWN, MPOL_ANSWER(MPOL_ERRNO, 22), 9, 35);
	assert_rule(p, MPOL_RULE_NODES, MPOL_ANSWER(MPOL_ERRNO, EINVAL), 10, 23);
	assert_rule(p, MPOL_RULE_HOME_NODE, MPOL_ANSWER(MPOL_ERRNO, ENOSYS), 11, 3);
	assert_rule(p, MPOL_RULE_GET_MEMPOLICY, DENY, 12, 3);
	assert_rule(p, MPOL_RULE_MOUNT, DENY, 13, 3);
	assert_rule(p, MPOL_RULE_FILES, AUDIT, 14, 3);
	assert_rule(p, MPOL_RULE_CPUSET, MPOL_ANSWER(MPOL_KILL, 0), 15, 3);
	assert_rule(p, MPOL_RULE_MIGRATE, DENY, 16, 9);
	assert_rule(p, MPOL_RULE_MOVE, DENY, 16, 25);
	assert_rule(p, MPOL_RULE_MOVE_QUERY, ALLOW, 16, 25);
	assert_int_equal(p->inherited, START_REFUSE);
	assert_int_equal(p->inherited_place.line, 17);
	assert_int_equal(p->inherited_place.column, 20);
	assert_true(p->start.set);
	assert_int_equal(p->start.mode, 0x8003);
	assert_int_equal(p->start.nodes[0], 0xf);
	assert_int_equal(p->start.place.column, 36);
}

static void what_is_left_out_is_not_said(void **state)
{
	_cleanup_(cleanup_profile) struct profile *p = good(V);
	int i;

	(void)state;
	for (i = 0; i < MPOL_RULE_COUNT; i++) {
		assert_false(p->rule[i].set);
		assert_int_equal(p->rule[i].answer, ALLOW);
	}
	assert_int_equal(p->inherited, START_UNSAID);
	assert_false(p->start.set);
	assert_int_equal(p->best_effort, 0);
	assert_null(p->description);
	assert_int_equal(p->n_extends, 0);
}

static void assert_same_rules(const struct profile *a, const struct profile *b)
{
	int i;

	for (i = 0; i < MPOL_RULE_COUNT; i++) {
		assert_int_equal(a->rule[i].set, b->rule[i].set);
		assert_int_equal(a->rule[i].answer, b->rule[i].answer);
	}
	assert_memory_equal(a->nodes_refused, b->nodes_refused, sizeof(a->nodes_refused));
}

static void other_notations_mean_the_same(void **state)
{
	static const char *const same[] = {
		V "mempolicy: {modes: {bind: EPERM, others: allow}, mount: deny}\n",
		/* the OCI runtime specification's spelling, quotes, another order */
		V "mempolicy:\n  mount: 'deny'\n  modes:\n    others: allow\n"
		  "    \"MPOL_BIND\": \"EPERM\"\n",
		/* JSON */
		"{\"version\": 1, \"mempolicy\": {\"modes\": {\"bind\": 1, \"others\": \"allow\"},"
		"\n\t\"mount\": \"EPERM\"}}",
		/* CRLF, CR, a byte order mark, a marked document, comments */
		"version: 1\r\nmempolicy:\r\n  modes: {bind: EPERM, others: allow}\r\n"
		"  mount: deny\r\n",
		"version: 1\rmempolicy:\r  modes: {bind: EPERM, others: allow}\r  mount: deny\r",
		"\xef\xbb\xbfversion: 1\nmempolicy:\n  modes: {bind: EPERM, others: allow}\n"
		"  mount: deny\n",
		"%YAML 1.1\n--- # \xc3\xa4\nversion: 1 # !\nmempolicy:\n"
		"  modes: {bind: EPERM, others: allow}\n  mount: deny\n...\n# end\n",
	};
	_cleanup_(cleanup_profile) struct profile *first = good(same[0]);
	size_t i;

	(void)state;
	for (i = 1; i < ELEMENTSOF(same); i++) {
		_cleanup_(cleanup_profile) struct profile *other = good(same[i]);

		assert_same_rules(first, other);
	}
}

static void every_word_can_be_said_in_both_spellings(void **state)
{
	char text[256];
	enum rule_group group;
	size_t i, k;
	int rule;

	(void)state;
	for (group = 0; group < GROUP_COUNT; group++)
		for (i = 0; i < keywords[group].n_words; i++) {
			const struct keyword *keyword = &keywords[group];
			const struct name *word = &keyword->words[i];

			for (k = 0; k < 2; k++) {
				_cleanup_(cleanup_profile) struct profile *p = NULL;

				snprintf(text, sizeof(text), V "mempolicy: {%s: {%s: EIO}}\n",
					 keyword->key, k ? word->alias : word->name);
				p = good(text);
				for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
					bool meant = rule == keyword->slot + word->value;

					assert_int_equal(p->rule[rule].set, meant);
					assert_int_equal(p->rule[rule].answer,
							 meant ? MPOL_ANSWER(MPOL_ERRNO, EIO)
							       : ALLOW);
				}
			}
		}
}

static void a_version_may_be_left_out_of_an_inline_text_only(void **state)
{
	static const char text[] = "{mempolicy: {mount: deny}}";
	struct profile *profile = NULL;

	(void)state;
	assert_int_equal(
		profile_parse(text, strlen(text), "inline", PROFILE_INLINE, &profile, NULL), 0);
	assert_int_equal(profile->rule[MPOL_RULE_MOUNT].answer, DENY);
	profile_free(profile);
	profile = NULL;
	assert_int_equal(profile_parse(text, strlen(text), "file", 0, &profile, NULL), -EINVAL);
	assert_null(profile);
}

static void the_text_need_not_end_in_nul(void **state)
{
	/* exactly as long as the text, so that a read past its end is one past the allocation */
	_cleanup_free_ char *text = malloc(strlen(V));
	struct profile *profile = NULL;

	(void)state;
	memcpy(text, V, strlen(V));
	assert_int_equal(profile_parse(text, strlen(V), "p.yaml", 0, &profile, NULL), 0);
	profile_free(profile);
}

static void descriptions_are_one_printable_line(void **state)
{
	static const struct {
		const char *text, *description;
	} table[] = {
		{V "description: plain\n", "plain"},
		{V "description: |\n  two\n  lines\n", "two lines"},
		{V "description: \"a\\tb\\nc\\e[1m\"\n", "a b c?[1m"},
		{V "description: \"\xc3\xa4 \xf0\x9f\x90\x98\"\n", "\xc3\xa4 \xf0\x9f\x90\x98"},
		{V "description: \"\"\n", ""},
		{V "description: 5\n", "5"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(table); i++) {
		_cleanup_(cleanup_profile) struct profile *p = good(table[i].text);

		assert_string_equal(p->description, table[i].description);
	}
}

static void nodes_are_one_bitmap_and_one_answer(void **state)
{
	static const struct {
		const char *nodes;
		uint16_t answer;
		__u64 first, last; /* words of the bitmap */
	} table[] = {
		{"{0-3: allow, others: EPERM}", DENY, ~0xfull, ~0ull},
		{"{0: deny}", DENY, 1, 0},
		{"{0: deny, 5: EPERM, '7,9': 1}", DENY, 0x2a1, 0},
		{"{0: deny, others: allow}", DENY, 1, 0},
		{"{0: deny, 1: allow, others: deny}", DENY, ~2ull, ~0ull},
		{"{1023: kill}", MPOL_ANSWER(MPOL_KILL, 0), 0, 1ull << 63},
		{"{0: audit}", AUDIT, 1, 0},
		{"{0-1: ignore}", MPOL_ANSWER(MPOL_IGNORE, 0), 3, 0},
		{"{others: deny}", DENY, ~0ull, ~0ull},
		{"{others: allow}", ALLOW, 0, 0},
		{"{0-1023: allow, others: deny}", ALLOW, 0, 0},
		{"{}", ALLOW, 0, 0},
	};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(table); i++) {
		_cleanup_(cleanup_profile) struct profile *p = NULL;

		snprintf(text, sizeof(text), V "mempolicy: {nodes: %s}\n", table[i].nodes);
		p = good(text);
		assert_int_equal(p->rule[MPOL_RULE_NODES].answer, table[i].answer);
		assert_int_equal(p->nodes_refused[0], table[i].first);
		assert_int_equal(p->nodes_refused[MPOL_NODES_WORDS - 1], table[i].last);
	}
}

static void moving_can_be_refused_and_asking_allowed(void **state)
{
	static const struct {
		const char *answer;
		uint16_t move, query;
	} table[] = {
		{"query", DENY, ALLOW},
		{"allow", ALLOW, ALLOW},
		{"audit", AUDIT, AUDIT},
		{"ENOSYS", MPOL_ANSWER(MPOL_ERRNO, ENOSYS), MPOL_ANSWER(MPOL_ERRNO, ENOSYS)},
		{"kill", MPOL_ANSWER(MPOL_KILL, 0), MPOL_ANSWER(MPOL_KILL, 0)},
	};
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(table); i++) {
		_cleanup_(cleanup_profile) struct profile *p = NULL;

		snprintf(text, sizeof(text), V "pages: {move: %s}\n", table[i].answer);
		p = good(text);
		assert_rule(p, MPOL_RULE_MOVE, table[i].move, 2, 9);
		assert_rule(p, MPOL_RULE_MOVE_QUERY, table[i].query, 2, 9);
	}
}

static void ignoring_is_possible_where_it_does_no_harm(void **state)
{
	static const char *const table[] = {
		"modes: {bind: ignore}",       "mode-flags: {others: ignore}",
		"mbind-flags: {move: ignore}", "nodes: {0: ignore}",
		"home-node: ignore",
	};
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(table); i++) {
		snprintf(text, sizeof(text), V "mempolicy: {%s}\n", table[i]);
		profile_free(good(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_is_understood_and_keeps_its_place),
		cmocka_unit_test(what_is_left_out_is_not_said),
		cmocka_unit_test(other_notations_mean_the_same),
		cmocka_unit_test(every_word_can_be_said_in_both_spellings),
		cmocka_unit_test(a_version_may_be_left_out_of_an_inline_text_only),
		cmocka_unit_test(the_text_need_not_end_in_nul),
		cmocka_unit_test(descriptions_are_one_printable_line),
		cmocka_unit_test(nodes_are_one_bitmap_and_one_answer),
		cmocka_unit_test(moving_can_be_refused_and_asking_allowed),
		cmocka_unit_test(ignoring_is_possible_where_it_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
