/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resident_cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "cgroup/own.h"
#include "host/host.h"
#include "run_cmd.h"

#ifdef HAVE_RESIDENT

#include "resident/attach.h"
#include "resident/attached.h"
#include "resident/resident.h"

static void print_programs(uint32_t programs)
{
	uint32_t i;

	for (i = 0; i < RESIDENT_PROGRAM_BITS; i++)
		if (programs & (1u << i))
			printf("  %s\n", resident_program_names[i]);
}

static const char *name_of_program(uint32_t program)
{
	return resident_program_names[__builtin_ctz(program)];
}

/* What is not to be had here, and why. */
static void print_without(const struct resident_load_report *report)
{
	size_t i;

	for (i = 0; i < report->n_without; i++)
		printf("%s%s: %s\n", i ? "  " : "and not on\n  ",
		       name_of_program(report->without[i].program), report->without[i].why);
	for (i = 0; i < report->n_refused; i++)
		printf("%s%s: %s\n", i ? "  " : "The kernel refuses\n  ",
		       report->refused[i].section, report->refused[i].why);
	if (report->why_not_by_cgroup)
		printf("Cgroups have %s programs of their own: %s.\n",
		       report->by_cgroup ? "not all" : "no",
		       attach_why_text(report->why_not_by_cgroup));
}

int cmd_resident_load(const struct options *options)
{
	_cleanup_free_ char *log = NULL;
	struct resident_load_request request = {
		.lsm = options->mechanisms & MECH_BIT(MECH_LSM),
		.fmod_ret = options->mechanisms & MECH_BIT(MECH_FMOD_RET),
		.kprobe = options->mechanisms & MECH_BIT(MECH_KPROBE),
	};
	struct resident_load_report report;
	struct host host;
	struct fault fault = {.line = 0};
	int r;

	host_probe(ASK_KERNEL, &host);
	request.preempt = host.preempt;
	r = resident_load(&request, &report, &log, &fault);
	if (log)
		fputs(log, stderr);
	if (r < 0)
		return cmd_fail(&fault);
	printf("%s; layers can count on\n", report.upgraded ? "upgraded" : "loaded");
	print_programs(report.programs);
	print_without(&report);
	return 0;
}

static int remove_empty(uint64_t id, void *data)
{
	(void)data;
	cgroup_own_remove(id);
	return 0;
}

int cmd_resident_unload(const struct options *options)
{
	struct fault fault = {.line = 0};
	size_t members = 0;
	int r;

	if (options->force)
		(void)resident_cgroups(NULL, remove_empty, NULL);
	r = resident_unload(options->force, &members, &fault);
	/*
	 * There are no members, but attachments: those to the cgroups of launches that have ended,
	 * which nobody has removed, keep nothing from going.
	 */
	if (r == -EBUSY && !members) {
		(void)resident_cgroups(NULL, remove_empty, NULL);
		fault = (struct fault){.line = 0};
		r = resident_unload(options->force, &members, &fault);
	}
	if (r < 0)
		return cmd_fail(&fault);
	if (members)
		fprintf(stderr,
			"mpolrun: warning: %zu tasks were under a layer, and are free now\n",
			members);
	return 0;
}

static struct json_object *json_u64(uint64_t value)
{
	return json_object_new_int64((int64_t)value);
}

static struct json_object *json_why(const char *program, const char *why)
{
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "program", json_object_new_string(program));
	json_object_object_add(row, "why", json_object_new_string(why));
	return row;
}

static void json_add_without(struct json_object *object, const struct resident_load_report *report)
{
	struct json_object *list = json_object_new_array();
	const struct attach_program *program;
	size_t i;

	for (i = 0; i < report->n_without; i++)
		json_object_array_add(list, json_why(name_of_program(report->without[i].program),
						     report->without[i].why));
	json_object_object_add(object, "without", list);
	list = json_object_new_array();
	for (i = 0; i < report->n_refused; i++)
		json_object_array_add(list,
				      json_why(report->refused[i].section, report->refused[i].why));
	json_object_object_add(object, "refused", list);
	list = json_object_new_array();
	for (program = attach_programs; program->hook; program++)
		if (report->by_cgroup & program->program)
			json_object_array_add(list, json_object_new_string(program->hook));
	json_object_object_add(object, "cgroups-own-programs", list);
	json_object_object_add(object, "no-cgroups-own-programs",
			       report->why_not_by_cgroup ? json_object_new_string(attach_why_text(
								   report->why_not_by_cgroup))
							 : NULL);
}

