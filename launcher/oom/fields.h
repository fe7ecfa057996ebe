/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lines of a report one by one. Each takes a line's text and either fills its part of the event
 * and returns true, or leaves the event alone. Pure.
 */
#ifndef MPOLRUN_OOM_FIELDS_H
#define MPOLRUN_OOM_FIELDS_H

#include "oom.h"

/* "hog invoked oom-killer: gfp_mask=0x140dca(GFP_...), nodemask=0, order=0, oom_score_adj=0" */
bool oom_field_begin(const char *text, struct oom_event *event);

/* "hog cpuset=/ mems_allowed=0-1", up to 4.19. */
bool oom_field_cpuset(const char *text, struct oom_event *event);

/* "CPU: 0 UID: 1000 PID: 207 Comm: hog Not tainted 6.12.117 ..." */
bool oom_field_asker(const char *text, struct oom_event *event);

/* "active_anon:2092 ... free:126788 free_pcp:1026", or its last line alone; RAM; the page size. */
bool oom_field_totals(const char *text, struct oom_event *event);

/* "Node 0 DMA free:2436kB boost:0kB min:760kB ... managed:15360kB ..." */
bool oom_field_zone(const char *text, struct oom_event *event);

/* "[    207]  1000   207    84726    46836 ... hog" */
bool oom_field_task(const char *text, struct oom_event *event);

/*
 * "oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=0,cpuset=/,mems_allowed=0-1,global_oom,
 * task_memcg=/,task=innocent,pid=194,uid=1000". The second one takes from the same line what stands
 * behind names that hold anything: it needs the victim's own from oom_field_kill().
 */
bool oom_field_summary(const char *text, struct oom_event *event);
void oom_field_summary_end(const char *text, struct oom_event *event);

/* "Out of memory: Killed process 194 (innocent) total-vm:248792kB, anon-rss:247848kB, ..." */
bool oom_field_kill(const char *text, struct oom_event *event);

/* "Kernel panic - not syncing: System is deadlocked on memory", and its like. */
bool oom_field_panic(const char *text);

#endif
