/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One io_uring, for one operation at a time. Spelled out: not every machine has liburing. */
#ifndef BYPASS_RING_H
#define BYPASS_RING_H

#include <linux/io_uring.h>

#include "route.h"

struct ring {
	int fd;
	struct io_uring_params params;
	char *sq, *cq;
	struct io_uring_sqe *sqe;
};

/* With the registered file @file; -1: an empty place for one. 0 or -errno. It ends with us. */
int ring_open(struct ring *ret, int file);

/* Do it by a worker of the kernel's, and wait. What the operation returned, or -errno. */
int ring_do(struct ring *ring, const struct io_uring_sqe *sqe);

/* Put our registered file into the empty place of @fd, a ring of somebody else's. 0 or -errno. */
int ring_send(struct ring *ring, int fd);

route_fn ring_file;

#endif
