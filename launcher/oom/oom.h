/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A report of the kernel's OOM killer as data: who asked for memory, of which nodes, what the nodes
 * had, and who was killed. Plain data of a fixed size, nothing to free. Every text in it can be
 * shown: no control characters, valid UTF-8, never more than one line.
 */
#ifndef MPOLRUN_OOM_H
#define MPOLRUN_OOM_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OOM_NODES 1024 /* MAX_NUMNODES of the largest configurations */
#define OOM_NODE_WORDS (OOM_NODES / 64)
#define OOM_SHOWN_MAX 64 /* nodes of one report whose memory is kept */
#define OOM_COMM_MAX 60 /* 15 bytes, each perhaps as \xNN */

enum oom_constraint {
	OOM_UNKNOWN, /* the report is not there, or does not say */
	OOM_NONE, /* no node of the machine had enough */
	OOM_CPUSET,
	OOM_MEMORY_POLICY,
	OOM_MEMCG,
};

enum oom_mask {
	OOM_MASK_UNSAID, /* before 4.10, or the line is missing */
	OOM_MASK_NULL, /* the allocation was for any node */
	OOM_MASK_SET,
};

struct oom_task {
	char comm[OOM_COMM_MAX + 4]; /* "": not known */
	int64_t pid; /* -1: not known; the asker's may be that of a thread */
	int64_t uid; /* -1: not known */
	char cgroup[512]; /* "/user.slice"; "": not known */
};

struct oom_node {
	uint32_t id;
	uint64_t free, min, low, high, managed; /* KiB, of all its zones */
	char zones[64]; /* "DMA32+Normal" */
};

struct oom_event {
	char time[48]; /* as the log writes it; "" where it does not */
	int64_t usec; /* since the boot; -1: not known */
	enum oom_constraint constraint;
	bool inferred; /* the kernel did not name the constraint: it follows from the rest */
	bool has_kill; /* .victim was killed */
	bool panicked; /* the kernel stopped instead of killing */
	bool has_report; /* there is more than the line of the kill */
	bool zone_bound; /* what was asked for may come from some zones only */
	bool asker_listed; /* .asker is a process, not a thread */

	struct oom_task asker, victim;
	uint64_t victim_rss; /* KiB; 0: not known */
	enum oom_mask mask;
	__u64 nodes[OOM_NODE_WORDS]; /* under OOM_MASK_SET: those that were asked for */
	bool has_mems;
	__u64 mems[OOM_NODE_WORDS]; /* the asker's cpuset: its mems */
	char cpuset[256]; /* its name, the last part of its path; "": not known */

	/* The kernel shows the nodes that were allowed; before 4.11, all of the cpuset. */
	struct oom_node shown[OOM_SHOWN_MAX];
	size_t n_shown;
	bool has_totals;
	uint64_t free_pages, ram_pages, reserved_pages; /* of the whole machine */
	uint64_t page_kib;
};

/* Memory of the nodes that the asker did not allow itself, or was not allowed. */
struct oom_elsewhere {
	__u64 nodes[OOM_NODE_WORDS];
	bool has_nodes; /* .nodes are all of them; else the log does not number them */
	uint64_t free, total; /* KiB */
};

/* The nodes that the allocation was confined to; false where the log does not tell. */
bool oom_allowed(const struct oom_event *event, __u64 ret[OOM_NODE_WORDS]);

/* What was free on the others; false where the log does not tell, or there are none. */
bool oom_elsewhere(const struct oom_event *event, struct oom_elsewhere *ret);

/* 1: the one who asked was killed, 0: another one, -1: the log does not tell. */
int oom_asker_was_killed(const struct oom_event *event);

/* Whether it is a kill that this program is about: nodes were left out, by a policy or a cpuset. */
static inline bool oom_is_ours(const struct oom_event *event)
{
	return event->constraint == OOM_MEMORY_POLICY || event->constraint == OOM_CPUSET;
}

/*
 * For reports of kernels before 4.20, which do not name the constraint: find it from the node mask,
 * from the cpuset, or from a node that had plenty. Sets .constraint, .inferred and, before 4.10,
 * the mask.
 */
void oom_infer(struct oom_event *event);

#endif
