/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two forms of an event, whole, and what names cannot do to them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/cleanup.h"
#include "events/event.h"

static struct event bind_event(void)
{
	struct event event = {
		.time = {.tv_sec = 1795378447, .tv_nsec = 123456789},
		.layer = "web",
		.profile = "./nobind.yaml",
		.line = 5,
		.rule = MPOL_RULE_MODE + MPOL_ABI_MODE_BIND,
		.pid = 4711,
		.tid = 4712,
		.uid = 1000,
		.comm = "java",
		.exe = "/usr/bin/java",
		.cgroup = "/user.slice",
		.abi = "x86_64",
		.call = MPOL_SYS_MBIND,
		.mode = MPOL_ABI_MODE_BIND | MPOL_ABI_FLAG_STATIC,
		.mbind_flags = 2,
		.nodes_known = true,
		.nodes = {0xd},
		.verdict = EVENT_REFUSED,
		.answer = MPOL_ANSWER(MPOL_ERRNO, EPERM),
	};

	return event;
}

static void assert_text(const struct event *event, const char *expected)
{
	char line[EVENT_LINE_MAX];
	int n = event_text(event, line, sizeof(line));

	assert_string_equal(line, expected);
	assert_int_equal(n, strlen(expected));
}

static void assert_json(const struct event *event, const char *expected)
{
	char line[EVENT_LINE_MAX];
	int n = event_json(event, line, sizeof(line));

	assert_string_equal(line, expected);
	assert_int_equal(n, strlen(expected));
}

static void a_refusal_is_explained_in_one_line(void **state)
{
	struct event event = bind_event();

	(void)state;
	assert_text(
		&event,
		"mpolrun: web: refused mbind(MPOL_BIND|MPOL_F_STATIC_NODES, nodes 0,2-3 "
		"claimed, MPOL_MF_MOVE) by java[4711/4712] (./nobind.yaml:5 modes.bind): EPERM; "
		"2026-11-22T20:14:07.123Z uid 1000 exe /usr/bin/java cgroup /user.slice abi "
		"x86_64\n");
	assert_json(&event,
		    "{\"version\":1,\"event\":\"call\",\"layer\":\"web\","
		    "\"time\":\"2026-11-22T20:14:07.123Z\",\"verdict\":\"refused\","
		    "\"answer\":\"EPERM\",\"profile\":\"./nobind.yaml\",\"line\":5,"
		    "\"rule\":\"modes.bind\",\"pid\":4711,\"tid\":4712,\"uid\":1000,"
		    "\"comm\":\"java\",\"exe\":\"/usr/bin/java\",\"cgroup\":\"/user.slice\","
		    "\"abi\":\"x86_64\",\"call\":\"mbind\",\"mode\":\"bind\","
		    "\"mode-flags\":[\"static-nodes\"],\"mbind-flags\":[\"move\"],"
		    "\"nodes-claimed\":\"0,2-3\"}\n");
}

static void what_is_not_known_is_not_made_up(void **state)
{
	struct event event = {.time = {.tv_sec = 0},
			      .rule = MPOL_RULE_COUNT,
			      .uid = -1,
			      .call = MPOL_SYS_COUNT,
			      .verdict = EVENT_REFUSED,
			      .answer = MPOL_ANSWER(MPOL_ERRNO, ENOSYS)};

	(void)state;
	assert_text(&event, "mpolrun: refused a call of an unknown ABI by ?[?]: ENOSYS; "
			    "1970-01-01T00:00:00.000Z exe ? cgroup ? abi ?\n");
	assert_json(&event, "{\"version\":1,\"event\":\"call\",\"layer\":null,"
			    "\"time\":\"1970-01-01T00:00:00.000Z\",\"verdict\":\"refused\","
			    "\"answer\":\"ENOSYS\",\"profile\":null,\"line\":null,\"rule\":null,"
			    "\"pid\":null,\"tid\":null,\"uid\":null,\"comm\":null,\"exe\":null,"
			    "\"cgroup\":null,\"abi\":null,\"call\":null}\n");
	event.call = MPOL_SYS_SET_MEMPOLICY;
	event.mode = 77;
	assert_text(&event, "mpolrun: refused set_mempolicy(77, nodes ?) by ?[?]: ENOSYS; "
			    "1970-01-01T00:00:00.000Z exe ? cgroup ? abi ?\n");
}

