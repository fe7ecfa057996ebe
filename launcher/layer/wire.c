/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

int wire_request_check(const void *bytes, size_t len)
{
	const struct wire_request *request = bytes;

	if (len < 2 * sizeof(__u32) || request->magic != WIRE_MAGIC)
		return -EBADMSG;
	if (request->version != WIRE_VERSION)
		return request->version > WIRE_VERSION ? -ENOTSUP : -EBADMSG;
	if (len != sizeof(*request))
		return -EBADMSG;
	switch (request->type) {
	case WIRE_LISTENER:
		return request->flags & ~WIRE_SCOPED || request->calls >> MPOL_SYS_COUNT ? -EBADMSG
											 : 0;
	case WIRE_UPDATE:
		return request->audit > WIRE_AUDIT_AS_IS || layer_policy_check(&request->policy) < 0
			       ? -EBADMSG
			       : 0;
	case WIRE_AUDIT:
		return request->audit > WIRE_AUDIT_ON ? -EBADMSG : 0;
	case WIRE_REKEY:
		return ticket_key_is_zero(&request->install) ||
				       ticket_key_is_zero(&request->modify) ||
				       ticket_key_equal(&request->install, &request->modify)
			       ? -EBADMSG
			       : 0;
	case WIRE_JOIN:
	case WIRE_QUERY:
	case WIRE_REMOVE:
	case WIRE_PROOF:
	case WIRE_FOLLOW:
		return 0;
	default:
		return -EBADMSG;
	}
}

int wire_reply_check(const void *bytes, size_t len)
{
	const struct wire_reply *reply = bytes;

	if (len != sizeof(*reply) || reply->magic != WIRE_MAGIC || reply->version != WIRE_VERSION)
		return -EBADMSG;
	if (reply->error > 0 || reply->error < -4095)
		return -EBADMSG;
	if (reply->type == WIRE_CHALLENGE)
		return ticket_key_is_zero(&reply->nonce) ? -EBADMSG : 0;
	if (reply->type != WIRE_STATE || reply->state.calls >> MPOL_SYS_COUNT)
		return -EBADMSG;
	/* Of an error that tells nothing the state is left empty. */
	if (reply->error && !reply->state.generation)
		return 0;
	return layer_policy_check(&reply->state.policy) < 0 ? -EBADMSG : 0;
}

void wire_request_init(struct wire_request *request, enum wire_type type)
{
	memset(request, 0, sizeof(*request));
	request->magic = WIRE_MAGIC;
	request->version = WIRE_VERSION;
	request->type = type;
}

void wire_set_audit(struct mpol_rules *rules, __u32 audit)
{
	if (audit == WIRE_AUDIT_ON)
		rules->flags |= MPOL_RULES_AUDIT;
	else if (audit == WIRE_AUDIT_OFF)
		rules->flags &= ~MPOL_RULES_AUDIT;
}

socklen_t wire_address(const __u8 *address, struct sockaddr_un *ret)
{
	static const char digits[] = "0123456789abcdef", prefix[] = "mpolrun-";
	char *to = ret->sun_path + 1; /* the first byte, NUL, makes it abstract */
	size_t i;

	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	memcpy(to, prefix, strlen(prefix));
	to += strlen(prefix);
	for (i = 0; i < 16; i++) {
		*to++ = digits[address[i] >> 4];
		*to++ = digits[address[i] & 15];
	}
	return (socklen_t)(to - (char *)ret);
}

int wire_send(int socket, const void *bytes, size_t len, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = (void *)bytes, .iov_len = len};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	do
		n = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EMSGSIZE;
}

/* The first one; a sender of more loses the others. */
static void take_fds(const struct cmsghdr *header, int *ret)
{
	size_t i, n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (i = 0; i < n; i++) {
		memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
		if (*ret < 0)
			*ret = fd;
		else
			close(fd);
	}
}

static ssize_t receive(int socket, void *bytes, size_t len, int flags, bool fds,
		       struct wire_with *ret)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = {.iov_base = bytes, .iov_len = len};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		/* What comes first are the credentials; for what has no room nothing is opened. */
		.msg_controllen = fds ? sizeof(control) : CMSG_SPACE(sizeof(struct ucred)),
	};
	_cleanup_close_ int fd = -EBADF;
	struct cmsghdr *header;
	struct ucred sender;
	pid_t pid = 0;
	ssize_t n;

	do
		n = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	for (header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
		if (header->cmsg_level != SOL_SOCKET)
			continue;
		if (header->cmsg_type == SCM_RIGHTS) {
			take_fds(header, &fd);
		} else if (header->cmsg_type == SCM_CREDENTIALS &&
			   header->cmsg_len == CMSG_LEN(sizeof(sender))) {
			memcpy(&sender, CMSG_DATA(header), sizeof(sender));
			pid = sender.pid;
		}
	}
	if (message.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	ret->fd = TAKE_FD(fd);
	ret->pid = pid;
	return n;
}

ssize_t wire_receive(int socket, void *bytes, size_t len, int flags, struct wire_with *ret)
{
	return receive(socket, bytes, len, flags, true, ret);
}

ssize_t wire_receive_no_fd(int socket, void *bytes, size_t len, int flags, struct wire_with *ret)
{
	return receive(socket, bytes, len, flags, false, ret);
}
