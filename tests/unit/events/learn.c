/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From events to a profile, as a whole text, and from that to what it answers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "events/learn.h"
#include "profile/keywords.h"

static void see(struct learner *learner, pid_t tid, uint32_t call, uint32_t mode, uint32_t flags)
{
	struct event event = {.tid = tid,
			      .call = call,
			      .mode = mode,
			      .mbind_flags = flags,
			      .nodes_known = true,
			      .nodes = {1}};

	switch (call) {
	case MPOL_SYS_GET_MEMPOLICY:
		event.rule = MPOL_RULE_GET_MEMPOLICY;
		break;
	case MPOL_SYS_MOVE_PAGES:
		event.rule = mode ? MPOL_RULE_MOVE : MPOL_RULE_MOVE_QUERY;
		break;
	case MPOL_SYS_MIGRATE_PAGES:
		event.rule = MPOL_RULE_MIGRATE;
		break;
	case MPOL_SYS_COUNT:
		event.rule = MPOL_RULE_COUNT;
		break;
	default:
		event.rule = MPOL_RULE_MODE;
	}
	learner_add(learner, &event);
}

static void see_libnuma(struct learner *learner, pid_t tid)
{
	see(learner, tid, MPOL_SYS_GET_MEMPOLICY, 0, 0);
	see(learner, tid, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_PREFERRED_MANY, 0);
	see(learner, tid, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_DEFAULT, 0);
}

/* The text, and the profile that it is. */
static char *write_out(const struct learner *learner, int status, const struct profile *merge,
		       struct profile **ret)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct fault fault = {.line = 0};
	int r;

	learner_write(out, learner, status, merge);
	fclose(out);
	r = profile_parse(text, length, "learned", 0, ret, &fault);
	if (r < 0)
		fail_msg("%u:%u: %s\n%s", fault.line, fault.column, fault.what, text);
	return text;
}

static uint32_t kind(const struct profile *profile, uint32_t rule)
{
	return MPOL_ANSWER_KIND(profile->rule[rule].answer);
}

static void the_text_says_what_was_seen_and_how_often(void **state)
{
	static struct learner learner;
	_cleanup_(cleanup_profile) struct profile *profile = NULL;
	_cleanup_free_ char *text = NULL;

	(void)state;
	learner_init(&learner);
	see_libnuma(&learner, 10);
	see(&learner, 10, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_INTERLEAVE, 0);
	text = write_out(&learner, 0, NULL, &profile);
	assert_string_equal(
		text,
		"version: 1\n"
		"description: learned from 1 run, 1 task, exit 0\n"
		"mempolicy:\n"
		"  modes: {default: allow,                       # 1 call: libnuma's start-up "
		"probe\n"
		"          interleave: allow,                    # 1 call\n"
		"          preferred-many: allow,                # 1 call: libnuma's start-up "
		"probe\n"
		"          others: EPERM}                        # not seen\n"
		"  mode-flags: {others: EPERM}                   # not seen\n"
		"  mbind-flags: {others: EPERM}                  # not seen\n"
		"  # nodes: {0: allow, others: EPERM}   # named; needs a kernel with the hook\n"
		"  home-node: EPERM                              # not seen\n"
		"  get-mempolicy: allow                          # 1 call; never refused: programs "
		"probe with it\n"
		"  mount: deny                                   # not seen\n"
		"pages:\n"
		"  migrate: EPERM                                # not seen\n"
		"  move: EPERM                                   # moves: not seen; queries: not "
		"seen\n");
}

static void only_the_start_of_a_task_is_libnumas_probe(void **state)
{
	static struct learner learner;

	(void)state;
	learner_init(&learner);
	/* Two tasks that start at once. */
	see(&learner, 10, MPOL_SYS_GET_MEMPOLICY, 0, 0);
	see(&learner, 11, MPOL_SYS_GET_MEMPOLICY, 0, 0);
	see(&learner, 10, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_PREFERRED_MANY, 0);
	see(&learner, 11, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_PREFERRED_MANY, 0);
	see(&learner, 11, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_DEFAULT, 0);
	see(&learner, 10, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_DEFAULT, 0);
	assert_int_equal(learner.tasks, 2);
	assert_int_equal(learner.probed[MPOL_ABI_MODE_PREFERRED_MANY], 2);
	assert_int_equal(learner.probed[MPOL_ABI_MODE_DEFAULT], 2);
	/* What nobody asked before, or what comes later, is the program's own. */
	see(&learner, 12, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_PREFERRED_MANY, 0);
	see(&learner, 10, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_DEFAULT, 0);
	assert_int_equal(learner.seen[MPOL_ABI_MODE_PREFERRED_MANY], 3);
	assert_int_equal(learner.probed[MPOL_ABI_MODE_PREFERRED_MANY], 2);
	assert_int_equal(learner.seen[MPOL_ABI_MODE_DEFAULT], 3);
	assert_int_equal(learner.probed[MPOL_ABI_MODE_DEFAULT], 2);
}

