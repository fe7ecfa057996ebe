/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nothing is left behind by a hook that is killed: until the layer is attached a child of ours
 * holds it, which ends as we do; from then on the container's cgroup does, and the layer ends when
 * that is removed. A runtime whose hook failed or was killed does not start the container.
 */
#include "oci_hook_cmd.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cgroup/place.h"
#include "front.h"
#include "oci/json.h"
#include "oci/state.h"
#include "read.h"
#include "run_cmd.h"

#define FLOOR "nobind"

/* The state does not have to tell annotations; the configuration beside it does. */
static int read_config(struct oci_state *state, struct fault *fault)
{
	char path[PATH_MAX + sizeof("/config.json")];
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	(void)snprintf(path, sizeof(path), "%s/config.json", state->bundle);
	r = oci_read_file(path, &text, &len);
	if (r < 0)
		return fault_set(fault, r, "cannot read %s: %s", path, strerror(-r));
	return oci_config_profile(text, len, state->profile, fault);
}

static int read_state(struct oci_state *ret, struct fault *fault)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	r = oci_read_fd(STDIN_FILENO, &text, &len);
	if (r == -EFBIG)
		return fault_set(fault, r, "the state on standard input is larger than %d MiB",
				 OCI_TEXT_MAX >> 20);
	if (r < 0)
		return fault_set(fault, r, "cannot read the state: %s", strerror(-r));
	r = oci_state_parse(text, len, ret, fault);
	if (r == 0 && ret->phase == OCI_STARTING && !ret->annotated)
		r = read_config(ret, fault);
	return r;
}

static void cleanup_held(struct mpol_held **held)
{
	mpol_held_free(*held);
}

/* The hook's own profile, and what an annotation adds to it, as a plan of the resident's. */
static int make_plan(const struct options *options, const struct oci_state *state,
		     struct mpol_plan **ret, struct fault *fault)
{
	struct options wanted = *options;

	/* As `layer create` would: what runs already is all that it is for. */
	wanted.command = COMMAND_LAYER_CREATE;
	wanted.mechanisms = MPOL_MECHANISM_LSM | MPOL_MECHANISM_FMOD_RET | MPOL_MECHANISM_KPROBE;
	wanted.sources[0].kind = SOURCE_PROFILE;
	wanted.sources[0].text = options->argc ? options->argv[0] : FLOOR;
	wanted.sources[1].kind = SOURCE_PROFILE;
	wanted.sources[1].text = state->profile;
	wanted.n_sources = state->profile[0] ? 2 : 1;
	return front_plan(&wanted, 0, ret, fault);
}

/*
 * The container's own cgroup. A runtime may call us before it has moved the container: then that is
 * the runtime's, and ours.
 */
static int find_cgroup(pid_t pid, struct cgroup_folder *ret, struct fault *fault)
{
	_cleanup_(cgroup_folder_close) struct cgroup_folder here = {.fd = -EBADF};
	size_t length;
	int r;

	r = cgroup_folder_of_pid(pid, ret, fault);
	if (r < 0)
		return r;
	r = cgroup_folder_here(&here, fault);
	if (r < 0)
		return r;
	length = strlen(ret->path);
	if (strncmp(here.path, ret->path, length) == 0 &&
	    (here.path[length] == '/' || !here.path[length])) {
		fault_hint(fault, "let the runtime make one, and call the hook after that");
		return fault_set(fault, -EBUSY,
				 "it is in no cgroup of its own: in %.150s its runtime is too",
				 ret->path);
	}
	return 0;
}

/* @report is mpol_layer_attach()'s: that only the container is there, and free. */
static int check_processes(struct json_object *report, const struct mpol_attach *counted, pid_t pid,
			   bool audit, struct fault *fault)
{
	struct json_object *processes, *process;
	size_t i, n;

	processes = read_array(report, "processes", &n);
	if (counted->unseen)
		return fault_set(fault, -EBUSY, "cannot see who is in its cgroup");
	for (i = 0; i < n; i++) {
		process = json_object_array_get_idx(processes, i);
		if (read_number(process, "pid") != pid)
			return fault_set(
				fault, -EBUSY, "its cgroup is not its own: %s[%d] is there too",
				read_text(process, "name"), (int)read_number(process, "pid"));
		if (read_text(process, "bound")[0] && !audit) {
			fault_hint(fault, "start the runtime, and what starts it, without one");
			return fault_set(fault, -EBUSY,
					 "it inherits a memory policy that is refused: %.100s",
					 read_text(process, "bound"));
		}
	}
	return n ? 0 : fault_set(fault, -ESRCH, "process %d is not in its cgroup", pid);
}

