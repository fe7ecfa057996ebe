/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a verb was asked for. They run in one fmod_ret program, which is skipped rather than run
 * twice on a CPU, so that the scratch element of a CPU belongs to whoever runs it.
 */
#ifndef REQUEST_BPF_H
#define REQUEST_BPF_H

#include "joins.bpf.h"

struct scratch {
	struct resident_request request;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

static __always_inline __u32 programs_now(const struct resident_control *control)
{
	__u32 programs = control->programs & RESIDENT_PROGRAMS;

	if (control->preempt == RESIDENT_PREEMPT_NEVER ||
	    (control->preempt == RESIDENT_PREEMPT_ASK && preempt_dynamic_never()))
		programs |= RESIDENT_NO_PREEMPT;
	return programs;
}

static __always_inline int deciders_check(const struct resident_control *control, __u32 deciders)
{
	__u32 programs = programs_now(control);

	if (deciders & ~programs & RESIDENT_PROGRAMS)
		return -EOPNOTSUPP;
	if ((deciders & RESIDENT_SKIPPABLE) && !(programs & RESIDENT_NO_PREEMPT))
		return -ENOTRECOVERABLE;
	return 0;
}

/* The layer that the request's key, of either kind, is of; 0: none. */
static __always_inline __u32 layer_of_key(const struct resident_request *request)
{
	__u32 *found = bpf_map_lookup_elem(&install_keys, &request->key);

	if (!found)
		found = bpf_map_lookup_elem(&modify_keys, &request->key);
	return found && is_meant(request, *found) ? *found : 0;
}

#endif
