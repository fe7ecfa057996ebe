/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroups.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "anchor.h"
#include "base/cleanup.h"
#include "pins.h"

/* What the kernel encodes a folder of a kernfs by: FILEID_KERNFS (5.5 and later). */
#define KERNFS_HANDLE 0xfe

bool cgroups_are_served(void)
{
	return access(PINS_CGROUP, F_OK) == 0;
}

bool cgroups_are_ready(void)
{
	const struct attach_program *program;

	for (program = attach_programs; program->hook; program++)
		if (anchor_is_kept(program))
			return true;
	return false;
}

int cgroups_pin(const struct attach_program *program, int fd)
{
	int r = 0;

	if (fd < 0 || anchor_is_kept(program))
		r = anchor_keep(program, fd);
	if (r == 0 && fd >= 0 && mkdir(PINS_CGROUP, 0700) < 0 && errno != EEXIST)
		r = -errno;
	return r < 0 ? r : anchor_pin(program->hook, fd);
}

static int open_by_id(int top, uint64_t id)
{
	struct {
		struct file_handle handle;
		uint64_t id;
	} handle = {.handle = {.handle_bytes = sizeof(id), .handle_type = KERNFS_HANDLE}};
	int fd;

	memcpy(handle.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(top, &handle.handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Call @f for every cgroup that the resident knows, by its id and its folder, or -errno. */
static void each_cgroup(void (*f)(uint64_t id, int fd))
{
	_cleanup_close_ int map = bpf_obj_get(PINS_MAPS "/cgroups"), top = anchor_open_top();
	__u64 *from = NULL, id, last;

	while (map >= 0 && bpf_map_get_next_key(map, from, &id) == 0) {
		_cleanup_close_ int fd = top < 0 ? top : open_by_id(top, id);

		f(id, fd);
		last = id;
		from = &last;
	}
}

static void replace(uint64_t id, int fd)
{
	(void)id;
	if (fd >= 0)
		(void)resident_attach_again(fd);
}

void cgroups_replace(void)
{
	each_cgroup(replace);
}

static void forget(uint64_t id, int fd)
{
	const struct resident_storage none = {.n = 0};
	_cleanup_close_ int storage = bpf_obj_get(PINS_MAPS "/cgroup_layers");

	/* Where its folder cannot be reached, its programs stay, and know of nothing. */
	if (storage >= 0)
		(void)bpf_map_update_elem(storage, &id, &none, BPF_EXIST);
	if (fd >= 0)
		attach_forget(fd);
}

int cgroups_remove(void)
{
	int r;

	each_cgroup(forget);
	r = pins_remove(PINS_CGROUP_NAME);
	anchor_remove();
	return r;
}
