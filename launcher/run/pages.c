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
#include "base/proc.h"

#define PAGES_BEHIND 256
#define WINDOW (64u << 20)

#ifndef HUGETLBFS_MAGIC
#define HUGETLBFS_MAGIC 0x958458f6
#endif

static bool same_file(int fd, int other)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstat(other, &b) == 0 && proc_same_file(&a, &b);
}

/*
 * Something to map. The fd itself where it can be mapped: no name is looked up, so none can be
 * missing. A folder gives a file without a name, and an O_PATH or write-only fd is opened again.
 */
static int mappable(int fd, bool folder, int *ret_owned)
{
	char path[64];
	void *map;
	int again;

	if (folder) {
		again = openat(fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	} else {
		map = mmap(NULL, 1, PROT_NONE, MAP_SHARED | MAP_NORESERVE, fd, 0);
		if (map != MAP_FAILED) {
			munmap(map, 1);
			return fd;
		}
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		again = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	if (again < 0)
		return -errno;
	*ret_owned = again;
	return folder || same_file(fd, again) ? again : -ESTALE;
}

/* A part of the file that is mapped now: a whole one may be larger than the address space. */
struct window {
	char *map;
	size_t length;
	uint64_t first, pages; /* in pages of the file */
};

static void window_done(struct window *window)
{
	if (window->map)
		munmap(window->map, window->length);
	window->map = NULL;
}

static int window_move(struct window *window, int fd, uint64_t first, uint64_t pages, size_t page)
{
	void *map;

	window_done(window);
	if (first > INT64_MAX / page - pages)
		return -EOVERFLOW;
	map = mmap(NULL, pages * page, PROT_NONE, MAP_SHARED | MAP_NORESERVE, fd,
		   (off_t)(first * page));
	if (map == MAP_FAILED)
		return -errno;
	*window = (struct window){map, pages * page, first, pages};
	return 0;
}

int pages_find_policy(int fd, uint64_t most,
		      bool (*refuses)(const struct start_policy *, const void *), const void *data,
		      struct start_policy *ret)
{
	_cleanup_(window_done) struct window window = {NULL};
	_cleanup_close_ int owned = -EBADF;
	uint64_t pages, step, i;
	struct statfs fs;
	struct stat st;
	size_t page;
	int r;

	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	fd = mappable(fd, S_ISDIR(st.st_mode), &owned);
	if (fd < 0)
		return fd;

	page = fs.f_type == HUGETLBFS_MAGIC ? (size_t)fs.f_bsize : (size_t)sysconf(_SC_PAGESIZE);
	pages = S_ISDIR(st.st_mode) ? 0 : (uint64_t)st.st_size / page + 1;
	step = pages > most ? pages / most : 1;
	pages += PAGES_BEHIND;
	for (i = 0; i < pages; i += step) {
		struct start_policy found = {.set = true};
		int mode = -1;

		if (!window.map || i >= window.first + window.pages) {
			uint64_t room = step > WINDOW / page ? 1 : WINDOW / page;

			r = window_move(&window, fd, i, room ? room : 1, page);
			if (r < 0)
				return r;
		}
		if (syscall(SYS_get_mempolicy, &mode, found.nodes, MPOL_NODES_MAX + 1,
			    window.map + (i - window.first) * page, MPOL_F_ADDR) < 0 ||
		    mode == -1) /* a false success of a filter above */
			return -EOPNOTSUPP;
		found.mode = (uint32_t)mode;
		if (found.mode != MPOL_DEFAULT && refuses(&found, data)) {
			*ret = found;
			return 1;
		}
	}
	return 0;
}