static void what_was_not_seen_is_refused(void **state)
{
	static struct learner learner;
	_cleanup_(cleanup_profile) struct profile *profile = NULL;
	_cleanup_free_ char *text = NULL;

	(void)state;
	learner_init(&learner);
	see(&learner, 1, MPOL_SYS_MBIND, MPOL_ABI_MODE_PREFERRED | MPOL_ABI_FLAG_STATIC, 2);
	see(&learner, 1, MPOL_SYS_MBIND, MPOL_ABI_MODE_PREFERRED_MANY, 1u << 20);
	see(&learner, 1, MPOL_SYS_MOVE_PAGES, 0, 0);
	see(&learner, 1, MPOL_SYS_COUNT, 0, 0);
	text = write_out(&learner, 9, NULL, &profile);
	assert_non_null(strstr(text, "1 task, signal 9\n"));
	assert_non_null(strstr(text, "# 1 calls came through an ABI"));
	assert_int_equal(kind(profile, MPOL_ABI_MODE_PREFERRED), MPOL_ALLOW);
	assert_int_equal(kind(profile, MPOL_ABI_MODE_PREFERRED_MANY), MPOL_ALLOW);
	/* These go with them: the policy would be refused, or not covered, without. */
	assert_int_equal(kind(profile, MPOL_ABI_MODE_LOCAL), MPOL_ALLOW);
	assert_int_equal(kind(profile, MPOL_ABI_MODE_DEFAULT), MPOL_ALLOW);
	assert_int_equal(kind(profile, MPOL_ABI_MODE_BIND), MPOL_ERRNO);
	assert_int_equal(kind(profile, MPOL_ABI_MODE_INTERLEAVE), MPOL_ERRNO);
	assert_int_equal(kind(profile, MPOL_RULE_MODE_FLAG + 2), MPOL_ALLOW);
	assert_int_equal(kind(profile, MPOL_RULE_MODE_FLAG + 1), MPOL_ERRNO);
	assert_int_equal(kind(profile, MPOL_RULE_MBIND_FLAG + 1), MPOL_ALLOW);
	/* Flags that no kernel knows: what it says itself. */
	assert_int_equal(profile->rule[MPOL_RULE_MBIND_FLAG].answer,
			 MPOL_ANSWER(MPOL_ERRNO, EINVAL));
	assert_int_equal(kind(profile, MPOL_RULE_MOVE_QUERY), MPOL_ALLOW);
	assert_int_equal(kind(profile, MPOL_RULE_MOVE), MPOL_ERRNO);
	assert_int_equal(kind(profile, MPOL_RULE_MIGRATE), MPOL_ERRNO);
	assert_int_equal(kind(profile, MPOL_RULE_MOUNT), MPOL_ERRNO);
	assert_int_equal(kind(profile, MPOL_RULE_GET_MEMPOLICY), MPOL_ALLOW);
}

static void a_merged_profile_is_no_tighter_than_either(void **state)
{
	static struct learner first, second;
	_cleanup_(cleanup_profile) struct profile *before = NULL, *after = NULL;
	_cleanup_free_ char *text = NULL, *merged = NULL;
	uint32_t rule;

	(void)state;
	learner_init(&first);
	see(&first, 1, MPOL_SYS_MBIND, MPOL_ABI_MODE_BIND, 1);
	see(&first, 1, MPOL_SYS_MIGRATE_PAGES, 0, 0);
	text = write_out(&first, 0, NULL, &before);
	learner_init(&second);
	see(&second, 1, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_INTERLEAVE, 0);
	merged = write_out(&second, 0, before, &after);
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		assert_true(kind(after, rule) <= kind(before, rule));
	assert_int_equal(kind(after, MPOL_ABI_MODE_INTERLEAVE), MPOL_ALLOW);
	assert_int_equal(kind(before, MPOL_ABI_MODE_INTERLEAVE), MPOL_ERRNO);
	assert_int_equal(kind(after, MPOL_ABI_MODE_LOCAL), MPOL_ERRNO);
	assert_non_null(strstr(merged, "bind: allow,                          # not seen now, "
				       "allowed before\n"));
}

static void very_many_tasks_are_learned_from(void **state)
{
	static struct learner learner;
	pid_t tid;

	(void)state;
	learner_init(&learner);
	for (tid = 1; tid <= 3 * LEARN_TASKS; tid++)
		see(&learner, tid, MPOL_SYS_SET_MEMPOLICY, MPOL_ABI_MODE_BIND, 0);
	assert_int_equal(learner.seen[MPOL_ABI_MODE_BIND], 3 * LEARN_TASKS);
	assert_int_equal(learner.tasks, LEARN_TASKS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_says_what_was_seen_and_how_often),
		cmocka_unit_test(only_the_start_of_a_task_is_libnumas_probe),
		cmocka_unit_test(what_was_not_seen_is_refused),
		cmocka_unit_test(a_merged_profile_is_no_tighter_than_either),
		cmocka_unit_test(very_many_tasks_are_learned_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
