/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scope.h"

#include <errno.h>
#include <linux/landlock.h>
#include <linux/types.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Headers before 6.12 lack these. */
#define ABI_OF_SCOPES 6
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

struct ruleset {
	__u64 handled_access_fs, handled_access_net, scoped;
};

bool scope_is_there(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >=
	       ABI_OF_SCOPES;
}

/* A socket that listens at an abstract address, which the kernel chooses. */
static int open_outside(struct sockaddr_un *ret, socklen_t *ret_len)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	*ret_len = sizeof(*ret);
	if (bind(fd, (struct sockaddr *)ret, sizeof(ret->sun_family)) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)ret, ret_len) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static bool is_out_of_reach(const struct sockaddr_un *address, socklen_t len)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)address, len) < 0 && errno == EPERM;
}

/* Tried, and not believed: a filter above may answer with a false success. */
int scope_enter(void)
{
	const struct ruleset ruleset = {.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL};
	_cleanup_close_ int fd = -EBADF, outside = -EBADF;
	struct sockaddr_un address;
	socklen_t len;

	if (!scope_is_there())
		return -EOPNOTSUPP;
	outside = open_outside(&address, &len);
	if (outside < 0)
		return outside;
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);
	if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return -errno;
	return is_out_of_reach(&address, len) ? 0 : -EPROTO;
}
