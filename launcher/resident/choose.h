/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the object's programs this kernel gets. */
#ifndef MPOLRUN_RESIDENT_CHOOSE_H
#define MPOLRUN_RESIDENT_CHOOSE_H

#include "resident.h"

struct bpf_object;
struct btf;

/*
 * Set autoload on the programs of @object by trial, and say in @ret what they add up to.
 * -ENOTSUP, with a sentence, where what every resident needs cannot be had.
 */
int choose_programs(struct bpf_object *object, const struct btf *btf, bool lsm, bool fmod_ret,
		    struct resident_load_report *ret, struct fault *fault);

#endif
