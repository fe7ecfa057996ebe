/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pages.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PAGES_ALL (1u << 20) /* 0.2 s */
#define PAGES_BEHIND 256

/* A readable fd of the same file; also of an O_PATH or write-only one, where /proc is mounted. */
static int open_again(int fd, bool folder)
{
	char path[64];
	int again;

	if (folder)
		again = openat(fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	else {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		again = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	return again < 0 ? -errno : again;
}

int pages_find_policy(int fd, bool (*refuses)(const struct start_policy *, const void *),
		      const void *data, struct start_policy *ret)
{
	_cleanup_close_ int again = -EBADF;
	struct statfs fs;
	struct stat st;
	size_t page, length, pages, step, i;
	char *map;
	int r = 0;

	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	again = open_again(fd, S_ISDIR(st.st_mode));
	if (again < 0)
		return again;

	page = (size_t)fs.f_bsize; /* of hugetlbfs: the huge page */
	pages = S_ISDIR(st.st_mode) ? 0 : ((size_t)st.st_size + page - 1) / page;
	step = pages > PAGES_ALL ? pages / PAGES_ALL : 1;
	pages += PAGES_BEHIND;
	length = pages * page;
	map = mmap(NULL, length, PROT_NONE, MAP_SHARED | MAP_NORESERVE, again, 0);
	if (map == MAP_FAILED)
		return -errno;

	for (i = 0; i < pages; i += step) {
		struct start_policy found = {.set = true};
		int mode;

		if (syscall(SYS_get_mempolicy, &mode, found.nodes, MPOL_NODES_MAX + 1,
			    map + i * page, MPOL_F_ADDR) < 0) {
			r = -errno;
			break;
		}
		found.mode = (uint32_t)mode;
		if (found.mode != MPOL_DEFAULT && refuses(&found, data)) {
			*ret = found;
			r = 1;
			break;
		}
	}
	munmap(map, length);
	return r;
}
