/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this kernel lets programs be attached to, found by trying with programs that do nothing. */
#ifndef MPOLRUN_RESIDENT_TRIAL_H
#define MPOLRUN_RESIDENT_TRIAL_H

#include <stdbool.h>

struct btf;

enum trial_kind {
	TRIAL_LSM,
	TRIAL_LSM_CGROUP, /* on a hook; whether such programs run: trial_lsm_runs() */
	TRIAL_FMOD_RET, /* on a function */
	TRIAL_FENTRY,
	TRIAL_KPROBE, /* whether any may answer in the place of its function */
};

enum trial_answer {
	TRIAL_ABSENT, /* this kernel has no such function */
	TRIAL_REFUSED, /* it has, and takes no such program there */
	TRIAL_WORKS,
};

enum trial_answer trial(const struct btf *btf, enum trial_kind kind, const char *function);

/*
 * Attach an lsm program for a moment, and see if it is asked: only where bpf is in the lsm= list.
 */
bool trial_lsm_runs(const struct btf *btf);

#endif
