/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of /proc/PID/mountinfo (proc(5)). Pure. */
#ifndef MPOLRUN_HOST_MOUNTINFO_H
#define MPOLRUN_HOST_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>

/* A field of a line as the kernel wrote it, escapes (\ooo) and all. */
struct mount_field {
	const char *text;
	size_t length;
};

/* A mount, as it stands in the text: nothing is copied, since all but a few are passed over. */
struct mount {
	struct mount_field root; /* of the file system, what is seen at .point */
	struct mount_field point;
	struct mount_field type; /* "tmpfs" */
	struct mount_field options; /* of the superblock */
};

/* Parse the next line that makes sense; *text moves on. false at the end. */
bool mount_next(const char **text, struct mount *ret);

bool mount_field_is(const struct mount_field *field, const char *word);

/* The field into @buf, its escapes undone; false if it does not fit, and is cut. */
bool mount_field_text(const struct mount_field *field, char *buf, size_t size);

/* Whether @word is one of the comma-separated .options. */
bool mount_has_option(const struct mount *mount, const char *word);

#endif
