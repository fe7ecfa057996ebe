/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pins.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"

#ifndef BPF_FS_MAGIC
#define BPF_FS_MAGIC 0xcafe4a11
#endif

#define BPFFS "/sys/fs/bpf"

#define PROGRAMS_MAX 128 /* of a generation, and more than it has */
#define LOOK_US 10000
#define LOOKS_MAX 1000 /* ten seconds, for all */

int pins_open(enum pins_use use, int *ret, struct fault *fault)
{
	_cleanup_close_ int fd = -EBADF;
	struct statfs fs;
	struct stat st;

	if (statfs(BPFFS, &fs) < 0 || (unsigned long)fs.f_type != BPF_FS_MAGIC) {
		fault_hint(fault, "mount -t bpf -o mode=700 bpf " BPFFS);
		return fault_set(fault, -ENOTSUP, "no bpf file system at " BPFFS);
	}
	if (use == PINS_MAKE && mkdir(PINS_TOP, 0700) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "cannot make " PINS_TOP ": %s", strerror(errno));
	fd = open(PINS_TOP, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ENOENT
				       : fault_set(fault, -errno, "cannot open " PINS_TOP ": %s",
						   strerror(errno));
	if (fstat(fd, &st) < 0)
		return fault_set(fault, -errno, PINS_TOP ": %s", strerror(errno));
	if (st.st_uid != 0 || (st.st_mode & 077))
		return fault_set(fault, -EPERM, PINS_TOP " is not root's alone (mode %03o)",
				 (unsigned int)st.st_mode & 0777);
	if (use != PINS_LOOK && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return fault_set(fault, -EBUSY, "the resident is being loaded or unloaded");
	*ret = TAKE_FD(fd);
	return 0;
}

int pins_each_generation(int (*f)(const char *name, void *data), void *data)
{
	_cleanup_closedir_ DIR *dir = opendir(PINS_TOP);
	struct dirent *entry;
	int r;

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir)))
		if (strncmp(entry->d_name, PINS_PROGRAMS, strlen(PINS_PROGRAMS)) == 0) {
			r = f(entry->d_name, data);
			if (r)
				return r;
		}
	return 0;
}

int pins_each(const char *folder, int (*f)(const char *name, const char *path, void *data),
	      void *data)
{
	_cleanup_closedir_ DIR *dir = NULL;
	char path[PINS_PATH_MAX + 256];
	struct dirent *entry;
	int r;

	(void)snprintf(path, sizeof(path), PINS_TOP "/%s", folder);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), PINS_TOP "/%s/%s", folder, entry->d_name);
		r = f(entry->d_name, path, data);
		if (r)
			return r;
	}
	return 0;
}

static int remove_pin(const char *name, const char *path, void *data)
{
	(void)name;
	(void)data;
	return unlink(path) < 0 ? -errno : 0;
}

int pins_remove(const char *folder)
{
	char path[PINS_PATH_MAX];
	int r = pins_each(folder, remove_pin, NULL);

	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), PINS_TOP "/%s", folder);
	return rmdir(path) < 0 && errno != ENOENT ? -errno : 0;
}

struct programs {
	__u32 id[PROGRAMS_MAX];
	size_t n;
};

static int note_program(const char *name, const char *path, void *data)
{
	_cleanup_close_ int link = bpf_obj_get(path);
	struct programs *programs = data;
	struct bpf_link_info info;
	__u32 size = sizeof(info);

	(void)name;
	memset(&info, 0, sizeof(info));
	if (link >= 0 && programs->n < PROGRAMS_MAX &&
	    bpf_obj_get_info_by_fd(link, &info, &size) == 0)
		programs->id[programs->n++] = info.prog_id;
	return 0;
}

int pins_let_go(const char *generation)
{
	struct programs programs = {.n = 0};
	unsigned int looks = 0;
	size_t i;
	int fd, r;

	(void)pins_each(generation, note_program, &programs);
	r = pins_remove(generation);
	if (r < 0)
		return r;
	/* A link's number is gone before its program is detached; the program's is afterwards. */
	for (i = 0; i < programs.n; i++)
		while (looks++ < LOOKS_MAX && (fd = bpf_prog_get_fd_by_id(programs.id[i])) >= 0) {
			(void)close(fd);
			(void)usleep(LOOK_US);
		}
	return 0;
}
