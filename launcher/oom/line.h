/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of a kernel log, in every form that people keep it in. Pure. */
#ifndef MPOLRUN_OOM_LINE_H
#define MPOLRUN_OOM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct oom_line {
	char time[48]; /* as it stands there, without brackets; or "" */
	int64_t usec; /* since the boot, or -1 */
	size_t prefix; /* bytes before the text; dmesg(1) indents what goes on by as many */
	bool record; /* of /dev/kmsg: "4,482,29681193,-;text" */
	bool foreign; /* not written by the kernel */
	const char *text; /* into the line */
};

/*
 * Split the line @line. Known are /dev/kmsg's records; dmesg's with a time since the boot, -T,
 * --time-format iso, -x, -r and -t; what syslogd(8) and journalctl(1) write, in which only lines of
 * "kernel:" are the kernel's. What begins like none of them is all text.
 */
void oom_line_split(const char *line, struct oom_line *ret);

#endif
