/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#include "base/cleanup.h"
#include "resident_abi.h"

/*
 * fmod_ret programs are skipped, which allows, where one was preempted: never without NO_PREEMPT.
 */
#define NEEDS_LSM (HOST_RESIDENT | HOST_BPF_LSM)
#define NEEDS_LSM_HOOK (NEEDS_LSM | HOST_HOOK)
#define NEEDS_FMOD_SECURITY (HOST_RESIDENT | HOST_NO_PREEMPT)
#define NEEDS_FMOD_HOOK (NEEDS_FMOD_SECURITY | HOST_HOOK)
#define NEEDS_FMOD_ENTRY (NEEDS_FMOD_SECURITY | HOST_ERROR_INJECTION)
#define NEEDS_KPROBE (HOST_RESIDENT | HOST_ERROR_INJECTION)

/*
 * What of the resident decides at a call's entry; a call without programs there has no such name.
 */
#define PROGRAM(call, syscall, fmod_ret, kprobe) \
	FMOD_RET_OF_##call = (fmod_ret), KPROBE_OF_##call = (kprobe),
enum {
	RESIDENT_ENTRIES(PROGRAM)
};

/* The rules on what a policy that is being set looks like, wherever it can be seen. */
/* clang-format off */
#define SETTING(calls, hook) \
	{ \
		{MECH_LSM, COVER_EXACT, NEEDS_LSM_HOOK, hook, NULL, true, RESIDENT_LSM_SET}, \
		{MECH_FMOD_RET, COVER_EXACT, NEEDS_FMOD_HOOK, "security_" hook, NULL, true, \
		 RESIDENT_FMOD_SET}, \
		{MECH_FMOD_RET, COVER_EXACT, NEEDS_FMOD_ENTRY, calls, NULL, false, \
		 RESIDENT_ENTRY_SET}, \
		{MECH_SECCOMP, COVER_EXACT, 0, calls, NULL, false}, \
		{MECH_NOTIFY, COVER_EXACT, HOST_LISTENER_FREE, calls, NULL, false}, \
		{MECH_KPROBE, COVER_PART, NEEDS_KPROBE, calls, KPROBE_WINDOW, false, \
		 RESIDENT_KPROBE_SET}, \
	}

