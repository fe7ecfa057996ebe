/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "choose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "base/cleanup.h"

const char *const resident_program_names[RESIDENT_PROGRAM_BITS] = {
	"lsm/set_mempolicy",
	"lsm/fs_context_parse_param",
	"lsm/file_open",
	"fmod_ret/security_set_mempolicy",
	"fmod_ret/security_fs_context_parse_param",
	"fmod_ret/security_file_open",
	"fmod_ret/sys_mbind",
	"fmod_ret/sys_set_mempolicy_home_node",
	"fmod_ret/sys_get_mempolicy",
	"fmod_ret/sys_migrate_pages",
	"kprobe/sys_mbind",
	"kprobe/sys_migrate_pages",
	"lsm/task_movememory",
	"fmod_ret/security_task_movememory",
};

enum hook_flag {
	/*
	 * Had twice, so that a layer may count on either; not where fmod_ret has nothing to say of
	 * modes.
	 */
	HOOK_BOTH = 1 << 0,
	/* Members' safety, or who is one: no resident without it, in one form or the other. */
	HOOK_VITAL = 1 << 1,
};

/*
 * The hooks; the same names with both kinds of program. Those that share a bit decide together: one
 * that is missing leaves a way around the others.
 */
static const struct hook {
	const char *name;
	uint32_t lsm, fmod_ret; /* what layers can count on; 0: only of HOOK_VITAL */
	uint32_t flags;
} hooks[] = {
	{"set_mempolicy", RESIDENT_LSM_SET, RESIDENT_FMOD_SET, 0},
	{"fs_context_parse_param", RESIDENT_LSM_MOUNT, RESIDENT_FMOD_MOUNT, HOOK_BOTH},
	{"file_open", RESIDENT_LSM_FILES, RESIDENT_FMOD_FILES, HOOK_VITAL},
	{"file_receive", RESIDENT_LSM_FILES, RESIDENT_FMOD_FILES, 0},
	{"mmap_file", RESIDENT_LSM_FILES, RESIDENT_FMOD_FILES, 0},
	{"task_movememory", RESIDENT_LSM_MIGRATE, RESIDENT_FMOD_MIGRATE, 0},
	{"task_alloc", 0, 0, HOOK_VITAL},
	{"bpf", 0, 0, HOOK_VITAL},
	{"ptrace_access_check", 0, 0, HOOK_VITAL},
	{"inode_unlink", 0, 0, HOOK_VITAL},
	{"inode_rmdir", 0, 0, HOOK_VITAL},
	{"inode_rename", 0, 0, HOOK_VITAL},
	{"inode_mkdir", 0, 0, HOOK_VITAL},
	{"inode_symlink", 0, 0, HOOK_VITAL},
	{"inode_setattr", 0, 0, HOOK_VITAL},
};

#define CALL(call, syscall, fmod_ret, kprobe) {#call, fmod_ret, kprobe},

static const struct {
	const char *call;
	uint32_t fmod_ret, kprobe;
} calls[] = {RESIDENT_ENTRIES(CALL)};
static const char *const entries[] = {"__x64_sys_", "__ia32_sys_", "__ia32_compat_sys_"};

struct choosing {
	const struct choose_request *request;
	struct choice *choice;
	struct resident_load_report *report;
};

/* Why a program cannot be had, or "". */
struct why {
	char text[RESIDENT_WHY_SIZE];
};

static void take(struct choosing *choosing, const char *section)
{
	struct choice *choice = choosing->choice;

	if (choice->n < CHOICE_MAX)
		(void)snprintf(choice->section[choice->n++], RESIDENT_SECTION_SIZE, "%s", section);
}

static bool was_refused(const struct choosing *choosing, const char *section, struct why *why)
{
	size_t i;

	for (i = 0; i < choosing->request->n_refused; i++) {
		const struct resident_refusal *refused = &choosing->request->refused[i];

		if (strcmp(refused->section, section) != 0)
			continue;
		(void)snprintf(why->text, sizeof(why->text), "the kernel refuses %.63s: %s",
			       section, refused->why);
		return true;
	}
	return false;
}

