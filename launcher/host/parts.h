/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of host_probe(): each fills in its own fields of a zeroed struct host, in the order
 * below, and cannot fail. The pure parsers among them take the text, so that tests can give it.
 */
#ifndef MPOLRUN_HOST_PARTS_H
#define MPOLRUN_HOST_PARTS_H

#include "host.h"

/* host.c: the effective ones, asked anew */
uint64_t host_capabilities(void);

/* numa.c */
void host_nodes(struct host *host); /* ASK_NODES */
void host_carried(struct host *host); /* ASK_CARRIED */

/* trials.c */
void host_trials(struct host *host); /* ASK_TRIALS */

/* listener.c, before host_mechanisms() */
void host_listener(struct host *host); /* ASK_TRIALS or ASK_LISTENER */

/* mechanisms.c */
void host_mechanisms(struct host *host); /* ASK_MECHANISMS */
void host_kernel(struct host *host); /* ASK_KERNEL, after host_mechanisms() */

/*
 * mounts.c, ASK_MOUNTS: look through @mountinfo, the text of that file, for tmpfs mounts with a
 * memory policy. Pure.
 */
void host_mounts(struct host *host, const char *mountinfo);

/* cgroup.c; @mountinfo as above, "" if it could not be read */
void host_cpuset(struct host *host, const char *mountinfo); /* ASK_CPUSET */
void host_cgroup(struct host *host, const char *mountinfo); /* ASK_DETAILS: .cgroup */

/* For unpredictable text into fields of fixed size: what does not fit is cut. */
#define SAY(field, ...) ((void)snprintf(field, sizeof(field), __VA_ARGS__))

#endif