/* A call that is decided by its number, or by one argument that is no pointer. */
#define BY_NUMBER(call) {CELLS_BY_NUMBER(call)}
#define CELLS_BY_NUMBER(call) \
		{MECH_FMOD_RET, COVER_EXACT, NEEDS_FMOD_ENTRY, #call, NULL, false, \
		 FMOD_RET_OF_##call}, \
		{MECH_SECCOMP, COVER_EXACT, 0, #call, NULL, false}, \
		{MECH_NOTIFY, COVER_EXACT, HOST_LISTENER_FREE, #call, NULL, false}, \
		{MECH_KPROBE, COVER_PART, NEEDS_KPROBE, #call, KPROBE_WINDOW, false, \
		 KPROBE_OF_##call},
/* clang-format on */

#define MOUNT_NOTE "any mount with an option string is refused, not only mpol="

static const struct cell modes[CELLS_MAX] = SETTING("mbind set_mempolicy", "set_mempolicy");
static const struct cell mbind_flags[CELLS_MAX] = SETTING("mbind", "set_mempolicy");
static const struct cell nodes[CELLS_MAX] = {
	{MECH_LSM, COVER_EXACT, NEEDS_LSM_HOOK, "set_mempolicy", "relative-nodes is refused too",
	 true, RESIDENT_LSM_SET},
	{MECH_FMOD_RET, COVER_EXACT, NEEDS_FMOD_HOOK, "security_set_mempolicy",
	 "relative-nodes is refused too", true, RESIDENT_FMOD_SET},
};
static const struct cell home_node[CELLS_MAX] = BY_NUMBER(set_mempolicy_home_node);
static const struct cell get_mempolicy[CELLS_MAX] = BY_NUMBER(get_mempolicy);
static const struct cell mount[CELLS_MAX] = {
	{MECH_LSM, COVER_EXACT, NEEDS_LSM, "fs_context_parse_param", NULL, false,
	 RESIDENT_LSM_MOUNT},
	{MECH_FMOD_RET, COVER_EXACT, NEEDS_FMOD_SECURITY, "security_fs_context_parse_param", NULL,
	 false, RESIDENT_FMOD_MOUNT},
	{MECH_SECCOMP, COVER_COARSE, 0, "mount fsconfig", MOUNT_NOTE, false},
	{MECH_NOTIFY, COVER_COARSE, HOST_LISTENER_FREE, "mount fsconfig", MOUNT_NOTE, false},
};
static const struct cell files[CELLS_MAX] = {
	{MECH_LSM, COVER_EXACT, NEEDS_LSM, "file_open file_receive mmap_file", NULL, false,
	 RESIDENT_LSM_FILES},
	{MECH_FMOD_RET, COVER_EXACT, NEEDS_FMOD_SECURITY,
	 "security_file_open security_file_receive security_mmap_file", NULL, false,
	 RESIDENT_FMOD_FILES},
	{MECH_LAUNCHER, COVER_PART, 0, "at start",
	 "inherited files and mounts are looked at, files opened later are not", false},
};
static const struct cell cpuset[CELLS_MAX] = {
	{MECH_LSM, COVER_EXACT, NEEDS_LSM, "file_open", NULL, false, RESIDENT_LSM_FILES},
	{MECH_FMOD_RET, COVER_EXACT, NEEDS_FMOD_SECURITY, "security_file_open", NULL, false,
	 RESIDENT_FMOD_FILES},
	{MECH_LAUNCHER, COVER_START, 0, "at start", "no cpuset.mems is writable from here", false},
};
/* clang-format off */
static const struct cell migrate[CELLS_MAX] = {
	{MECH_LSM, COVER_EXACT, NEEDS_LSM, "task_movememory", NULL, false, RESIDENT_LSM_MIGRATE},
	{MECH_FMOD_RET, COVER_EXACT, NEEDS_FMOD_SECURITY, "security_task_movememory", NULL, false,
	 RESIDENT_FMOD_MIGRATE},
	CELLS_BY_NUMBER(migrate_pages)
};
/* clang-format on */
static const struct cell move[CELLS_MAX] = BY_NUMBER(move_pages);

/* A switch and not a table: of a rule without cells the compiler tells. */
const struct cell *plan_cells(enum rule_group group)
{
	switch (group) {
	case GROUP_MODES:
	case GROUP_MODE_FLAGS:
		return modes;
	case GROUP_MBIND_FLAGS:
		return mbind_flags;
	case GROUP_NODES:
		return nodes;
	case GROUP_HOME_NODE:
		return home_node;
	case GROUP_GET_MEMPOLICY:
		return get_mempolicy;
	case GROUP_MOUNT:
		return mount;
	case GROUP_FILES:
		return files;
	case GROUP_CPUSET:
		return cpuset;
	case GROUP_MIGRATE:
		return migrate;
	case GROUP_MOVE:
		return move;
	case GROUP_COUNT:
		break;
	}
	return NULL;
}

const char *const cover_names[COVER_EXACT + 1] = {
	[COVER_NONE] = "none",     [COVER_PART] = "part",   [COVER_START] = "start",
	[COVER_COARSE] = "coarse", [COVER_EXACT] = "exact",
};

const struct feature_text feature_texts[] = {
	/* The one that nothing in user space can give comes first: it is the true reason. */
	{HOST_HOOK, "needs the set_mempolicy hook, which this kernel does not have",
	 "a kernel with the hook (docs/kernel-hook.md)"},
	{HOST_ERROR_INJECTION, "kernel lacks CONFIG_FUNCTION_ERROR_INJECTION", ""},
	{HOST_BPF_LSM, "bpf is not in the kernel's lsm= list", "boot with bpf added to lsm="},
	{HOST_NO_PREEMPT, "the kernel may preempt itself, which skips such programs",
	 "boot with preempt=voluntary or preempt=none"},
	{HOST_LISTENER_FREE, "a seccomp listener above us leaves no room for another", ""},
};
const size_t n_feature_texts = ELEMENTSOF(feature_texts);
