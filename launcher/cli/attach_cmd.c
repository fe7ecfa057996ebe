/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attach_cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "cgroup/place.h"
#include "cgroup/tasks.h"
#include "front.h"
#include "layer/client.h"
#include "layer/layer_resident.h"
#include "profile/keywords.h"
#include "run_cmd.h"
#include "run/live.h"
#ifdef HAVE_RESIDENT
#include "resident/attached.h"
#endif

/* The cgroup that --cgroup or --pid means. */
static int which(const struct options *options, struct cgroup_folder *ret, struct fault *fault)
{
	char *end;
	long pid;

	if (!options->cgroup == !options->pid)
		return fault_set(fault, -EINVAL, "'layer %s' needs --cgroup or --pid, one of them",
				 command_rows[options->command].verb);
	if (options->cgroup)
		return cgroup_folder_open(options->cgroup, ret, fault);
	errno = 0;
	pid = strtol(options->pid, &end, 10);
	if (*end || end == options->pid || errno || pid <= 0 || pid > INT32_MAX)
		return fault_set(fault, -EINVAL, "--pid: '%s' is not the number of a process",
				 options->pid);
	return cgroup_folder_of_pid((pid_t)pid, ret, fault);
}

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
		return live_error_text(r);
	}
}

/* "modes, nodes" of @groups. */
static const char *groups_text(uint32_t groups, char *buf, size_t size)
{
	size_t length = 0;
	int group;

	buf[0] = '\0';
	for (group = 0; group < GROUP_COUNT && length < size; group++)
		if (groups & GROUP_BIT(group))
			length += (size_t)snprintf(buf + length, size - length, "%s%s",
						   length ? ", " : "", keywords[group].name);
	return buf;
}

/*
 * What of the layer holds for cgroups; a layer that was made for launches alone cannot be attached.
 */
static int look(const char *layer, struct ticket *ticket, struct layer_state *state,
		struct fault *fault)
{
	char text[256];
	int r;

	r = front_ticket(layer, TICKET_INSTALL, ticket, fault);
	if (r < 0)
		return r;
	r = layer_query(ticket, state);
	if (r < 0)
		return fault_set(fault, r, "cannot ask layer '%s': %s", layer, live_error_text(r));
	if (ticket->kind == TICKET_RESIDENT)
		return 0;
	fault_hint(fault, "make a layer of what can: mpolrun layer create NAME -p ... --mechanism "
			  "lsm,fmod_ret --best-effort RULE,...");
	groups_text(layer_policy_restricted(&state->policy.rules) & ~state->policy.by_resident,
		    text, sizeof(text));
	return fault_set(fault, -EOPNOTSUPP,
			 "layer '%s' cannot be attached: no program in this kernel can hold %s for "
			 "processes that mpolrun did not start",
			 layer, text);
}

static void print_processes(const struct options *options, const struct cgroup_processes *found)
{
	size_t i;

	if (options->pid && found->n > 1) {
		printf("  with it ");
		for (i = 0; i < found->n; i++)
			if (found->process[i].pid != (pid_t)strtol(options->pid, NULL, 10))
				printf(" %s[%d]", found->process[i].name, found->process[i].pid);
		printf("\n");
	}
	for (i = 0; i < found->n; i++) {
		const struct cgroup_process *process = &found->process[i];

		if (process->bound[0])
			printf("  bound before, not undone: %s[%d] %s\n", process->name,
			       process->pid, process->bound);
		if (process->leaves[0])
			printf("  may leave: %s[%d] has %s open for writing\n", process->name,
			       process->pid, process->leaves);
	}
	if (found->n_unseen)
		printf("  not looked at: %zu processes or cgroups\n", found->n_unseen);
}

static bool is_clean(const struct cgroup_processes *found)
{
	size_t i;

	for (i = 0; i < found->n; i++)
		if (found->process[i].bound[0] || found->process[i].leaves[0])
			return false;
	return !found->n_unseen;
}

/* Attached before, and not wanted there after all: @r and @why. */
static int take_back(const struct options *options, const struct cgroup_folder *folder,
		     const struct ticket *ticket, int r, const char *why, struct fault *fault)
{
	int detached = layer_resident_detach(&ticket->install, folder->fd);

	/* A cgroup that was removed has nothing attached to it. */
	if (detached < 0 && detached != -ENOENT && detached != -ESTALE)
		return fault_set(fault, detached,
				 "%s, and layer '%s' cannot be detached from %s: %s", why,
				 options->layer, folder->path, error_text(detached));
	return fault_set(fault, r, "layer '%s' is not attached to %s: %s", options->layer,
			 folder->path, why);
}

/*
 * Attached first and looked at then: who sets a policy meanwhile is refused, or is seen. So what is
 * refused for the sake of --require-clean was under the layer for a moment.
 */
