/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening files by worker threads of io_uring, which are tasks of their own. */
#ifndef TESTS_RESIDENT_URING_H
#define TESTS_RESIDENT_URING_H

#include <linux/io_uring.h>

#include "check.h"

#define RING_ENTRIES 4

struct ring {
	int fd;
	char *sq, *cq;
	struct io_uring_sqe *sqe;
	struct io_uring_params params;
};

static inline struct ring ring_make(void)
{
	struct ring ring = {.fd = -1};
	struct io_uring_params *params = &ring.params;

	ring.fd = (int)syscall(SYS_io_uring_setup, RING_ENTRIES, params);
	CHECK(ring.fd >= 0);
	ring.sq = mmap(NULL, params->sq_off.array + RING_ENTRIES * sizeof(__u32),
		       PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
	ring.cq = mmap(NULL, params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe),
		       PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_CQ_RING);
	ring.sqe = mmap(NULL, RING_ENTRIES * sizeof(*ring.sqe), PROT_READ | PROT_WRITE, MAP_SHARED,
			ring.fd, IORING_OFF_SQES);
	CHECK(ring.sq != MAP_FAILED && ring.cq != MAP_FAILED && (void *)ring.sqe != MAP_FAILED);
	return ring;
}

/* Have a worker open @path: the fd or -errno. */
static inline int ring_open(struct ring *ring, const char *path)
{
	const struct io_uring_cqe *cqes = (void *)(ring->cq + ring->params.cq_off.cqes);
	__u32 *sq_tail = (__u32 *)(ring->sq + ring->params.sq_off.tail);
	__u32 *cq_head = (__u32 *)(ring->cq + ring->params.cq_off.head);
	__u32 at = *sq_tail & (RING_ENTRIES - 1), done;
	int r;

	ring->sqe[at] = (struct io_uring_sqe){
		.opcode = IORING_OP_OPENAT,
		.flags = IOSQE_ASYNC,
		.fd = AT_FDCWD,
		.addr = (uint64_t)path,
		.open_flags = O_RDWR,
	};
	((__u32 *)(ring->sq + ring->params.sq_off.array))[at] = at;
	__atomic_store_n(sq_tail, *sq_tail + 1, __ATOMIC_RELEASE);
	CHECK(syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1);
	done = *cq_head;
	r = cqes[done & (ring->params.cq_entries - 1)].res;
	__atomic_store_n(cq_head, done + 1, __ATOMIC_RELEASE);
	return r;
}

static inline int ring_open_once(const char *path)
{
	struct ring ring = ring_make();

	return ring_open(&ring, path);
}

#endif
