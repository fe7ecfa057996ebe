/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

static int open_fd(const char *number, struct log_target *target, struct fault *fault)
{
	uint32_t fd;
	int mode;

	if (text_to_u32(number, INT32_MAX, &fd) < 0)
		return fault_set(fault, -EINVAL,
				 "--log: '%s' is not the number of a file descriptor", number);
	mode = fcntl((int)fd, F_GETFL);
	if (mode < 0 || (mode & O_PATH) || (mode & O_ACCMODE) == O_RDONLY)
		return fault_set(fault, -EBADF, "--log: file descriptor %u is not open for writing",
				 fd);
	/* The command must not find a standard one closed; any other is ours. */
	if (fd > STDERR_FILENO && fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
		return fault_set(fault, -errno, "--log fd:%u: %m", fd);
	target->fd = (int)fd;
	return 0;
}

static int open_journal(struct log_target *target, struct fault *fault)
{
	static const struct sockaddr_un address = {.sun_family = AF_UNIX,
						   .sun_path = "/run/systemd/journal/socket"};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fault_set(fault, -errno, "--log journal: %m");
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		fault_hint(fault, "systemd-journald is not there; --log FILE is always");
		return fault_set(fault, -errno, "--log journal: cannot connect to %s: %m",
				 address.sun_path);
	}
	target->kind = LOG_JOURNAL;
	target->fd = TAKE_FD(fd);
	return 0;
}

static int open_file(const char *path, bool privileged, struct log_target *target,
		     struct fault *fault)
{
	if (privileged) {
		fault_hint(fault, "open it yourself and say --log fd:N");
		return fault_set(fault, -EPERM,
				 "--log: mpolrun has more privileges than you, and opens no file");
	}
	/* Non-blocking, for a fifo; what is written waits for nobody anyway. */
	target->fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (target->fd < 0 && errno == ENXIO)
		return fault_set(fault, -ENXIO, "--log: nobody reads the fifo '%s'", path);
	if (target->fd < 0)
		return fault_set(fault, -errno, "--log: cannot open '%s': %m", path);
	return 0;
}

int log_target_open(const char *where, enum log_format format, bool privileged,
		    struct log_target *ret, struct fault *fault)
{
	struct log_target target = {.kind = LOG_LINES, .format = format, .fd = -EBADF};
	int r = 0;

	if (strcmp(where, "stderr") == 0)
		r = open_fd("2", &target, fault);
	else if (strncmp(where, "fd:", 3) == 0)
		r = open_fd(where + 3, &target, fault);
	else if (strcmp(where, "journal") == 0)
		r = open_journal(&target, fault);
	else if (strcmp(where, "audit") == 0)
		target.kind = LOG_KERNEL;
	else
		r = open_file(where, privileged, &target, fault);
	if (r < 0)
		return r;
	*ret = target;
	return 0;
}
