/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file or a segment that somebody outside bound, received, opened or attached: no call of ours
 * sets a policy. And io_uring_setup(2), which has no operation that does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "oracle.h"
#include "outside.h"
#include "route.h"

#define PAGE 4096ul

enum way {
	WAY_MAP_SHARED,
	WAY_MAP_PRIVATE,
	WAY_WRITE,
	WAY_FALLOCATE
};

/* Put a page into the file by one of the ways that need no permission but the fd's. */
static int place_page(int fd, enum way way, off_t at, void **ret_page)
{
	static const char byte[1] = {1};
	int flags = way == WAY_MAP_PRIVATE ? MAP_PRIVATE : MAP_SHARED;

	if (way == WAY_WRITE && pwrite(fd, byte, 1, at) != 1)
		return -errno;
	if (way == WAY_FALLOCATE && fallocate(fd, 0, at, PAGE))
		return -errno;
	*ret_page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, flags, fd, at);
	return *ret_page == MAP_FAILED ? -errno : 0;
}

static void use_fd(int fd, enum way way, struct outcome *out)
{
	struct seen seen = {-1, -1, -1};
	void *page = NULL;
	bool bound = false;
	int err;

	if (fd == -ENOENT)
		outcome_absent(out, ENOENT, "nobody outside has a bound file");
	else if (fd < 0)
		outcome_judge(out, fd, false);
	if (fd < 0)
		return;
	/* Pages of their own for each way; the file is shared between the routes. */
	err = place_page(fd, way, way * PAGE, &page);
	if (!err) {
		seen = oracle_look(page, way == WAY_MAP_SHARED || way == WAY_MAP_PRIVATE);
		bound = seen.mode == MODE_BIND;
	}
	snprintf(out->note, sizeof(out->note), "%s", seen_text(&seen));
	outcome_judge(out, err, bound);
}

void passed_fd(const struct route *route, struct outcome *out)
{
	use_fd(outside_receive(OUTSIDE_MEMFD), route->arg[0], out);
}

/* Left open across the launch. */
void inherited_fd(const struct route *route, struct outcome *out)
{
	use_fd(outside_inherited(), route->arg[0], out);
}

void opened_file(const struct route *route, struct outcome *out)
{
	use_fd(outside_open(), route->arg[0], out);
}

/* A new file on a mount that binds, which was there before the launch. */
void created_file(const struct route *route, struct outcome *out)
{
	const char *folder = getenv("BYPASS_BOUND_MOUNT");
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/file-%d", folder ? folder : "/nowhere", getpid());
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	fd = fd < 0 ? -errno : fd;
	unlink(path);
	if (fd >= 0 && ftruncate(fd, 16 * PAGE))
		fd = -errno;
	use_fd(fd, route->arg[0], out);
}

void attached_segment(const struct route *route, struct outcome *out)
{
	void *area = outside_attach();
	struct seen seen;

	(void)route;
	if (!area && errno == ENOENT)
		outcome_absent(out, ENOENT, "nobody outside has a bound segment");
	else if (!area)
		outcome_judge(out, -errno, false);
	if (!area)
		return;
	seen = oracle_look(area, true);
	snprintf(out->note, sizeof(out->note), "%s", seen_text(&seen));
	outcome_judge(out, 0, seen.mode == MODE_BIND);
}

void uring_setup(const struct route *route, struct outcome *out)
{
	void *params = low_alloc(PAGE);
	unsigned long args[6] = {4, (uintptr_t)params};
	long ret;

	if (!params) {
		outcome_absent(out, ENOMEM, "mmap");
		return;
	}
	ret = abi_call(route->abi, CALL_IO_URING_SETUP, args);
	outcome_judge(out, ret, ret >= 0);
}
