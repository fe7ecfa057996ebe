/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parser: forms of a line, and what hostile names, cuts and gaps must not do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "oom/line.h"
#include "oom/parse.h"
#include "oom/render.h"

#define KEEP 16

static struct {
	struct oom_event event[KEEP];
	size_t n;
} got;
static struct oom_parser parser;

static void take(void *arg, const struct oom_event *event)
{
	(void)arg;
	assert_true(got.n < KEEP);
	got.event[got.n++] = *event;
}

static void start(void)
{
	got.n = 0;
	oom_parser_init(&parser, take, NULL);
}

static void feed(const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		oom_parser_line(&parser, text, length);
		text += length + (text[length] == '\n');
	}
}

static size_t parse(const char *text)
{
	start();
	feed(text);
	oom_parser_end(&parser);
	return got.n;
}

#define INVOKED \
	" invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0\n"
#define SUMMARY                                                                              \
	"oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=0,cpuset=/,mems_allowed=0-1," \
	"global_oom,task_memcg=/a.slice,task=victim,pid=7,uid=1000\n"
#define KILLED                                                                                \
	"Out of memory: Killed process 7 (victim) total-vm:9kB, anon-rss:8kB, file-rss:0kB, " \
	"shmem-rss:0kB, UID:1000 pgtables:1kB oom_score_adj:0\n"

static void the_prefix_of_a_line_is_told_from_its_text(void **state)
{
	static const struct {
		const char *line, *time, *text;
		bool foreign;
	} lines[] = {
		{"text", "", "text", false},
		{"[   18.830165] text", "18.830165", "text", false},
		{"[   18.830165]  text", "18.830165", " text", false},
		{"[18446744.000001][    C0] text", "18446744.000001", "text", false},
		{"[   18.830165 <    0.000013>] text", "18.830165", "text", false},
		{"<4>[   18.830165][ T207] text", "18.830165", "text", false},
		{"<12>[   18.830165] text", "18.830165", "text", true},
		{"<4>text", "", "text", false},
		{"kern  :warn  : [   18.830165] text", "18.830165", "text", false},
		{"user  :warn  : [   18.830165] text", "18.830165", "text", true},
		{"[Sun Nov 22 02:10:53 2026] text", "Sun Nov 22 02:10:53 2026", "text", false},
		{"[Sun Nov  2 02:10:53 2026] text", "Sun Nov  2 02:10:53 2026", "text", false},
		{"2026-11-22T02:10:53,135731+00:00 text", "2026-11-22T02:10:53,135731+00:00",
		 "text", false},
		{"4,482,29681193,-;text", "29.681193", "text", false},
		{"4,482,29681193,-,caller=T207;text", "29.681193", "text", false},
		{"12,482,29681193,-;text", "29.681193", "text", true},
		{"Nov 22 20:14:07 web kernel: text", "Nov 22 20:14:07", "text", false},
		{"Nov 22 20:14:07.123456 web kernel: text", "Nov 22 20:14:07.123456", "text",
		 false},
		{"Nov 22 20:14:07 web kernel: [   18.830165] text", "Nov 22 20:14:07", "text",
		 false},
		{"Nov 22 20:14:07 web sshd[7]: text", "Nov 22 20:14:07", "text", true},
		{"Nov 22 20:14:07 web kernels: text", "Nov 22 20:14:07", "text", true},
		{"Nov 22 20:14:07 web sh[7]: kernel: text", "Nov 22 20:14:07", "kernel: text",
		 true},
		{"2026-11-22T20:14:07.123456+01:00 web kernel: text",
		 "2026-11-22T20:14:07.123456+01:00", "text", false},
		{"2026-11-22T20:14:07+0100 web kernel: text", "2026-11-22T20:14:07+0100", "text",
		 false},
		{"2026-11-22T20:14:07Z web su: text", "2026-11-22T20:14:07Z", "text", true},
		{"Sun 2026-11-22 20:14:07 UTC web kernel: text", "2026-11-22 20:14:07", "text",
		 false},
		{"Sun 2026-11-22 20:14:07 CEST web kernel: text", "2026-11-22 20:14:07", "text",
		 false},
		{"1795378447.123456 web kernel: text", "1795378447.123456", "text", false},
		{"[   18.830165] web kernel: text", "18.830165", "text", false},
		{"[    640]  1000   640 text", "", "[    640]  1000   640 text", false},
		{"[99999999999999999999.1] text", "", "[99999999999999999999.1] text", false},
	};
	struct oom_line line;
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(lines); i++) {
		oom_line_split(lines[i].line, &line);
		if (strcmp(line.text, lines[i].text) != 0 ||
		    strcmp(line.time, lines[i].time) != 0 || line.foreign != lines[i].foreign)
			fail_msg("'%s': time '%s', text '%s', foreign %d", lines[i].line, line.time,
				 line.text, line.foreign);
		assert_ptr_equal(line.text, lines[i].line + line.prefix);
	}
}

