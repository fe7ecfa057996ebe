// SPDX-License-Identifier: LGPL-2.1-or-later
#include "choose.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "trial.h"

const char *const resident_program_names[RESIDENT_PROGRAM_BITS] = {
	"lsm/set_mempolicy",
	"lsm/fs_context_parse_param",
	"lsm/file_open",
	"fmod_ret/security_set_mempolicy",
	"fmod_ret/security_fs_context_parse_param",
	"fmod_ret/security_file_open",
	"fmod_ret/sys_mbind",
	"fmod_ret/sys_migrate_pages",
};

#define LSM "lsm/"
#define FMOD "fmod_ret/"
#define SECURITY FMOD "security_"

/* The hooks that decide; the same names with both kinds of program. */
static const struct {
	const char *hook;
	uint32_t lsm, fmod_ret;
	bool both; /* cheap enough to have it twice, so that a layer may count on either */
} hooks[] = {
	{"set_mempolicy", RESIDENT_LSM_SET, RESIDENT_FMOD_SET, false},
	{"fs_context_parse_param", RESIDENT_LSM_MOUNT, RESIDENT_FMOD_MOUNT, true},
	{"file_open", RESIDENT_LSM_FILES, RESIDENT_FMOD_FILES, false},
	{"file_receive", RESIDENT_LSM_FILES, RESIDENT_FMOD_FILES, false},
	{"mmap_file", RESIDENT_LSM_FILES, RESIDENT_FMOD_FILES, false},
	/* Of every resident. */
	{"task_alloc", 0, 0, false},
	{"bpf", 0, 0, false},
	{"ptrace_access_check", 0, 0, false},
};

static const struct {
	const char *call;
	uint32_t program;
} calls[] = {
	{"mbind", RESIDENT_ENTRY_SET},
	{"set_mempolicy", RESIDENT_ENTRY_SET},
	{"set_mempolicy_home_node", RESIDENT_ENTRY_OTHER},
	{"get_mempolicy", RESIDENT_ENTRY_OTHER},
	{"migrate_pages", RESIDENT_ENTRY_OTHER},
	{"move_pages", RESIDENT_ENTRY_OTHER},
};
static const char *const entries[] = {"__x64_sys_", "__ia32_sys_", "__ia32_compat_sys_"};

struct choice {
	struct bpf_object *object;
	const struct btf *btf;
	bool lsm, lsm_runs, fmod_ret;
	struct resident_load_report *report;
};

static int take(const struct choice *choice, const char *section)
{
	struct bpf_program *program = NULL;

	while ((program = bpf_object__next_program(choice->object, program)))
		if (strcmp(bpf_program__section_name(program), section) == 0)
			return bpf_program__set_autoload(program, true);
	return -ENOENT;
}

static void without(struct resident_load_report *report, uint32_t program, const char *why)
{
	size_t i;

	for (i = 0; i < report->n_without; i++)
		if (report->without[i].program == program)
			return;
	/* 0: of what every resident has, which is told otherwise. */
	if (!program || i == RESIDENT_PROGRAM_BITS)
		return;
	report->without[i].program = program;
	(void)snprintf(report->without[i].why, sizeof(report->without[i].why), "%s", why);
	report->n_without++;
}

static bool is_without(const struct resident_load_report *report, uint32_t program)
{
	size_t i;

	for (i = 0; i < report->n_without; i++)
		if (report->without[i].program == program)
			return true;
	return false;
}

static void choose_hook(const struct choice *choice, size_t i, bool *ret_some)
{
	struct resident_load_report *report = choice->report;
	char section[80], function[80];
	bool taken = false;

	(void)snprintf(section, sizeof(section), LSM "%s", hooks[i].hook);
	if (!choice->lsm)
		without(report, hooks[i].lsm, "not asked for");
	else if (trial_lsm(choice->btf, hooks[i].hook) != TRIAL_WORKS)
		without(report, hooks[i].lsm, "this kernel does not have the hook");
	else if (!choice->lsm_runs)
		without(report, hooks[i].lsm, "bpf is not in the kernel's lsm= list");
	else if (take(choice, section) == 0) {
		report->programs |= hooks[i].lsm;
		taken = true;
	}

	(void)snprintf(section, sizeof(section), SECURITY "%s", hooks[i].hook);
	(void)snprintf(function, sizeof(function), "security_%s", hooks[i].hook);
	if (taken && (!hooks[i].both || !choice->fmod_ret)) {
		without(report, hooks[i].fmod_ret, "the lsm program does it, and is never skipped");
	} else if (!choice->fmod_ret && hooks[i].fmod_ret) {
		without(report, hooks[i].fmod_ret, "not asked for");
	} else {
		switch (trial_fmod_ret(choice->btf, function)) {
		case TRIAL_ABSENT:
			without(report, hooks[i].fmod_ret, "this kernel does not have the hook");
			break;
		case TRIAL_REFUSED:
			without(report, hooks[i].fmod_ret, "not modifiable in this kernel");
			break;
		case TRIAL_WORKS:
			if (take(choice, section) == 0) {
				report->programs |= hooks[i].fmod_ret;
				taken = true;
			}
			break;
		}
	}
	*ret_some = taken;
}

