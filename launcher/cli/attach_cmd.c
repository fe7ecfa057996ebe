/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attach_cmd.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "cgroup/place.h"
#include "container_cgroup.h"
#include "front.h"
#include "read.h"
#include "run_cmd.h"

/* The cgroup that is meant; *ret_pid, who must be in it, is 0 of --cgroup. */
static int which(const struct options *options, struct cgroup_folder *ret, int64_t *ret_pid,
		 struct fault *fault)
{
	char *end;
	long pid;

	if (!!options->cgroup + !!options->pid + !!options->container != 1)
		return fault_set(fault, -EINVAL,
				 "'layer %s' needs --cgroup, --pid or --container, one of them",
				 command_rows[options->command].verb);
	if (options->runtime_root && !options->container)
		return fault_set(fault, -EINVAL, "--runtime-root goes with --container");
	*ret_pid = 0;
	if (options->cgroup)
		return cgroup_folder_open(options->cgroup, ret, fault);
	if (options->container)
		return container_cgroup(options->runtime_root, options->container, ret, ret_pid,
					fault);
	errno = 0;
	pid = strtol(options->pid, &end, 10);
	if (*end || end == options->pid || errno || pid <= 0 || pid > INT32_MAX)
		return fault_set(fault, -EINVAL, "--pid: '%s' is not the number of a process",
				 options->pid);
	*ret_pid = pid;
	return cgroup_folder_of_pid((pid_t)pid, ret, fault);
}

/* Who was found there, as mpol_layer_attach() tells. */
struct report {
	struct json_object *object; /* owned */
	struct json_object *processes;
	size_t n;
};

static void report_done(struct report *report)
{
	json_object_put(report->object);
}

/* @json is given up. */
static void report_read(char *json, struct report *ret)
{
	ret->object = read_json(json);
	ret->processes = read_array(ret->object, "processes", &ret->n);
}

static bool has(const struct report *report, int64_t pid)
{
	size_t i;

	for (i = 0; i < report->n; i++)
		if (read_number(json_object_array_get_idx(report->processes, i), "pid") == pid)
			return true;
	return false;
}

static void print_processes(const struct report *report, int64_t pid)
{
	int64_t unseen = read_number(report->object, "not-looked-at");
	struct json_object *process;
	size_t i;

	if (pid && report->n > 1) {
		printf("  with it ");
		for (i = 0; i < report->n; i++) {
			process = json_object_array_get_idx(report->processes, i);
			if (read_number(process, "pid") != pid)
				printf(" %s[%d]", read_text(process, "name"),
				       (int)read_number(process, "pid"));
		}
		printf("\n");
	}
	for (i = 0; i < report->n; i++) {
		const char *name, *bound, *leaves;

		process = json_object_array_get_idx(report->processes, i);
		name = read_text(process, "name");
		bound = read_text(process, "bound");
		leaves = read_text(process, "leaves");
		if (bound[0])
			printf("  bound before, not undone: %s[%d] %s\n", name,
			       (int)read_number(process, "pid"), bound);
		if (leaves[0])
			printf("  may leave: %s[%d] has %s open for writing\n", name,
			       (int)read_number(process, "pid"), leaves);
	}
	if (unseen)
		printf("  not looked at: %d processes or cgroups\n", (int)unseen);
}

static int say_not_attached(const struct options *options, const struct cgroup_folder *folder,
			    int r, const char *why, struct fault *fault)
{
	return fault_set(fault, r, "layer '%s' is not attached to %s: %s", options->layer,
			 folder->path, why);
}

/* Attached before, and not wanted there after all. */
static int take_back(const struct options *options, const struct cgroup_folder *folder, int layer,
		     const char *why, struct fault *fault)
{
	struct mpol_error err = {.what = ""};
	int r = mpol_layer_detach(layer, folder->fd, &err);

	/* A cgroup that was removed has nothing attached to it. */
	if (r < 0 && r != -ENOENT && r != -ESTALE)
		return fault_set(fault, r, "%s, and layer '%s' cannot be detached from %s: %s", why,
				 options->layer, folder->path, err.what);
	return say_not_attached(options, folder, -ESRCH, why, fault);
}

static int attach(const struct options *options, const struct cgroup_folder *folder, int64_t pid,
		  int layer, struct fault *fault)
{
	_cleanup_(report_done) struct report report = {.n = 0};
	struct mpol_error err = {.what = ""};
	char *json = NULL, why[128];
	const char *error;
	int r;

	r = mpol_layer_attach(layer, folder->fd, options->require_clean ? MPOL_ATTACH_CLEAN : 0,
			      NULL, &json, &err);
	report_read(json, &report);
	front_fault(r, &err, fault);
	if (r == -EBUSY) {
		print_processes(&report, pid);
		fault_hint(fault, "end or restart those first, or leave out --require-clean");
		return say_not_attached(options, folder, r, err.what, fault);
	}
	if (r < 0)
		return fault_set(fault, r, "cannot attach layer '%s' to %s: %s", options->layer,
				 folder->path, err.what);
	error = read_text(report.object, "error");
	if (pid && error[0]) {
		snprintf(why, sizeof(why), "cannot see who is in it: %s", error);
		return take_back(options, folder, layer, why, fault);
	}
	if (pid && !has(&report, pid)) {
		snprintf(why, sizeof(why), "no process %d runs there", (int)pid);
		return take_back(options, folder, layer, why, fault);
	}
	printf("%s  attached to %s, %zu process%s\n", options->layer, folder->path, report.n,
	       report.n == 1 ? "" : "es");
	if (read_text(report.object, "not-held")[0])
		printf("  not held there: %s, for which this kernel has no program\n",
		       read_text(report.object, "not-held"));
	if (read_text(report.object, "no-own-programs")[0])
		printf("  held by the cgroup's number: %s\n",
		       read_text(report.object, "no-own-programs"));
	if (error[0])
		fprintf(stderr, "mpolrun: cannot see who is in %s: %s\n", folder->path, error);
	print_processes(&report, pid);
	return 0;
}

int cmd_layer_attach(const struct options *options)
{
	_cleanup_(cgroup_folder_close) struct cgroup_folder folder = {.fd = -EBADF};
	_cleanup_close_ int layer = -EBADF;
	struct fault fault = {.line = 0};
	int64_t pid = 0;
	int r;

	r = which(options, &folder, &pid, &fault);
	if (r == 0)
		r = layer = front_layer(options->layer, MPOL_RIGHT_INSTALL, &fault);
	if (r >= 0)
		r = attach(options, &folder, pid, layer, &fault);
	return r < 0 ? cmd_fail(&fault) : 0;
}

int cmd_layer_detach(const struct options *options)
{
	_cleanup_(cgroup_folder_close) struct cgroup_folder folder = {.fd = -EBADF};
	struct mpol_error err = {.what = ""};
	_cleanup_close_ int layer = -EBADF;
	struct fault fault = {.line = 0};
	int64_t pid;
	int r;

	r = which(options, &folder, &pid, &fault);
	if (r == 0)
		r = layer = front_layer(options->layer, MPOL_RIGHT_INSTALL, &fault);
	if (r >= 0) {
		r = mpol_layer_detach(layer, folder.fd, &err);
		if (r < 0) {
			front_fault(r, &err, &fault);
			fault_set(&fault, r, "cannot detach layer '%s' from %s: %s", options->layer,
				  folder.path, err.what);
		}
	}
	return r < 0 ? cmd_fail(&fault) : 0;
}
