/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io_uring: files that were registered, and files that somebody outside puts into a ring of ours,
 * by IORING_OP_MSG_RING. They never have a number, so nothing sees them come.
 */
#include "ring.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "outside.h"

#define ENTRIES 4
#define PAGE 4096ul
/* Of Linux 5.18 and 6.0; older headers lack them. */
#define OP_MSG_RING 40
#define MSG_SEND_FD 1
#define MSG_CQE_SKIP 1
#define WAY_FALLOCATE 3

int ring_open(struct ring *ret, int file)
{
	struct ring ring = {0};
	int prot = PROT_READ | PROT_WRITE;

	ring.fd = syscall(SYS_io_uring_setup, ENTRIES, &ring.params);
	if (ring.fd < 0)
		return -errno;
	ring.sq = mmap(NULL, ring.params.sq_off.array + ENTRIES * sizeof(__u32), prot, MAP_SHARED,
		       ring.fd, IORING_OFF_SQ_RING);
	ring.cq =
		mmap(NULL,
		     ring.params.cq_off.cqes + ring.params.cq_entries * sizeof(struct io_uring_cqe),
		     prot, MAP_SHARED, ring.fd, IORING_OFF_CQ_RING);
	ring.sqe =
		mmap(NULL, ENTRIES * sizeof(*ring.sqe), prot, MAP_SHARED, ring.fd, IORING_OFF_SQES);
	if (ring.sq == MAP_FAILED || ring.cq == MAP_FAILED || (void *)ring.sqe == MAP_FAILED ||
	    syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, &file, 1))
		return -errno;
	*ret = ring;
	return 0;
}

static __u32 *word(char *queue, __u32 offset)
{
	return (__u32 *)(queue + offset);
}

int ring_do(struct ring *ring, const struct io_uring_sqe *sqe)
{
	__u32 *tail = word(ring->sq, ring->params.sq_off.tail);
	__u32 *head = word(ring->cq, ring->params.cq_off.head);
	__u32 at = *tail & (ring->params.sq_entries - 1);
	struct io_uring_cqe *cqes = (void *)(ring->cq + ring->params.cq_off.cqes);
	int res;

	ring->sqe[at] = *sqe;
	word(ring->sq, ring->params.sq_off.array)[at] = at;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -errno;
	res = cqes[*head & (ring->params.cq_entries - 1)].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return res;
}

int ring_send(struct ring *ring, int fd)
{
	struct io_uring_sqe sqe = {.opcode = OP_MSG_RING,
				   .fd = fd,
				   .addr = MSG_SEND_FD,
				   .rw_flags = MSG_CQE_SKIP,
				   .splice_fd_in = 1}; /* its first place; ours is our first */

	return ring_do(ring, &sqe);
}

/* Arguments: the way to put a page into the file, and whether it is one without a policy. */
void ring_file(const struct route *route, struct outcome *out)
{
	static const char byte[1] = {1};
	bool fallocate = route->arg[0] == WAY_FALLOCATE;
	struct io_uring_sqe sqe = {.opcode = fallocate ? IORING_OP_FALLOCATE : IORING_OP_WRITE,
				   .flags = IOSQE_FIXED_FILE | IOSQE_ASYNC,
				   .off = (route->arg[0] + 4) * PAGE,
				   .addr = fallocate ? PAGE : (uintptr_t)byte,
				   .len = fallocate ? 0 : 1};
	struct ring ring;
	int err = ring_open(&ring, -1);

	if (err) {
		outcome_absent(out, -err, "an io_uring");
		return;
	}
	/* Who sends has to take our ring: since 6.7 it cannot be passed. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	err = outside_send_to_ring(ring.fd, route->arg[1]);
	if (err) {
		outcome_absent(out, -err, "a file sent to an io_uring");
		return;
	}
	err = ring_do(&ring, &sqe);
	outcome_judge(out, err, err >= 0);
}
