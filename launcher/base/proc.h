/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files below /proc/self that the kernel wrote, and nobody in its place. */
#ifndef MPOLRUN_PROC_H
#define MPOLRUN_PROC_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

/*
 * Open @name below /proc/self ("numa_maps", "fd") with @flags and O_CLOEXEC. What somebody mounted
 * over /proc, or over a file in it, is not followed: whoever asks takes the answer for the kernel's
 * word. Where openat2(2) is missing (before 5.6) only the type of file system is looked at.
 *   -ENXIO  /proc is not there, or is not the kernel's
 *   -EXDEV  something is mounted over the file
 *   and the errors of open(2)
 */
int proc_open_self(const char *name, int flags);

/* The same for reading, as a stream: *ret is the caller's. Also -ENOMEM. */
int proc_fopen_self(const char *name, FILE **ret);

/*
 * Whether a name in /proc led to the very file that it should have: the folder may be somebody's
 * own.
 */
static inline bool proc_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

#endif
