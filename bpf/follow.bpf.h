/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs by which events are read. Everyone is shown what is theirs: the host's root all, who
 * has a layer's modify key what that layer answered, and any other user of the first user namespace
 * what their own layers did.
 */
#ifndef FOLLOW_BPF_H
#define FOLLOW_BPF_H

#include "attach.bpf.h"

struct reader {
	__u32 uid;
	__u32 id; /* of the layer that is asked for; 0: any */
	bool all; /* may be shown */
	bool none;
};

/* -EKEYREJECTED, or -EACCES: nothing is theirs. */
static __noinline int reader_make(const struct resident_key *asked, struct reader *reader)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct cred *cred = BPF_CORE_READ(task, cred);
	struct resident_key key = *asked;
	__u32 *found;

	reader->uid = BPF_CORE_READ(cred, uid.val);
	reader->none = BPF_CORE_READ(cred, user_ns, level) != 0 || !reader->uid;
	reader->all = is_host_root();
	reader->id = 0;
	if (key_is_set(&key)) {
		found = bpf_map_lookup_elem(&modify_keys, &key);
		if (found)
			reader->all = true;
		else
			found = bpf_map_lookup_elem(&install_keys, &key);
		if (!found)
			return -EKEYREJECTED;
		reader->id = *found;
	}
	return reader->none && !reader->all ? -EACCES : 0;
}

static __always_inline bool reader_sees(const struct reader *reader,
					const struct resident_event *event)
{
	return (!reader->id || event->layer == reader->id) &&
	       (reader->all || event->owner == reader->uid);
}

struct next_walk {
	struct reader reader;
	__u32 from, n; /* how many there are from there on */
	bool found;
};

static long next_step(__u32 i, struct next_walk *walk)
{
	struct resident_event *event = event_place(walk->from);
	__u64 stamp;

	if (!walk->n || !event)
		return 1;
	stamp = *(volatile __u64 *)&event->stamp;
	if (((stamp - 1) & (RESIDENT_EVENT_NUMBERS - 1)) == walk->from) {
		if (reader_sees(&walk->reader, event)) {
			walk->found = true;
			return 1;
		}
	} else if (stamp == RESIDENT_EVENT_BUSY ||
		   ((stamp - 1 - walk->from) & (RESIDENT_EVENT_NUMBERS - 1)) >=
			   RESIDENT_EVENT_NUMBERS / 2) {
		return 1; /* it is not whole yet */
	}
	walk->from = (walk->from + 1) & (RESIDENT_EVENT_NUMBERS - 1);
	walk->n--;
	return 0;
}

/*
 * The first event from number .field on that the caller is shown, with RESIDENT_EVENT_FOUND; else
 * where to go on. .part: not 0: where to begin.
 */
static __noinline int verb_next(struct scratch *s)
{
	struct next_walk walk = {.found = false};
	__u64 next;
	int r = reader_make(&s->request.key, &walk.reader);

	if (r)
		return r;
	*(volatile __u64 *)&telling.until = bpf_ktime_get_boot_ns() + RESIDENT_LISTEN_NS;
	*(volatile __u32 *)&telling.listening = 1;
	next = *(volatile __u64 *)&telling.next;
	if (s->request.part)
		return RESIDENT_YES | (next & (RESIDENT_EVENT_NUMBERS - 1));
	walk.n = (next - s->request.field) & (RESIDENT_EVENT_NUMBERS - 1);
	if (walk.n > RESIDENT_EVENTS)
		walk.n = RESIDENT_EVENTS;
	walk.from = (next - walk.n) & (RESIDENT_EVENT_NUMBERS - 1);
	bpf_loop(RESIDENT_EVENTS, next_step, &walk, 0);
	return RESIDENT_YES | (walk.found ? RESIDENT_EVENT_FOUND : 0) | walk.from;
}

/* Bits @part * 30 and more, of @count words, a power of two, that others may be writing. */
static __always_inline __u64 bits_of(const volatile __u64 *words, __u32 count, __u32 part)
{
	__u32 bit = part * RESIDENT_BITS, word = bit / 64;
	__u64 value = words[word & (count - 1)] >> (bit & 63);

	if ((bit & 63) > 64 - RESIDENT_BITS)
		value |= words[(word + 1) & (count - 1)] << (64 - (bit & 63));
	return value;
}

/* Bits .part * 30 and up of event .field. -ESTALE: it is another one by now. */
static __noinline int verb_event(struct scratch *s)
{
	__u32 number = s->request.field;
	struct resident_event *event = event_place(number);
	struct reader reader = {.uid = 0};
	__u64 stamp, value;
	int r;

	if (s->request.part >= RESIDENT_EVENT_PARTS || !event)
		return -EPROTO;
	r = reader_make(&s->request.key, &reader);
	if (r)
		return r;
	stamp = *(volatile __u64 *)&event->stamp;
	if (stamp == RESIDENT_EVENT_BUSY || ((stamp - 1) & (RESIDENT_EVENT_NUMBERS - 1)) != number)
		return -ESTALE;
	if (!reader_sees(&reader, event))
		return -EACCES;
	value = bits_of((volatile __u64 *)event, sizeof(*event) / 8, s->request.part);
	barrier();
	if (*(volatile __u64 *)&event->stamp != stamp)
		return -ESTALE;
	return RESIDENT_YES | (value & (RESIDENT_YES - 1));
}

/* Bits .part * 30 and up of the label of layer .field, which may have ended. */
static __noinline int verb_label(struct scratch *s)
{
	__u32 id = s->request.field;
	struct resident_label *label = label_place(id);
	struct reader reader = {.uid = 0};
	__u64 value;
	bool shown;
	int r;

	if (s->request.part >= RESIDENT_LABEL_PARTS || !label)
		return -EPROTO;
	r = reader_make(&s->request.key, &reader);
	if (r)
		return r;
	if (!id || *(volatile __u32 *)&label->id != id)
		return -ENOENT;
	barrier();
	shown = (!reader.id || reader.id == id) && (reader.all || label->owner == reader.uid);
	value = bits_of((volatile __u64 *)label, sizeof(*label) / 8, s->request.part);
	barrier();
	/* Not another's that has the place since. */
	if (*(volatile __u32 *)&label->id != id)
		return -ENOENT;
	return shown ? RESIDENT_YES | (int)(value & (RESIDENT_YES - 1)) : -EACCES;
}

/* How many there were that the caller is shown, ever; .part as in RESIDENT_QUERY. */
static __noinline int verb_told(struct scratch *s)
{
	struct reader reader = {.uid = 0};
	struct resident_layer *layer;
	__u64 *count, value = 0;
	int r = reader_make(&s->request.key, &reader);

	if (r)
		return r;
	if (s->request.part >= 3)
		return -EPROTO;
	if (reader.id) {
		layer = layer_place(reader.id);
		if (!layer || layer_id(layer) != reader.id)
			return -EKEYREJECTED;
		value = answered_by_all(layer);
	} else if (reader.all) {
		value = telling.next;
	} else {
		count = bpf_map_lookup_elem(&told, &reader.uid);
		if (count)
			value = *count;
	}
	return RESIDENT_YES | (int)(value >> s->request.part * RESIDENT_BITS & (RESIDENT_YES - 1));
}

#endif