static void each_verdict_and_call_has_its_words(void **state)
{
	struct event event = bind_event();
	char text[256];

	(void)state;
	event.verdict = EVENT_AUDITED;
	event.call = MPOL_SYS_SET_MEMPOLICY;
	event.mbind_flags = 0;
	event.tid = event.pid;
	event.layer[0] = '\0';
	assert_text(&event,
		    "mpolrun: audited set_mempolicy(MPOL_BIND|MPOL_F_STATIC_NODES, nodes 0,2-3 "
		    "claimed) by java[4711] (./nobind.yaml:5 modes.bind): would be EPERM; "
		    "2026-11-22T20:14:07.123Z uid 1000 exe /usr/bin/java cgroup /user.slice abi "
		    "x86_64\n");
	event.nodes_exact = true;
	assert_string_equal(event_call_text(&event, text, sizeof(text)),
			    "set_mempolicy(MPOL_BIND|MPOL_F_STATIC_NODES, nodes 0,2-3)");
	event.call = MPOL_SYS_SET_MEMPOLICY_HOME_NODE;
	event.argument = 1;
	assert_string_equal(event_call_text(&event, text, sizeof(text)),
			    "set_mempolicy_home_node(node 1)");
	event.call = MPOL_SYS_MIGRATE_PAGES;
	assert_string_equal(event_call_text(&event, text, sizeof(text)), "migrate_pages(pid 1)");
	event.call = MPOL_SYS_MOVE_PAGES;
	assert_string_equal(event_call_text(&event, text, sizeof(text)),
			    "move_pages(1 page, query)");
	event.moves = true;
	event.argument = 3;
	assert_string_equal(event_call_text(&event, text, sizeof(text)),
			    "move_pages(3 pages, nodes)");
	event.call = MPOL_SYS_GET_MEMPOLICY;
	assert_string_equal(event_call_text(&event, text, sizeof(text)), "get_mempolicy()");
	event.call = MPOL_SYS_MOUNT;
	assert_string_equal(event_call_text(&event, text, sizeof(text)), "mount(an option string)");
	event.call = MPOL_SYS_COUNT;
	event.rule = MPOL_RULE_FILES;
	assert_string_equal(event_call_text(&event, text, sizeof(text)),
			    "a file with a memory policy");
	event.rule = MPOL_RULE_CPUSET;
	assert_string_equal(event_call_text(&event, text, sizeof(text)),
			    "cpuset.mems open for writing");
}

/*
 * The line feed at the end is the only byte of its kind, and what comes before it is UTF-8 for all.
 */
static void no_name_can_forge_a_line(void **state)
{
	static const char *const names[] = {"x\nmpolrun: refused",
					    "\x1b[2J\x1b[31m",
					    "a\rb",
					    "\xff\xfe\xc0\xaf",
					    "\xe2\x80\xa8"
					    "x",
					    "\"},{\"version\":1",
					    "\\\"\\n",
					    "\xe2\x80\xae"
					    "elf",
					    "\x7f\x01\x1f\xc2\x85"};
	struct json_object *object, *comm;
	char line[EVENT_LINE_MAX];
	size_t i, at;
	int n;

	(void)state;
	for (i = 0; i < ELEMENTSOF(names); i++) {
		struct event event = bind_event();

		snprintf(event.comm, sizeof(event.comm), "%s", names[i]);
		snprintf(event.exe, sizeof(event.exe), "/tmp/%s", names[i]);
		snprintf(event.cgroup, sizeof(event.cgroup), "/%s", names[i]);
		snprintf(event.profile, sizeof(event.profile), "%s", names[i]);
		snprintf(event.layer, sizeof(event.layer), "%s", names[i]);
		n = event_text(&event, line, sizeof(line));
		assert_int_equal(strlen(line), n);
		assert_ptr_equal(strchr(line, '\n'), line + n - 1);
		for (at = 0; at + 1 < (size_t)n; at++)
			assert_true((unsigned char)line[at] >= 0x20 && line[at] != 0x7f);
		n = event_json(&event, line, sizeof(line));
		assert_ptr_equal(strchr(line, '\n'), line + n - 1);
		object = json_tokener_parse(line);
		assert_non_null(object);
		assert_true(json_object_object_get_ex(object, "comm", &comm));
		assert_null(strpbrk(json_object_get_string(comm), "\n\r\x1b\x7f"));
		json_object_put(object);
	}
}

static void a_line_is_never_longer_than_a_pipe_takes_at_once(void **state)
{
	struct event event = bind_event();
	char line[EVENT_LINE_MAX];
	size_t i;

	(void)state;
	memset(event.exe, '"', sizeof(event.exe) - 1);
	memset(event.cgroup, '\\', sizeof(event.cgroup) - 1);
	memset(event.profile, '"', sizeof(event.profile) - 1);
	memset(event.layer, '"', sizeof(event.layer) - 1);
	for (i = 0; i < MPOL_NODES_WORDS; i++)
		event.nodes[i] = 0x5555555555555555;
	assert_true(event_text(&event, line, sizeof(line)) > 0);
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_true(event_json(&event, line, sizeof(line)) > 0);
	assert_int_equal(line[strlen(line) - 1], '\n');
}

static void losses_are_said_in_both_forms(void **state)
{
	char line[EVENT_LINE_MAX];

	(void)state;
	event_lost_text("web", 3, line, sizeof(line));
	assert_string_equal(line, "mpolrun: web: 3 events lost: the log was not read in time, or "
				  "could not be written\n");
	event_lost_json("", 1, line, sizeof(line));
	assert_string_equal(line,
			    "{\"version\":1,\"event\":\"lost\",\"layer\":null,\"count\":1}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_is_explained_in_one_line),
		cmocka_unit_test(what_is_not_known_is_not_made_up),
		cmocka_unit_test(each_verdict_and_call_has_its_words),
		cmocka_unit_test(no_name_can_forge_a_line),
		cmocka_unit_test(a_line_is_never_longer_than_a_pipe_takes_at_once),
		cmocka_unit_test(losses_are_said_in_both_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