static int attach(const struct options *options, const struct cgroup_folder *folder,
		  const struct ticket *ticket, const struct layer_state *state, struct fault *fault)
{
	_cleanup_(cgroup_processes_done) struct cgroup_processes found = {.n = 0};
	char why[128];
	int r;

	r = layer_resident_attach(&ticket->install, folder->fd);
	if (r < 0)
		return fault_set(fault, r, "cannot attach layer '%s' to %s: %s", options->layer,
				 folder->path, error_text(r));
	r = cgroup_processes_find(folder, &state->policy.rules, &found);
	if (r < 0 && (options->require_clean || options->pid)) {
		(void)snprintf(why, sizeof(why), "cannot see who is in it: %s", strerror(-r));
		return take_back(options, folder, ticket, r, why, fault);
	}
	if (options->pid && !cgroup_processes_have(&found, (pid_t)strtol(options->pid, NULL, 10))) {
		(void)snprintf(why, sizeof(why), "no process %.16s runs there", options->pid);
		return take_back(options, folder, ticket, -ESRCH, why, fault);
	}
	if (options->require_clean && !is_clean(&found)) {
		print_processes(options, &found);
		fault_hint(fault, "end or restart those first, or leave out --require-clean");
		return take_back(options, folder, ticket, -EBUSY, "it is not clean", fault);
	}
	printf("%s  attached to %s, %zu process%s\n", options->layer, folder->path, found.n,
	       found.n == 1 ? "" : "es");
	if (r < 0)
		fprintf(stderr, "mpolrun: cannot see who is in %s: %s\n", folder->path,
			strerror(-r));
	print_processes(options, &found);
	return 0;
}

int cmd_layer_attach(const struct options *options)
{
	_cleanup_(cgroup_folder_close) struct cgroup_folder folder = {.fd = -EBADF};
	struct fault fault = {.line = 0};
	struct layer_state state;
	struct ticket ticket;
	int r;

	r = which(options, &folder, &fault);
	if (r == 0)
		r = cgroup_folder_has_processes(&folder, &fault);
	if (r == 0)
		r = look(options->layer, &ticket, &state, &fault);
	if (r == 0)
		r = attach(options, &folder, &ticket, &state, &fault);
	return r < 0 ? cmd_fail(&fault) : 0;
}

int cmd_layer_detach(const struct options *options)
{
	_cleanup_(cgroup_folder_close) struct cgroup_folder folder = {.fd = -EBADF};
	struct fault fault = {.line = 0};
	struct ticket ticket;
	int r;

	r = which(options, &folder, &fault);
	if (r == 0)
		r = front_ticket(options->layer, TICKET_INSTALL, &ticket, &fault);
	if (r == 0) {
		r = layer_resident_detach(&ticket.install, folder.fd);
		if (r < 0)
			fault_set(&fault, r, "cannot detach layer '%s' from %s: %s", options->layer,
				  folder.path, error_text(r));
	}
	return r < 0 ? cmd_fail(&fault) : 0;
}

#ifdef HAVE_RESIDENT
static int each(const struct ticket *ticket, int (*f)(uint64_t id, void *data), void *data)
{
	struct resident_key key;

	memcpy(&key, &ticket->install, sizeof(key));
	return resident_cgroups(&key, f, data);
}
#else
static int each(const struct ticket *ticket, int (*f)(uint64_t id, void *data), void *data)
{
	(void)ticket;
	(void)f;
	(void)data;
	return -ENOTSUP;
}
#endif

/* A cgroup outside of what is mounted here has no path. */
static void path_of(uint64_t id, char *buf, size_t size)
{
	if (cgroup_path_of_id(id, buf, size) < 0)
		(void)snprintf(buf, size, "cgroup %llu", (unsigned long long)id);
}

static int print_cgroup(uint64_t id, void *data)
{
	char path[PATH_MAX];

	(void)data;
	path_of(id, path, sizeof(path));
	printf("attached to %s\n", path);
	return 0;
}

static int add_cgroup(uint64_t id, void *data)
{
	char path[PATH_MAX];

	path_of(id, path, sizeof(path));
	json_object_array_add(data, json_object_new_string(path));
	return 0;
}

void attach_print_cgroups(const struct ticket *ticket)
{
	__u64 n;

	if (ticket->kind != TICKET_RESIDENT || layer_resident_cgroups(&ticket->install, &n) < 0 ||
	    !n)
		return;
	if (each(ticket, print_cgroup, NULL) < 0)
		printf("attached to %llu cgroup%s, whose names only root sees\n",
		       (unsigned long long)n, n == 1 ? "" : "s");
}

void attach_json_cgroups(const struct ticket *ticket, struct json_object *object)
{
	struct json_object *array;
	__u64 n;

	if (ticket->kind != TICKET_RESIDENT || layer_resident_cgroups(&ticket->install, &n) < 0)
		return;
	json_object_object_add(object, "attached", json_object_new_int64((int64_t)n));
	if (!n)
		return;
	array = json_object_new_array();
	if (each(ticket, add_cgroup, array) < 0)
		json_object_put(array);
	else
		json_object_object_add(object, "cgroups", array);
}
