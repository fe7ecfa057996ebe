/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs: what any process may ask for, without a privilege. Whatever a verb did is undone
 * before it fails.
 */
#ifndef VERBS_BPF_H
#define VERBS_BPF_H

#include "attach.bpf.h"
#include "follow.bpf.h"

/* Global, so that the verifier reads it once. */
__noinline int request_check(struct scratch *s)
{
	struct resident_control *control = control_get();
	int i;

	if (!control || !s)
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

static __noinline int verb_create(struct scratch *s)
{
	long id;
	int r = request_check(s);

	if (r)
		return r;
	id = layer_make(&s->request, owner_current(), true, false);
	if (id < 0)
		return id;
	layer_release(id);
	return RESIDENT_YES;
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
	id = layer_make(&s->request, uid, keyed, true);
	if (id < 0)
		return id;
	r = layer_join(id, uid);
	if (!r)
		return RESIDENT_YES;
	layer_release(id);
	return r;
}

/* By its key; -EKEYREJECTED. Also finds the owner's quota an entry. */
static __noinline int verb_join(struct scratch *s)
{
	struct resident_control *control = control_get();
	struct resident_layer *layer;
	struct resident_owner none = {0};
	__u32 *found, id, uid;
	int r;

	found = bpf_map_lookup_elem(&install_keys, &s->request.key);
	if (!found || !control)
		return -EKEYREJECTED;
	id = *found;
	layer = layer_place(id);
	r = join_check();
	if (!r)
		r = layer_hold(id);
	if (r)
		return r;
	if (!is_meant(&s->request, id))
		r = -EKEYREJECTED;
	else if (layer)
		r = deciders_check(control, layer->policy[layer->generation & 1].deciders);
	if (!r) {
		uid = owner_current();
		bpf_map_update_elem(&owners, &uid, &none, BPF_NOEXIST);
		r = layer_join(id, uid);
	}
	if (!r)
		return RESIDENT_YES;
	layer_release(id);
	return r;
}

/* Open the layer of a modify key, unless the caller is under it, as a member or by its cgroup. */
static __noinline long layer_to_modify(struct scratch *s)
{
	struct resident_member *mine = member_current();
	__u32 *found = bpf_map_lookup_elem(&modify_keys, &s->request.key), id;
	struct resident_layer *layer;
	int r;

	if (!found)
		return -EKEYREJECTED;
	id = *found;
	if ((mine && member_is_under(mine, id)) || cgroup_is_under(id))
		return -EPERM;
	r = layer_open(id);
	if (r)
		return r;
	layer = layer_place(id);
	/* It may have got other keys before it was ours. */
	if (layer && key_equals(&layer->modify, &s->request.key) && is_meant(&s->request, id))
		return id;
	layer_close(id);
	return -EKEYREJECTED;
}

/* Of the generation that the request names, or any. */
static __noinline int policy_replace(struct resident_layer *layer, __u32 id,
				     const struct resident_request *request)
{
	__u32 generation = layer->generation;

	if (request->rules.generation && request->rules.generation != generation)
		return -ESTALE;
	generation++;
	label_forget(id);
	policy_put(layer, id, generation, request);
	return RESIDENT_YES | (generation & (RESIDENT_YES - 1));
}

static __noinline int verb_update(struct scratch *s)
{
	struct resident_layer *layer;
	long id;
	int r = request_check(s);

	if (r)
		return r;
	id = layer_to_modify(s);
	if (id < 0)
		return id;
	layer = layer_place(id);
	if (layer)
		r = policy_replace(layer, id, &s->request);
	layer_close(id);
	return r;
}

static __noinline int keys_change(struct resident_layer *layer, __u32 id,
				  const struct resident_request *request)
{
	struct resident_key old_install = layer->install, old_modify = layer->modify;
	struct resident_key install = request->install, modify = request->modify;

	if (bpf_map_update_elem(&install_keys, &install, &id, BPF_NOEXIST))
		return -EEXIST;
	if (bpf_map_update_elem(&modify_keys, &modify, &id, BPF_NOEXIST)) {
		bpf_map_delete_elem(&install_keys, &install);
		return -EEXIST;
	}
	layer->install = install;
	layer->modify = modify;
	bpf_map_delete_elem(&install_keys, &old_install);
	bpf_map_delete_elem(&modify_keys, &old_modify);
	return RESIDENT_YES;
}

static __noinline int verb_rekey(struct scratch *s)
{
	struct resident_layer *layer;
	int r = -EAGAIN;
	long id;

	if (!key_is_set(&s->request.install) || !key_is_set(&s->request.modify))
		return -EBADMSG;
	id = layer_to_modify(s);
	if (id < 0)
		return id;
	layer = layer_place(id);
	if (layer)
		r = keys_change(layer, id, &s->request);
	layer_close(id);
	return r;
}

static __noinline int verb_remove(struct scratch *s)
{
	struct resident_layer *layer;
	struct resident_key key;
	long id = layer_to_modify(s);

	if (id < 0)
		return id;
	layer = layer_place(id);
	if (layer) {
		key = layer->install;
		bpf_map_delete_elem(&install_keys, &key);
		key = layer->modify;
		bpf_map_delete_elem(&modify_keys, &key);
		__builtin_memset(&layer->install, 0, sizeof(layer->install));
		__builtin_memset(&layer->modify, 0, sizeof(layer->modify));
		__sync_fetch_and_or(&layer->flags, RESIDENT_LAYER_DOOMED);
	}
	layer_close(id);
	return RESIDENT_YES;
}

/* Linux 6.2 */
extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;

/* Whether the task of that pid is a member of layer @id. */
static __noinline int pid_is_under(__s32 pid, __u32 id)
{
	struct resident_member *member;
	struct task_struct *task;
	int r;

	if (!bpf_task_from_pid || !bpf_task_release)
		return -EOPNOTSUPP;
	task = bpf_task_from_pid(pid);
	if (!task)
		return -ESRCH;
	member = member_find((__u64)task);
	r = RESIDENT_YES | (member && member_is_under(member, id));
	bpf_task_release(task);
	return r;
}

static __always_inline int value_part(__u64 value, __u32 part)
{
	return RESIDENT_YES | (int)(value >> part * RESIDENT_BITS & (RESIDENT_YES - 1));
}

static __always_inline __u64 allowed_in_all(__u32 id)
{
	__u64 sum = 0, *count;
	__u32 i;

	for (i = 0; i < RESIDENT_STRIPES; i++) {
		count = allowed_place(id, i);
		if (count)
			sum += *count;
	}
	return sum;
}

/* How many parts .part of a query can name. */
static __always_inline __u32 field_parts(__u32 field)
{
	switch (field) {
	case RESIDENT_RULES:
		return RESIDENT_RULES_PARTS;
	case RESIDENT_ANSWERED:
		return MPOL_RULES_ROOM * 3;
	case RESIDENT_UNDER: /* a pid */
		return ~0u;
	default:
		return 3;
	}
}

static __noinline int verb_query(struct scratch *s)
{
	__u32 field = s->request.field, part = s->request.part, id;
	const struct resident_policy *policy;
	struct resident_member *mine;
	struct resident_layer *layer;
	__u64 value;

	if (part >= field_parts(field))
		return -EPROTO;
	if (field == RESIDENT_DEPTH) {
		mine = member_current();
		return RESIDENT_YES | (mine ? mine->depth : 0);
	}
	if (field == RESIDENT_OWNER && !key_is_set(&s->request.key))
		return value_part(owner_current(), part);
	id = layer_of_key(&s->request);
	if (id && field == RESIDENT_UNDER)
		return pid_is_under(part, id);
	layer = layer_place(id);
	if (!id || !layer)
		return -EKEYREJECTED;
	policy = &layer->policy[layer->generation & 1];
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
		value = ((__u16 *)&policy->rules)[part];
		part = 0;
		break;
	case RESIDENT_GENERATION:
		value = policy->rules.generation;
		break;
	case RESIDENT_MEMBERS:
		value = RESIDENT_HOLDERS(layer->life);
		break;
	case RESIDENT_REFUSED:
		value = answered_by_all(layer) - layer->audited;
		break;
	case RESIDENT_AUDITED:
		value = layer->audited;
		break;
	case RESIDENT_ALLOWED:
		value = allowed_in_all(id);
		break;
	case RESIDENT_ANSWERED:
		value = layer->answered[part / 3 & (MPOL_RULES_ROOM - 1)];
		part %= 3;
		break;
	case RESIDENT_ID:
		value = id;
		break;
	case RESIDENT_OWNER:
		value = layer->owner;
		break;
	case RESIDENT_CGROUPS:
		value = layer_cgroups(id);
		break;
	default:
		return -EPROTO;
	}
	/* Not another's that has the place since. */
	if (layer_id(layer) != id)
		return -EKEYREJECTED;
	return value_part(value, part);
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
	case RESIDENT_ATTACH:
		return verb_attach(s);
	case RESIDENT_DETACH:
		return verb_detach(s);
	case RESIDENT_NEXT:
		return verb_next(s);
	case RESIDENT_EVENT:
		return verb_event(s);
	case RESIDENT_TOLD:
		return verb_told(s);
	case RESIDENT_CREATE_AND_ATTACH:
		return verb_create_and_attach(s);
	case RESIDENT_HAND_OVER:
		return verb_hand_over(s);
	case RESIDENT_LABEL:
		return verb_label(s);
	default:
		return -EPROTO;
	}
}

#endif
