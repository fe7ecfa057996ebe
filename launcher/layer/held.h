/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A layer of the resident that ends by itself when nothing is under it any more, made without a
 * process of its own to run under it: whoever makes it may be killed at any moment, and leaves
 * nothing behind.
 */
#ifndef MPOLRUN_LAYER_HELD_H
#define MPOLRUN_LAYER_HELD_H

#include <errno.h>
#include <sys/types.h>

#include "layer_resident.h"

struct layer_held {
	pid_t child; /* the one process under it; 0: none */
	int fd; /* at its end the child ends; -EBADF */
};

/*
 * Make a layer of the part of @policy that the resident decides on, with @keys, and let a child
 * hold it until layer_held_done(), or until we end. What it was attached to meanwhile goes on
 * holding it. Any phase of a process with one thread, as root: see RESIDENT_CREATE_KEYED_AND_JOIN.
 */
int layer_held_make(const struct layer_policy *policy, const struct layer_keys *keys,
		    struct layer_held *ret);
void layer_held_done(struct layer_held *held);

#endif
