/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An event: one call that a layer had something to say to, as whoever decided it saw it. One schema
 * for every mechanism, and two ways to write it. Plain data without a pointer to free.
 *
 * What a task chooses itself (comm, exe, cgroup, and the nodes, which another thread may have
 * rewritten since) is shown and never believed.
 */
#ifndef MPOLRUN_EVENT_H
#define MPOLRUN_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "verdict.h"

#define EVENT_NAME_MAX 80
#define EVENT_PATH_MAX 256
#define EVENT_LINE_MAX 4096 /* of either form, with its newline: what a pipe takes in one piece */

enum event_verdict {
	EVENT_ALLOWED,
	EVENT_AUDITED, /* allowed; .answer is what it would have got */
	EVENT_IGNORED,
	EVENT_REFUSED,
	EVENT_KILLED,
};

/* "allowed", "audited", "ignored", "refused", "killed" */
extern const char *const event_verdict_names[EVENT_KILLED + 1];

struct event {
	struct timespec time; /* CLOCK_REALTIME */
	char layer[EVENT_NAME_MAX]; /* ""; it has no name */
	char profile[EVENT_PATH_MAX]; /* whose line decided; "": no line did */
	uint32_t line; /* 0: it has none */
	uint32_t rule; /* enum mpol_rule; MPOL_RULE_COUNT: none, the whole call is not decoded */
	pid_t pid, tid; /* as the decider sees them; 0: it does not */
	int64_t uid; /* -1: not known */
	char comm[32], exe[EVENT_PATH_MAX], cgroup[EVENT_PATH_MAX]; /* "": not known */
	const char *abi; /* "x86_64"; NULL: not known */
	uint32_t call; /* enum mpol_syscall; MPOL_SYS_COUNT: none that we know */
	uint32_t mode, mbind_flags; /* as mpol_call has them, of a call that sets a policy */
	uint64_t argument; /* of the others: the home node, the pid, how many pages */
	bool moves; /* of move_pages(2): nodes are named */
	bool nodes_known; /* .nodes was read: from the task's memory, unless */
	bool nodes_exact; /* it is what was decided on */
	__u64 nodes[MPOL_NODES_WORDS];
	enum event_verdict verdict;
	uint16_t answer; /* see mpol_abi.h */
};

/*
 * One line with its newline into @buf (EVENT_LINE_MAX), in which no name can begin another one:
 * returns its length. JSON: one object, with a version key. -ENOMEM.
 */
int event_text(const struct event *event, char *buf, size_t size);
int event_json(const struct event *event, char *buf, size_t size);

/* The same of @n events that could not be written in time, of layer @layer. */
int event_lost_text(const char *layer, uint64_t n, char *buf, size_t size);
int event_lost_json(const char *layer, uint64_t n, char *buf, size_t size);

/* "mbind(MPOL_BIND|MPOL_F_STATIC_NODES, nodes 0, MPOL_MF_MOVE)" into @buf, which is returned. */
const char *event_call_text(const struct event *event, char *buf, size_t size);

/* "2026-11-22T20:14:07.123Z" into @buf (32 bytes), which is returned. */
const char *event_time_text(const struct timespec *time, char *buf, size_t size);

#endif
