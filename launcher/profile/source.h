/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One text that a word names: found, opened once, read. Internal to this stage. */
#ifndef MPOLRUN_PROFILE_SOURCE_H
#define MPOLRUN_PROFILE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/fault.h"

enum source_kind {
	SOURCE_INLINE,
	SOURCE_STREAM, /* fd:N or -; its paths are relative to the current folder */
	SOURCE_FILE,
	SOURCE_BUILTIN,
};

struct source {
	enum source_kind kind;
	char *name; /* "./db.yaml", "/etc/mpolrun/profiles/db.yaml", "builtin:nobind", "fd:3" */
	/* ends in NUL, @len not counting it; NULL of a built-in one, which has been parsed */
	char *text;
	size_t len;
	/*
	 * What makes two sources the same: of files; the built-in ones have their number in @ino.
	 */
	dev_t dev;
	ino_t ino;
};

void source_done(struct source *source);

/*
 * What @what names. @extends: a profile says so, and not the command line, which alone may name
 * `fd:N`, `-` and inline texts. @base is the path of the file that says it, to which other paths
 * are relative; NULL for the command line and for profiles that are no files.
 *
 * Sets @fault; its place is the file, where there is one.
 *   -ENOENT  no such profile or file
 *   -EPERM   a path while capabilities_exceed_caller()
 *   -EINVAL  no regular file, or a form that is not possible here
 *   -EFBIG   as profile_read_fd(), and others of open(2) and read(2)
 */
int source_open(const char *what, const char *base, bool extends, struct source *ret,
		struct fault *fault);

/* Whether both are the same file or built-in profile. */
bool source_is(const struct source *a, const struct source *b);

/*
 * The folders in which names are looked for, in order; the first is the user's own, "" if there is
 * none. *user is the caller's and holds it. -ENOMEM.
 */
#define SOURCE_FOLDERS 3
int source_folders(char **user, const char *ret[SOURCE_FOLDERS]);

#endif
