/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling of a call that was refused, or audited: see events_abi.h. All of it is behind one look at
 * whether anybody listens, and only calls that a rule answers come here at all.
 */
#ifndef EVENTS_BPF_H
#define EVENTS_BPF_H

#include <linux/errno.h>

#include "compat.bpf.h"
#include "events_abi.h"
#include "layers.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
	unsigned int status;
};

struct task_struct___status {
	struct thread_info thread_info;
};

#pragma clang attribute pop

#define NR_MBIND 237
#define NR_MBIND_I386 274
#define X32_BIT 0x40000000
#define TS_COMPAT 2

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RESIDENT_EVENTS);
	__type(key, __u32);
	__type(value, struct resident_event);
} events SEC(".maps");

/* The uid of a layer's owner -> how many there were to tell of, so that who missed some knows. */
RESIDENT_HASH(told, __u32, __u64);

/* Pinned, as the maps are. */
struct resident_telling telling SEC(".data.telling");

static __always_inline bool anybody_listens(void)
{
	return *(volatile __u32 *)&telling.listening;
}

static __always_inline struct resident_event *event_place(__u32 number)
{
	__u32 at = number & (RESIDENT_EVENTS - 1);

	return bpf_map_lookup_elem(&events, &at);
}

/*
 * How many words of a node mask can have a bit set on this machine. Set when the programs are
 * loaded; the others stay 0 in every place of the ring.
 */
const volatile __u32 nodes_words = MPOL_NODES_WORDS;

/* What was asked for, in registers: where a call came from decides which are whose. */
static __always_inline void event_put_call(struct resident_event *event, struct task_struct *task)
{
	const struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	event->call = regs->orig_rax;
	if (((struct task_struct___status *)task)->thread_info.status & TS_COMPAT) {
		event->flags = RESIDENT_EVENT_COMPAT;
		event->args[0] = (__u32)regs->rbx;
		event->args[1] = (__u32)regs->rcx;
		event->args[2] = (__u32)regs->rdx;
		event->args[3] = (__u32)regs->rsi;
		event->args[4] = (__u32)regs->rdi;
		event->args[5] = (__u32)regs->rbp;
	} else {
		event->flags = 0;
		event->args[0] = regs->rdi;
		event->args[1] = regs->rsi;
		event->args[2] = regs->rdx;
		event->args[3] = regs->r10;
		event->args[4] = regs->r8;
		event->args[5] = regs->r9;
	}
}

/* The nodes: the kernel's own copy, or what the task's memory has at this moment. */
static __always_inline void event_put_nodes(struct resident_event *event, __u64 nodes)
{
	__u32 call = event->call & ~X32_BIT, kernel_words = nodemask_size() / 8;
	bool is_mbind = call == (event->flags & RESIDENT_EVENT_COMPAT ? NR_MBIND_I386 : NR_MBIND);
	__u64 at, bits, words = nodes_words;

	if (nodes) {
		words = words < kernel_words ? words : kernel_words;
		barrier_var(words); /* or the verifier could not see that it is checked */
		if (words <= MPOL_NODES_WORDS &&
		    !bpf_probe_read_kernel(event->nodes, words * 8, (void *)nodes))
			event->flags |= RESIDENT_EVENT_NODES | RESIDENT_EVENT_NODES_EXACT;
		return;
	}
	at = is_mbind ? event->args[3] : event->args[1];
	bits = (is_mbind ? event->args[4] : event->args[2]) - 1;
	event->nodes[0] = 0;
	if (!at || !bits) {
		event->flags |= RESIDENT_EVENT_NODES; /* there are none */
		return;
	}
	if (bits < words * 64)
		words = (bits + 63) / 64;
	barrier_var(words);
	if (words <= MPOL_NODES_WORDS && !bpf_probe_read_user(event->nodes, words * 8, (void *)at))
		event->flags |= RESIDENT_EVENT_NODES;
}

static __always_inline void event_count(__u32 owner)
{
	__u64 *count = bpf_map_lookup_elem(&told, &owner), none = 0;

	if (!count) {
		bpf_map_update_elem(&told, &owner, &none, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&told, &owner);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
}

/*
 * Layer @id answered with @verdict. Global, so that the verifier reads it once. Who finds the place
 * taken by somebody that has been writing there for a whole turn of the ring leaves it: that is an
 * event lost, as any that nobody reads in time.
 */
__noinline int event_tell(__u32 id, __u32 verdict, __u32 act, __u64 nodes)
{
	struct resident_layer *layer = layer_place(id);
	__u64 now = bpf_ktime_get_boot_ns(), ids, number, before;
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 rule = MPOL_VERDICT_RULE(verdict);
	struct resident_event *event;

	if (!layer)
		return 0;
	if (now > *(volatile __u64 *)&telling.until) {
		*(volatile __u32 *)&telling.listening = 0;
		return 0;
	}
	event_count(layer->owner);
	number = __sync_fetch_and_add(&telling.next, 1);
	event = event_place(number);
	if (!event)
		return 0;
	before = *(volatile __u64 *)&event->stamp;
	if (before == RESIDENT_EVENT_BUSY ||
	    __sync_val_compare_and_swap(&event->stamp, before, RESIDENT_EVENT_BUSY) != before)
		return 0;
	event->time = now;
	event->layer = id;
	event->owner = layer->owner;
	ids = bpf_get_current_pid_tgid();
	event->pid = ids >> 32;
	event->tid = ids;
	event->uid = task->cred->uid.val;
	event->verdict = verdict;
	event->answer =
		layer->policy[layer->generation & 1].rules.answer[rule & (MPOL_RULES_ROOM - 1)];
	event->act = act;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	event_put_call(event, task);
	if (act == MPOL_ACT_SET)
		event_put_nodes(event, nodes);
	barrier();
	*(volatile __u64 *)&event->stamp = number + 1;
	return 0;
}

#endif
