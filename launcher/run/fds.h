/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files that the command inherits. Those that carry a refused memory policy stop the launch;
 * those that are a right to undo the layer (a cgroup, a BPF object, an io_uring, a seccomp
 * listener) are closed; all others stay open (socket activation, `<(...)`).
 */
#ifndef MPOLRUN_FDS_H
#define MPOLRUN_FDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "policy/policy.h"

#define FDS_DANGEROUS_MAX 256

struct fds_report {
	struct {
		int fd;
		char what[32]; /* "cgroup", "io_uring", ... */
	} dangerous[FDS_DANGEROUS_MAX];
	size_t n_dangerous;
	/*
	 * Numbers that were not listed. Nothing is open there, unless the list is not the kernel's.
	 */
	struct fds_gap {
		unsigned int first, last;
	} * gap; /* owned */
	size_t n_gaps;
	size_t unseen; /* files on tmpfs that could not be looked at */
	size_t unasked; /* those for which the question itself is refused, by a filter above */
};

/*
 * Look at every fd that execve(2) would keep, and at the current and the root folder, which it
 * keeps too. Changes nothing.
 *   -EPERM  a file carries a policy that @policy refuses, and @policy restricts files
 *   -EMFILE more than FDS_DANGEROUS_MAX dangerous ones
 *   -ENOMEM
 *   -EPROTO a filter above answers in the kernel's place when it is asked what a file is
 *   -errno  of that, or of reading /proc/self/fd (without /proc the fds are found by number)
 */
int fds_look(const struct policy *policy, struct fds_report *ret, struct fault *fault);

/*
 * Let execve(2) close the dangerous ones, and whatever may be open where nothing was listed: a
 * folder mounted over /proc/self/fd, or a limit that fell, must not hide one. Phase: in the process
 * that will execute. -EPROTO, as above, or -errno.
 */
int fds_close(const struct fds_report *report);

void fds_report_done(struct fds_report *report);

#endif
