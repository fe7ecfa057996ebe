/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a layer. Whoever uses one holds it: a member from its join to its end, a verb while
 * it runs. A layer without keys ends with the last who holds it; only then is its place another's.
 */
#ifndef LAYERS_BPF_H
#define LAYERS_BPF_H

#include <linux/errno.h>

#include "maps.bpf.h"

#define HOLD_TRIES 64

/* The place of layer @id: its own, to whoever holds it; to others perhaps another's by now. */
static __always_inline struct resident_layer *layer_place(__u32 id)
{
	__u32 at = id & layers_mask;

	return bpf_map_lookup_elem(&layers, &at);
}

/* Where the CPUs of @stripe count what layer @id lets through. */
static __always_inline __u64 *allowed_place(__u32 id, __u32 stripe)
{
	__u32 at = (stripe & (RESIDENT_STRIPES - 1)) * (layers_mask + 1) + (id & layers_mask);

	return bpf_map_lookup_elem(&allowed, &at);
}

static __always_inline struct resident_label *label_place(__u32 id)
{
	__u32 at = id & layers_mask;

	return bpf_map_lookup_elem(&labels, &at);
}

/* Before its rules are others: of what they answer then nothing is said. */
static __always_inline void label_forget(__u32 id)
{
	struct resident_label *label = label_place(id);

	if (label)
		*(volatile __u32 *)&label->id = 0;
	barrier();
}

/* @text: an address of the caller's, or 0. Nobody has the layer yet. */
static __always_inline void label_put(__u32 id, __u32 owner, __u64 text)
{
	struct resident_label *label = label_place(id);

	label_forget(id);
	if (!label || !text || bpf_probe_read_user(label->text, sizeof(label->text), (void *)text))
		return;
	label->owner = owner;
	barrier();
	*(volatile __u32 *)&label->id = id;
}

/* What was not simply allowed, by all rules. */
static __always_inline __u64 answered_by_all(const struct resident_layer *layer)
{
	__u64 sum = 0;
	__u32 i;

	for (i = 0; i < MPOL_RULES_ROOM; i++)
		sum += layer->answered[i];
	return sum;
}

static __always_inline __u32 layer_id(const struct resident_layer *layer)
{
	return *(volatile __u64 *)&layer->life >> 32;
}

/*
 * Whether layer @id, which a key was found to be of, is the one that @request means. Its owner was
 * written before it had keys; and if it is not another's by now, it was not then.
 */
static __always_inline bool is_meant(const struct resident_request *request, __u32 id)
{
	struct resident_layer *layer = layer_place(id);
	__u32 owner;

	if (!request->owner)
		return true;
	if (!layer)
		return false;
	owner = *(volatile __u32 *)&layer->owner;
	barrier();
	return owner == request->owner - 1 && layer_id(layer) == id;
}

/* Give a place back to its owner and to all; the layer in it is gone, or was never made. */
static __noinline void layer_unreserve(__u32 uid)
{
	struct resident_control *control = control_get();
	struct resident_owner *owner = bpf_map_lookup_elem(&owners, &uid);

	if (control)
		__sync_fetch_and_add(&control->layers, -1);
	if (owner)
		__sync_fetch_and_add(&owner->layers, -1);
}

/* End a layer that nobody holds. Whoever puts that down first does it: nobody can hold it since. */
static __noinline void layer_end(__u32 id)
{
	struct resident_layer *layer = layer_place(id);
	const __u64 unheld = (__u64)id << 32;
	struct resident_key key;
	__u32 uid;

	if (!layer || __sync_val_compare_and_swap(&layer->life, unheld, RESIDENT_ENDING) != unheld)
		return;
	uid = layer->owner;
	key = layer->install;
	if (key_is_set(&key))
		bpf_map_delete_elem(&install_keys, &key);
	key = layer->modify;
	if (key_is_set(&key))
		bpf_map_delete_elem(&modify_keys, &key);
	barrier();
	*(volatile __u64 *)&layer->life = 0;
	layer_unreserve(uid);
}

/*
 * 0, -EKEYREJECTED if there is no such layer any more, or -EAGAIN. Global, as those below, so that
 * the verifier reads it once, and not with each verb.
 */
__noinline int layer_hold(__u32 id)
{
	struct resident_layer *layer = layer_place(id);
	__u64 life;
	int i;

	if (!layer)
		return -EKEYREJECTED;
	for (i = 0; i < HOLD_TRIES; i++) {
		life = *(volatile __u64 *)&layer->life;
		if (life >> 32 != id)
			return -EKEYREJECTED;
		if (__sync_val_compare_and_swap(&layer->life, life, life + 1) == life)
			return 0;
	}
	return -EAGAIN;
}

/* Once more, by whoever holds it. */
static __always_inline void layer_hold_too(__u32 id)
{
	struct resident_layer *layer = layer_place(id);

	if (layer)
		__sync_fetch_and_add(&layer->life, 1);
}

