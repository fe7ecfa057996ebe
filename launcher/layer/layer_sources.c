/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_sources.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define BETWEEN 3 /* " + ", as policy_title() has it */

static void find(const struct policy *policy, const char *title, const char *profile,
		 struct layer_source *ret)
{
	size_t at = 0, i, length;

	for (i = 0; i < policy->n_names; i++) {
		length = strlen(policy->names[i]);
		/* The sources point into the names. */
		if (policy->names[i] != profile) {
			at += length + BETWEEN;
			continue;
		}
		if (at + length <= UINT8_MAX && at + length <= strlen(title)) {
			ret->at = (__u8)at;
			ret->length = (__u8)length;
		}
		return;
	}
}

void layer_sources_from(const struct policy *policy, const char *title, struct layer_sources *ret)
{
	__u32 rule;

	memset(ret, 0, sizeof(*ret));
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
		const struct origin *source = &policy->source[rule];

		if (!source->profile)
			continue;
		find(policy, title, source->profile, &ret->rule[rule]);
		if (source->line <= UINT16_MAX)
			ret->rule[rule].line = (__u16)source->line;
	}
}

int layer_sources_check(const struct layer_sources *sources, const char *title)
{
	size_t length = strnlen(title, LAYER_TITLE_MAX);
	__u32 rule;

	for (rule = 0; rule < MPOL_RULES_ROOM; rule++) {
		const struct layer_source *source = &sources->rule[rule];

		if ((size_t)source->at + source->length > length)
			return -EINVAL;
		if (rule >= MPOL_RULE_COUNT && (source->at || source->length || source->line))
			return -EINVAL;
	}
	return 0;
}

static __u32 source_text(const struct layer_source *source, const char *title, char *buf,
			 size_t size)
{
	if (!source->length) {
		snprintf(buf, size, "%s", title);
		return 0;
	}
	snprintf(buf, size, "%.*s", (int)source->length, title + source->at);
	return source->line;
}

__u32 layer_source(const struct layer_policy *policy, __u32 rule, char *buf, size_t size)
{
	return source_text(&policy->sources.rule[rule], policy->title, buf, size);
}

void layer_label_from(const struct policy *policy, struct layer_label *ret)
{
	_Static_assert(sizeof(*ret) == RESIDENT_LABEL_SIZE, "what the programs read");
	memset(ret->title, 0, sizeof(ret->title));
	policy_title(policy, ret->title, sizeof(ret->title));
	text_make_printable(ret->title);
	layer_sources_from(policy, ret->title, &ret->sources);
}

void layer_label_of(const struct layer_policy *policy, struct layer_label *ret)
{
	__u32 rule;

	memset(ret->title, 0, sizeof(ret->title));
	text_copy(ret->title, sizeof(ret->title), policy->title);
	ret->sources = policy->sources;
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
		struct layer_source *source = &ret->sources.rule[rule];

		if ((size_t)source->at + source->length > strlen(ret->title))
			*source = (struct layer_source){.at = 0};
	}
}

int layer_label_source(const struct layer_label *label, __u32 rule, char *buf, size_t size,
		       __u32 *ret_line)
{
	if (!memchr(label->title, '\0', sizeof(label->title)) ||
	    layer_sources_check(&label->sources, label->title) < 0)
		return -EINVAL;
	*ret_line = source_text(&label->sources.rule[rule], label->title, buf, size);
	text_make_printable(buf);
	return 0;
}
