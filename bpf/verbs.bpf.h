/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs: what any process may ask for, without a privilege. Whatever a verb did is undone
 * before it fails. They run in one fmod_ret program, which is skipped rather than run twice on a
 * CPU, so that the scratch element of a CPU belongs to whoever runs it.
 */
#ifndef VERBS_BPF_H
#define VERBS_BPF_H

#include "decide.bpf.h"

#define CAP_SYS_ADMIN 21
#define PFA_NO_NEW_PRIVS 0
#define USER_NAMESPACES_MAX 33 /* nested; the kernel's own limit */

struct scratch {
	struct resident_request request;
	struct resident_policy policy;
	struct resident_layer layer;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

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

static __noinline int request_check(struct scratch *s)
{
	struct resident_control *control = control_get();
	int i;

	if (!control)
		return -EAGAIN;
	if (s->request.rules.version != MPOL_RULES_VERSION ||
	    (s->request.rules.flags & ~MPOL_RULES_AUDIT) || !s->request.deciders ||
	    (s->request.deciders & ~RESIDENT_PROGRAMS))
		return -EBADMSG;
	for (i = 0; i < MPOL_RULES_ROOM; i++) {
		__u16 answer = s->request.rules.answer[i];
		bool is_errno = MPOL_ANSWER_KIND(answer) == MPOL_ERRNO;

		if (MPOL_ANSWER_KIND(answer) > MPOL_KILL ||
		    is_errno != (MPOL_ANSWER_ERR(answer) != 0) || MPOL_ANSWER_ERR(answer) > 4095)
			return -EBADMSG;
		if (i >= MPOL_RULE_COUNT && answer)
			return -EBADMSG;
	}
	return deciders_check(control, s->request.deciders);
}

static __always_inline void policy_fill(struct scratch *s, __u32 id, __u32 generation)
{
	s->policy.stamp = (__u64)id << 32 | generation;
	s->policy.stamp_end = s->policy.stamp;
	s->policy.deciders = s->request.deciders;
	s->policy.reserved = 0;
	s->policy.rules = s->request.rules;
	s->policy.rules.generation = generation;
}

/* The place of a layer, in its owner's quota and in all. */
static __noinline int layer_reserve(__u32 uid)
{
	struct resident_control *control = control_get();
	struct resident_owner none = {0}, *owner;
	__u32 limit;

	if (!control)
		return -EAGAIN;
	bpf_map_update_elem(&owners, &uid, &none, BPF_NOEXIST);
	owner = bpf_map_lookup_elem(&owners, &uid);
	if (!owner)
		return -ENOSPC;
	if (__sync_fetch_and_add(&owner->layers, 1) >= control->owner_layers_max) {
		__sync_fetch_and_add(&owner->layers, -1);
		return -EDQUOT;
	}
	limit = control->layers_max - (uid ? control->layers_kept : 0);
	if (__sync_fetch_and_add(&control->layers, 1) >= limit) {
		__sync_fetch_and_add(&control->layers, -1);
		__sync_fetch_and_add(&owner->layers, -1);
		return -ENOSPC;
	}
	return 0;
}

static __noinline void layer_unreserve(__u32 uid)
{
	struct resident_control *control = control_get();
	struct resident_owner *owner = bpf_map_lookup_elem(&owners, &uid);

	if (control)
		__sync_fetch_and_add(&control->layers, -1);
	if (owner)
		__sync_fetch_and_add(&owner->layers, -1);
}

/* Make a layer of the request: its id, or a negative errno. */
static __noinline long layer_make(struct scratch *s, __u32 uid, bool keyed, bool doomed)
{
	struct resident_control *control = control_get();
	__u32 id;
	int r;

	if (!control)
		return -EAGAIN;
	if (keyed && (!key_is_set(&s->request.install) || !key_is_set(&s->request.modify)))
		return -EBADMSG;
	r = layer_reserve(uid);
	if (r)
		return r;
	/*
	 * After four billion layers it begins anew; 0, and one that still lives, are passed over.
	 */
	id = __sync_fetch_and_add(&control->next_id, 1);
	if (!id || bpf_map_lookup_elem(&policies, &id)) {
		layer_unreserve(uid);
		return -EAGAIN;
	}
	__builtin_memset(&s->layer, 0, sizeof(s->layer));
	s->layer.id = id;
	s->layer.owner = uid;
	s->layer.generation = 1;
	s->layer.flags = doomed ? RESIDENT_LAYER_DOOMED : 0;
	if (keyed) {
		s->layer.install = s->request.install;
		s->layer.modify = s->request.modify;
	}
	policy_fill(s, id, 1);
	r = bpf_map_update_elem(&policies, &id, &s->policy, BPF_NOEXIST);
	if (r)
		goto unreserve;
	if (keyed) {
		r = bpf_map_update_elem(&install_keys, &s->layer.install, &id, BPF_NOEXIST);
		if (r)
			goto forget_policy;
		r = bpf_map_update_elem(&modify_keys, &s->layer.modify, &id, BPF_NOEXIST);
		if (r)
			goto forget_install;
	}
	r = bpf_map_update_elem(&layers, &id, &s->layer, BPF_NOEXIST);
	if (!r)
		return id;
	if (keyed)
		bpf_map_delete_elem(&modify_keys, &s->layer.modify);
forget_install:
	if (keyed)
		bpf_map_delete_elem(&install_keys, &s->layer.install);
forget_policy:
	bpf_map_delete_elem(&policies, &id);
unreserve:
	layer_unreserve(uid);
	return r == -EEXIST ? -EEXIST : -ENOSPC;
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

/* Put the current task under layer @id as well. */
static __noinline int layer_join(__u32 id, __u32 uid)
{
	struct resident_member *mine = member_current();
	struct resident_member member = {0}, added = {0};
	struct resident_layer *layer;
	__u64 task = current_address();
	int r;

	layer = bpf_map_lookup_elem(&layers, &id);
	if (!layer)
		return -EKEYREJECTED;
	if (mine) {
		member = *mine;
		if (member_is_under(&member, id))
			return -EEXIST;
		if (member.depth >= RESIDENT_STACK)
			return -E2BIG;
		/* It counts as a member of one layer more, and as one task as before. */
		__sync_fetch_and_add(&layer->members, 1);
		member.layer[member.depth & (RESIDENT_STACK - 1)] = id;
		member.depth++;
		r = bpf_map_update_elem(&members, &task, &member, BPF_EXIST);
		if (!r)
			return 0;
		if (__sync_fetch_and_add(&layer->members, -1) == 1 &&
		    (layer->flags & RESIDENT_LAYER_DOOMED))
			layer_end(id);
		return -ENOSPC;
	}
	added.owner = uid;
	added.depth = 1;
	added.layer[0] = id;
	r = member_count(&added);
	if (r)
		return r;
	if (member_insert(task, &added)) {
		member_uncount(&added);
		return -ENOSPC;
	}
	return 0;
}

static __noinline int verb_create(struct scratch *s)
{
	long id;
	int r = request_check(s);

	if (r)
		return r;
	id = layer_make(s, owner_current(), true, false);
	return id < 0 ? (int)id : RESIDENT_YES;
}

static __noinline int verb_create_and_join(struct scratch *s, bool keyed)
{
	__u32 uid;
	long id;
	int r = request_check(s);

	if (!r)
		r = join_check();
	if (r)
		return r;
	uid = owner_current();
	id = layer_make(s, uid, keyed, true);
	if (id < 0)
		return id;
	r = layer_join(id, uid);
	if (!r)
		return RESIDENT_YES;
	layer_end(id);
	return r;
}

/* By its key; -EKEYREJECTED. Also finds the owner's quota an entry. */
static __noinline int verb_join(struct scratch *s)
{
	struct resident_control *control = control_get();
	struct resident_policy *policy;
	struct resident_layer *layer;
	struct resident_owner none = {0};
	__u32 *found, id, uid;
	int r;

	found = bpf_map_lookup_elem(&install_keys, &s->request.key);
	if (!found || !control)
		return -EKEYREJECTED;
	id = *found;
	r = join_check();
	if (r)
		return r;
	policy = bpf_map_lookup_elem(&policies, &id);
	if (!policy)
		return -EKEYREJECTED;
	r = deciders_check(control, policy->deciders);
	if (r)
		return r;
	uid = owner_current();
	bpf_map_update_elem(&owners, &uid, &none, BPF_NOEXIST);
	r = layer_join(id, uid);
	if (r)
		return r;
	/* Removed meanwhile: it was without members then, and went, or goes with us. */
	layer = bpf_map_lookup_elem(&layers, &id);
	if (!layer || layer->id != id)
		return -EAGAIN;
	return RESIDENT_YES;
}

/* The layer of a modify key, unless the caller is under it. */
static __noinline long layer_to_modify(struct scratch *s)
{
	struct resident_member *mine = member_current();
	__u32 *found = bpf_map_lookup_elem(&modify_keys, &s->request.key);

	if (!found)
		return -EKEYREJECTED;
	if (mine && member_is_under(mine, *found))
		return -EPERM;
	return *found;
}

static __noinline int verb_update(struct scratch *s)
{
	struct resident_layer *layer;
	__u32 id, generation;
	long found;
	int r = request_check(s);

	if (r)
		return r;
	found = layer_to_modify(s);
	if (found < 0)
		return found;
	id = found;
	layer = bpf_map_lookup_elem(&layers, &id);
	if (!layer || layer->id != id)
		return -EKEYREJECTED;
	generation = s->request.rules.generation;
	if (!generation)
		generation = __sync_fetch_and_add(&layer->generation, 1);
	else if (__sync_val_compare_and_swap(&layer->generation, generation, generation + 1) !=
		 generation)
		return -ESTALE;
	generation++;
	policy_fill(s, id, generation);
	if (bpf_map_update_elem(&policies, &id, &s->policy, BPF_EXIST))
		return -EAGAIN;
	return RESIDENT_YES | (generation & (RESIDENT_YES - 1));
}

static __noinline int verb_rekey(struct scratch *s)
{
	struct resident_layer *layer;
	struct resident_key old_install, old_modify;
	long found = layer_to_modify(s);
	__u32 id;

	if (found < 0)
		return found;
	if (!key_is_set(&s->request.install) || !key_is_set(&s->request.modify))
		return -EBADMSG;
	id = found;
	layer = bpf_map_lookup_elem(&layers, &id);
	if (!layer || layer->id != id)
		return -EKEYREJECTED;
	if (bpf_map_update_elem(&install_keys, &s->request.install, &id, BPF_NOEXIST))
		return -EEXIST;
	if (bpf_map_update_elem(&modify_keys, &s->request.modify, &id, BPF_NOEXIST)) {
		bpf_map_delete_elem(&install_keys, &s->request.install);
		return -EEXIST;
	}
	old_install = layer->install;
	old_modify = layer->modify;
	layer->install = s->request.install;
	layer->modify = s->request.modify;
	bpf_map_delete_elem(&install_keys, &old_install);
	bpf_map_delete_elem(&modify_keys, &old_modify);
	return RESIDENT_YES;
}

static __noinline int verb_remove(struct scratch *s)
{
	struct resident_layer *layer;
	struct resident_key install, modify;
	long found = layer_to_modify(s);
	__u32 id;

	if (found < 0)
		return found;
	id = found;
	layer = bpf_map_lookup_elem(&layers, &id);
	if (!layer || layer->id != id)
		return -EKEYREJECTED;
	install = layer->install;
	modify = layer->modify;
	bpf_map_delete_elem(&install_keys, &install);
	bpf_map_delete_elem(&modify_keys, &modify);
	/* Before the members are looked at: of whoever joins now and us, one sees the other. */
	__sync_fetch_and_or(&layer->flags, RESIDENT_LAYER_DOOMED);
	if (!__sync_fetch_and_add(&layer->members, 0))
		layer_end(id);
	return RESIDENT_YES;
}

static __noinline int verb_query(struct scratch *s)
{
	__u32 field = s->request.field, part = s->request.part, *found;
	struct resident_policy *policy;
	struct resident_member *mine;
	struct resident_layer *layer;
	__u64 value;

	if (part >= (field == RESIDENT_RULES ? RESIDENT_RULES_PARTS : 3))
		return -EPROTO;
	if (field == RESIDENT_DEPTH) {
		mine = member_current();
		return RESIDENT_YES | (mine ? mine->depth : 0);
	}
	found = bpf_map_lookup_elem(&install_keys, &s->request.key);
	if (!found)
		found = bpf_map_lookup_elem(&modify_keys, &s->request.key);
	if (!found)
		return -EKEYREJECTED;
	layer = bpf_map_lookup_elem(&layers, found);
	policy = bpf_map_lookup_elem(&policies, found);
	if (!layer || !policy)
		return -EKEYREJECTED;
	switch (field) {
	case RESIDENT_DECIDERS:
		value = policy->deciders;
		break;
	case RESIDENT_FLAGS:
		value = layer->flags;
		break;
	case RESIDENT_RULES:
		if (part >= RESIDENT_RULES_PARTS)
			return -EPROTO;
		return RESIDENT_YES | ((__u16 *)&policy->rules)[part];
	case RESIDENT_GENERATION:
		value = policy->rules.generation;
		break;
	case RESIDENT_MEMBERS:
		value = layer->members;
		break;
	case RESIDENT_REFUSED:
		value = layer->refused;
		break;
	case RESIDENT_AUDITED:
		value = layer->audited;
		break;
	default:
		return -EPROTO;
	}
	return RESIDENT_YES | (int)(value >> part * RESIDENT_BITS & (RESIDENT_YES - 1));
}

static __noinline int verb(__u32 verb, __u64 user, __u64 size)
{
	struct resident_control *control = control_get();
	struct scratch *s;
	__u32 zero = 0;

	if (!control)
		return -EAGAIN;
	if (control->frozen == RESIDENT_GONE)
		return 0;
	if (verb == RESIDENT_HELLO)
		return RESIDENT_YES | RESIDENT_ABI << 16 | programs_now(control);
	if (control->frozen)
		return -EAGAIN;
	s = bpf_map_lookup_elem(&scratch, &zero);
	if (!s)
		return -EAGAIN;
	if (size != sizeof(s->request))
		return -EPROTO;
	if (bpf_probe_read_user(&s->request, sizeof(s->request), (void *)user))
		return -EFAULT;
	if (s->request.version != RESIDENT_ABI)
		return -EPROTO;

	switch (verb) {
	case RESIDENT_CREATE:
		return verb_create(s);
	case RESIDENT_JOIN:
		return verb_join(s);
	case RESIDENT_CREATE_AND_JOIN:
		return verb_create_and_join(s, false);
	case RESIDENT_CREATE_KEYED_AND_JOIN:
		return verb_create_and_join(s, true);
	case RESIDENT_UPDATE:
		return verb_update(s);
	case RESIDENT_REKEY:
		return verb_rekey(s);
	case RESIDENT_REMOVE:
		return verb_remove(s);
	case RESIDENT_QUERY:
		return verb_query(s);
	default:
		return -EPROTO;
	}
}

#endif
