/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "oom_cmd.h"

#include <errno.h>
#include <string.h>

#include "answer.h"
#include "base/capabilities.h"
#include "base/cleanup.h"
#include "oom/read.h"
#include "oom/render.h"
#include "resident/client.h"
#include "run_cmd.h"

struct report {
	const struct options *options;
	const struct oom_read *source;
	bool can_attach;
	uint64_t ours, others;
};

/* Whether this release has the verb that a hint would name. */
static bool has_verb(const char *word, const char *verb)
{
	size_t i;

	for (i = 0; i < n_command_rows; i++)
		if (command_rows[i].verb && strcmp(command_rows[i].word, word) == 0 &&
		    strcmp(command_rows[i].verb, verb) == 0)
			return command_rows[i].command != COMMAND_RESERVED;
	return false;
}

/* What the running machine still knows of those whom a live event is about. */
static void look_around(struct oom_event *event, struct oom_around *around)
{
	uint32_t programs;
	int filter;

	if (event->usec < 0)
		return;
	oom_wall_time(event->usec, around->time, sizeof(around->time));
	filter = oom_look(&event->asker, event->usec);
	/* Without a filter and without a resident nothing can hold a layer over it. */
	if (filter == 0 && resident_hello(&programs) == -ENODEV)
		around->layer = "no layer";
}

/*
 * An array is printed element by element, so that a long log needs no more memory than a short one.
 */
static void print_json(const struct report *report, const struct oom_event *event,
		       const struct oom_around *around)
{
	struct json_object *object = oom_json(event, around);

	if (!report->options->follow) {
		printf("%s    %s", report->ours + report->others > 1 ? ",\n" : "\n",
		       json_object_to_json_string_ext(
			       object, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	} else {
		json_object_object_add(object, "version", json_object_new_int(1));
		printf("%s\n",
		       json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE));
	}
	json_object_put(object);
}

static void print_event(void *arg, const struct oom_event *event)
{
	struct oom_around around = {.layer = NULL};
	struct report *report = arg;
	struct oom_event known = *event;

	around.can_attach = report->can_attach;
	if (oom_is_ours(event))
		report->ours++;
	else
		report->others++;
	if (report->source->live)
		look_around(&known, &around);
	if (report->options->json)
		print_json(report, &known, &around);
	else
		oom_print(stdout, &known, &around);
	if (report->options->follow)
		fflush(stdout);
}

int cmd_oom(const struct options *options)
{
	struct oom_read source = {
		.path = options->argc ? options->argv[0] : NULL,
		.follow = options->follow,
	};
	struct report report = {
		.options = options,
		.source = &source,
		.can_attach = has_verb("layer", "attach"),
	};
	_cleanup_free_ struct oom_parser *parser = malloc(sizeof(*parser));
	struct fault fault = {.line = 0};
	bool whole = options->json && !options->follow;
	int r;

	if (!parser) {
		fault_set(&fault, -ENOMEM, "no memory");
		return cmd_fail(&fault);
	}
	if (source.path && strcmp(source.path, "-") != 0 && capabilities_exceed_caller()) {
		fault_hint(&fault, "say -, and give the log on standard input");
		fault_set(&fault, -EPERM,
			  "mpolrun has more privileges than you, and reads no file");
		return cmd_fail(&fault);
	}
	oom_parser_init(parser, print_event, &report);
	if (whole)
		printf("{\n  \"version\": 1,\n  \"kills\": [");
	r = oom_read(&source, parser, &fault);
	if (whole)
		printf("%s],\n  \"gaps\": %llu\n}\n", report.ours + report.others ? "\n  " : "",
		       (unsigned long long)source.lost);
	if (r < 0)
		return cmd_fail(&fault);
	if (!options->json && !report.ours)
		printf("No task was killed because of a memory policy or a cpuset%s.\n",
		       report.others ? "" : ", nor for other reasons");
	if (source.lost && !options->json)
		fprintf(stderr,
			"mpolrun: warning: the kernel dropped lines %llu time%s before they "
			"were read\n",
			(unsigned long long)source.lost, source.lost == 1 ? "" : "s");
	return 0;
}