__noinline int layer_release(__u32 id)
{
	struct resident_layer *layer = layer_place(id);

	/* Of whoever dooms it now and us, one sees the other. */
	if (layer && RESIDENT_HOLDERS(__sync_fetch_and_add(&layer->life, -1)) == 1 &&
	    (layer->flags & RESIDENT_LAYER_DOOMED))
		layer_end(id);
	return 0; /* the verifier wants a number */
}

/* Hold it, and keep other verbs from changing it; -EAGAIN if one does. */
__noinline int layer_open(__u32 id)
{
	struct resident_layer *layer = layer_place(id);
	int r = layer_hold(id);

	if (r || !layer)
		return r;
	if (!__sync_val_compare_and_swap(&layer->busy, 0, 1))
		return 0;
	layer_release(id);
	return -EAGAIN;
}

__noinline int layer_close(__u32 id)
{
	struct resident_layer *layer = layer_place(id);

	barrier();
	if (layer)
		*(volatile __u32 *)&layer->busy = 0;
	return layer_release(id);
}

/*
 * Write the policy where no reader looks, and put it in force. The caller has opened the layer, or
 * has not shown it to anybody yet. x86 shows these stores to others in their order.
 */
static __always_inline void policy_put(struct resident_layer *layer, __u32 id, __u32 generation,
				       const struct resident_request *request)
{
	struct resident_policy *policy = &layer->policy[generation & 1];

	*(volatile __u64 *)&policy->stamp = 0;
	barrier();
	policy->deciders = request->deciders;
	policy->rules = request->rules;
	policy->rules.generation = generation;
	barrier();
	*(volatile __u64 *)&policy->stamp = (__u64)id << 32 | generation;
	barrier();
	*(volatile __u32 *)&layer->generation = generation;
}

/* Room for a layer, in its owner's quota and in all. */
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

/* One try to have the place of the next id; 1 ends the tries. */
static long layer_claim(__u32 i, __u32 *id)
{
	struct resident_control *control = control_get();
	struct resident_layer *layer;
	__u32 next;

	if (!control)
		return 1;
	/*
	 * After four billion layers it begins anew; one that still lives is in its place, and
	 * passed over.
	 */
	next = __sync_fetch_and_add(&control->next_id, 1);
	layer = layer_place(next);
	if (!layer || !next || next == RESIDENT_ENDING >> 32)
		return 0;
	if (__sync_val_compare_and_swap(&layer->life, 0, (__u64)next << 32 | 1))
		return 0;
	*id = next;
	return 1;
}

static __always_inline void counters_clear(struct resident_layer *layer, __u32 id)
{
	__u64 *count;
	__u32 i;

	layer->audited = 0;
	__builtin_memset(layer->answered, 0, sizeof(layer->answered));
	for (i = 0; i < RESIDENT_STRIPES; i++) {
		count = allowed_place(id, i);
		if (count)
			*count = 0;
	}
}

/*
 * Make a layer of @request, which the caller holds: its id, or a negative errno. @doomed: it ends
 * with the last who holds it. Global, so that the verifier reads it once.
 */
__noinline long layer_make(const struct resident_request *request, __u32 uid, bool keyed,
			   bool doomed)
{
	struct resident_layer *layer;
	__u32 id = 0;
	int r;

	if (!request)
		return -EBADMSG;
	if (keyed && (!key_is_set(&request->install) || !key_is_set(&request->modify)))
		return -EBADMSG;
	r = layer_reserve(uid);
	if (r)
		return r;
	/* One place is free, as reserved. */
	bpf_loop(layers_mask + 1, layer_claim, &id, 0);
	layer = layer_place(id);
	if (!id || !layer) {
		layer_unreserve(uid);
		return -EAGAIN;
	}
	layer->owner = uid;
	layer->flags = RESIDENT_LAYER_DOOMED; /* until it is whole */
	layer->busy = 1;
	counters_clear(layer, id);
	label_put(id, uid, request->key.bits[0]);
	__builtin_memset(&layer->install, 0, sizeof(layer->install));
	__builtin_memset(&layer->modify, 0, sizeof(layer->modify));
	policy_put(layer, id, 1, request);
	if (keyed) {
		struct resident_key key = request->install;

		r = bpf_map_update_elem(&install_keys, &key, &id, BPF_NOEXIST);
		if (r)
			goto release;
		layer->install = key;
		key = request->modify;
		r = bpf_map_update_elem(&modify_keys, &key, &id, BPF_NOEXIST);
		if (r)
			goto release;
		layer->modify = key;
	}
	if (!doomed)
		layer->flags = 0;
	barrier();
	*(volatile __u32 *)&layer->busy = 0;
	return id;

release:
	layer_release(id);
	return r == -EEXIST ? -EEXIST : -ENOSPC;
}

#endif
