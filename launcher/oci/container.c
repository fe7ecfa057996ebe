/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "container.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "json.h"
#include "state.h"

static const char *const files[OCI_FORMS] = {
	[OCI_FORM_CRUN] = "status",
	[OCI_FORM_RUNC] = "state.json",
	[OCI_FORM_PODMAN] = "userdata/pidfile",
};

/* Of root's containers; a rootless runtime keeps its own below $XDG_RUNTIME_DIR. */
static const char *const roots[] = {
	"/run/crun",
	"/run/user/0/crun", /* crun of root in a login session */
	"/run/runc",
	"/run/docker/runtime-runc/moby",
	"/run/containerd/runc/k8s.io",
	"/run/containerd/runc/default",
	"/run/containers/storage/overlay-containers",
	"/run/containers/storage/vfs-containers",
};

static int need(int r, const char *key, struct fault *fault)
{
	return r == -ENOENT ? fault_set(fault, -EINVAL, "there is no '%s'", key) : r;
}

static int get_pid(struct json_object *object, const char *key, pid_t *ret, struct fault *fault)
{
	int64_t pid;
	/* 0, of one that has stopped. */
	int r = need(oci_json_number(object, key, 0, INT32_MAX, &pid, fault), key, fault);

	if (r == 0)
		*ret = (pid_t)pid;
	return r;
}

static int get_started(struct json_object *object, const char *key, uint64_t *ret,
		       struct fault *fault)
{
	int64_t started;
	int r = oci_json_number(object, key, 0, INT64_MAX, &started, fault);

	if (r == 0)
		*ret = (uint64_t)started;
	return r == -ENOENT ? 0 : r;
}

static int get_cgroup(struct json_object *object, const char *key, char *buf, struct fault *fault)
{
	int r = oci_json_string(object, key, buf, PATH_MAX, fault);

	if (r == 0 && buf[0] && buf[0] != '/')
		return fault_set(fault, -EINVAL, "the cgroup '%.80s' is not an absolute path", buf);
	return r == -ENOENT ? 0 : r;
}

static int parse_crun(struct json_object *object, struct oci_container *ret, struct fault *fault)
{
	int r = get_pid(object, "pid", &ret->pid, fault);

	if (r == 0)
		r = get_started(object, "process-start-time", &ret->started, fault);
	return r == 0 ? get_cgroup(object, "cgroup-path", ret->cgroup, fault) : r;
}

static int parse_runc(struct json_object *object, struct oci_container *ret, struct fault *fault)
{
	struct json_object *paths;
	int r = get_pid(object, "init_process_pid", &ret->pid, fault);

	if (r == 0)
		r = get_started(object, "init_process_start", &ret->started, fault);
	if (r == 0)
		r = oci_json_object(object, "cgroup_paths", &paths, fault);
	/* By controller: that of the v2 hierarchy has no name. */
	if (r == 0)
		r = get_cgroup(paths, "", ret->cgroup, fault);
	return r == -ENOENT ? 0 : r;
}

static int parse_pidfile(const char *text, size_t len, struct oci_container *ret,
			 struct fault *fault)
{
	char number[16] = "";
	uint32_t pid;

	if (len && text[len - 1] == '\n')
		len--;
	if (len < sizeof(number))
		memcpy(number, text, len);
	if (strlen(number) != len || text_to_u32(number, INT32_MAX, &pid) < 0)
		return fault_set(fault, -EINVAL, "it is not the number of a process");
	ret->pid = (pid_t)pid;
	return 0;
}

int oci_container_parse(enum oci_form form, const char *text, size_t len, struct oci_container *ret,
			struct fault *fault)
{
	_cleanup_(cleanup_json) struct json_object *object = NULL;
	struct oci_container found = {.pid = 0};
	int r;

	if (form == OCI_FORM_PODMAN) {
		r = parse_pidfile(text, len, &found, fault);
	} else {
		r = oci_json_parse(text, len, "it", &object, fault);
		if (r == 0)
			r = form == OCI_FORM_CRUN ? parse_crun(object, &found, fault)
						  : parse_runc(object, &found, fault);
	}
	if (r < 0)
		return r;
	ret->pid = found.pid;
	ret->started = found.started;
	memcpy(ret->cgroup, found.cgroup, sizeof(found.cgroup));
	return 0;
}