static void print_json(const struct resident_status *status, bool loaded)
{
	struct json_object *object = answer_new(), *list = json_object_new_array();
	size_t i;

	json_object_object_add(object, "loaded", json_object_new_boolean(loaded));
	if (loaded) {
		const struct resident_control *control = &status->control;

		json_object_object_add(object, "answers",
				       json_object_new_boolean(status->hello == 0));
		json_object_object_add(
			object, "preempts",
			json_object_new_boolean(!(status->programs & RESIDENT_NO_PREEMPT)));
		json_object_object_add(object, "layers", json_u64(control->layers));
		json_object_object_add(object, "layers-max", json_u64(control->layers_max));
		json_object_object_add(object, "layers-per-user",
				       json_u64(control->owner_layers_max));
		json_object_object_add(object, "members", json_u64(control->members));
		json_object_object_add(object, "members-seen", json_u64(status->members_seen));
		json_object_object_add(object, "members-max", json_u64(control->members_max));
		json_object_object_add(object, "members-per-user",
				       json_u64(control->owner_members_max));
		json_object_object_add(object, "forks-denied", json_u64(control->denied));
		json_object_object_add(object, "decisions-torn", json_u64(control->torn));
		for (i = 0; i < RESIDENT_PROGRAM_BITS; i++)
			if (control->programs & (1u << i))
				json_object_array_add(
					list, json_object_new_string(resident_program_names[i]));
	}
	json_object_object_add(object, "programs", list);
	json_add_without(object, &status->report);
	list = json_object_new_array();
	for (i = 0; loaded && i < status->n_attached; i++) {
		struct json_object *row = json_object_new_object();

		json_object_object_add(row, "name",
				       json_object_new_string(status->attached[i].name));
		json_object_object_add(row, "generation",
				       json_object_new_string(status->attached[i].generation));
		json_object_object_add(row, "skippable",
				       json_object_new_boolean(status->attached[i].skippable));
		json_object_object_add(row, "misses", json_u64(status->attached[i].misses));
		json_object_array_add(list, row);
	}
	json_object_object_add(object, "attached", list);
	answer_print(stdout, object);
}

static void print_text(const struct resident_status *status)
{
	const struct resident_control *control = &status->control;
	size_t i;

	if (status->hello < 0)
		printf("loaded, and does NOT answer: is /proc/sys/kernel/ftrace_enabled 0?\n");
	else
		printf("loaded; layers can count on\n");
	print_programs(control->programs);
	print_without(&status->report);
	if (control->programs & RESIDENT_KPROBE)
		printf("Those of kprobe are best effort, never cover: " KPROBE_WINDOW ".\n");
	if (control->programs & RESIDENT_SKIPPABLE)
		printf("The kernel %s.\n",
		       status->programs & RESIDENT_NO_PREEMPT
			       ? "does not preempt itself now, so those of fmod_ret count"
			       : "may preempt itself, which skips those of fmod_ret: they do not "
				 "count");
	printf("layers   %" PRIu64 " of %u, %u for one user\n", (uint64_t)control->layers,
	       control->layers_max, control->owner_layers_max);
	printf("members  %" PRIu64 " of %u, %u for one user; %u found\n",
	       (uint64_t)control->members, control->members_max, control->owner_members_max,
	       status->members_seen);
	if (control->denied)
		printf("forks refused for a quota: %" PRIu64 "\n", (uint64_t)control->denied);
	if (control->torn)
		printf("decisions refused because a policy could not be read whole: %" PRIu64 "\n",
		       (uint64_t)control->torn);
	for (i = 0; i < status->n_attached; i++)
		if (status->attached[i].misses)
			printf("skipped  %s: %" PRIu64 " times\n", status->attached[i].name,
			       status->attached[i].misses);
}

int cmd_resident_status(const struct options *options)
{
	struct resident_status status = {.programs = 0};
	struct fault fault = {.line = 0};
	int r = resident_status(&status, &fault);

	if (r < 0 && r != -ENOENT)
		return cmd_fail(&fault);
	if (options->json)
		print_json(&status, r == 0);
	else if (r == 0)
		print_text(&status);
	else
		printf("not loaded\n");
	return r == 0 && status.hello == 0 ? 0 : EXIT_DIFFERENT;
}

#else

static int built_without(void)
{
	struct fault fault = {.line = 0};

	fault_set(&fault, -ENOSYS,
		  "this mpolrun was built without the BPF programs (-Dbpf=enabled)");
	return cmd_fail(&fault);
}

int cmd_resident_load(const struct options *options)
{
	(void)options;
	return built_without();
}

int cmd_resident_unload(const struct options *options)
{
	(void)options;
	return built_without();
}

int cmd_resident_status(const struct options *options)
{
	(void)options;
	return built_without();
}

#endif
