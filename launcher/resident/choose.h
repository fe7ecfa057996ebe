/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which programs a kernel gets. Pure: what the kernel can do is asked of a function, and what it
 * has refused already is told. So a program that cannot be had costs what needs it, and nothing
 * else.
 */
#ifndef MPOLRUN_RESIDENT_CHOOSE_H
#define MPOLRUN_RESIDENT_CHOOSE_H

#include "resident.h"
#include "trial.h"

/* More than are ever chosen. */
#define CHOICE_MAX 64

struct choose_request {
	bool lsm, fmod_ret, kprobe; /* which kinds may decide */
	bool preempts; /* fmod_ret is skipped: kprobe in its place, if it may */
	bool lsm_runs; /* bpf is in the kernel's lsm= list */
	/* What comes of a program of @kind on @function, or hook, that does nothing. */
	enum trial_answer (*trial)(enum trial_kind kind, const char *function, void *data);
	void *data;
	/* Programs that came through the trial, and were refused as they are. */
	const struct resident_refusal *refused;
	size_t n_refused;
};

struct choice {
	char section[CHOICE_MAX][RESIDENT_SECTION_SIZE]; /* of the programs to load */
	size_t n;
};

/*
 * Choose, and say in @ret_report what that adds up to (.programs, .without).
 * -ENOTSUP, with a sentence: something is missing without which members are not safe, or not found.
 */
int choose_programs(const struct choose_request *request, struct choice *ret,
		    struct resident_load_report *ret_report, struct fault *fault);

#endif
