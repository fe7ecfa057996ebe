/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the resident lives: a folder of a bpf file system that only root can enter.
 *
 *     /sys/fs/bpf/mpolrun/maps/NAME            what programs of every generation share
 *     /sys/fs/bpf/mpolrun/programs-N/NAME      the links that keep a generation attached
 *     /sys/fs/bpf/mpolrun/cgroup/NAME          the programs that a cgroup can have of its own
 */
#ifndef MPOLRUN_RESIDENT_PINS_H
#define MPOLRUN_RESIDENT_PINS_H

#include <stddef.h>

#include "base/fault.h"

#define PINS_TOP "/sys/fs/bpf/mpolrun"
#define PINS_MAPS PINS_TOP "/maps"
#define PINS_PROGRAMS "programs-"
#define PINS_CGROUP_NAME "cgroup"
#define PINS_CGROUP PINS_TOP "/" PINS_CGROUP_NAME
#define PINS_PATH_MAX 160

enum pins_use {
	PINS_LOOK,
	PINS_LOCK, /* to change what is there */
	PINS_MAKE, /* that, and the folder if there is none */
};

/*
 * Open the top folder, and lock it as @use says; *ret is the caller's, and the lock goes with it.
 *   -ENOENT   it is not there, and is not to be made
 *   -ENOTSUP  there is no bpf file system at /sys/fs/bpf
 *   -EBUSY    somebody else is loading or unloading
 *   -EPERM    the folder is not root's alone
 */
int pins_open(enum pins_use use, int *ret, struct fault *fault);

/* Call @f for each generation's folder, "programs-N"; stops at the first that is not 0. */
int pins_each_generation(int (*f)(const char *name, void *data), void *data);

/* Call @f for each pin in PINS_TOP/@folder. */
int pins_each(const char *folder, int (*f)(const char *name, const char *path, void *data),
	      void *data);

/*
 * Remove a folder below PINS_TOP and all its pins: what nothing else holds ends. 0 if there is
 * none.
 */
int pins_remove(const char *folder);

/*
 * The same of a generation, and wait until the kernel has detached its programs, which it does
 * behind our back: until then they count and tell of calls beside their successors. Not for ever:
 * somebody else may hold one. No fd of ours may.
 */
int pins_let_go(const char *generation);

#endif
