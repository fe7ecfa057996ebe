/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers and the cgroups that they are attached to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cgroup/place.h"
#include "cgroup/tasks.h"
#include "layer/client.h"
#include "layer/layer_resident.h"
#include "lib.h"

static const char *error_text(int r)
{
	switch (r) {
	case -EPERM:
		return "only root can, with CAP_SYS_ADMIN on the host, from outside of all layers";
	case -EEXIST:
		return "it is attached there already";
	case -E2BIG:
		return "16 layers are attached there already";
	case -ENOSPC:
		return "layers are attached to as many cgroups as the resident has room for";
	case -ESTALE:
		return "the cgroup was removed";
	case -EBUSY:
		return "the cgroup's own programs decide there, which only /sys/fs/bpf leads to";
	case -ERANGE:
		return "it is the root cgroup, or has more than 30 others above it";
	case -ENOENT:
		return "it is not attached there";
	case -EPROTO:
	case -EBADMSG:
		return "the resident is of another release: mpolrun resident load";
	case -ENODEV:
		return "no resident is loaded: mpolrun resident load";
	default:
		return mpol_strerror(r);
	}
}

/* "modes, nodes" of @groups. */
static void groups_text(uint32_t groups, char *buf, size_t size)
{
	size_t length = 0;
	int group;

	buf[0] = '\0';
	for (group = 0; group < GROUP_COUNT && length < size; group++)
		if (groups & GROUP_BIT(group))
			length += (size_t)snprintf(buf + length, size - length, "%s%s",
						   length ? ", " : "", keywords[group].name);
}

/* What of the layer holds for cgroups; one that was made for launches alone cannot be attached. */
static int look(int layer, struct ticket *ticket, struct layer_state *state, struct fault *fault)
{
	char text[256];
	int r;

	r = ticket_read(layer, ticket);
	if (r < 0)
		return fault_set(fault, r, "it is no ticket of a layer: %s", strerror(-r));
	if (!(ticket->rights & TICKET_INSTALL))
		return fault_set(fault, -EACCES, "%s", mpol_strerror(-EACCES));
	if (ticket->kind == TICKET_SECCOMP)
		return fault_set(fault, -EOPNOTSUPP,
				 "a static layer holds those alone that enter it");
	r = layer_query(ticket, state);
	if (r < 0)
		return fault_set(fault, r, "%s", mpol_strerror(r));
	if (ticket->kind == TICKET_RESIDENT)
		return 0;
	fault_hint(fault, "make a layer of what can: mpolrun layer create NAME -p ... --mechanism "
			  "lsm,fmod_ret --best-effort RULE,...");
	groups_text(layer_policy_restricted(&state->policy.rules) & ~state->policy.by_resident,
		    text, sizeof(text));
	return fault_set(fault, -EOPNOTSUPP,
			 "no program in this kernel can hold %s for processes that mpolrun did "
			 "not start",
			 text);
}

static void count(const struct cgroup_processes *found, int error, struct mpol_attach *ret)
{
	size_t i;

	*ret = (struct mpol_attach){.size = sizeof(*ret)};
	ret->processes = (uint32_t)found->n;
	ret->unseen = (uint32_t)found->n_unseen + (error < 0);
	for (i = 0; i < found->n; i++) {
		ret->bound += found->process[i].bound[0] != '\0';
		ret->leaving += found->process[i].leaves[0] != '\0';
	}
}

/* What the layer refuses, and nothing here can hold for whom mpolrun did not start; or NULL. */
static const char *unheld_text(const struct layer_state *state, char *buf, size_t size)
{
	groups_text(layer_policy_restricted(&state->policy.rules) & ~state->policy.by_resident, buf,
		    size);
	return buf[0] ? buf : NULL;
}

static struct json_object *report(const struct cgroup_folder *folder,
				  const struct layer_state *state,
				  const struct attach_report *attached,
				  const struct cgroup_processes *found, int error)
{
	const struct attach_program *program;
	char text[256];
	struct json_object *object = json_object_new_object(), *array, *row;
	size_t i;

	json_add_number(object, "version", 1);
	json_add_text(object, "cgroup", folder->path);
	array = json_object_new_array();
	for (i = 0; i < found->n; i++) {
		row = json_object_new_object();
		json_add_number(row, "pid", found->process[i].pid);
		json_add_text(row, "name", found->process[i].name);
		json_add_text(row, "bound", found->process[i].bound);
		json_add_text(row, "leaves", found->process[i].leaves);
		json_object_array_add(array, row);
	}
	json_object_object_add(object, "processes", array);
	array = json_object_new_array();
	for (program = attach_programs; program->hook; program++)
		if (attached->programs & program->program)
			json_object_array_add(array, json_object_new_string(program->hook));
	json_object_object_add(object, "own-programs", array);
	json_add_text(object, "no-own-programs",
		      attached->why ? attach_why_text(attached->why) : NULL);
	json_add_text(object, "not-held", unheld_text(state, text, sizeof(text)));
	json_add_number(object, "not-looked-at", (int64_t)found->n_unseen);
	json_add_text(object, "error", error < 0 ? strerror(-error) : NULL);
	return object;
}

