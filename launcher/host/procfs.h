/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the kernel's small text files, and the text that they have in common. */
#ifndef MPOLRUN_HOST_PROCFS_H
#define MPOLRUN_HOST_PROCFS_H

#include <stdbool.h>
#include <stddef.h>

#define PROCFS_MAX (8 * 1024 * 1024)

/*
 * The whole of @path, ended by NUL; the caller's. A file that has NULs keeps them in the middle.
 *   -EFBIG  more than PROCFS_MAX bytes
 *   -ENOMEM, and those of open(2) and read(2)
 */
int procfs_read(const char *path, char **ret);

/* As procfs_read(), for a file that gzip(1) made. -EIO if it is damaged. */
int procfs_read_gz(const char *path, char **ret);

/*
 * The line of @text that begins with @key, without it and without blanks around, into @buf: false,
 * and @buf untouched, if there is none or it does not fit.
 */
bool procfs_line(const char *text, const char *key, char *buf, size_t size);

#endif
