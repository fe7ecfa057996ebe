/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "export/oci.h"
#include "lib.h"

_Static_assert(GROUP_COUNT < 32, "a bit for each rule");

/* Sentences, each on a line of its own. */
struct notes {
	char *text;
	bool failed;
};

static void note(struct notes *notes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct notes *notes, const char *format, ...)
{
	char line[512], *text;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (asprintf(&text, "%s%s\n", notes->text ? notes->text : "", line) < 0) {
		notes->failed = true;
		return;
	}
	free(notes->text);
	notes->text = text;
}

/* What the reader of the result would miss. */
static void say_lost(struct notes *notes, const struct policy *policy, uint32_t lost,
		     const struct mpol_rules *rules)
{
	uint32_t group;

	for (group = 0; group < GROUP_COUNT; group++)
		if (lost & GROUP_BIT(group))
			note(notes, "not in it: %s%s", keywords[group].name,
			     group == GROUP_MODES ? ", in part" : "");
	if (MPOL_ANSWER_KIND(rules->answer[MPOL_RULE_MOUNT]) > MPOL_ALLOW)
		note(notes, "mount is coarse in it: every mount with an option string is meant, "
			    "not only mpol=");
	if (policy->inherited != START_KEEP)
		note(notes, "start.inherited happens at a launch by mpolrun, and is not in it: a "
			    "container keeps a policy that its runtime has");
	if (policy->start.set)
		note(notes, "start.policy happens at a launch by mpolrun, and is not in it");
}

static void say_refused(struct notes *notes, uint32_t refused)
{
	/* clang-format off */
	static const char *const names[MPOL_SYS_COUNT] = {MPOL_SYSCALLS(MPOL_SYSCALL_NAME)};
	/* clang-format on */
	char list[256] = "";
	uint32_t call;

	for (call = 0; call < MPOL_SYS_COUNT; call++)
		if (refused & UINT32_C(1) << call)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
				 list[0] ? ", " : "", names[call]);
	if (list[0])
		note(notes, "the base refuses, and so does the result: %s", list);
}

/* A file that is cut would be a profile that is another one. */
static int parse_base(const char *text, struct json_object **ret, struct fault *fault)
{
	struct json_tokener *tokener = json_tokener_new();
	size_t length = strlen(text);
	struct json_object *object;
	int r = 0;

	if (!tokener)
		return fault_set(fault, -ENOMEM, "no memory");
	object = length < INT32_MAX ? json_tokener_parse_ex(tokener, text, (int)length) : NULL;
	if (!object || json_tokener_get_error(tokener) != json_tokener_success) {
		r = fault_set(fault, -EINVAL, "the base is no JSON");
		json_object_put(object);
	} else {
		*ret = object;
	}
	json_tokener_free(tokener);
	return r;
}

static int make(const struct policy *policy, const char *base_json, uint32_t best_effort,
		uint32_t flags, char **ret, struct notes *notes, struct fault *fault)
{
	struct json_object *section = NULL, *base = NULL;
	uint32_t lost = 0, refused = 0;
	struct mpol_rules rules;
	int r;

	r = export_rules(policy, best_effort, flags & MPOL_OCI_EPERM_ONLY ? EXPORT_K8S : EXPORT_OCI,
			 &rules, &lost, fault);
	if (r == 0 && base_json)
		r = parse_base(base_json, &base, fault);
	if (r == 0 && base)
		r = export_merged(&rules, base, &section, &refused, fault);
	json_object_put(base);
	if (r < 0)
		return r;
	if (!section)
		section = export_fragment(&rules);
	if (!section)
		return fault_set(fault, -ENOTSUP,
				 "the system calls of this machine's architecture are not known");
	say_lost(notes, policy, lost, &rules);
	say_refused(notes, refused);
	if (notes->failed) {
		json_object_put(section);
		return fault_set(fault, -ENOMEM, "no memory");
	}
	return json_write(section, ret);
}

int mpol_policy_oci(const struct mpol_policy *policy, const char *base_json, uint32_t best_effort,
		    uint32_t flags, char **ret_json, char **ret_notes, struct mpol_error *err)
{
	struct notes notes = {.text = NULL};
	struct fault fault = {.line = 0};
	int r;

	if (flags & ~MPOL_OCI_EPERM_ONLY || best_effort >> GROUP_COUNT)
		return -EINVAL;
	r = make(policy->policy, base_json, best_effort, flags, ret_json, &notes, &fault);
	if (r == 0 && ret_notes)
		*ret_notes = TAKE_PTR(notes.text);
	free(notes.text);
	return lib_error(r, &fault, err);
}
