/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the lines of a kernel log to reports of the OOM killer. Pure: bytes in, events out, in
 * constant memory whatever the input.
 *
 * A log holds names that users choose: of tasks, cgroups, files. None can pose as a report, or as a
 * part of one, beyond the name itself: a line counts only if it begins as the kernel's does and
 * ends in what the kernel prints behind the name, in a line that the log ascribes to the kernel; a
 * line break within a name is told from one between lines wherever the form of the log tells it
 * (syslog(2) and dmesg -t do not: there, a user who can have the kernel print a long name can make
 * up a report).
 */
#ifndef MPOLRUN_OOM_PARSE_H
#define MPOLRUN_OOM_PARSE_H

#include "oom.h"

#define OOM_LINE_MAX \
	4096 /* printk(9) cuts at 1024, and each byte may be escaped; longer is passed over */

typedef void (*oom_sink)(void *arg, const struct oom_event *event);

struct oom_parser {
	oom_sink sink;
	void *arg;
	struct oom_event now;
	bool open; /* .now has begun */
	char summary[OOM_LINE_MAX]; /* "oom-kill:constraint=...", until the name in it is known */

	/* A line is whole only when the next one shows that it does not go on. */
	char pending[OOM_LINE_MAX];
	size_t length, prefix;
	bool has_pending, too_long, seen_prefix;
};

/* Each event goes to @sink, which must not keep it. */
void oom_parser_init(struct oom_parser *parser, oom_sink sink, void *arg);

/* One line, without its end. Any bytes, any length. */
void oom_parser_line(struct oom_parser *parser, const char *bytes, size_t length);

/* Nothing more comes for now: the last line is whole. */
void oom_parser_idle(struct oom_parser *parser);

/* Nothing more comes: a report that is not complete goes out as it is. */
void oom_parser_end(struct oom_parser *parser);

#endif
