/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this kernel lets programs be attached to, found by trying with programs that do nothing. */
#ifndef MPOLRUN_RESIDENT_TRIAL_H
#define MPOLRUN_RESIDENT_TRIAL_H

#include <stdbool.h>

struct btf;

enum trial_answer {
	TRIAL_ABSENT, /* this kernel has no such function */
	TRIAL_REFUSED, /* it has, and it cannot be modified */
	TRIAL_WORKS,
};

/* fmod_ret on @function; "not modifiable" is an answer. */
enum trial_answer trial_fmod_ret(const struct btf *btf, const char *function);

/* lsm on @hook: whether the kernel has it. Whether such programs run: trial_lsm_runs(). */
enum trial_answer trial_lsm(const struct btf *btf, const char *hook);

/* Attach an lsm program for a moment, and see if it is asked: only where bpf is in the lsm= list. */
bool trial_lsm_runs(const struct btf *btf);

#endif
