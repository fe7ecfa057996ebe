/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ticket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int ticket_key_make(struct ticket_key *ret)
{
	struct ticket_key key = {.byte = {0}};
	size_t done = 0;
	ssize_t n;

	while (done < sizeof(key)) {
		n = getrandom(key.byte + done, sizeof(key) - done, 0);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	*ret = key;
	return 0;
}

bool ticket_key_is_zero(const struct ticket_key *key)
{
	static const struct ticket_key zero;

	return ticket_key_equal(key, &zero);
}

bool ticket_key_equal(const struct ticket_key *a, const struct ticket_key *b)
{
	__u8 differ = 0;
	size_t i;

	for (i = 0; i < sizeof(a->byte); i++)
		differ |= a->byte[i] ^ b->byte[i];
	return !differ;
}

static void ticket_init(struct ticket *ticket, enum ticket_kind kind, __u32 rights)
{
	memset(ticket, 0, sizeof(*ticket));
	memcpy(ticket->magic, TICKET_MAGIC, sizeof(ticket->magic));
	ticket->version = TICKET_VERSION;
	ticket->size = sizeof(*ticket);
	ticket->kind = kind;
	ticket->rights = rights;
}

void ticket_of_server(const struct ticket_server *server, const struct ticket_key *install,
		      const struct ticket_key *modify, struct ticket *ret)
{
	ticket_init(ret, TICKET_NOTIFY, TICKET_INSTALL | TICKET_MODIFY);
	ret->install = *install;
	ret->modify = *modify;
	ret->server = *server;
}

void ticket_of_resident(const struct layer_policy *policy, const struct ticket_key *install,
			const struct ticket_key *modify, __u32 owner, struct ticket *ret)
{
	ticket_init(ret, TICKET_RESIDENT, TICKET_INSTALL | TICKET_MODIFY);
	ret->install = *install;
	ret->modify = *modify;
	ret->owner = owner;
	ret->policy = *policy;
}

int ticket_of_policy(const struct policy *policy, bool audit, struct ticket *ret)
{
	struct ticket ticket;
	int r;

	ticket_init(&ticket, TICKET_SECCOMP, TICKET_INSTALL);
	r = ticket_key_make(&ticket.install);
	if (r < 0)
		return r;
	layer_policy_from(policy, &ticket.policy);
	if (audit)
		ticket.policy.rules.flags |= MPOL_RULES_AUDIT;
	*ret = ticket;
	return 0;
}

static bool bytes_are_zero(const void *bytes, size_t len)
{
	const __u8 *byte = bytes;
	size_t i;

	for (i = 0; i < len; i++)
		if (byte[i])
			return false;
	return true;
}

static bool server_is_valid(const struct ticket_server *server)
{
	return !bytes_are_zero(server->address, sizeof(server->address)) && server->pid &&
	       server->pid <= INT32_MAX && !server->zero && server->started;
}

int ticket_decode(const void *bytes, size_t len, struct ticket *ret)
{
	struct ticket ticket;

	if (len < offsetof(struct ticket, kind))
		return -EBADMSG;
	memset(&ticket, 0, sizeof(ticket));
	memcpy(&ticket, bytes, len < sizeof(ticket) ? len : sizeof(ticket));
	if (memcmp(ticket.magic, TICKET_MAGIC, sizeof(ticket.magic)) != 0)
		return -EBADMSG;
	if (ticket.version > TICKET_VERSION)
		return -ENOTSUP;
	if (ticket.version != TICKET_VERSION || len != sizeof(ticket) || ticket.size != len)
		return -EBADMSG;
	if (!ticket.rights || (ticket.rights & ~(__u32)(TICKET_INSTALL | TICKET_MODIFY)) ||
	    !(ticket.rights & TICKET_INSTALL) != ticket_key_is_zero(&ticket.install) ||
	    !(ticket.rights & TICKET_MODIFY) != ticket_key_is_zero(&ticket.modify) ||
	    (ticket.kind == TICKET_RESIDENT) != (ticket.owner != 0) || ticket.zero)
		return -EBADMSG;

	switch (ticket.kind) {
	case TICKET_SECCOMP:
		if (ticket.rights != TICKET_INSTALL || ticket.policy.deciders ||
		    !bytes_are_zero(&ticket.server, sizeof(ticket.server)) ||
		    layer_policy_check(&ticket.policy) < 0)
			return -EBADMSG;
		break;
	case TICKET_RESIDENT:
		if (!ticket.policy.deciders ||
		    !bytes_are_zero(&ticket.server, sizeof(ticket.server)) ||
		    layer_policy_check(&ticket.policy) < 0)
			return -EBADMSG;
		break;
	case TICKET_NOTIFY:
		if (!server_is_valid(&ticket.server) ||
		    !bytes_are_zero(&ticket.policy, sizeof(ticket.policy)))
			return -EBADMSG;
		break;
	default:
		return -EBADMSG;
	}
	*ret = ticket;
	return 0;
}

int ticket_create(const struct ticket *ticket)
{
	_cleanup_close_ int fd = -EBADF;
	ssize_t n;

	/* Kernels before 6.3 do not know NOEXEC_SEAL, and then mind nothing else. */
	fd = memfd_create("mpolrun-ticket", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("mpolrun-ticket", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	n = write(fd, ticket, sizeof(*ticket));
	if (n != (ssize_t)sizeof(*ticket))
		return n < 0 ? -errno : -EIO;
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int ticket_read(int fd, struct ticket *ret)
{
	char bytes[sizeof(struct ticket) + 1];
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	/* A file on tmpfs that is no memfd cannot be sealed any more and says F_SEAL_SEAL alone. */
	if (seals >= 0 && seals != F_SEAL_SEAL && (seals & SEALS) != SEALS)
		return -EPERM;
	n = pread(fd, bytes, sizeof(bytes), 0);
	if (n < 0)
		return errno == EBADF ? -EACCES : -errno;
	return ticket_decode(bytes, (size_t)n, ret);
}

int ticket_narrow(struct ticket *ticket, __u32 rights)
{
	if (!rights || (rights & ~ticket->rights))
		return -EACCES;
	ticket->rights = rights;
	if (!(rights & TICKET_INSTALL))
		memset(&ticket->install, 0, sizeof(ticket->install));
	if (!(rights & TICKET_MODIFY))
		memset(&ticket->modify, 0, sizeof(ticket->modify));
	return 0;
}

bool ticket_is_one(int fd)
{
	char magic[8];

	return pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
	       memcmp(magic, TICKET_MAGIC, sizeof(magic)) == 0;
}