/* The first reason stands. */
static void without(struct choosing *choosing, uint32_t program, const char *why)
{
	struct resident_load_report *report = choosing->report;
	size_t i;

	for (i = 0; i < report->n_without; i++)
		if (report->without[i].program == program)
			return;
	/* 0: of what every resident has. */
	if (!program || i == RESIDENT_PROGRAM_BITS)
		return;
	report->without[i].program = program;
	(void)snprintf(report->without[i].why, sizeof(report->without[i].why), "%s", why);
	report->n_without++;
}

static enum trial_answer ask(const struct choosing *choosing, enum trial_kind kind,
			     const char *function)
{
	return choosing->request->trial(kind, function, choosing->request->data);
}

static bool lsm_works(const struct choosing *choosing, const struct hook *hook, struct why *why)
{
	char section[RESIDENT_SECTION_SIZE];

	(void)snprintf(section, sizeof(section), "lsm/%s", hook->name);
	if (!choosing->request->lsm)
		*why = (struct why){"not asked for"};
	else if (was_refused(choosing, section, why))
		return false;
	else if (ask(choosing, TRIAL_LSM, hook->name) != TRIAL_WORKS)
		*why = (struct why){"this kernel does not have the hook"};
	else if (!choosing->request->lsm_runs)
		*why = (struct why){"bpf is not in the kernel's lsm= list"};
	else
		return true;
	return false;
}

static bool fmod_ret_works(const struct choosing *choosing, const struct hook *hook,
			   struct why *why)
{
	char section[RESIDENT_SECTION_SIZE], function[RESIDENT_SECTION_SIZE];

	(void)snprintf(section, sizeof(section), "fmod_ret/security_%s", hook->name);
	(void)snprintf(function, sizeof(function), "security_%s", hook->name);
	if (was_refused(choosing, section, why))
		return false;
	switch (ask(choosing, TRIAL_FMOD_RET, function)) {
	case TRIAL_ABSENT:
		*why = (struct why){"this kernel does not have the hook"};
		return false;
	case TRIAL_REFUSED:
		*why = (struct why){"not modifiable in this kernel"};
		return false;
	case TRIAL_WORKS:
		return true;
	}
	return false;
}

struct found {
	bool lsm, fmod_ret;
	struct why why_lsm, why_fmod_ret;
};

/* Whether all hooks of a bit can be had; else the first reason is said. */
static bool complete(struct choosing *choosing, const struct found *found, bool lsm, uint32_t bit)
{
	size_t i;

	for (i = 0; i < ELEMENTSOF(hooks); i++)
		if ((lsm ? hooks[i].lsm : hooks[i].fmod_ret) == bit &&
		    !(lsm ? found[i].lsm : found[i].fmod_ret)) {
			without(choosing, bit,
				lsm ? found[i].why_lsm.text : found[i].why_fmod_ret.text);
			return false;
		}
	return true;
}

/* Whether anybody could ask for fmod_ret alone. */
static bool fmod_ret_has_modes(const struct choosing *choosing)
{
	return ask(choosing, TRIAL_FMOD_RET, "security_set_mempolicy") == TRIAL_WORKS ||
	       ask(choosing, TRIAL_FMOD_RET, "__x64_sys_mbind") == TRIAL_WORKS;
}

static int choose_hook(struct choosing *choosing, const struct found *found, size_t i,
		       struct fault *fault)
{
	const struct hook *hook = &hooks[i];
	bool decides = hook->lsm, lsm, fmod_ret;
	char section[RESIDENT_SECTION_SIZE];

	lsm = decides ? complete(choosing, found, true, hook->lsm) : found[i].lsm;
	if (!decides)
		fmod_ret = !lsm && found[i].fmod_ret;
	else if (!choosing->request->fmod_ret) {
		without(choosing, hook->fmod_ret, "not asked for");
		fmod_ret = false;
	} else if (lsm && !(hook->flags & HOOK_BOTH && fmod_ret_has_modes(choosing))) {
		without(choosing, hook->fmod_ret, "the lsm program does it, and is never skipped");
		fmod_ret = false;
	} else
		fmod_ret = complete(choosing, found, false, hook->fmod_ret);
	if (lsm)
		choosing->report->programs |= hook->lsm;
	if (fmod_ret)
		choosing->report->programs |= hook->fmod_ret;

