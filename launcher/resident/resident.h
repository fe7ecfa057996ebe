/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading, upgrading, looking at and unloading the resident's BPF programs. Root's business, and
 * the only user of libbpf: a launch never comes here.
 */
#ifndef MPOLRUN_RESIDENT_H
#define MPOLRUN_RESIDENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "resident_abi.h"

/* enum resident_program -> "lsm/set_mempolicy", for people. */
#define RESIDENT_PROGRAM_BITS 14
extern const char *const resident_program_names[RESIDENT_PROGRAM_BITS];

struct resident_load_request {
	/*
	 * Which kinds of program may decide. The verbs are fmod_ret always, and so is what keeps
	 * track of members where there is no lsm.
	 */
	bool lsm, fmod_ret, kprobe;
	const char *preempt; /* how the kernel was built: "none", "voluntary", ..., "unknown" */
};

#define RESIDENT_SECTION_SIZE 64
#define RESIDENT_WHY_SIZE 160
#define RESIDENT_REFUSED_MAX 16

/* A program that this kernel refused, and what it said. */
struct resident_refusal {
	char section[RESIDENT_SECTION_SIZE]; /* "lsm/mmap_file" */
	char why[64];
};

/* Kept in a map of the kernel's, for status: without pointers. */
struct resident_load_report {
	bool upgraded; /* one was running: its layers and members are where they were */
	uint32_t programs; /* enum resident_program */
	uint32_t by_cgroup; /* of those, which cgroups can have of their own */
	int32_t why_not_by_cgroup; /* -errno, see attach_why_text(); 0 */
	uint32_t n_without;
	struct {
		uint32_t program;
		char why[RESIDENT_WHY_SIZE];
	} without[RESIDENT_PROGRAM_BITS]; /* those that are not to be had, and why */
	uint32_t n_refused;
	struct resident_refusal refused[RESIDENT_REFUSED_MAX];
};

/*
 * Load the programs that this kernel takes, attach and pin them, and see them refuse. One that it
 * does not take costs what needs it; what members' safety and identity need must be there. A
 * running resident is replaced without a moment in which neither is there.
 *
 * Phase: any, as root; forks a child for the trial.
 *   -EPERM    without CAP_SYS_ADMIN
 *   -ENOTSUP  this kernel cannot carry a resident at all
 *   -EBUSY    a running one is of another ABI, or layers count on programs that would go
 * On failure what was running runs on. What the verifier said of programs that it refused is in
 * *ret_log, whole (the caller's to free; else NULL), also when the load went on without them.
 */
int resident_load(const struct resident_load_request *request, struct resident_load_report *ret,
		  char **ret_log, struct fault *fault);

/*
 * Detach everything and forget all layers.
 *   -ENOENT  none is loaded
 *   -EBUSY   @n_members tasks are under a layer, and not @force; nothing has changed
 */
int resident_unload(bool force, size_t *ret_members, struct fault *fault);

#define RESIDENT_ATTACHED_MAX 64

struct resident_status {
	struct resident_control control;
	uint32_t programs; /* as hello says, with RESIDENT_NO_PREEMPT */
	int hello; /* 0, or why the resident does not answer though it is loaded */
	struct {
		char name[64];
		char generation[32];
		bool skippable; /* a tracing program */
		uint64_t misses; /* how often it was skipped */
	} attached[RESIDENT_ATTACHED_MAX];
	size_t n_attached;
	uint32_t members_seen; /* tasks that are members, counted one by one */
	struct resident_load_report report; /* of the load; empty where an older release loaded */
};

/* -ENOENT: none is loaded. */
int resident_status(struct resident_status *ret, struct fault *fault);

#endif