static void a_report_is_taken_apart(void **state)
{
	const struct oom_event *event = &got.event[0];

	(void)state;
	assert_int_equal(parse("hog" INVOKED "CPU: 0 UID: 1000 PID: 9 Comm: hog Not tainted\n"
			       "[      9]  1000     9        1        1 hog\n" SUMMARY KILLED),
			 1);
	assert_int_equal(event->constraint, OOM_MEMORY_POLICY);
	assert_string_equal(event->asker.comm, "hog");
	assert_int_equal(event->asker.pid, 9);
	assert_string_equal(event->victim.comm, "victim");
	assert_int_equal(event->victim.pid, 7);
	assert_int_equal(event->victim.uid, 1000);
	assert_string_equal(event->victim.cgroup, "/a.slice");
	assert_int_equal(event->victim_rss, 8);
	assert_int_equal(event->nodes[0], 1);
	assert_int_equal(event->mems[0], 3);
	assert_int_equal(oom_asker_was_killed(event), 0);
	assert_false(event->inferred);
}

static void the_asker_of_a_thread_is_not_said_to_live(void **state)
{
	(void)state;
	/* 9 is in no row of the table: it may be a thread of the killed process 7 */
	assert_int_equal(
		parse("hog" INVOKED "CPU: 0 PID: 9 Comm: hog Not tainted\n" SUMMARY KILLED), 1);
	assert_int_equal(oom_asker_was_killed(&got.event[0]), -1);
}

/* What a user can put into a name of 15 bytes. */
static void no_name_poses_as_a_field(void **state)
{
	static const char *const names[] = {
		"a,pid=1,uid=0",   "x,task=y",
		",task=,task=",    "a) total-vm:9kB",
		") ) ) ) ) ) ) )", "oom-kill:constr",
		"Killed process ", ",mems_allowed=/",
		",mems_allowed=0", "a cpuset=b",
		"%s%n%d",          "PID: 1 Comm: x",
		",global_oom,tas", "/",
		",uid=0",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(names); i++) {
		const struct oom_event *event = &got.event[0];
		char log[4096];

		snprintf(log, sizeof(log),
			 "%s" INVOKED "%s cpuset=/ mems_allowed=0-1\n"
			 "CPU: 0 UID: 1000 PID: 9 Comm: %s Not tainted\n"
			 "oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=0,cpuset=/,"
			 "mems_allowed=0-1,global_oom,task_memcg=/a.slice,task=%s,pid=9,uid=1000\n"
			 "Out of memory: Killed process 9 (%s) total-vm:5kB, anon-rss:3kB, "
			 "file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:1kB oom_score_adj:0\n",
			 names[i], names[i], names[i], names[i], names[i]);
		assert_int_equal(parse(log), 1);
		assert_string_equal(event->asker.comm, names[i]);
		assert_string_equal(event->victim.comm, names[i]);
		assert_int_equal(event->asker.pid, 9);
		assert_int_equal(event->victim.pid, 9);
		assert_int_equal(event->victim.uid, 1000);
		assert_int_equal(event->victim_rss, 3);
		assert_string_equal(event->victim.cgroup, "/a.slice");
		assert_string_equal(event->cpuset, "/");
		assert_int_equal(event->mems[0], 3);
	}
}

