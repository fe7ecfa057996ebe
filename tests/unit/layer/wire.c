/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "layer/wire.h"

static void a_request_of_another_size_kind_or_release_is_refused(void **state)
{
	struct wire_request request;
	size_t len;

	(void)state;
	wire_request_init(&request, WIRE_QUERY);
	assert_int_equal(wire_request_check(&request, sizeof(request)), 0);
	for (len = 0; len < sizeof(request); len++)
		assert_int_equal(wire_request_check(&request, len), -EBADMSG);
	request.version++;
	assert_int_equal(wire_request_check(&request, sizeof(request)), -ENOTSUP);
	wire_request_init(&request, (enum wire_type)99);
	assert_int_equal(wire_request_check(&request, sizeof(request)), -EBADMSG);
	wire_request_init(&request, WIRE_UPDATE); /* an empty policy is none */
	assert_int_equal(wire_request_check(&request, sizeof(request)), -EBADMSG);
	wire_request_init(&request, WIRE_REKEY);
	assert_int_equal(wire_request_check(&request, sizeof(request)), -EBADMSG);
	wire_request_init(&request, WIRE_LISTENER);
	assert_int_equal(wire_request_check(&request, sizeof(request)), 0);
	request.calls = 1u << MPOL_SYS_COUNT;
	assert_int_equal(wire_request_check(&request, sizeof(request)), -EBADMSG);
}

static void of_several_fds_one_arrives_and_none_is_left_open(void **state)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(4 * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = "x", .iov_len = 1};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int four[4] = {0, 0, 0, 0}, pair[2], before, after;
	struct wire_with with = {.fd = -EBADF};
	char byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(four));
	memcpy(CMSG_DATA(&control.header), four, sizeof(four));
	before = fcntl(0, F_DUPFD_CLOEXEC, 3);
	close(before);
	assert_int_equal(sendmsg(pair[0], &message, 0), 1);
	assert_int_equal(wire_receive(pair[1], &byte, 1, 0, &with), 1);
	assert_true(with.fd >= 0);
	assert_int_equal(fcntl(with.fd, F_GETFD), FD_CLOEXEC);
	close(with.fd);
	after = fcntl(0, F_DUPFD_CLOEXEC, 3);
	close(after);
	assert_int_equal(after, before);
	close(pair[0]);
	close(pair[1]);
}

static void of_a_stranger_no_file_is_taken(void **state)
{
	struct wire_with with = {.fd = -EBADF};
	int pair[2], ends[2];
	static const int on = 1;
	char byte = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(wire_send(pair[0], "x", 1, ends[1]), 0);
	assert_int_equal(wire_receive_no_fd(pair[1], &byte, 1, 0, &with), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(with.fd, -EBADF);
	assert_int_equal(with.pid, getpid());
	/* It is open nowhere any more. */
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	close(pair[0]);
	close(pair[1]);
}

static void a_message_that_does_not_fit_is_an_error(void **state)
{
	struct wire_with with = {.fd = -EBADF};
	int pair[2];
	char byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(wire_send(pair[0], "xy", 2, -EBADF), 0);
	assert_int_equal(wire_receive(pair[1], &byte, 1, 0, &with), -EMSGSIZE);
	close(pair[0]);
	assert_int_equal(wire_receive(pair[1], &byte, 1, 0, &with), 0);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_of_another_size_kind_or_release_is_refused),
		cmocka_unit_test(of_several_fds_one_arrives_and_none_is_left_open),
		cmocka_unit_test(of_a_stranger_no_file_is_taken),
		cmocka_unit_test(a_message_that_does_not_fit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