	if (!lsm && !fmod_ret && (hook->flags & HOOK_VITAL)) {
		lsm = found[i].lsm;
		fmod_ret = !lsm && found[i].fmod_ret;
		if (!lsm && !fmod_ret)
			return fault_set(fault, -ENOTSUP,
					 "no program can watch %s, without which members are "
					 "not safe: lsm: %s; fmod_ret: %s",
					 hook->name, found[i].why_lsm.text,
					 found[i].why_fmod_ret.text);
	}
	(void)snprintf(section, sizeof(section), "lsm/%s", hook->name);
	if (lsm)
		take(choosing, section);
	(void)snprintf(section, sizeof(section), "fmod_ret/security_%s", hook->name);
	if (fmod_ret)
		take(choosing, section);
	return 0;
}

static int choose_hooks(struct choosing *choosing, struct fault *fault)
{
	struct found found[ELEMENTSOF(hooks)];
	size_t i;
	int r = 0;

	for (i = 0; i < ELEMENTSOF(hooks); i++) {
		found[i] = (struct found){.lsm = false};
		found[i].lsm = lsm_works(choosing, &hooks[i], &found[i].why_lsm);
		found[i].fmod_ret = fmod_ret_works(choosing, &hooks[i], &found[i].why_fmod_ret);
	}
	for (i = 0; i < ELEMENTSOF(hooks) && r == 0; i++)
		r = choose_hook(choosing, found, i, fault);
	return r;
}

/* What the entries of the calls get: programs of one kind or of the other. */
struct entry_kind {
	const char *section; /* begins with it */
	bool kprobe;
};

static uint32_t program_of(const struct entry_kind *kind, size_t call)
{
	return kind->kprobe ? calls[call].kprobe : calls[call].fmod_ret;
}

/* Why the kernel takes no program of @kind on @function; NULL: it does, or there is none. */
static const char *why_not_at(const struct choosing *choosing, const struct entry_kind *kind,
			      const char *function, bool must, bool *ret_there)
{
	enum trial_answer answer = ask(choosing, TRIAL_FMOD_RET, function);

	*ret_there = answer == TRIAL_WORKS;
	if (answer == TRIAL_REFUSED || (must && answer == TRIAL_ABSENT))
		return "not modifiable: kernel lacks CONFIG_FUNCTION_ERROR_INJECTION";
	if (answer == TRIAL_WORKS && kind->kprobe &&
	    ask(choosing, TRIAL_KPROBE, function) != TRIAL_WORKS)
		return "kernel lacks CONFIG_BPF_KPROBE_OVERRIDE";
	return NULL;
}

/*
 * A call counts only with all the entries that the kernel has, and a program only with all its
 * calls.
 */
static void choose_entries(struct choosing *choosing, const struct entry_kind *kind)
{
	bool there[ELEMENTSOF(calls)][ELEMENTSOF(entries)] = {{false}};
	char section[RESIDENT_SECTION_SIZE], function[RESIDENT_SECTION_SIZE];
	uint32_t lost = 0;
	struct why why;
	size_t i, j;

	for (i = 0; i < ELEMENTSOF(calls); i++)
		for (j = 0; j < ELEMENTSOF(entries); j++) {
			const char *reason;

			(void)snprintf(function, sizeof(function), "%s%s", entries[j],
				       calls[i].call);
			(void)snprintf(section, sizeof(section), "%s%.50s", kind->section,
				       function);
			/* A native entry that is absent: not this processor. */
			reason = why_not_at(choosing, kind, function, j == 0, &there[i][j]);
			if (!reason && was_refused(choosing, section, &why))
				reason = why.text;
			if (!reason)
				continue;
			without(choosing, program_of(kind, i), reason);
			lost |= program_of(kind, i);
		}
	for (i = 0; i < ELEMENTSOF(calls); i++)
		for (j = 0; j < ELEMENTSOF(entries); j++) {
			if ((lost & program_of(kind, i)) || !there[i][j])
				continue;
			(void)snprintf(section, sizeof(section), "%s%s%s", kind->section,
				       entries[j], calls[i].call);
			take(choosing, section);
			choosing->report->programs |= program_of(kind, i);
		}
}

