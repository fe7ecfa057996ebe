/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Short forms: start policies in the words of tmpfs(5), and --deny. */
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

static void what_the_kernel_prints_and_accepts_is_read(void **state)
{
	static const struct {
		const char *text;
		uint32_t mode;
		__u64 nodes;
		const char *again; /* NULL: the same */
	} table[] = {
		{"default", 0, 0, NULL},
		{"local", 4, 0, NULL},
		{"prefer:1", 1, 2, NULL},
		{"prefer=static:63", 0x8001, 1ull << 63, NULL},
		{"prefer", 4, 0, "local"},
		{"preferred:1", 1, 2, "prefer:1"},
		{"bind:0-3,8", 2, 0x10f, NULL},
		{"bind=static:0", 0x8002, 1, NULL},
		{"bind=relative:0", 0x4002, 1, NULL},
		{"bind=balancing:0", 0x2002, 1, NULL},
		{"bind=static|balancing:0", 0xa002, 1, NULL},
		{"bind=relative|balancing:0", 0x6002, 1, NULL},
		{"bind=static-nodes:0", 0x8002, 1, "bind=static:0"},
		{"interleave:0-3", 3, 0xf, NULL},
		{"interleave=static:0-3", 0x8003, 0xf, NULL},
		{"interleave", 3, 0, NULL},
		{"interleave=relative", 0x4003, 0, NULL},
		{"prefer (many):0-1", 5, 3, "preferred-many:0-1"},
		{"preferred-many:0-1", 5, 3, NULL},
		{"prefer (many)=balancing:0-1", 0x2005, 3, "preferred-many=balancing:0-1"},
		{"weighted interleave:0-1", 6, 3, "weighted-interleave:0-1"},
		{"weighted-interleave=static", 0x8006, 0, NULL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(table); i++) {
		struct start_policy start = {0};
		char text[128];

		assert_int_equal(start_policy_parse(table[i].text, &start), 0);
		assert_true(start.set);
		assert_int_equal(start.mode, table[i].mode);
		assert_int_equal(start.nodes[0], table[i].nodes);
		start_policy_text(&start, text, sizeof(text));
		assert_string_equal(text, table[i].again ? table[i].again : table[i].text);
	}
}

static void none_is_no_policy(void **state)
{
	struct start_policy start = {.set = true, .mode = 2};
	char text[16];

	(void)state;
	assert_int_equal(start_policy_parse("none", &start), 0);
	assert_false(start.set);
	assert_string_equal(start_policy_text(&start, text, sizeof(text)), "none");
}

static void what_the_kernel_would_refuse_is_refused(void **state)
{
	static const struct {
		const char *text;
		int err;
	} table[] = {
		{"", -ENOENT},
		{"elephant:0", -ENOENT},
		{"Bind:0", -ENOENT},
		{"bind", -EINVAL},
		{"bind:", -EINVAL},
		{"bind=static", -EINVAL},
		{"preferred-many", -EINVAL},
		{"prefer:0-1", -EINVAL},
		{"prefer:0,1", -EINVAL},
		{"prefer:", -EINVAL},
		{"prefer=static", -EINVAL},
		{"prefer=balancing:0", -EINVAL},
		{"interleave=balancing:0", -EINVAL},
		{"interleave=static=static:0", -EINVAL},
		{"interleave:0=static", -EINVAL},
		{"interleave:", -EINVAL},
		{"interleave=:0", -EINVAL},
		{"interleave=Static:0", -EINVAL},
		{"default:0", -EINVAL},
		{"default=static", -EINVAL},
		{"local:0", -EINVAL},
		{"local=static", -EINVAL},
		{"none:0", -ENOENT},
		{"bind:3-1", -EINVAL},
		{"bind:x", -EINVAL},
		{"bind:1024", -ERANGE},
		{"bind:0,0", -EEXIST},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(table); i++) {
		struct start_policy start = {.mode = 77};

		assert_int_equal(start_policy_parse(table[i].text, &start), table[i].err);
		assert_int_equal(start.mode, 77);
	}
}

static void each_mode_has_a_word_of_tmpfs(void **state)
{
	struct start_policy start = {.set = true};
	char text[128];

	(void)state;
	for (start.mode = 0; start.mode < MPOL_ABI_MODES; start.mode++)
		assert_string_not_equal(start_policy_text(&start, text, sizeof(text)), "unknown");
}

static void any_set_of_nodes_can_be_written(void **state)
{
	struct start_policy start = {.set = true, .mode = 2}, again = {0};
	static char text[8192];
	size_t i;

	(void)state;
	for (i = 0; i < MPOL_NODES_WORDS; i++)
		start.nodes[i] = 0x5555555555555555;
	assert_int_equal(start_policy_parse(start_policy_text(&start, text, sizeof(text)), &again),
			 0);
	assert_memory_equal(start.nodes, again.nodes, sizeof(start.nodes));
}

static void deny_refuses_one_thing(void **state)
{
	static const struct {
		const char *text;
		uint32_t rule;
		uint16_t answer;
	} table[] = {
		{"bind", MPOL_RULE_MODE + MPOL_ABI_MODE_BIND, DENY},
		{"default", MPOL_RULE_MODE, DENY},
		{"MPOL_BIND", MPOL_RULE_MODE + MPOL_ABI_MODE_BIND, DENY},
		{"bind=EINVAL", MPOL_RULE_MODE + MPOL_ABI_MODE_BIND,
		 MPOL_ANSWER(MPOL_ERRNO, EINVAL)},
		{"bind=ignore", MPOL_RULE_MODE + MPOL_ABI_MODE_BIND, MPOL_ANSWER(MPOL_IGNORE, 0)},
		{"bind=audit", MPOL_RULE_MODE + MPOL_ABI_MODE_BIND, AUDIT},
		{"modes.bind", MPOL_RULE_MODE + MPOL_ABI_MODE_BIND, DENY},
		{"modes.MPOL_BIND=kill", MPOL_RULE_MODE + MPOL_ABI_MODE_BIND,
		 MPOL_ANSWER(MPOL_KILL, 0)},
		{"mode-flags.static-nodes", MPOL_RULE_MODE_FLAG + 2, DENY},
		{"mbind-flags.move-all", MPOL_RULE_MBIND_FLAG + 2, DENY},
		{"mbind-flags.MPOL_MF_MOVE_ALL", MPOL_RULE_MBIND_FLAG + 2, DENY},
		{"home-node=ENOSYS", MPOL_RULE_HOME_NODE, MPOL_ANSWER(MPOL_ERRNO, ENOSYS)},
		{"get-mempolicy", MPOL_RULE_GET_MEMPOLICY, DENY},
		{"mount=deny", MPOL_RULE_MOUNT, DENY},
		{"files=42", MPOL_RULE_FILES, MPOL_ANSWER(MPOL_ERRNO, 42)},
		{"cpuset", MPOL_RULE_CPUSET, DENY},
		{"pages.migrate", MPOL_RULE_MIGRATE, DENY},
		{"pages.move=query", MPOL_RULE_MOVE, DENY},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(table); i++) {
		_cleanup_(cleanup_profile) struct profile *p = NULL;
		char name[64];
		uint32_t rule;

		assert_int_equal(profile_from_deny(table[i].text, &p, NULL), 0);
		snprintf(name, sizeof(name), "--deny %s", table[i].text);
		assert_string_equal(p->name, name);
		for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
			assert_int_equal(p->rule[rule].set, rule == table[i].rule);
			assert_int_equal(p->rule[rule].answer,
					 rule == table[i].rule ? table[i].answer : ALLOW);
		}
		assert_int_equal(p->inherited, START_UNSAID);
		assert_int_equal(p->best_effort, 0);
	}
}

