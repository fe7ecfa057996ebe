/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is under a layer, and holds a memory policy of before that it would refuse now. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cgroup/place.h"
#include "cgroup/tasks.h"
#include "layer/client.h"
#include "lib.h"
#include "resident/attached.h"

#define MEMBERS_MAX 4096

struct look {
	const struct mpol_rules *rules;
	struct cgroup_processes found;
};

/* One that is gone, or that is not mounted here, has nobody that we could look at. */
static int add_cgroup(uint64_t id, void *data)
{
	struct look *look = data;
	_cleanup_close_ int fd = -EBADF;
	char path[PATH_MAX];
	int r = cgroup_path_of_id(id, path, sizeof(path));

	if (r == 0) {
		fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = fd < 0 ? -errno : cgroup_processes_add(fd, look->rules, &look->found);
	}
	if (r < 0 && r != -ENOENT && r != -ENODEV)
		look->found.n_unseen++;
	return r == -ENOMEM ? r : 0;
}

/* Where it is attached only root sees; whoever else asks is told of members alone. */
static int look_at_cgroups(const struct ticket *ticket, struct look *look)
{
	struct resident_key key;
	int r;

	if (ticket->kind != TICKET_RESIDENT || !(ticket->rights & TICKET_INSTALL))
		return 0;
	memcpy(&key, &ticket->install, sizeof(key));
	r = resident_cgroups(&key, add_cgroup, look);
	return r == -ENOMEM ? r : 0;
}

static int look_at_members(const struct ticket *ticket, struct layer_state *state,
			   struct look *look)
{
	_cleanup_free_ pid_t *pids = calloc(MEMBERS_MAX, sizeof(*pids));
	size_t n = 0, i;
	int r;

	if (!pids)
		return -ENOMEM;
	r = layer_processes(ticket, state, pids, MEMBERS_MAX, &n);
	look->rules = &state->policy.rules;
	if (r == -ENOTSUP) {
		look->found.n_unseen += state->members;
		return 0;
	}
	for (i = 0; r == 0 && i < n && i < MEMBERS_MAX; i++)
		r = cgroup_processes_add_pid(pids[i], look->rules, &look->found);
	look->found.n_unseen += n > MEMBERS_MAX ? n - MEMBERS_MAX : 0;
	return r;
}

static int write_found(const struct cgroup_processes *found, char **ret)
{
	struct json_object *object = json_object_new_object(), *array = json_object_new_array();
	struct json_object *row;
	size_t i;

	json_add_number(object, "version", 1);
	for (i = 0; i < found->n; i++) {
		if (!found->process[i].bound[0])
			continue;
		row = json_object_new_object();
		json_add_number(row, "pid", found->process[i].pid);
		json_add_text(row, "name", found->process[i].name);
		json_add_text(row, "bound", found->process[i].bound);
		json_object_array_add(array, row);
	}
	json_object_object_add(object, "processes", array);
	json_add_number(object, "not-looked-at", (int64_t)found->n_unseen);
	return json_write(object, ret);
}

int mpol_layer_bound_json(int layer, char **ret_json)
{
	struct look look = {.found = {.n = 0}};
	struct layer_state state;
	struct ticket ticket;
	int r;

	r = ticket_read(layer, &ticket);
	if (r == 0)
		r = look_at_members(&ticket, &state, &look);
	if (r == 0)
		r = look_at_cgroups(&ticket, &look);
	if (r == 0)
		r = write_found(&look.found, ret_json);
	cgroup_processes_done(&look.found);
	return r;
}
