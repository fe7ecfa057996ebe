/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "base/json.h"
#include "enforce/scope.h"
#include "front.h"
#include "read.h"
#include "run/caps.h"
#include "run_cmd.h"
#include "wrap.h"

#define RULE_COLUMNS 28

/* "nobind:5", without folder and .yaml; "-" where nobody wrote it. */
static const char *source_text(struct json_object *row, char *buf, size_t size)
{
	const char *name = read_text(row, "profile"), *slash, *end;
	long long line = read_number(row, "line");

	if (!name[0]) {
		snprintf(buf, size, "-");
		return buf;
	}
	if (strncmp(name, "builtin:", strlen("builtin:")) == 0)
		name += strlen("builtin:");
	slash = strrchr(name, '/');
	if (slash)
		name = slash + 1;
	end = strstr(name, ".yaml");
	if (line)
		snprintf(buf, size, "%.*s:%lld", end ? (int)(end - name) : (int)strlen(name), name,
			 line);
	else
		snprintf(buf, size, "%s", name);
	return buf;
}

/* How the rule is held, for the "held by" column. */
static void held_text(struct json_object *row, char *buf, size_t size)
{
	const char *cover = read_text(row, "cover");

	if (strcmp(cover, "none") == 0)
		snprintf(buf, size, "%s",
			 read_is(row, "loss", "no") ? "NOTHING HERE" : "nothing here");
	else if (strcmp(cover, "exact") == 0)
		snprintf(buf, size, "%s", read_text(row, "mechanism"));
	else
		snprintf(buf, size, "%s (%s%s)", read_text(row, "mechanism"),
			 strcmp(cover, "part") == 0    ? "in "
			 : strcmp(cover, "start") == 0 ? "at "
						       : "",
			 cover);
}

/* A sentence or more, every line indented by @indent. */
static void wrapped(FILE *out, int indent, const char *text)
{
	wrap(out, text, fprintf(out, "%*s", indent, ""), indent);
}

static void say_note(FILE *out, const char *what, const char *text)
{
	char line[400];

	if (!text[0])
		return;
	snprintf(line, sizeof(line), "%s%s", what, text);
	wrapped(out, 8, line);
}

/* What is to be said of a rule, below the last line of it. */
static void notes(struct json_object *row, FILE *out)
{
	bool coarse = read_is(row, "cover", "coarse");

	say_note(out, "", read_text(row, "note"));
	if (coarse || read_is(row, "cover", "none") || read_is(row, "cover", "part")) {
		say_note(out, coarse ? "not exact: " : "why: ", read_text(row, "why"));
		say_note(out, "to change that: ", read_text(row, "fix"));
	}
	if (read_is(row, "loss", "profile"))
		say_note(out, "", "best effort, says the profile");
	if (read_is(row, "loss", "caller"))
		say_note(out, "", "best effort, says --best-effort");
}

static void table(struct json_object *plan, FILE *out)
{
	size_t n, i;
	struct json_object *rows = read_array(plan, "rules", &n), *row;
	int width = (int)strlen("line");
	char where[64], what[160], held[64];
	bool fits;

	for (i = 0; i < n; i++) {
		int length = (int)strlen(
			source_text(json_object_array_get_idx(rows, i), where, sizeof(where)));

		width = length > width ? length : width;
	}
	fprintf(out, "%-*s  %-*s %-8s held by\n", width, "line", RULE_COLUMNS, "rule", "answer");
	for (i = 0; i < n; i++) {
		row = json_object_array_get_idx(rows, i);
		snprintf(what, sizeof(what), "%s %s", read_text(row, "rule"),
			 read_text(row, "words"));
		held_text(row, held, sizeof(held));
		fits = strlen(what) <= RULE_COLUMNS;
		fprintf(out, "%-*s  %-*s %-8s %s\n", width, source_text(row, where, sizeof(where)),
			RULE_COLUMNS, fits ? what : read_text(row, "rule"),
			read_text(row, "answer"), held);
		if (!fits)
			wrapped(out, 8, read_text(row, "words"));
		if (i + 1 == n || !read_is(json_object_array_get_idx(rows, i + 1), "rule",
					   read_text(row, "rule")))
			notes(row, out);
	}
}

static void start(struct json_object *plan, FILE *out)
{
	struct json_object *start = read_object(plan, "start");

	fprintf(out, "At start: an inherited memory policy is %s.",
		read_is(start, "inherited", "keep")    ? "kept"
		: read_is(start, "inherited", "reset") ? "reset"
						       : "refused");
	if (read_text(start, "carried")[0])
		fprintf(out, " You carry %s.", read_text(start, "carried"));
	fputc('\n', out);
	if (read_text(start, "policy")[0])
		fprintf(out, "          The command starts under %s.\n",
			read_text(start, "policy"));
}

/*
 * Said, not claimed: what something above refuses is not our doing, and no profile gives it back.
 */
static void above(struct json_object *plan, FILE *out)
{
	size_t length = 0, n, i;
	struct json_object *calls = read_array(plan, "above", &n);
	char line[400] = "";

	for (i = 0; i < n && length <= sizeof(line) - 80; i++) {
		struct json_object *call = json_object_array_get_idx(calls, i);

		length += (size_t)snprintf(line + length, sizeof(line) - length, "%s%s (%s)",
					   length ? ", " : "A filter above us already answers: ",
					   read_text(call, "call"), read_text(call, "answer"));
	}
	if (length) {
		wrapped(out, 0, line);
		wrapped(out, 0, "That is not our doing, and no profile gives it back from inside.");
	}
}

