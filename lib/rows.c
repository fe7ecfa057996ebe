/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rows.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* What a slot is called within its rule: the part behind the rule's own name. */
static void word_of(uint32_t rule, enum rule_group group, char *buf, size_t size)
{
	char name[48];
	size_t skip = strlen(keywords[group].name);

	rule_name(rule, name, sizeof(name));
	if (strlen(name) > skip && (name[skip] == '.' || name[skip] == '-'))
		snprintf(buf, size, "%s", name + skip + 1);
	else
		buf[0] = '\0';
}

static void add_word(struct row *row, const char *word)
{
	size_t length = strlen(row->words);

	if (length + strlen(word) + 2 < sizeof(row->words))
		snprintf(row->words + length, sizeof(row->words) - length, "%s%s",
			 length ? "," : "", word);
}

static bool belongs(const struct row *row, const struct origin *source, uint16_t answer)
{
	return row->answer == answer && row->source->profile == source->profile &&
	       row->source->line == source->line;
}

static bool unknown_rule(uint32_t rule)
{
	return rule == MPOL_RULE_MODE_UNKNOWN || rule == MPOL_RULE_MBIND_FLAG_UNKNOWN;
}

size_t rows_of_plan(const struct plan *plan, struct row *ret)
{
	const struct policy *policy = plan->policy;
	size_t n = 0, i;

	for (i = 0; i < plan->n_rows; i++) {
		enum rule_group group = plan->row[i].group;
		size_t first = n, k;
		uint32_t rule;

		for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
			uint16_t answer = policy->rules.answer[rule];
			char word[48];

			/*
			 * What nobody named follows from what somebody did; it is no line of a
			 * file.
			 */
			if (group_of_rule(rule) != group || unknown_rule(rule) ||
			    MPOL_ANSWER_KIND(answer) == MPOL_ALLOW)
				continue;
			for (k = first; k < n; k++)
				if (belongs(&ret[k], &policy->source[rule], answer))
					break;
			if (k == n)
				ret[n++] = (struct row){.plan = &plan->row[i],
							.source = &policy->source[rule],
							.answer = answer};
			word_of(rule, group, word, sizeof(word));
			if (rule == MPOL_RULE_NODES)
				text_from_bitmap(policy->rules.nodes_refused, MPOL_NODES_WORDS,
						 word, sizeof(word));
			if (word[0])
				add_word(&ret[k], word);
			if (++ret[k].slots == keywords[group].slots && keywords[group].n_words)
				snprintf(ret[k].words, sizeof(ret[k].words), "all");
		}
	}
	return n;
}
