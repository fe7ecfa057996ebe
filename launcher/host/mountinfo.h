/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of /proc/PID/mountinfo (proc(5)). Pure. */
#ifndef MPOLRUN_HOST_MOUNTINFO_H
#define MPOLRUN_HOST_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>

/* A mount. The strings point into a copy of the line; the kernel's \ooo escapes are undone. */
struct mount {
	char *root; /* of the file system, what is seen at .point */
	char *point;
	char *type; /* "tmpfs" */
	char *options; /* of the superblock */
	char line[40960]; /* two paths of PATH_MAX, every byte of them escaped, and more */
};

/*
 * Parse the next line that makes sense; *text moves on. false at the end. A line that is longer than
 * we keep is passed over, or cut in its options.
 */
bool mount_next(const char **text, struct mount *ret);

/* Whether @word is one of the comma-separated @options. */
bool mount_has_option(const struct mount *mount, const char *word);

#endif