void explain_text(struct json_object *plan, FILE *out)
{
	struct json_object *held = read_object(plan, "held");
	size_t restricted, missing;
	uint64_t drop = 0;
	char text[128];

	read_array(plan, "restricted", &restricted);
	read_array(plan, "not-covered", &missing);
	if (missing)
		fprintf(out, "NOT COVERED: %zu of %zu rules   profile %s\n", missing, restricted,
			read_text(plan, "title"));
	else
		fprintf(out, "COVERED   profile %s\n", read_text(plan, "title"));
	if (!restricted) {
		fprintf(out, "Nothing is refused.\n");
		start(plan, out);
		above(plan, out);
		return;
	}
	table(plan, out);
	start(plan, out);
	above(plan, out);
	if (read_has(held, "seccomp"))
		wrapped(out, 0, "What seccomp holds stays as it is until the command ends.");
	if (read_has(held, "lsm") || read_has(held, "fmod_ret"))
		wrapped(out, 0,
			"What lsm and fmod_ret hold can be changed, with --name or --ticket-fd.");
	if (read_has(held, "kprobe"))
		wrapped(out, 0, "What kprobe holds can be changed, with --name or --ticket-fd.");
	if (read_has(held, "notify") && scope_is_there())
		wrapped(out, 0,
			"What notify holds can be changed. Inside, signals to processes outside, "
			"and connections to their abstract sockets, are refused.");
	else if (read_has(held, "notify"))
		wrapped(out, 0, "What notify holds can be changed, by --ticket-fd alone.");
	if (caps_to_drop(NULL, &drop, NULL) == 0) {
		char line[200];

		snprintf(line, sizeof(line), "Drops: %s.", caps_text(drop, text, sizeof(text)));
		wrapped(out, 0, line);
	}
	if (read_true(plan, "no-new-privs"))
		wrapped(out, 0, "Inside, sudo, ping and newuidmap fail (no_new_privs).");
	wrapped(out, 0,
		"Not promised: pages placed by others; huge-page pools of one node; work started "
		"by systemd, cron or docker.");
}

static bool is_by_resident(struct json_object *held, const char *rule)
{
	return read_array_has(read_object(held, "lsm"), rule) ||
	       read_array_has(read_object(held, "fmod_ret"), rule);
}

/*
 * What the log is told of here, and what that costs. "" where no log was asked for. Into @buf,
 * which is returned.
 */
static const char *log_text(const struct options *options, struct json_object *plan, char *buf,
			    size_t size)
{
	struct json_object *held = read_object(plan, "held");
	struct json_object *by_seccomp = read_object(held, "seccomp");
	struct json_object *by_notify = read_object(held, "notify"), *rules;
	/* A supervisor asks the resident, too; but not the one that --summary has above. */
	bool by_resident = !options->summary;
	size_t length, i, n_rules, n = 0;

	buf[0] = '\0';
	if (!options->log && !options->summary)
		return buf;
	if (!options_watch(options)) {
		snprintf(buf, size,
			 "Log: the kernel writes what seccomp refuses to its audit log.");
		return buf;
	}
	if (by_seccomp)
		snprintf(buf, size,
			 "Log: calls that seccomp refuses, ignores or audits are decided by a "
			 "process beside the command, which tells of them; allowed ones cost what "
			 "they cost without a log.");
	else if (by_notify)
		snprintf(buf, size, "Log: told of all that notify refuses.");
	else
		snprintf(buf, size,
			 "Log: nothing here can tell of what is refused; mpolrun events shows what "
			 "the resident refuses.");
	length = strlen(buf);
	rules = read_array(plan, "restricted", &n_rules);
	for (i = 0; i < n_rules && (by_seccomp || by_notify) && length < size; i++) {
		const char *rule = json_object_get_string(json_object_array_get_idx(rules, i));

		if (!read_array_has(by_seccomp, rule) && !read_array_has(by_notify, rule) &&
		    !(by_resident && is_by_resident(held, rule)))
			length += (size_t)snprintf(buf + length, size - length, "%s%s",
						   n++ ? ", " : " Not told of: ", rule);
	}
	if (n && length < size)
		snprintf(buf + length, size - length, ".");
	return buf;
}

/* The plan of the command line, for a reader. *ret is the caller's; it need not cover. */
static int make_plan(const struct options *options, struct json_object **ret, struct fault *fault)
{
	_cleanup_(front_plan_done) struct mpol_plan *plan = NULL;
	char *json = NULL;
	int r;

	r = front_plan(options, MPOL_PLAN_LAUNCH | MPOL_PLAN_EXPLAIN, &plan, fault);
	if (!plan)
		return r;
	r = mpol_plan_json(plan, &json);
	if (r < 0)
		return fault_set(fault, r, "out of memory");
	*ret = read_json(json);
	return *ret ? 0 : fault_set(fault, -ENOMEM, "out of memory");
}

int cmd_explain(const struct options *options)
{
	struct fault fault = {.line = 0};
	struct json_object *plan;
	bool covered;
	char log[600];

	if (make_plan(options, &plan, &fault) < 0)
		return cmd_fail(&fault);
	covered = read_true(plan, "covered");
	log_text(options, plan, log, sizeof(log));
	if (options->json) {
		json_add_text(plan, "log", log);
		answer_print(stdout, plan);
	} else {
		explain_text(plan, stdout);
		if (log[0])
			wrapped(stdout, 0, log);
		json_object_put(plan);
	}
	return covered ? 0 : EXIT_NOT_COVERED;
}
