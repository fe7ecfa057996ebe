/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The accomplice: a process that is not under the profile, made before mpolrun starts, which owns a
 * bound memfd and passes it to whoever asks over an inherited socket, and a bound file on /dev/shm
 * and a bound System V segment that anybody may open.
 */
#ifndef BYPASS_OUTSIDE_H
#define BYPASS_OUTSIDE_H

#include <stdbool.h>

/*
 * Fork the accomplice, and leave its socket (not close-on-exec) named in the environment. With
 * @leak also leave the bound memfd itself open. It takes over the files of another cgroup, where
 * whoever runs the suite opened them. 0 or -errno; without either the routes that need it report
 * themselves absent.
 */
int outside_start(int leak);

/* What it has. */
enum {
	OUTSIDE_MEMFD, /* bound */
	OUTSIDE_CGROUP_PROCS, /* cgroup.procs of another cgroup, opened for writing by root */
	OUTSIDE_CGROUP, /* the folder of that cgroup */
	OUTSIDE_UNBOUND, /* a memfd without a policy */
	OUTSIDE_COUNT,
};

/*
 * Ask for the fd: O_CLOEXEC, the caller's. -ENOENT without an accomplice (here and below), -EPERM
 * if it sent one and the kernel did not hand it over.
 */
int outside_receive(int what);

/*
 * Have it put its bound memfd, or with @unbound the other, into the empty place of our io_uring
 * @ring. 0 or -errno, its own included.
 */
int outside_send_to_ring(int ring, bool unbound);

/* The memfd that it left open, or -ENOENT. */
int outside_inherited(void);

/* Its process, and a word in its memory; -ENOENT. */
int outside_pid(unsigned long *ret_word);

/* The folder of its file. NULL: it has none. Static storage. */
const char *outside_folder(void);

/* Open the accomplice's file: O_CLOEXEC, the caller's. -errno. */
int outside_open(void);

/* Attach its segment; NULL with errno. */
void *outside_attach(void);

#endif
