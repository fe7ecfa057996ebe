/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attached.h"
#include "base/cleanup.h"
#include "cgroups.h"
#include "client.h"
#include "control.h"
#include "pins.h"
#include "report.h"
#include "resident.h"

/* Count the tasks that the iterator pinned at @path finds. */
static int count_by(const char *path, uint32_t *ret)
{
	_cleanup_close_ int link = bpf_obj_get(path), iter = -EBADF;
	char buffer[4096];
	ssize_t n, i;
	uint32_t count = 0;

	if (link < 0)
		return link;
	iter = bpf_iter_create(link);
	if (iter < 0)
		return iter;
	while ((n = read(iter, buffer, sizeof(buffer))) > 0)
		for (i = 0; i < n; i++)
			count += buffer[i] == '\n';
	if (n < 0)
		return -errno;
	*ret = count;
	return 0;
}

static int count_of_generation(const char *name, void *data)
{
	char path[PINS_PATH_MAX + 256];
	int r;

	(void)snprintf(path, sizeof(path), PINS_TOP "/%s/resident_members", name);
	r = count_by(path, data);
	return r < 0 ? r : 1;
}

/* -ENOENT: no generation is pinned. */
static int count_members(uint32_t *ret)
{
	int r = pins_each_generation(count_of_generation, ret);

	return r < 0 ? r : r == 0 ? -ENOENT : 0;
}

static int remove_generation(const char *name, void *data)
{
	(void)data;
	return pins_remove(name);
}

int resident_unload(bool force, size_t *ret_members, struct fault *fault)
{
	_cleanup_close_ int lock = -EBADF;
	_cleanup_(control_unmap) struct resident_control *control = NULL;
	uint32_t members = 0, attached;
	int r;

	if (geteuid() != 0)
		return fault_set(fault, -EPERM, "only root can unload the resident");
	r = pins_open(PINS_LOCK, &lock, fault);
	if (r == -ENOENT)
		return fault_set(fault, -ENOENT, "no resident is loaded");
	if (r < 0)
		return r;
	r = control_map(&control, fault);
	if (r < 0 && r != -ENOENT)
		return r;

	/* Nobody joins from here on; then whoever is there is there. */
	if (control)
		control->frozen = RESIDENT_FROZEN;
	r = count_members(&members);
	if (r == 0 && members && !force) {
		if (control)
			control->frozen = RESIDENT_ANSWERS;
		*ret_members = members;
		fault_hint(fault, "end them first, or use --force and leave them free");
		return fault_set(fault, -EBUSY, "%u tasks are under a layer of the resident",
				 members);
	}
	if (r == 0 && !force && resident_attached(&attached) == 0 && attached) {
		if (control)
			control->frozen = RESIDENT_ANSWERS;
		fault_hint(fault, "detach them first (mpolrun layer detach), or use --force");
		return fault_set(fault, -EBUSY, "layers are attached to cgroups, %u in all",
				 attached);
	}
	if (control)
		control->frozen = RESIDENT_GONE;
	r = cgroups_remove();
	if (r == 0)
		r = pins_each_generation(remove_generation, NULL);
	if (r == 0)
		r = pins_remove("maps");
	if (r == 0 && rmdir(PINS_TOP) < 0)
		r = -errno;
	if (r < 0)
		return fault_set(fault, r, "cannot remove what is pinned in " PINS_TOP ": %s",
				 strerror(-r));
	*ret_members = members;
	return 0;
}

struct collect {
	struct resident_status *status;
	const char *generation;
};

static int collect_program(const char *name, const char *path, void *data)
{
	_cleanup_close_ int link = bpf_obj_get(path), program = -EBADF;
	struct resident_status *status = ((struct collect *)data)->status;
	struct bpf_link_info link_info = {.type = 0};
	struct bpf_prog_info info = {.type = 0};
	__u32 size = sizeof(link_info);
	size_t i = status->n_attached;

	if (link < 0 || i == RESIDENT_ATTACHED_MAX ||
	    bpf_obj_get_info_by_fd(link, &link_info, &size) < 0)
		return 0;
	program = bpf_prog_get_fd_by_id(link_info.prog_id);
	size = sizeof(info);
	if (program < 0 || bpf_obj_get_info_by_fd(program, &info, &size) < 0)
		return 0;
	(void)snprintf(status->attached[i].name, sizeof(status->attached[i].name), "%s", name);
	(void)snprintf(status->attached[i].generation, sizeof(status->attached[i].generation), "%s",
		       ((struct collect *)data)->generation);
	status->attached[i].skippable = info.type == BPF_PROG_TYPE_TRACING;
	status->attached[i].misses = info.recursion_misses;
	status->n_attached++;
	return 0;
}

static int collect_generation(const char *name, void *data)
{
	struct collect collect = {data, name};

	return pins_each(name, collect_program, &collect);
}

int resident_status(struct resident_status *ret, struct fault *fault)
{
	_cleanup_close_ int top = -EBADF;
	_cleanup_(control_unmap) struct resident_control *control = NULL;
	struct resident_status status = {.programs = 0};
	int r;

	if (geteuid() != 0)
		return fault_set(fault, -EPERM,
				 "only root can look at the resident; mpolrun doctor "
				 "says whether it answers");
	r = pins_open(PINS_LOOK, &top, fault);
	if (r < 0)
		return r;
	r = control_map(&control, fault);
	if (r < 0)
		return r;
	status.control = *control;
	status.hello = resident_hello(&status.programs);
	(void)count_members(&status.members_seen);
	(void)report_read(&status.report);
	(void)pins_each_generation(collect_generation, &status);
	*ret = status;
	return 0;
}
