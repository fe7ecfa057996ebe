/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"

/* /proc/PID/NAME, which is small, ended by NUL: its length or -errno. */
static ssize_t read_file(pid_t pid, const char *name, char *buf, size_t size)
{
	_cleanup_close_ int fd = -EBADF;
	char path[64];
	size_t done = 0;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ENOENT : -EIO;
	while (done < size - 1) {
		n = read(fd, buf + done, size - 1 - done);
		if (n < 0)
			return errno == ESRCH ? -ENOENT : -EIO;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	buf[done] = '\0';
	return (ssize_t)done;
}

int process_started(pid_t pid, uint64_t *ret)
{
	char text[1024], *at;
	uint64_t started;
	ssize_t n;
	int field;

	n = read_file(pid, "stat", text, sizeof(text));
	if (n < 0)
		return (int)n;
	/* The name, in parentheses, may hold anything; the third field follows the last of them. */
	at = strrchr(text, ')');
	if (at && (at[1] != ' ' || strchr("ZXx", at[2])))
		return -ENOENT; /* it has ended, and its parent has not looked yet */
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, " %" SCNu64, &started) != 1 || !started)
		return -EIO;
	*ret = started;
	return 0;
}

int process_filters(pid_t pid, uint32_t *ret)
{
	char text[8192], *at;
	unsigned int mode;
	uint32_t count;
	ssize_t n;

	n = read_file(pid, "status", text, sizeof(text));
	if (n < 0)
		return (int)n;
	/* Name: is the first line and has no newline in it, so no name looks like these. */
	at = strstr(text, "\nSeccomp:");
	if (!at || sscanf(at, " Seccomp: %u", &mode) != 1)
		return -EIO;
	if (mode == 0) {
		*ret = 0;
		return 0;
	}
	at = strstr(text, "\nSeccomp_filters:");
	if (!at || sscanf(at, " Seccomp_filters: %" SCNu32, &count) != 1)
		count = UINT32_MAX;
	*ret = count;
	return 0;
}

int process_look(pid_t pid, struct process *ret)
{
	struct process process = {.pid = pid};
	char text[1024], *at;
	int r;

	r = process_started(pid, &process.started);
	if (r == 0)
		r = process_filters(pid, &process.filters);
	if (r < 0)
		return r;
	r = (int)read_file(pid, "stat", text, sizeof(text));
	if (r < 0)
		return r;
	at = strrchr(text, ')');
	if (!at || sscanf(at, ") %*c %d %*d %d", &process.parent, &process.session) != 2)
		return -EIO;
	*ret = process;
	return 0;
}
