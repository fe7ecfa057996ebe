/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "cleanup.h"

#define PROC_ROOT_INO 1 /* read: include/linux/proc_fs.h, the same on every kernel */

int proc_open_self(const char *name, int flags)
{
	_cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_NO_XDEV};
	struct statfs fs;
	struct stat st;
	char path[64] = "self/";
	int fd;

	if (proc < 0 || fstatfs(proc, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC ||
	    fstat(proc, &st) < 0 || st.st_ino != PROC_ROOT_INO)
		return -ENXIO;
	strncat(path, name, sizeof(path) - strlen(path) - 1);
	fd = (int)syscall(SYS_openat2, proc, path, &how, sizeof(how));
	if (fd >= 0)
		return fd;
	if (errno != ENOSYS && errno != EPERM)
		return -errno;
	fd = openat(proc, path, flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC) {
		close(fd);
		return -EXDEV;
	}
	return fd;
}

int proc_fopen_self(const char *name, FILE **ret)
{
	_cleanup_close_ int fd = proc_open_self(name, O_RDONLY);
	FILE *f;

	if (fd < 0)
		return fd;
	f = fdopen(fd, "r");
	if (!f)
		return -errno;
	(void)TAKE_FD(fd); /* fclose() closes it */
	*ret = f;
	return 0;
}