/* All or nothing. */
static int attach(int layer, const char *name, const struct cgroup_folder *folder, pid_t pid,
		  bool audit, struct fault *fault)
{
	struct mpol_attach counted = {.size = sizeof(counted)};
	struct mpol_error err = {.what = ""};
	struct json_object *report;
	char *json = NULL;
	int r;

	r = mpol_layer_attach(layer, folder->fd, 0, &counted, &json, &err);
	if (r < 0)
		return front_fault(r, &err, fault);
	report = read_json(json);
	r = check_processes(report, &counted, pid, audit, fault);
	json_object_put(report);
	if (r == 0) {
		r = mpol_layer_name(layer, name, 0600, (uint32_t)-1, &err);
		front_fault(r, &err, fault);
	}
	/* What fails here is taken away with the cgroup. */
	if (r < 0)
		(void)mpol_layer_detach(layer, folder->fd, NULL);
	return r;
}

static int start(const struct options *options, const struct oci_state *state, struct fault *fault)
{
	_cleanup_(cgroup_folder_close) struct cgroup_folder folder = {.fd = -EBADF};
	_cleanup_(front_plan_done) struct mpol_plan *plan = NULL;
	_cleanup_(cleanup_held) struct mpol_held *held = NULL;
	_cleanup_close_ int layer = -EBADF;
	char name[OCI_LAYER_SIZE];
	int r;

	r = make_plan(options, state, &plan, fault);
	if (r < 0)
		return r;
	layer = mpol_layer_hold(plan, &held);
	if (layer == -ENODATA)
		return 0; /* nothing is restricted, as the hook's profile and nobody else says */
	if (layer < 0)
		return fault_set(fault, layer, "cannot make its layer: %s", mpol_strerror(layer));
	r = find_cgroup(state->pid, &folder, fault);
	if (r < 0)
		return r;
	oci_layer_name(state->id, state->bundle, name);
	return attach(layer, name, &folder, state->pid, options->audit, fault);
}

/* From cgroups that are still there, and empty: what runs in one, runs on under the layer. */
static void detach(int layer)
{
	struct json_object *object, *cgroups;
	char *json = NULL;
	size_t n, i;

	if (mpol_layer_json(layer, &json) < 0)
		return;
	object = read_json(json);
	cgroups = read_array(object, "cgroups", &n);
	for (i = 0; i < n; i++) {
		_cleanup_(cgroup_folder_close) struct cgroup_folder folder = {.fd = -EBADF};
		const char *path = json_object_get_string(json_object_array_get_idx(cgroups, i));

		if (cgroup_folder_open(path, &folder, NULL) == 0 && cgroup_is_empty(folder.fd))
			(void)mpol_layer_detach(layer, folder.fd, NULL);
	}
	json_object_put(object);
}

/* As a rule its runtime has removed the cgroup, and there is nothing left to do. */
static int stop(const struct oci_state *state, struct fault *fault)
{
	struct mpol_error err = {.what = ""};
	_cleanup_close_ int layer = -EBADF;
	char name[OCI_LAYER_SIZE];
	int r;

	oci_layer_name(state->id, state->bundle, name);
	layer = mpol_layer_open(name, MPOL_RIGHT_INSTALL | MPOL_RIGHT_MODIFY, &err);
	if (layer == -ENOENT)
		return 0;
	if (layer < 0)
		return fault_set(fault, layer, "cannot open layer '%s': %s", name,
				 strerror(-layer));
	detach(layer);
	r = mpol_layer_remove(layer);
	if (r < 0 && r != -EKEYREJECTED)
		return fault_set(fault, r, "cannot remove layer '%s': %s", name, mpol_strerror(r));
	return front_fault(mpol_layer_unname(name, &err), &err, fault);
}

/* Not every runtime passes on what its hooks say: crun throws it away. */
static int fail(const struct fault *fault)
{
	char text[640];

	openlog("mpolrun", LOG_PID, LOG_DAEMON);
	syslog(LOG_ERR, "%s", fault_text(fault, text, sizeof(text)));
	closelog();
	return cmd_fail(fault);
}

int cmd_oci_hook(const struct options *options)
{
	struct fault fault = {.line = 0};
	struct oci_state state;
	char who[OCI_ID_SIZE + sizeof("container ")];
	int r;

	r = read_state(&state, &fault);
	if (r < 0)
		return fail(&fault);
	r = state.phase == OCI_STOPPED ? stop(&state, &fault) : start(options, &state, &fault);
	if (r < 0 && !fault.file[0]) {
		(void)snprintf(who, sizeof(who), "container %s", state.id);
		fault_place(&fault, who, 0, 0);
	}
	return r < 0 ? fail(&fault) : 0;
}