static void deny_of_moves_is_of_asking_too(void **state)
{
	_cleanup_(cleanup_profile) struct profile *p = NULL;

	(void)state;
	assert_int_equal(profile_from_deny("pages.move", &p, NULL), 0);
	assert_int_equal(p->rule[MPOL_RULE_MOVE].answer, DENY);
	assert_int_equal(p->rule[MPOL_RULE_MOVE_QUERY].answer, DENY);
}

static void what_deny_cannot_say_is_explained(void **state)
{
	static const struct {
		const char *text, *message;
	} table[] = {
		{"bnd", "--deny: unknown mode or rule 'bnd' (did you mean 'bind'?)"},
		{"mbind-flags.mov", "--deny: unknown mode or rule 'mbind-flags.mov' (did you mean "
				    "'mbind-flags.move'?)"},
		{"move-all",
		 "--deny: unknown mode or rule 'move-all' (did you mean 'mbind-flags.move-all'?)"},
		{"migrate",
		 "--deny: unknown mode or rule 'migrate' (did you mean 'pages.migrate'?)"},
		{"elephant", "--deny: unknown mode or rule 'elephant' (a mode like 'bind', or a "
			     "rule like 'mbind-flags.move-all')"},
		{"", "--deny: unknown mode or rule '' (a mode like 'bind', or a rule like "
		     "'mbind-flags.move-all')"},
		{"nodes",
		 "--deny: cannot say which nodes (in a profile: `nodes: {0: EPERM, others: "
		 "allow}`)"},
		{"modes", "--deny: 'modes' are several: which mode? (for example 'modes.default')"},
		{"mode-flags", "--deny: 'mode-flags' are several: which mode flag? (for example "
			       "'mode-flags.static-nodes')"},
		{"pages", "--deny: 'pages' are several: which rule? (for example 'pages.migrate')"},
		{"mempolicy", "--deny: unknown mode or rule 'mempolicy' (a mode like 'bind', or a "
			      "rule like 'mbind-flags.move-all')"},
		{"bind=EPRM", "--deny: unknown answer 'EPRM' for 'bind' (did you mean 'EPERM'?)"},
		{"bind=5000", "--deny: errno 5000 is out of range (1 to 4095)"},
		{"bind=", "--deny: unknown answer '' for 'bind' (allow, audit, deny, ignore, kill, "
			  "or an errno like EINVAL)"},
		{"bind=query", "--deny: unknown answer 'query' for 'bind' (allow, audit, deny, "
			       "ignore, kill, or an errno like EINVAL)"},
		{"mount=ignore", "--deny: 'mount' cannot be ignored (a false success does harm "
				 "there; deny it, or name an errno)"},
		{"bind=allow", "--deny: 'bind=allow' denies nothing"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(table); i++) {
		struct fault fault = {.hint = "left over"};
		struct profile *p = NULL;
		char text[1024];

		assert_int_equal(profile_from_deny(table[i].text, &p, &fault), -EINVAL);
		assert_null(p);
		assert_string_equal(fault_text(&fault, text, sizeof(text)), table[i].message);
		assert_int_equal(profile_from_deny(table[i].text, &p, NULL), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_kernel_prints_and_accepts_is_read),
		cmocka_unit_test(none_is_no_policy),
		cmocka_unit_test(what_the_kernel_would_refuse_is_refused),
		cmocka_unit_test(each_mode_has_a_word_of_tmpfs),
		cmocka_unit_test(any_set_of_nodes_can_be_written),
		cmocka_unit_test(deny_refuses_one_thing),
		cmocka_unit_test(deny_of_moves_is_of_asking_too),
		cmocka_unit_test(what_deny_cannot_say_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
