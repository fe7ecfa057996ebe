/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/call.h"
#include "profile/keywords.h"

static const struct {
	const char *text;
	__u32 act, mode, mbind_flags;
	bool nodes_said;
	__u64 nodes; /* 0 to 63 */
} good[] = {
	{"mbind(bind)", MPOL_ACT_SET, 2, 0, false, 0},
	{"mbind(MPOL_BIND)", MPOL_ACT_SET, 2, 0, false, 0},
	{"mbind(bind|static-nodes, 0)", MPOL_ACT_SET, 0x8002, 0, true, 1},
	{"mbind(bind|static-nodes|numa-balancing,0-1)", MPOL_ACT_SET, 0xa002, 0, true, 3},
	{"mbind(interleave | relative-nodes, 0-1,5, move|strict)", MPOL_ACT_SET, 0x4003, 3, true,
	 0x23},
	{"mbind(default, none, MPOL_MF_MOVE_ALL)", MPOL_ACT_SET, 0, 4, true, 0},
	{"mbind(default, , move)", MPOL_ACT_SET, 0, 2, false, 0},
	{"mbind(bind,)", MPOL_ACT_SET, 2, 0, false, 0},
	{"mbind(2, 0, 2)", MPOL_ACT_SET, 2, 2, true, 1},
	{"mbind(2,0,2)", MPOL_ACT_SET, 2, 0, true, 5},
	{"mbind(0x8002)", MPOL_ACT_SET, 0x8002, 0, false, 0},
	{"mbind(0x100000002)", MPOL_ACT_SET, 2, 0, false, 0},
	{"mbind(-1)", MPOL_ACT_SET, 0xffffffff, 0, false, 0},
	{"mbind(2|0x8000)", MPOL_ACT_SET, 0x8002, 0, false, 0},
	{"mbind(bind, 0, 0x80000000)", MPOL_ACT_SET, 2, 0x80000000, true, 1},
	{"\tset_mempolicy ( preferred-many , 63 ) ", MPOL_ACT_SET, 5, 0, true, UINT64_C(1) << 63},
	{"set_mempolicy(weighted-interleave)", MPOL_ACT_SET, 6, 0, false, 0},
	{"set_mempolicy_home_node()", MPOL_ACT_HOME_NODE, 0, 0, false, 0},
	{"set_mempolicy_home_node(1)", MPOL_ACT_HOME_NODE, 0, 0, true, 2},
	{"get_mempolicy()", MPOL_ACT_GET, 0, 0, false, 0},
	{"get_mempolicy", MPOL_ACT_GET, 0, 0, false, 0},
	{"migrate_pages(0, 1)", MPOL_ACT_MIGRATE, 0, 0, true, 2},
	{"migrate_pages", MPOL_ACT_MIGRATE, 0, 0, false, 0},
	{"move_pages(query)", MPOL_ACT_MOVE_QUERY, 0, 0, false, 0},
	{"move_pages(nodes)", MPOL_ACT_MOVE, 0, 0, false, 0},
	{"mount(mpol=bind:0)", MPOL_ACT_MOUNT, 0, 0, false, 0},
	{"mount(mpol=interleave=static:0-3,5)", MPOL_ACT_MOUNT, 0, 0, false, 0},
	{"mount()", MPOL_ACT_NONE, 0, 0, false, 0},
};

static void words_become_the_call_that_they_name(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(good); i++) {
		struct fault fault = {.line = 0};
		struct call call;
		int r;

		memset(&call, 0x5a, sizeof(call));
		r = call_parse(good[i].text, &call, &fault);
		if (r < 0)
			fail_msg("%s: %s", good[i].text, fault.what);
		if (call.call.act != good[i].act || call.call.mode != good[i].mode ||
		    call.call.mbind_flags != good[i].mbind_flags ||
		    call.nodes_said != good[i].nodes_said || call.nodes[0] != good[i].nodes)
			fail_msg("%s: act %u mode %#x flags %#x said %d nodes %#llx", good[i].text,
				 call.call.act, call.call.mode, call.call.mbind_flags,
				 call.nodes_said, (unsigned long long)call.nodes[0]);
	}
}

