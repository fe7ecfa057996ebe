/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "oci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cells.h"
#include "parts.h"
#include "profile/keywords.h"

/* clang-format off */
const char *const export_call_names[MPOL_SYS_COUNT] = {MPOL_SYSCALLS(MPOL_SYSCALL_NAME)};
/* clang-format on */

/*
 * The first one is native. x32 stays out: libseccomp compares the low halves of its pointers, but
 * the kernel reads them whole, so that options at 0x100000000 would pass for none. What is not
 * listed is refused whole.
 */
#if defined(__x86_64__)
const char *const export_arches[] = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", NULL};
#elif defined(__aarch64__)
const char *const export_arches[] = {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", NULL};
#else
const char *const export_arches[] = {NULL};
#endif

/* An answer of @rules that only one of @dialect's readers would take as it is meant. */
static bool fits(uint16_t answer, enum export_dialect dialect)
{
	switch (MPOL_ANSWER_KIND(answer)) {
	case MPOL_IGNORE:
		return dialect == EXPORT_OCI;
	case MPOL_ERRNO:
		return dialect == EXPORT_OCI || MPOL_ANSWER_ERR(answer) == EPERM;
	default:
		return true;
	}
}

static bool is_unknown(uint32_t rule)
{
	return rule == MPOL_RULE_MODE_UNKNOWN || rule == MPOL_RULE_MBIND_FLAG_UNKNOWN;
}

int export_size(const struct mpol_rules *rules, size_t *ret)
{
	size_t size = 0, n, i;
	uint32_t call;

	for (call = 0; call < MPOL_SYS_COUNT; call++) {
		_cleanup_free_ struct cell *cells = NULL;
		int r = cells_of(rules, (enum mpol_syscall)call, &cells, &n);

		if (r < 0)
			return r;
		for (i = 0; i < n; i++)
			size += MPOL_ANSWER_KIND(cells[i].answer) != MPOL_ALLOW;
	}
	*ret = size;
	return 0;
}

static int cannot_say(enum rule_group group, const char *why, struct fault *fault)
{
	fault_hint(fault, "--best-effort %s to go on without", keywords[group].name);
	return fault_set(fault, -EDOM, "a seccomp profile cannot say '%s': %s",
			 keywords[group].name, why);
}

int export_rules(const struct policy *policy, uint32_t best_effort, enum export_dialect dialect,
		 struct mpol_rules *ret, uint32_t *ret_lost, struct fault *fault)
{
	static const char *const why[GROUP_COUNT] = {
		[GROUP_NODES] = "the nodes are behind a pointer",
		[GROUP_FILES] = "it is a property of files",
		[GROUP_CPUSET] = "it is a property of files",
	};
	bool preferred = policy_refuses(policy, MPOL_RULE_MODE + MPOL_ABI_MODE_PREFERRED);
	bool local = policy_refuses(policy, MPOL_RULE_MODE + MPOL_ABI_MODE_LOCAL);
	uint32_t lost = 0, rule, group;
	char name[48];
	size_t size;
	int r;

	for (group = 0; group < GROUP_COUNT; group++) {
		const char *reason = why[group];

		if (!(policy->restricted & GROUP_BIT(group)))
			continue;
		if (group == GROUP_MODES && local && !preferred)
			reason = "preferred without nodes means local, and the nodes are behind a "
				 "pointer";
		if (!reason)
			continue;
		if ((policy->must & ~best_effort) & GROUP_BIT(group))
			return cannot_say((enum rule_group)group, reason, fault);
		lost |= GROUP_BIT(group);
	}
	/* Modes are lost in part only: what can be told from registers is said all the same. */
	policy_rules_of(policy, ~(lost & ~(uint32_t)GROUP_BIT(GROUP_MODES)), ret);
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
		if (fits(ret->answer[rule], dialect))
			continue;
		if (is_unknown(rule)) { /* the kernel refuses those by itself */
			ret->answer[rule] = MPOL_ANSWER(MPOL_ERRNO, EPERM);
			continue;
		}
		fault_hint(fault, "say EPERM in the profile, or --format oci-seccomp");
		return fault_set(fault, -EDOM,
				 "a SeccompProfile of the operator cannot say '%s' with another "
				 "answer than EPERM, audit or kill",
				 rule_name(rule, name, sizeof(name)));
	}
	r = export_size(ret, &size);
	if (r < 0)
		return fault_set(fault, r, "no memory");
	if (size > EXPORT_SIZE_MAX)
		return fault_set(
			fault, -EDOM,
			"a seccomp profile cannot say how modes and mbind-flags with these "
			"answers go together: that takes %zu rules, and a filter holds %d",
			size, EXPORT_SIZE_MAX);
	*ret_lost = lost;
	return 0;
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

static struct json_object *condition(const struct cell_condition *condition)
{
	struct json_object *object = json_object_new_object();

	add_number(object, "index", condition->argument);
	switch (condition->op) {
	case CELL_MASKED:
		add_number(object, "value", condition->mask);
		add_number(object, "valueTwo", condition->value);
		add_text(object, "op", "SCMP_CMP_MASKED_EQ");
		break;
	case CELL_ZERO:
		add_number(object, "value", 0);
		add_text(object, "op", "SCMP_CMP_EQ");
		break;
	case CELL_NOT_ZERO:
		add_number(object, "value", 0);
		add_text(object, "op", "SCMP_CMP_NE");
		break;
	}
	return object;
}

/* An answer as an action; *ret_errno is -1 where it has none. */
static const char *action(uint16_t answer, int *ret_errno)
{
	*ret_errno = -1;
	switch (MPOL_ANSWER_KIND(answer)) {
	case MPOL_AUDIT:
		return "SCMP_ACT_LOG";
	case MPOL_IGNORE:
		*ret_errno = 0;
		return "SCMP_ACT_ERRNO";
	case MPOL_ERRNO:
		*ret_errno = MPOL_ANSWER_ERR(answer);
		return "SCMP_ACT_ERRNO";
	case MPOL_KILL:
		return "SCMP_ACT_KILL_PROCESS";
	default:
		return "SCMP_ACT_ALLOW";
	}
}

int export_add_call(struct json_object *syscalls, const struct mpol_rules *rules,
		    enum mpol_syscall call, const struct export_default *by_default)
{
	_cleanup_free_ struct cell *cells = NULL;
	size_t n, i, k;
	int r = cells_of(rules, call, &cells, &n);

	if (r < 0)
		return r;
	for (i = 0; i < n; i++) {
		struct json_object *object, *names, *args;
		int err;
		const char *what = action(cells[i].answer, &err);

		/* A rule that says what is so anyway is an error to libseccomp. */
		if (strcmp(what, by_default->action) == 0 && err == by_default->err)
			continue;
		object = json_object_new_object();
		names = json_object_new_array();
		json_object_array_add(names, json_object_new_string(export_call_names[call]));
		json_object_object_add(object, "names", names);
		add_text(object, "action", what);
		if (err >= 0 && err != EPERM) /* which is the default */
			add_number(object, "errnoRet", (uint64_t)err);
		if (cells[i].n) {
			args = json_object_new_array();
			for (k = 0; k < cells[i].n; k++)
				json_object_array_add(args, condition(&cells[i].condition[k]));
			json_object_object_add(object, "args", args);
		}
		json_object_array_add(syscalls, object);
	}
	return 0;
}

struct json_object *export_architectures(void)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; export_arches[i]; i++)
		json_object_array_add(array, json_object_new_string(export_arches[i]));
	return array;
}

struct json_object *export_fragment(const struct mpol_rules *rules)
{
	const struct export_default allow = {"SCMP_ACT_ALLOW", -1};
	struct json_object *section, *syscalls;
	uint32_t call;

	if (!export_arches[0])
		return NULL;
	section = json_object_new_object();
	syscalls = json_object_new_array();
	add_text(section, "defaultAction", allow.action);
	json_object_object_add(section, "architectures", export_architectures());
	json_object_object_add(section, "syscalls", syscalls);
	for (call = 0; call < MPOL_SYS_COUNT; call++)
		if (export_add_call(syscalls, rules, (enum mpol_syscall)call, &allow) < 0) {
			json_object_put(section);
			return NULL;
		}
	return section;
}