static void no_entries(struct choosing *choosing, bool kprobe, const char *why)
{
	const struct entry_kind kind = {.kprobe = kprobe};
	size_t i;

	for (i = 0; i < ELEMENTSOF(calls); i++)
		without(choosing, program_of(&kind, i), why);
}

/*
 * One kind alone: the trampoline of fmod_ret goes on into the function wherever a kprobe before it
 * has sent the call.
 */
static void choose_calls(struct choosing *choosing)
{
	static const struct entry_kind fmod_ret = {.section = "fmod_ret/"},
				       kprobe = {.section = "kprobe/", .kprobe = true};
	const struct choose_request *request = choosing->request;
	const uint32_t before = choosing->report->programs;

	if (request->kprobe && request->preempts) {
		choose_entries(choosing, &kprobe);
		if (choosing->report->programs != before) {
			no_entries(choosing, false,
				   "the kernel may preempt itself, which skips it; kprobe is "
				   "there instead");
			return;
		}
	} else {
		no_entries(choosing, true,
			   request->kprobe ? "for kernels that preempt themselves"
					   : "not asked for");
	}
	if (request->fmod_ret)
		choose_entries(choosing, &fmod_ret);
	else
		no_entries(choosing, false, "not asked for");
}

/* What a fork that failed leaves behind goes at once; without it, when its place is used again. */
static void choose_task_free(struct choosing *choosing)
{
	static const struct hook task_free = {.name = "task_free"};
	static const char fentry[] = "fentry/security_task_free";
	struct why why;

	if (lsm_works(choosing, &task_free, &why))
		take(choosing, "lsm/task_free");
	else if (!was_refused(choosing, fentry, &why) &&
		 ask(choosing, TRIAL_FENTRY, "security_task_free") == TRIAL_WORKS)
		take(choosing, fentry);
}

/* A removed cgroup's attachments go at once; without it, they stay until the resident goes. */
static void choose_cgroup_rmdir(struct choosing *choosing)
{
	static const char tracepoint[] = "tp_btf/cgroup_rmdir";
	struct why why;

	if (!was_refused(choosing, tracepoint, &why))
		take(choosing, tracepoint);
}

/* Where cgroups have none of their own, the programs of all look for their numbers. */
static void choose_cgroup(struct choosing *choosing)
{
	const struct attach_program *program;
	char section[RESIDENT_SECTION_SIZE];
	struct why why;

	for (program = attach_programs; program->hook; program++) {
		(void)snprintf(section, sizeof(section), ATTACH_SECTION "%s", program->hook);
		if (choosing->report->programs & program->program &&
		    !was_refused(choosing, section, &why) &&
		    ask(choosing, TRIAL_LSM_CGROUP, program->hook) == TRIAL_WORKS)
			take(choosing, section);
	}
}

int choose_programs(const struct choose_request *request, struct choice *ret,
		    struct resident_load_report *ret_report, struct fault *fault)
{
	static const char *const always[] = {"tp_btf/sched_process_fork",
					     "tp_btf/sched_process_free", "iter/task",
					     "fmod_ret/security_task_prctl"};
	struct choice choice = {.n = 0};
	struct resident_load_report report = {.programs = 0};
	struct choosing choosing = {request, &choice, &report};
	struct why why;
	size_t i;
	int r;

	if (ask(&choosing, TRIAL_FMOD_RET, "security_task_prctl") != TRIAL_WORKS)
		return fault_set(
			fault, -ENOTSUP,
			"this kernel does not let a program answer prctl(2): it needs BPF "
			"trampolines and BTF (5.17 and later, CONFIG_DEBUG_INFO_BTF), and not "
			"to be locked down");
	for (i = 0; i < ELEMENTSOF(always); i++) {
		if (was_refused(&choosing, always[i], &why))
			return fault_set(fault, -ENOTSUP, "there is no resident without it: %s",
					 why.text);
		take(&choosing, always[i]);
	}
	r = choose_hooks(&choosing, fault);
	if (r < 0)
		return r;
	choose_task_free(&choosing);
	choose_cgroup_rmdir(&choosing);
	choose_cgroup(&choosing);
	choose_calls(&choosing);
	*ret = choice;
	*ret_report = report;
	return 0;
}
