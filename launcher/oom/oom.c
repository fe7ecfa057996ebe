/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "oom.h"

#include <string.h>

static void node_set(__u64 nodes[OOM_NODE_WORDS], uint32_t node)
{
	nodes[node / 64] |= (__u64)1 << (node % 64);
}

static bool node_in(const __u64 nodes[OOM_NODE_WORDS], uint32_t node)
{
	return nodes[node / 64] >> (node % 64) & 1;
}

static bool any_node(const __u64 nodes[OOM_NODE_WORDS])
{
	size_t i;

	for (i = 0; i < OOM_NODE_WORDS; i++)
		if (nodes[i])
			return true;
	return false;
}

/* Memory that a report shows none of its nodes to have, in pages; 0 where the log does not tell. */
static uint64_t hidden_pages(const struct oom_event *event)
{
	uint64_t all, shown = 0;
	size_t i;

	if (!event->has_totals || !event->page_kib || !event->n_shown ||
	    event->ram_pages < event->reserved_pages)
		return 0;
	all = event->ram_pages - event->reserved_pages;
	for (i = 0; i < event->n_shown; i++)
		shown += event->shown[i].managed / event->page_kib;
	return all > shown ? all - shown : 0;
}

bool oom_allowed(const struct oom_event *event, __u64 ret[OOM_NODE_WORDS])
{
	size_t i;

	if (event->constraint == OOM_MEMORY_POLICY && event->mask == OOM_MASK_SET) {
		memcpy(ret, event->nodes, sizeof(event->nodes));
	} else if (event->constraint == OOM_CPUSET && event->has_mems) {
		memcpy(ret, event->mems, sizeof(event->mems));
	} else if (event->constraint == OOM_CPUSET && event->n_shown) {
		memset(ret, 0, sizeof(event->nodes));
		for (i = 0; i < event->n_shown; i++)
			node_set(ret, event->shown[i].id);
	} else {
		return false;
	}
	return true;
}

bool oom_elsewhere(const struct oom_event *event, struct oom_elsewhere *ret)
{
	struct oom_elsewhere elsewhere = {.free = 0};
	__u64 allowed[OOM_NODE_WORDS];
	uint64_t total, free, own = 0, own_free = 0;
	size_t i;

	if (!oom_allowed(event, allowed) || !event->has_totals || !event->page_kib ||
	    event->n_shown == OOM_SHOWN_MAX || event->ram_pages < event->reserved_pages ||
	    event->ram_pages > UINT64_MAX / 1024 / event->page_kib)
		return false;
	total = (event->ram_pages - event->reserved_pages) * event->page_kib;
	free = event->free_pages * event->page_kib;
	for (i = 0; i < event->n_shown; i++) {
		if (node_in(allowed, event->shown[i].id)) {
			own += event->shown[i].managed;
			own_free += event->shown[i].free;
		} else {
			node_set(elsewhere.nodes, event->shown[i].id);
		}
	}
	if (!own || total <= own || free < own_free || event->free_pages > event->ram_pages)
		return false;
	elsewhere.total = total - own;
	elsewhere.free = free - own_free < elsewhere.total ? free - own_free : elsewhere.total;
	/* The cpuset may leave out nodes as well, and then nothing numbers those. */
	for (i = 0; event->constraint == OOM_MEMORY_POLICY && event->has_mems && i < OOM_NODE_WORDS;
	     i++)
		elsewhere.nodes[i] |= event->mems[i] & ~allowed[i];
	elsewhere.has_nodes = any_node(elsewhere.nodes);
	*ret = elsewhere;
	return true;
}

int oom_asker_was_killed(const struct oom_event *event)
{
	if (!event->has_kill || event->asker.pid < 0)
		return -1;
	if (event->asker.pid == event->victim.pid)
		return 1;
	return event->asker_listed ? 0 : -1; /* a thread's id says nothing of its process */
}

/* Before 4.10 nothing tells the mask. A node that has plenty was not asked, then. */
static void infer_mask(struct oom_event *event)
{
	bool plenty = false, full = false;
	__u64 nodes[OOM_NODE_WORDS] = {0};
	size_t i;

	if (event->zone_bound)
		return;
	for (i = 0; i < event->n_shown; i++) {
		const struct oom_node *node = &event->shown[i];

		if (node->free > 2 * node->high && node->free > node->managed / 8) {
			plenty = true;
		} else if (node->free <= node->high + node->managed / 64) {
			/* a little more, since a zone that is kept back (DMA) has its share */
			node_set(nodes, node->id);
			full = true;
		}
	}
	if (!plenty || !full)
		return;
	memcpy(event->nodes, nodes, sizeof(nodes));
	event->mask = OOM_MASK_SET;
}

void oom_infer(struct oom_event *event)
{
	bool left_out = hidden_pages(event) > 0;
	size_t i;

	if (event->constraint != OOM_UNKNOWN || !event->has_report || !event->n_shown)
		return;
	if (event->mask == OOM_MASK_UNSAID)
		infer_mask(event);
	for (i = 0; event->mask == OOM_MASK_SET && i < event->n_shown; i++)
		left_out |= !node_in(event->nodes, event->shown[i].id);
	if (left_out)
		event->constraint = event->mask == OOM_MASK_SET ? OOM_MEMORY_POLICY : OOM_CPUSET;
	else if (event->has_totals && event->page_kib && !event->zone_bound)
		event->constraint = OOM_NONE;
	event->inferred = event->constraint != OOM_UNKNOWN;
}
