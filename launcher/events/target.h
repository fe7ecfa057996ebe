/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where events go: what --log and --log-format say. */
#ifndef MPOLRUN_EVENTS_TARGET_H
#define MPOLRUN_EVENTS_TARGET_H

#include <stdbool.h>

#include "base/fault.h"

enum log_kind {
	LOG_NOWHERE,
	LOG_LINES, /* .fd is written to, in .format */
	LOG_JOURNAL, /* .fd is a socket of systemd-journald's, for its native protocol */
	LOG_KERNEL, /* the kernel's own audit log, which needs nobody to write it */
};

enum log_format {
	LOG_TEXT,
	LOG_JSON,
};

struct log_target {
	enum log_kind kind;
	enum log_format format;
	int fd; /* LOG_LINES, LOG_JOURNAL: O_CLOEXEC, but for the standard ones; else -EBADF */
};

/*
 * Open what @where says: "stderr", "fd:N", "journal", "audit", or a file, which is appended to and
 * made where there is none (0600: it tells who does what). A fifo without a reader is an error, and
 * nothing here waits for one.
 *
 * @privileged: a file must be handed over as fd:N, since we can write what our caller cannot. The
 * target's fd is the caller's until execve(2). -errno with a sentence.
 */
int log_target_open(const char *where, enum log_format format, bool privileged,
		    struct log_target *ret, struct fault *fault);

#endif
