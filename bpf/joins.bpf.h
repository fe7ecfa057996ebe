/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who asks, whether they may join a layer, and the join. */
#ifndef JOINS_BPF_H
#define JOINS_BPF_H

#include <bpf/bpf_core_read.h>

#include "compat.bpf.h"
#include "tasks.bpf.h"

#define CAP_SYS_ADMIN 21
#define PFA_NO_NEW_PRIVS 0
#define USER_NAMESPACES_MAX 33 /* nested; the kernel's own limit */

/*
 * Who pays: the caller's uid on the host, and inside user namespaces the uid of whoever made the
 * outermost one, however many uids were mapped into it.
 */
static __noinline __u32 owner_current(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct cred *cred = BPF_CORE_READ(task, cred);
	struct user_namespace *ns = BPF_CORE_READ(cred, user_ns);
	int i;

	for (i = 0; i < USER_NAMESPACES_MAX; i++) {
		int level = BPF_CORE_READ(ns, level);

		if (level == 0)
			return BPF_CORE_READ(cred, uid.val);
		if (level == 1)
			return BPF_CORE_READ(ns, owner.val);
		ns = BPF_CORE_READ(ns, parent);
	}
	return 65534;
}

/*
 * As seccomp(2) asks: a set-user-ID program must not start under a layer that it does not expect.
 */
static __always_inline bool may_join(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct cred *cred;

	if (BPF_CORE_READ(task, atomic_flags) & (1UL << PFA_NO_NEW_PRIVS))
		return true;
	cred = BPF_CORE_READ(task, cred);
	return cred_capabilities(cred) >> CAP_SYS_ADMIN & 1;
}

static __always_inline bool member_is_under(const struct resident_member *member, __u32 id)
{
	__u32 i;

	for (i = 0; i < RESIDENT_STACK; i++) {
		if (i >= member->depth)
			break;
		if (member->layer[i] == id)
			return true;
	}
	return false;
}

/* Global, so that the verifier reads it once. */
__noinline int current_is_under(__u32 id)
{
	struct resident_member *mine = member_current();

	return mine && member_is_under(mine, id);
}

/* Whether the caller could join anything at all: asked before a layer is made for it. */
static __noinline int join_check(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct resident_member *mine = member_current();

	if (!may_join())
		return -EACCES;
	if (BPF_CORE_READ(task, signal, nr_threads) != 1)
		return -EMLINK;
	if (mine && mine->depth >= RESIDENT_STACK)
		return -E2BIG;
	return 0;
}

/*
 * Put the current task under layer @id as well, which the caller holds, and from now on the task.
 */
static __noinline int layer_join(__u32 id, __u32 uid)
{
	struct resident_member *mine = member_current();
	struct resident_member member = {0};
	__u64 task = current_address();
	int r;

	if (mine) {
		member = *mine;
		if (member_is_under(&member, id))
			return -EEXIST;
		if (member.depth >= RESIDENT_STACK)
			return -E2BIG;
		/* One task, as before. */
		member.layer[member.depth & (RESIDENT_STACK - 1)] = id;
		member.depth++;
		return bpf_map_update_elem(&members, &task, &member, BPF_EXIST) ? -ENOSPC : 0;
	}
	member.owner = uid;
	member.depth = 1;
	member.layer[0] = id;
	r = member_reserve(uid);
	if (r)
		return r;
	if (!member_insert(task, &member))
		return 0;
	member_unreserve(uid);
	return -ENOSPC;
}

#endif