struct search {
	const char *id;
	char name[OCI_ID_SIZE]; /* of what was found; "": nothing yet */
	struct oci_container found;
	struct fault *fault;
};

static int ambiguous(const struct search *search, const char *other)
{
	fault_hint(search->fault, "say more of its id, or --runtime-root FOLDER");
	return fault_set(search->fault, -ENOTUNIQ, "'%.60s' may be %.80s or %.80s", search->id,
			 search->found.file, other);
}

/* podman and the runtime below it both have files of one container. */
static int merge(struct search *search, const struct oci_container *container)
{
	struct oci_container *found = &search->found;

	if (found->pid != container->pid ||
	    (found->started && container->started && found->started != container->started))
		return ambiguous(search, container->file);
	if (!found->cgroup[0])
		*found = *container;
	return 0;
}

static int look(struct search *search, enum oci_form form, const char *root, const char *name)
{
	_cleanup_free_ char *text = NULL;
	struct oci_container container;
	size_t len;
	int r;

	if (snprintf(container.file, sizeof(container.file), "%s/%s/%s", root, name, files[form]) >=
	    (int)sizeof(container.file))
		return 0;
	r = oci_read_file(container.file, &text, &len);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0; /* nothing of this form, or gone meanwhile */
	if (r < 0)
		return fault_set(search->fault, r, "cannot read %s: %s", container.file,
				 strerror(-r));
	fault_place(search->fault, container.file, 0, 0);
	r = oci_container_parse(form, text, len, &container, search->fault);
	if (r < 0)
		return r;
	fault_place(search->fault, "", 0, 0);
	if (!search->name[0]) {
		text_copy(search->name, sizeof(search->name), name);
		search->found = container;
		return 0;
	}
	return strcmp(search->name, name) == 0 ? merge(search, &container)
					       : ambiguous(search, container.file);
}

static int look_at(struct search *search, const char *root, const char *name)
{
	int form, r = 0;

	for (form = 0; r == 0 && form < OCI_FORMS; form++)
		r = look(search, (enum oci_form)form, root, name);
	return r;
}

/* For people, the beginning of a long one is enough. */
static int look_for_beginnings(struct search *search, const char *root)
{
	_cleanup_closedir_ DIR *dir = opendir(root);
	size_t length = strlen(search->id);
	struct dirent *entry;
	int r = 0;

	if (!dir && errno != ENOENT)
		return fault_set(search->fault, -errno, "cannot read %s: %m", root);
	while (dir && r == 0 && (entry = readdir(dir)))
		if (strncmp(entry->d_name, search->id, length) == 0 &&
		    strlen(entry->d_name) < OCI_ID_SIZE)
			r = look_at(search, root, entry->d_name);
	return r;
}

static int look_everywhere(struct search *search, const char *const *where, size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++)
		r = look_at(search, where[i], search->id);
	if (r < 0 || search->name[0])
		return r;
	for (i = 0; r == 0 && i < n; i++)
		r = look_for_beginnings(search, where[i]);
	return r;
}

int oci_container_find(const char *root, const char *id, struct oci_container *ret,
		       struct fault *fault)
{
	struct search *search;
	int r;

	r = oci_id_check(id, fault);
	if (r < 0)
		return r;
	search = calloc(1, sizeof(*search));
	if (!search)
		return fault_set(fault, -ENOMEM, "no memory");
	search->id = id;
	search->fault = fault;
	r = look_everywhere(search, root ? &root : roots, root ? 1 : ELEMENTSOF(roots));
	if (r == 0 && !search->name[0]) {
		if (!root)
			fault_hint(fault, "containers are looked for in /run/crun, /run/runc and "
					  "others: --runtime-root FOLDER");
		r = fault_set(fault, -ENOENT, "no container '%.80s'%s%.100s", id,
			      root ? " in " : "", root ? root : "");
	}
	if (r == 0)
		*ret = search->found;
	free(search);
	return r;
}
