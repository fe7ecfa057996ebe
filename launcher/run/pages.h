/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does a file carry a memory policy of its own? */
#ifndef MPOLRUN_PAGES_H
#define MPOLRUN_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/profile.h"

/*
 * Look at the shared policy of @fd's file (tmpfs, memfd, hugetlbfs; open in any way, O_PATH too),
 * or, for a folder, of a file made in it. Places no page and writes nothing.
 *
 * A file's policies lie in a tree of page ranges that user space cannot list, so pages are asked
 * for one by one, 0.2 microseconds each: all of a file of up to @most pages and the first 256
 * behind its end (a range may lie where the file will grow to), and @most, evenly spread, of a
 * larger one. Whoever hides a range further out is not found: that takes the kernel's own eyes.
 *
 * 1 and *ret where @refuses(ret, data) says so of one, 0 where no page has such a policy, -errno
 * where it could not be looked at; -EOPNOTSUPP where get_mempolicy(2) is not to be had for
 * anything.
 */
int pages_find_policy(int fd, uint64_t most,
		      bool (*refuses)(const struct start_policy *, const void *), const void *data,
		      struct start_policy *ret);

#endif