/* And into the name of a cgroup, of 255 bytes without a slash; without memory cgroups too. */
static void no_cgroup_poses_as_a_field(void **state)
{
	static const char *const names[] = {
		"x,mems_allowed=5,global_oom,task_memcg=x,task=victim,pid=7,uid=0",
		"x,task=mysqld,pid=1,uid=0",
		",mems_allowed=9",
		"a,oom_memcg=b",
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2 * ELEMENTSOF(names); i++) {
		const char *name = names[i / 2];
		const struct oom_event *event = &got.event[0];
		char log[4096], path[512];

		snprintf(path, sizeof(path), ",global_oom,task_memcg=/u/%s", name);
		snprintf(log, sizeof(log),
			 "hog" INVOKED
			 "oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=(null),cpuset=%s,"
			 "mems_allowed=0%s,task=victim,pid=7,uid=1000\n" KILLED,
			 name, i % 2 ? path : "");
		assert_int_equal(parse(log), 1);
		assert_int_equal(event->constraint, OOM_CPUSET);
		assert_string_equal(event->cpuset, name);
		assert_int_equal(event->mems[0], 1);
		assert_int_equal(event->victim.uid, 1000);
		if (i % 2) {
			assert_true(strncmp(event->victim.cgroup, "/u/", 3) == 0);
			assert_string_equal(event->victim.cgroup + 3, name);
		} else {
			assert_string_equal(event->victim.cgroup, "");
		}
	}
}

/* A file may have a name of whole lines, and the kernel prints it now and then. */
static void a_name_with_line_breaks_makes_up_no_report(void **state)
{
	static const char indented[] =
		"[    1.000000] process 'a\n"
		"               hog" INVOKED
		"               oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=0\n"
		"               Out of memory: Killed process 1 (init) total-vm:1kB, anon-rss:1kB\n"
		"[    1.000001] ' started with executable stack\n";
	static const char bare[] =
		"[    1.000000] process 'a\n"
		"hog" INVOKED SUMMARY KILLED "[    1.000001] ' started with executable stack\n";
	static const char kmsg[] =
		"4,1,1,-;process 'a\\x0ahog invoked oom-killer: gfp_mask=0x1, order=0, "
		"oom_score_adj=0\\x0a' started with executable stack\n"
		" KEY=hog" INVOKED "4,2,1,-;hog invoked oom-killer: gfp_mask=0x1, order=0, "
		"oom_score_adj=0' started with executable stack\n";

	(void)state;
	assert_int_equal(parse(indented), 0);
	assert_int_equal(parse(bare), 0);
	assert_int_equal(parse(kmsg), 0);
	/* The same lines, where they are the kernel's. */
	assert_int_equal(parse("[    1.000000] hog" INVOKED "[    1.000000] " SUMMARY
			       "[    1.000000] " KILLED),
			 1);
}

static void lines_of_others_do_not_count(void **state)
{
	(void)state;
	assert_int_equal(parse("Nov 22 20:14:07 web sh[1]: " KILLED), 0);
	assert_int_equal(parse("Nov 22 20:14:07 web kernel: " KILLED), 1);
	assert_int_equal(parse("<14>[    1.000000] " KILLED), 0);
	assert_int_equal(parse("<6>[    1.000000] " KILLED), 1);
	assert_int_equal(parse("12,1,1,-;" KILLED), 0);
	assert_int_equal(parse("4,1,1,-;" KILLED), 1);
	/* within a line, too */
	assert_int_equal(parse("audit: " KILLED), 0);
	assert_int_equal(parse("x: oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null)\n"), 0);
}

/* 16 letters and more are no comm, so the line is another one's. */
static void a_long_name_is_no_name(void **state)
{
	char log[256];

	(void)state;
	snprintf(log, sizeof(log), "%0*d" INVOKED, OOM_COMM_MAX, 7);
	assert_int_equal(parse(log), 1);
	snprintf(log, sizeof(log), "%0*d" INVOKED, OOM_COMM_MAX + 1, 7);
	assert_int_equal(parse(log), 0);
}

