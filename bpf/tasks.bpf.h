/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is under which layers. A task is its task_struct's address: unlike the thread id it survives
 * an exec(2) by a thread, and unlike task storage it is found by a look-up that never fails.
 *
 * An entry is made when the task is, before it runs, and goes when nobody can run as it any more,
 * or when its fork fails half-way. One that was missed is overwritten, never inherited, when the
 * address is used again.
 */
#ifndef TASKS_BPF_H
#define TASKS_BPF_H

#include <linux/errno.h>

#include "layers.bpf.h"

static __always_inline __u64 current_address(void)
{
	return (__u64)bpf_get_current_task();
}

static __always_inline struct resident_member *member_find(__u64 task)
{
	return bpf_map_lookup_elem(&members, &task);
}

static __always_inline __u32 *sieve_find(__u64 task)
{
	__u32 at = task * 0x9e3779b97f4a7c15ull >> (64 - SIEVE_BITS);

	return bpf_map_lookup_elem(&sieve, &at);
}

static __always_inline void sieve_add(__u64 task, int n)
{
	__u64 address = 0;
	__u32 *count;

	/*
	 * Where it is a pointer to the verifier, it must not be calculated with; a copy of it may.
	 */
	bpf_probe_read_kernel(&address, sizeof(address), &task);
	__sync_fetch_and_add(&attached.members, n);
	count = sieve_find(address);
	if (count)
		__sync_fetch_and_add(count, n);
}

/* Whether @task, a number to the verifier, may be a member; false for most who are none. */
static __always_inline bool member_is_possible(__u64 task)
{
	__u32 *count;

	if (!*(volatile __u32 *)&attached.members)
		return false;
	count = sieve_find(task);
	return !count || *(volatile __u32 *)count;
}

static __always_inline struct resident_member *member_current(void)
{
	__u64 task = current_address();

	return member_is_possible(task) ? member_find(task) : NULL;
}

/* Make @task, which is none, a member. */
static __noinline long member_insert(__u64 task, const struct resident_member *member)
{
	long r;

	sieve_add(task, 1);
	r = bpf_map_update_elem(&members, &task, member, BPF_NOEXIST);
	if (r)
		sieve_add(task, -1);
	return r;
}

/* Room for a member of @uid; -EDQUOT or -ENOSPC. */
static __noinline int member_reserve(__u32 uid)
{
	struct resident_control *control = control_get();
	struct resident_owner *owner = bpf_map_lookup_elem(&owners, &uid);
	__u32 limit;

	if (!owner || !control)
		return -ENOSPC;
	if (__sync_fetch_and_add(&owner->members, 1) >= control->owner_members_max && uid) {
		__sync_fetch_and_add(&owner->members, -1);
		return -EDQUOT;
	}
	limit = control->members_max - (uid ? control->members_kept : 0);
	if (__sync_fetch_and_add(&control->members, 1) >= limit) {
		__sync_fetch_and_add(&control->members, -1);
		__sync_fetch_and_add(&owner->members, -1);
		return -ENOSPC;
	}
	return 0;
}

static __noinline void member_unreserve(__u32 uid)
{
	struct resident_control *control = control_get();
	struct resident_owner *owner = bpf_map_lookup_elem(&owners, &uid);

	if (control)
		__sync_fetch_and_add(&control->members, -1);
	if (owner)
		__sync_fetch_and_add(&owner->members, -1);
}

/* One member less, in all the places that count. @member is a copy on the caller's stack. */
static __noinline void member_uncount(const struct resident_member *member)
{
	__u32 i;

	if (!member)
		return;
	for (i = 0; i < RESIDENT_STACK; i++) {
		if (i >= member->depth)
			break;
		layer_release(member->layer[i]);
	}
	member_unreserve(member->owner);
}

/* One more, by a member of the same layers; -EDQUOT or -ENOSPC, and nothing counted. */
static __noinline int member_count(const struct resident_member *member)
{
	__u32 i;
	int r;

	if (!member)
		return -ENOSPC;
	r = member_reserve(member->owner);
	if (r)
		return r;
	for (i = 0; i < RESIDENT_STACK; i++) {
		if (i >= member->depth)
			break;
		layer_hold_too(member->layer[i]);
	}
	return 0;
}

/*
 * Forget @task. Two generations of programs do this at once during an upgrade: one of them counts.
 */
static __noinline void member_forget(__u64 task)
{
	struct resident_member *member = member_find(task);
	struct resident_member copy;

	if (!member)
		return;
	copy = *member;
	if (bpf_map_delete_elem(&members, &task))
		return;
	sieve_add(task, -1);
	member_uncount(&copy);
}

/* Put @task, which is new, under what the current task is under. -EAGAIN: it must not run. */
static __noinline int member_inherit(__u64 task)
{
	struct resident_member *mine = member_current();
	struct resident_control *control;
	struct resident_member copy;

	if (!mine)
		return 0;
	copy = *mine;
	if (member_count(&copy)) {
		control = control_get();
		if (control)
			__sync_fetch_and_add(&control->denied, 1);
		return -EAGAIN;
	}
	if (member_insert(task, &copy)) {
		member_uncount(&copy);
		return -EAGAIN;
	}
	return 0;
}

#endif