/* A call counts only with all the entries that the kernel has. */
static void choose_calls(const struct choice *choice)
{
	enum trial_answer answer[ELEMENTSOF(calls)][ELEMENTSOF(entries)];
	struct resident_load_report *report = choice->report;
	char name[80];
	size_t i, j;

	if (!choice->fmod_ret) {
		without(report, RESIDENT_ENTRY_SET, "not asked for");
		without(report, RESIDENT_ENTRY_OTHER, "not asked for");
		return;
	}
	for (i = 0; i < ELEMENTSOF(calls); i++)
		for (j = 0; j < ELEMENTSOF(entries); j++) {
			(void)snprintf(name, sizeof(name), "%s%s", entries[j], calls[i].call);
			answer[i][j] = trial_fmod_ret(choice->btf, name);
			/* A native entry that is absent: not this processor. */
			if (answer[i][j] == TRIAL_REFUSED ||
			    (j == 0 && answer[i][j] == TRIAL_ABSENT))
				without(report, calls[i].program,
					"not modifiable: kernel lacks "
					"CONFIG_FUNCTION_ERROR_INJECTION");
		}
	for (i = 0; i < ELEMENTSOF(calls); i++) {
		if (is_without(report, calls[i].program))
			continue;
		for (j = 0; j < ELEMENTSOF(entries); j++) {
			if (answer[i][j] != TRIAL_WORKS)
				continue;
			(void)snprintf(name, sizeof(name), FMOD "%s%s", entries[j], calls[i].call);
			(void)take(choice, name);
		}
		report->programs |= calls[i].program;
	}
}

int choose_programs(struct bpf_object *object, const struct btf *btf, bool lsm, bool fmod_ret,
		    struct resident_load_report *ret, struct fault *fault)
{
	static const char *const always[] = {"tp_btf/sched_process_fork",
					     "tp_btf/sched_process_free", "iter/task",
					     SECURITY "task_prctl"};
	struct choice choice = {object, btf, lsm, lsm && trial_lsm_runs(btf), fmod_ret, ret};
	struct bpf_program *program = NULL;
	bool some;
	size_t i;

	while ((program = bpf_object__next_program(object, program)))
		(void)bpf_program__set_autoload(program, false);

	if (trial_fmod_ret(btf, "security_task_prctl") != TRIAL_WORKS)
		return fault_set(
			fault, -ENOTSUP,
			"this kernel does not let a program answer prctl(2): it needs BPF "
			"trampolines and BTF (5.17 and later, CONFIG_DEBUG_INFO_BTF), and not "
			"to be locked down");
	for (i = 0; i < ELEMENTSOF(always); i++)
		if (take(&choice, always[i]) < 0)
			return fault_set(fault, -ENOTSUP, "no program %s", always[i]);
	for (i = 0; i < ELEMENTSOF(hooks); i++) {
		choose_hook(&choice, i, &some);
		if (!some && !hooks[i].lsm)
			return fault_set(
				fault, -ENOTSUP,
				"this kernel lets no program watch %s, without which members "
				"are not safe",
				hooks[i].hook);
	}
	/* One that is missing leaves a way around the others. */
	for (i = 0; i < ELEMENTSOF(hooks); i++) {
		if (hooks[i].lsm && is_without(ret, hooks[i].lsm))
			ret->programs &= ~hooks[i].lsm;
		if (hooks[i].fmod_ret && is_without(ret, hooks[i].fmod_ret))
			ret->programs &= ~hooks[i].fmod_ret;
	}
	choose_calls(&choice);
	return 0;
}
