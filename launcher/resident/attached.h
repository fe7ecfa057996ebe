/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is attached to which cgroup: for root, who can open the maps. */
#ifndef MPOLRUN_RESIDENT_ATTACHED_H
#define MPOLRUN_RESIDENT_ATTACHED_H

#include <stddef.h>
#include <stdint.h>

#include "resident_abi.h"

/*
 * Call @f with the id of each cgroup that the layer of the install key @key is attached to; stops
 * at the first that is not 0, and returns it. -ENOENT: no resident; -EKEYREJECTED: no layer has
 * this key.
 */
int resident_cgroups(const struct resident_key *key, int (*f)(uint64_t id, void *data), void *data);

/* To how many cgroups something is attached. -ENOENT: no resident. */
int resident_attached(uint32_t *ret);

#endif