static const struct {
	const char *text, *sentence;
} bad[] = {
	{"", "unknown call ''"},
	{"()", "unknown call ''"},
	{"mbnd(bind)", "unknown call 'mbnd' (did you mean 'mbind'?)"},
	{"mbind", "mbind needs a mode"},
	{"mbind()", "mbind needs a mode"},
	{"mbind(bind", "the call does not end in ')'"},
	{"mbind(bnd)", "unknown mode 'bnd' (did you mean 'bind'?)"},
	{"mbind(|static-nodes)", "unknown mode ''"},
	{"mbind(bind|)", "unknown mode flag ''"},
	{"mbind(bind|static)", "unknown mode flag 'static'"},
	{"mbind(bind|interleave)", "unknown mode flag 'interleave'"},
	{"mbind(bind, 0, mov)", "unknown mbind flag 'mov' (did you mean 'move'?)"},
	{"mbind(bind, 0, move, 1)", "mbind has an argument too many"},
	{"mbind(bind, 0-)", "'0-' is no list of nodes, such as 0-3,8"},
	{"mbind(bind, 1024)", "'1024' is no list of nodes, such as 0-3,8"},
	{"mbind(0x)", "unknown mode '0x'"},
	{"mbind(99999999999999999999)", "unknown mode '99999999999999999999'"},
	{"set_mempolicy(bind, 0, move)", "set_mempolicy has an argument too many"},
	{"get_mempolicy(0)", "get_mempolicy has an argument too many"},
	{"move_pages()", "move_pages needs 'query' or 'nodes'"},
	{"move_pages(node)", "unknown argument of move_pages 'node' (did you mean 'nodes'?)"},
	{"mount(size=1)", "unknown argument of mount 'size=1' (did you mean 'mpol='?)"},
	{"mount(mpol=bnd:0)", "'bnd:0' is no policy as tmpfs(5) has it"},
};

static void a_wrong_call_is_named(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(bad); i++) {
		struct fault fault = {.line = 0};
		struct call call, before;
		char text[1024];

		memset(&call, 0x5a, sizeof(call));
		before = call;
		if (call_parse(bad[i].text, &call, &fault) != -EINVAL)
			fail_msg("%s: was taken", bad[i].text);
		assert_memory_equal(&call, &before, sizeof(call));
		assert_string_equal(fault_text(&fault, text, sizeof(text)), bad[i].sentence);
	}
}

static __u32 decided(const char *text, const struct mpol_rules *rules)
{
	struct fault fault = {.line = 0};
	struct call call;

	if (call_parse(text, &call, &fault) < 0)
		fail_msg("%s: %s", text, fault.what);
	return call_decide(&call, rules);
}

/* Every word of every rule reaches the slot of its own name, and no other one. */
static void each_word_reaches_its_own_rule(void **state)
{
	static const struct {
		enum rule_group group;
		const char *format;
	} kinds[] = {
		{GROUP_MODES, "mbind(%s)"},
		{GROUP_MODES, "set_mempolicy(%s, 0)"},
		{GROUP_MODE_FLAGS, "mbind(interleave|%s)"},
		{GROUP_MBIND_FLAGS, "mbind(interleave, 0, %s)"},
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < ELEMENTSOF(kinds); i++) {
		const struct keyword *keyword = &keywords[kinds[i].group];

		for (j = 0; j < keyword->n_words; j++) {
			struct mpol_rules rules = {.version = MPOL_RULES_VERSION};
			__u32 rule = keyword->slot + (__u32)keyword->words[j].value;
			char text[128];

			rules.answer[rule] = MPOL_ANSWER(MPOL_ERRNO, EPERM);
			snprintf(text, sizeof(text), kinds[i].format, keyword->words[j].name);
			assert_int_equal(decided(text, &rules),
					 MPOL_VERDICT(MPOL_ANSWER(MPOL_ERRNO, EPERM), rule));
			snprintf(text, sizeof(text), kinds[i].format, keyword->words[j].alias);
			assert_int_equal(MPOL_VERDICT_RULE(decided(text, &rules)), rule);
			rules.answer[rule] = 0;
			assert_int_equal(decided(text, &rules), 0);
		}
	}
}

static void nodes_decide_where_they_are_said(void **state)
{
	struct mpol_rules rules = {.version = MPOL_RULES_VERSION};

	(void)state;
	rules.answer[MPOL_RULE_NODES] = MPOL_ANSWER(MPOL_ERRNO, EPERM);
	rules.nodes_refused[0] = 2;
	assert_int_equal(MPOL_VERDICT_RULE(decided("mbind(bind, 0-1)", &rules)), MPOL_RULE_NODES);
	assert_int_equal(decided("mbind(bind, 0)", &rules), 0);
	assert_int_equal(decided("mbind(bind)", &rules), 0);
	assert_int_equal(decided("mbind(bind, none)", &rules), 0);
	/* A preferred policy without nodes is a local one. */
	rules.answer[MPOL_RULE_MODE + MPOL_ABI_MODE_LOCAL] = MPOL_ANSWER(MPOL_ERRNO, EINVAL);
	assert_int_equal(MPOL_VERDICT_ANSWER(decided("mbind(preferred, none)", &rules)),
			 MPOL_ANSWER(MPOL_ERRNO, EINVAL));
	assert_int_equal(decided("mbind(preferred, 0)", &rules), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_become_the_call_that_they_name),
		cmocka_unit_test(a_wrong_call_is_named),
		cmocka_unit_test(each_word_reaches_its_own_rule),
		cmocka_unit_test(nodes_decide_where_they_are_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