static int detach(const struct ticket *ticket, const struct cgroup_folder *folder)
{
	int r = layer_resident_detach(ticket, folder->fd);

	/* A cgroup that was removed has nothing attached to it. */
	return r == -ENOENT || r == -ESTALE ? 0 : r;
}

/* @fault says why it was not to be attached. */
static int say_stays(int r, struct fault *fault)
{
	char why[sizeof(fault->what)];

	memcpy(why, fault->what, sizeof(why));
	return fault_set(fault, r, "%.120s, and the layer cannot be detached: %s", why,
			 error_text(r));
}

/*
 * Attached first and looked at then: who sets a policy meanwhile is refused, or is seen. So what is
 * refused for the sake of MPOL_ATTACH_CLEAN was under the layer for a moment.
 */
static int attach(const struct ticket *ticket, const struct layer_state *state,
		  const struct cgroup_folder *folder, uint32_t flags, struct mpol_attach *ret,
		  char **ret_json, struct fault *fault)
{
	_cleanup_(cgroup_processes_done) struct cgroup_processes found = {.n = 0};
	struct attach_report attached;
	struct mpol_attach counted;
	_cleanup_free_ char *json = NULL;
	int error, detached, r;

	r = layer_resident_attach(ticket, folder->fd, &attached);
	if (r < 0)
		return fault_set(fault, r, "%s", error_text(r));
	error = cgroup_processes_find(folder, &state->policy.rules, &found);
	count(&found, error, &counted);
	r = json_write(report(folder, state, &attached, &found, error), &json);
	if (r < 0)
		fault_set(fault, r, "out of memory");
	else if (flags & MPOL_ATTACH_CLEAN && (counted.bound || counted.leaving || counted.unseen))
		r = error < 0 ? fault_set(fault, -EBUSY, "cannot see who is in it: %s",
					  strerror(-error))
			      : fault_set(fault, -EBUSY, "it is not clean");
	detached = r < 0 ? detach(ticket, folder) : 0;
	if (detached < 0)
		return say_stays(detached, fault);
	if (r < 0 && r != -EBUSY)
		return r;
	if (ret) {
		counted.size = ret->size;
		memcpy(ret, &counted, sizeof(counted));
	}
	if (ret_json)
		*ret_json = TAKE_PTR(json);
	return r;
}

int mpol_layer_attach(int layer, int cgroup, uint32_t flags, struct mpol_attach *ret,
		      char **ret_json, struct mpol_error *err)
{
	_cleanup_(cgroup_folder_close) struct cgroup_folder folder = {.fd = -EBADF};
	struct fault fault = {.line = 0};
	struct layer_state state;
	struct ticket ticket;
	int r;

	if (flags & ~MPOL_ATTACH_CLEAN)
		return -EINVAL;
	r = ret ? lib_size_check(ret, ret->size, sizeof(*ret)) : 0;
	if (r < 0)
		return r;
	r = cgroup_folder_of_fd(cgroup, &folder, &fault);
	if (r == 0)
		r = cgroup_folder_has_processes(&folder, &fault);
	if (r == 0)
		r = look(layer, &ticket, &state, &fault);
	if (r == 0)
		r = attach(&ticket, &state, &folder, flags, ret, ret_json, &fault);
	return lib_error(r, &fault, err);
}

int mpol_layer_detach(int layer, int cgroup, struct mpol_error *err)
{
	_cleanup_(cgroup_folder_close) struct cgroup_folder folder = {.fd = -EBADF};
	struct fault fault = {.line = 0};
	struct ticket ticket;
	int r;

	r = cgroup_folder_of_fd(cgroup, &folder, &fault);
	if (r < 0)
		return lib_error(r, &fault, err);
	r = ticket_read(layer, &ticket);
	if (r == 0 && !(ticket.rights & TICKET_INSTALL))
		r = -EACCES;
	if (r == 0 && ticket.kind != TICKET_RESIDENT)
		r = -ENOENT;
	if (r == 0)
		r = layer_resident_detach(&ticket, folder.fd);
	if (r < 0)
		fault_set(&fault, r, "%s", error_text(r));
	return lib_error(r, &fault, err);
}
