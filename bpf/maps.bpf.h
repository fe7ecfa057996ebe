/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps, all preallocated: nothing here fails for want of memory. Their sizes are set when they
 * are loaded, from what the machine can have of tasks. They are pinned, and outlive an upgrade.
 */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "resident_abi.h"

#define RESIDENT_HASH(name, key_type, value_type) \
	struct {                                  \
		__uint(type, BPF_MAP_TYPE_HASH);  \
		__uint(max_entries, 1);           \
		__type(key, key_type);            \
		__type(value, value_type);        \
	} name SEC(".maps")

RESIDENT_HASH(members, __u64, struct resident_member);
RESIDENT_HASH(owners, __u32, struct resident_owner);
RESIDENT_HASH(install_keys, struct resident_key, __u32);
RESIDENT_HASH(modify_keys, struct resident_key, __u32);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct resident_layer);
} layers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} allowed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct resident_label);
} labels SEC(".maps");

/* The number of their places, less one: set when the programs are loaded. */
const volatile __u32 layers_mask = 0;

/*
 * How many members' addresses fall on each place: 0 spares all others the look-up among members,
 * which is most of what a program costs them. Counted up before an entry is made, down after it is
 * gone.
 */
#define SIEVE_BITS 16

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << SIEVE_BITS);
	__type(key, __u32);
	__type(value, __u32);
} sieve SEC(".maps");

/* Mapped by root, which changes single fields of it while the programs run. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct resident_control);
} control SEC(".maps");

/* Pinned, as the maps are. By itself, so that to look at it takes one load. */
struct resident_attached attached SEC(".data.attached");

/*
 * Neither a member nor an attachment anywhere: all that a machine pays that does not use the
 * resident.
 */
static __always_inline bool nobody_is_there(void)
{
	return !*(volatile __u64 *)&attached.anybody;
}

static __always_inline struct resident_control *control_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&control, &zero);
}

static __always_inline bool key_is_set(const struct resident_key *key)
{
	return key->bits[0] | key->bits[1];
}

static __always_inline bool key_equals(const struct resident_key *a, const struct resident_key *b)
{
	return a->bits[0] == b->bits[0] && a->bits[1] == b->bits[1];
}

#endif