static void only_plain_names_stand_in_a_command(void **state)
{
	static const struct {
		const char *comm, *cgroup, *command, *attach;
	} names[] = {
		{"stress-ng", "/user.slice", "mpolrun -p nobind -- stress-ng ...",
		 "mpolrun layer attach user --cgroup /sys/fs/cgroup/user.slice"},
		{"$(reboot)", "/a;b", "mpolrun -p nobind -- COMMAND ...", NULL},
		{"-x", "/a/../b", "mpolrun -p nobind -- COMMAND ...", NULL},
		{"a b", "/a b", "mpolrun -p nobind -- COMMAND ...", NULL},
		{"a`b`", "/`b`", "mpolrun -p nobind -- COMMAND ...", NULL},
		{"", "/", "mpolrun -p nobind -- COMMAND ...", NULL},
	};
	const struct oom_around around = {.can_attach = true}, cannot = {.can_attach = false};
	struct oom_prevent prevent[OOM_PREVENT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(names); i++) {
		struct oom_event event = {.constraint = OOM_MEMORY_POLICY, .has_report = true};
		size_t n;

		snprintf(event.asker.comm, sizeof(event.asker.comm), "%s", names[i].comm);
		snprintf(event.asker.cgroup, sizeof(event.asker.cgroup), "%s", names[i].cgroup);
		n = oom_prevent(&event, &around, prevent);
		assert_int_equal(n, names[i].attach ? 3 : 1);
		assert_string_equal(prevent[n - 1].command, names[i].command);
		if (names[i].attach)
			assert_string_equal(prevent[1].command, names[i].attach);
		assert_int_equal(oom_prevent(&event, &cannot, prevent), 1);
	}
}

static char *slurp(const char *path)
{
	_cleanup_fclose_ FILE *in = fopen(path, "re");
	char *text = calloc(1, 1 << 16);

	assert_true(in && text);
	assert_true(fread(text, 1, (1 << 16) - 1, in) > 0);
	return text;
}

/* Wherever it is cut, a log says less, and nothing else. */
static void a_cut_log_says_nothing_that_the_whole_does_not(void **state)
{
	_cleanup_free_ char *text = slurp(LOGS "/debian-6.12-policy.log");
	size_t whole = strlen(text), from, to;
	struct oom_event all;

	(void)state;
	assert_int_equal(parse(text), 1);
	all = got.event[0];
	for (to = 0; to <= whole; to++) {
		char kept = text[to];

		text[to] = '\0';
		if (parse(text)) {
			assert_int_equal(got.n, 1);
			assert_string_equal(got.event[0].asker.comm, all.asker.comm);
			if (got.event[0].constraint != OOM_UNKNOWN)
				assert_true(oom_is_ours(&got.event[0]) || got.event[0].inferred);
			if (got.event[0].has_kill)
				assert_int_equal(got.event[0].victim.pid / 100,
						 all.victim.pid / 100);
		}
		text[to] = kept;
	}
	for (from = 0; from < whole; from = from + strcspn(text + from, "\n") + 1) {
		if (!parse(text + from))
			continue;
		assert_int_equal(got.n, 1);
		assert_string_equal(got.event[0].victim.comm, all.victim.comm);
	}
}

static void lines_of_any_bytes_and_length_are_survived(void **state)
{
	_cleanup_free_ char *bytes = malloc(1 << 20);
	uint64_t seed = 1;
	size_t i;

	(void)state;
	assert_non_null(bytes);
	for (i = 0; i < 1 << 20; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (char)(seed >> 56);
	}
	start();
	oom_parser_line(&parser, bytes, 1 << 20);
	for (i = 0; i + 5000 < 1 << 20; i += 4999)
		oom_parser_line(&parser, bytes + i, i % 5000);
	feed("hog" INVOKED SUMMARY KILLED);
	oom_parser_end(&parser);
	assert_int_equal(got.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_prefix_of_a_line_is_told_from_its_text),
		cmocka_unit_test(a_report_is_taken_apart),
		cmocka_unit_test(the_asker_of_a_thread_is_not_said_to_live),
		cmocka_unit_test(no_name_poses_as_a_field),
		cmocka_unit_test(no_cgroup_poses_as_a_field),
		cmocka_unit_test(a_name_with_line_breaks_makes_up_no_report),
		cmocka_unit_test(lines_of_others_do_not_count),
		cmocka_unit_test(a_long_name_is_no_name),
		cmocka_unit_test(only_plain_names_stand_in_a_command),
		cmocka_unit_test(a_cut_log_says_nothing_that_the_whole_does_not),
		cmocka_unit_test(lines_of_any_bytes_and_length_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
