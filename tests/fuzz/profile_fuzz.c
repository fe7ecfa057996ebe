/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whatever the text: the parser comes back, what it accepts is in range, and what it refuses has a
 * place inside the text. The other two ways in from the command line are tried with the same bytes.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answers(const struct profile *profile)
{
	uint32_t rule;
	__u64 refused = 0;
	size_t i;

	for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
		uint16_t answer = profile->rule[rule].answer;
		uint32_t kind = MPOL_ANSWER_KIND(answer), err = MPOL_ANSWER_ERR(answer);

		assert(kind <= MPOL_KILL);
		assert((kind == MPOL_ERRNO) == (err != 0));
		assert(kind != MPOL_IGNORE || keywords[group_of_rule(rule)].may_ignore);
		assert(profile->rule[rule].set || answer == 0);
	}
	for (i = 0; i < MPOL_NODES_WORDS; i++)
		refused |= profile->nodes_refused[i];
	assert(!refused == !profile->rule[MPOL_RULE_NODES].answer);
}

static void check_places(const struct profile *profile, size_t size)
{
	uint32_t rule;
	size_t i;

	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		if (profile->rule[rule].set && profile->rule[rule].answer)
			assert(profile->rule[rule].place.line >= 1 &&
			       profile->rule[rule].place.line <= size + 1 &&
			       profile->rule[rule].place.column >= 1 &&
			       profile->rule[rule].place.column <= size + 1);
	for (i = 0; i < profile->n_extends; i++)
		assert(profile->extends[i][0] && profile->extends_place[i].line >= 1);
}

static void check_start(const struct start_policy *start)
{
	char text[8192];
	struct start_policy again;

	assert(start_policy_parse(start_policy_text(start, text, sizeof(text)), &again) == 0);
	assert(again.set == start->set && again.mode == start->mode);
	assert(memcmp(again.nodes, start->nodes, sizeof(again.nodes)) == 0);
}

static void check_fault(const struct fault *fault, size_t size, int r)
{
	assert(r == -EINVAL || r == -ENOTSUP || r == -EFBIG);
	assert(fault->what[0]);
	assert(memchr(fault->what, '\0', sizeof(fault->what)));
	assert(memchr(fault->hint, '\0', sizeof(fault->hint)));
	if (r == -EFBIG)
		return;
	assert(fault->line >= 1 && fault->line <= size + 1);
	assert(fault->column >= 1 && fault->column <= size + 1);
}

static void try_profile(const uint8_t *data, size_t size, uint32_t flags)
{
	struct profile *profile = NULL;
	struct fault fault = {0};
	int r = profile_parse((const char *)data, size, "fuzz", flags, &profile, &fault);

	if (r < 0) {
		assert(!profile);
		check_fault(&fault, size, r);
		return;
	}
	check_answers(profile);
	check_places(profile, size);
	check_start(&profile->start);
	assert(profile->best_effort < GROUP_BIT(GROUP_COUNT));
	assert(profile->inherited <= START_REFUSE);
	profile_free(profile);
}

static void try_words(const uint8_t *data, size_t size)
{
	struct profile *profile = NULL;
	struct start_policy start;
	struct fault fault = {0};
	char text[256];

	if (size >= sizeof(text))
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	if (start_policy_parse(text, &start) == 0)
		check_start(&start);
	if (profile_from_deny(text, &profile, &fault) == 0)
		check_answers(profile);
	else
		assert(fault.what[0] && !profile);
	profile_free(profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_profile(data, size, 0);
	try_profile(data, size, PROFILE_INLINE);
	try_words(data, size);
	return 0;
}
