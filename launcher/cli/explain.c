/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "enforce/scope.h"
#include "base/text.h"
#include "rows.h"
#include "run/caps.h"
#include "run_cmd.h"
#include "watch_options.h"
#include "wrap.h"

#define RULE_COLUMNS 28

static const char *const loss_names[] = {
	[LOSS_NO] = "no",
	[LOSS_PROFILE] = "profile",
	[LOSS_CALLER] = "caller",
};

/* How the rule is held, for the "held by" column. */
static void held_text(const struct plan_row *row, char *buf, size_t size)
{
	if (row->cover == COVER_NONE)
		snprintf(buf, size, "%s", row->loss == LOSS_NO ? "NOTHING HERE" : "nothing here");
	else if (row->cover == COVER_EXACT)
		snprintf(buf, size, "%s", mechanism_names[row->by].name);
	else
		snprintf(buf, size, "%s (%s)", mechanism_names[row->by].name,
			 cover_words[row->cover]);
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

static void table(const struct front *front, FILE *out)
{
	struct row rows[MPOL_RULE_COUNT];
	size_t n = rows_of_plan(&front->plan, rows), i;
	int width = (int)strlen("line");
	char where[64], what[160], answer[24], held[64];
	bool fits;

	for (i = 0; i < n; i++) {
		int length = (int)strlen(source_text(rows[i].source, where, sizeof(where)));

		width = length > width ? length : width;
	}
	fprintf(out, "%-*s  %-*s %-8s held by\n", width, "line", RULE_COLUMNS, "rule", "answer");
	for (i = 0; i < n; i++) {
		const struct plan_row *plan = rows[i].plan;
		bool last = i + 1 == n || rows[i + 1].plan != plan;

		snprintf(what, sizeof(what), "%s %s", keywords[plan->group].name, rows[i].words);
		held_text(plan, held, sizeof(held));
		fits = strlen(what) <= RULE_COLUMNS;
		fprintf(out, "%-*s  %-*s %-8s %s\n", width,
			source_text(rows[i].source, where, sizeof(where)), RULE_COLUMNS,
			fits ? what : keywords[plan->group].name,
			answer_text(rows[i].answer, answer, sizeof(answer)), held);
		if (!fits)
			wrapped(out, 8, rows[i].words);
		if (!last)
			continue;
		say_note(out, "", plan->note);
		if (plan->cover <= COVER_PART || plan->cover == COVER_COARSE) {
			say_note(out,
				 plan->cover == COVER_COARSE ? "not exact: " : "why: ", plan->why);
			say_note(out, "to change that: ", plan->fix);
		}
		if (plan->loss == LOSS_PROFILE)
			say_note(out, "", "best effort, says the profile");
		if (plan->loss == LOSS_CALLER)
			say_note(out, "", "best effort, says --best-effort");
	}
}

static void start(const struct front *front, FILE *out)
{
	const struct policy *policy = front->policy;
	char text[96];

	fprintf(out, "At start: an inherited memory policy is %s.",
		policy->inherited == START_KEEP    ? "kept"
		: policy->inherited == START_RESET ? "reset"
						   : "refused");
	if (front->host.carries)
		fprintf(out, " You carry %s.",
			start_policy_text(&front->host.carried, text, sizeof(text)));
	fputc('\n', out);
	if (policy->start.set)
		fprintf(out, "          The command starts under %s.\n",
			start_policy_text(&policy->start, text, sizeof(text)));
}

/*
 * Said, not claimed: what something above refuses is not our doing, and no profile gives it back.
 */
static void above(const struct host *host, FILE *out)
{
	char line[400] = "";
	size_t length = 0;
	int syscall;

	for (syscall = 0; syscall < MPOL_SYS_COUNT; syscall++) {
		char answer[24];

		if (!host->call[syscall].blocked || host->call[syscall].absent ||
		    length > sizeof(line) - 80)
			continue;
		length += (size_t)snprintf(
			line + length, sizeof(line) - length, "%s%s (%s)",
			length ? ", " : "A filter above us already answers: ",
			host_call_names[syscall],
			host_answer_text(host->call[syscall].blocked, answer, sizeof(answer)));
	}
	if (length) {
		wrapped(out, 0, line);
		wrapped(out, 0, "That is not our doing, and no profile gives it back from inside.");
	}
}

void explain_text(const struct front *front, FILE *out)
{
	size_t i, missing = 0;
	uint64_t drop = 0;
	char title[256], text[128];

	policy_title(front->policy, title, sizeof(title));
	for (i = 0; i < front->plan.n_rows; i++)
		if (front->plan.row[i].cover <= COVER_PART && front->plan.row[i].loss == LOSS_NO)
			missing++;
	if (missing)
		fprintf(out, "NOT COVERED: %zu of %zu rules   profile %s\n", missing,
			front->plan.n_rows, title);
	else
		fprintf(out, "COVERED   profile %s\n", title);
	if (!front->plan.n_rows) {
		fprintf(out, "Nothing is refused.\n");
		start(front, out);
		above(&front->host, out);
		return;
	}
	table(front, out);
	start(front, out);
	above(&front->host, out);
	if (front->plan.held[MECH_SECCOMP])
		wrapped(out, 0, "What seccomp holds stays as it is until the command ends.");
	if (front->plan.held[MECH_LSM] || front->plan.held[MECH_FMOD_RET])
		wrapped(out, 0,
			"What lsm and fmod_ret hold can be changed, with --name or --ticket-fd.");
	if (front->plan.held[MECH_NOTIFY] && scope_is_there())
		wrapped(out, 0,
			"What notify holds can be changed. Inside, signals to processes outside, "
			"and connections to their abstract sockets, are refused.");
	else if (front->plan.held[MECH_NOTIFY])
		wrapped(out, 0, "What notify holds can be changed, by --ticket-fd alone.");
	if (caps_to_drop(NULL, &drop, NULL) == 0) {
		char line[200];

		snprintf(line, sizeof(line), "Drops: %s.", caps_text(drop, text, sizeof(text)));
		wrapped(out, 0, line);
	}
	if (!caps_spare_nnp(front->host.capabilities))
		wrapped(out, 0, "Inside, sudo, ping and newuidmap fail (no_new_privs).");
	wrapped(out, 0,
		"Not promised: pages placed by others; huge-page pools of one node; work started "
		"by systemd, cron or docker.");
}

static struct json_object *row_json(const struct row *row)
{
	struct json_object *object = json_object_new_object();
	const struct plan_row *plan = row->plan;
	char answer[24];

	answer_add_text(object, "rule", keywords[plan->group].name);
	answer_add_text(object, "words", row->words);
	answer_add_text(object, "answer", answer_text(row->answer, answer, sizeof(answer)));
	answer_add_text(object, "profile", row->source->profile);
	json_object_object_add(object, "line", json_object_new_int((int)row->source->line));
	answer_add_text(object, "cover", cover_names[plan->cover]);
	answer_add_text(object, "mechanism",
			plan->cover == COVER_NONE ? NULL : mechanism_names[plan->by].name);
	answer_add_text(object, "how", plan->how);
	answer_add_text(object, "note", plan->note);
	answer_add_text(object, "why", plan->why);
	answer_add_text(object, "fix", plan->fix);
	answer_add_text(object, "loss", loss_names[plan->loss]);
	return object;
}

int explain_json(const struct front *front, const char *log, FILE *out)
{
	struct json_object *object = answer_new(), *rules, *start, *names;
	struct row rows[MPOL_RULE_COUNT];
	size_t n = rows_of_plan(&front->plan, rows), i;
	char text[96];

	if (!object)
		return -ENOMEM;
	json_object_object_add(object, "covered", json_object_new_boolean(front->plan.covered));
	names = json_object_new_array();
	for (i = 0; i < front->policy->n_names; i++)
		json_object_array_add(names, json_object_new_string(front->policy->names[i]));
	json_object_object_add(object, "profiles", names);
	rules = json_object_new_array();
	for (i = 0; i < n; i++)
		json_object_array_add(rules, row_json(&rows[i]));
	json_object_object_add(object, "rules", rules);
	start = json_object_new_object();
	answer_add_text(start, "inherited", inherited_name(front->policy->inherited));
	answer_add_text(start, "carried",
			front->host.carries
				? start_policy_text(&front->host.carried, text, sizeof(text))
				: NULL);
	answer_add_text(start, "policy",
			front->policy->start.set
				? start_policy_text(&front->policy->start, text, sizeof(text))
				: NULL);
	json_object_object_add(object, "start", start);
	answer_add_text(object, "log", log);
	answer_print(out, object);
	return 0;
}

int cmd_explain(const struct options *options)
{
	_cleanup_(front_done) struct front front = {.policy = NULL};
	struct fault fault = {.line = 0};
	char log[600];

	if (front_make(options, ASK_CARRIED | ASK_KERNEL | ASK_TRIALS, &front, &fault) < 0)
		return cmd_fail(&fault);
	watch_explain(options, &front.plan, log, sizeof(log));
	if (!options->json) {
		explain_text(&front, stdout);
		if (log[0])
			wrapped(stdout, 0, log);
	} else if (explain_json(&front, log, stdout) < 0) {
		fault_set(&fault, -ENOMEM, "out of memory");
		return cmd_fail(&fault);
	}
	return front.plan.covered ? 0 : EXIT_NOT_COVERED;
}
