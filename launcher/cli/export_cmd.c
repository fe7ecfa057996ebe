/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "export_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "answer.h"
#include "base/capabilities.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "front.h"
#include "run_cmd.h"

#define BASE_MAX (1 << 20)

/*
 * Where the profiles lie that others ship, the first that is there. docker and containerd have
 * theirs in their programs; the first file is docker's in Debian's
 * golang-github-docker-docker-dev, the second podman's and CRI-O's, in
 * golang-github-containers-common.
 */
static const char *const base_paths[] = {
	"/usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json",
	"/usr/share/containers/seccomp.json",
};

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...)
{
	va_list args;

	fputs("mpolrun: note: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static int open_base(const char *base, const char **ret_path, struct fault *fault)
{
	size_t i;
	int fd;

	if (strcmp(base, "docker") != 0 && strcmp(base, "containerd") != 0) {
		*ret_path = base;
		if (capabilities_exceed_caller()) {
			fault_hint(fault, "say --merge docker, or containerd");
			return fault_set(fault, -EPERM,
					 "mpolrun has more privileges than you, and reads no file");
		}
		fd = open(base, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		return fd >= 0 ? fd : fault_set(fault, -errno, "cannot open '%s': %m", base);
	}
	for (i = 0; i < ELEMENTSOF(base_paths); i++) {
		fd = open(base_paths[i], O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd >= 0) {
			*ret_path = base_paths[i];
			return fd;
		}
	}
	fault_hint(fault, "--merge FILE, or install golang-github-containers-common");
	return fault_set(fault, -ENOENT,
			 "no seccomp profile of %s on this machine: %s is not there", base,
			 base_paths[ELEMENTSOF(base_paths) - 1]);
}

/* Its text, to free(3). */
static int load_base(const char *base, char **ret, const char **ret_path, struct fault *fault)
{
	_cleanup_free_ char *text = malloc(BASE_MAX);
	_cleanup_close_ int fd = -EBADF;
	size_t length = 0;
	ssize_t n = 0;

	if (!text)
		return fault_set(fault, -ENOMEM, "no memory");
	fd = open_base(base, ret_path, fault);
	if (fd < 0)
		return fd;
	while (length < BASE_MAX &&
	       ((n = read(fd, text + length, BASE_MAX - length)) > 0 || (n < 0 && errno == EINTR)))
		length += n > 0 ? (size_t)n : 0;
	if (n < 0)
		return fault_set(fault, -errno, "cannot read '%s': %m", *ret_path);
	if (length == BASE_MAX)
		return fault_set(fault, -EFBIG, "'%s' is no seccomp profile: it is too large",
				 *ret_path);
	if (memchr(text, '\0', length))
		return fault_set(fault, -EINVAL, "'%s' is no JSON", *ret_path);
	text[length] = '\0';
	*ret = TAKE_PTR(text);
	return 0;
}

static void say_notes(char *notes)
{
	char *line, *rest = notes;

	while (rest && (line = strsep(&rest, "\n")))
		if (line[0])
			note("%s", line);
}

/* RFC 1123: what Kubernetes takes for a name. */
static void resource_name(const char *profile, char *buf, size_t size)
{
	const char *at = strrchr(profile, '/'), *end;
	size_t n = 0;

	at = at ? at + 1 : profile;
	if (strncmp(at, "builtin:", strlen("builtin:")) == 0)
		at += strlen("builtin:");
	end = strstr(at, ".yaml");
	for (; *at && at != end && n + 1 < size && n < 63; at++) {
		char c = *at >= 'A' && *at <= 'Z' ? (char)(*at + 'a' - 'A') : *at;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			buf[n++] = c;
		else if (n && buf[n - 1] != '-')
			buf[n++] = '-';
	}
	while (n && buf[n - 1] == '-')
		n--;
	buf[n] = '\0';
	if (!n)
		snprintf(buf, size, "mpolrun");
}

/* The section as the manifest of a SeccompProfile called @name; takes @section over. */
static struct json_object *manifest(const char *name, struct json_object *section)
{
	struct json_object *object = json_object_new_object(), *metadata = json_object_new_object();

	json_add_text(object, "apiVersion", "security-profiles-operator.x-k8s.io/v1beta1");
	json_add_text(object, "kind", "SeccompProfile");
	json_add_text(metadata, "name", name);
	json_object_object_add(object, "metadata", metadata);
	json_object_object_add(object, "spec", section);
	return object;
}

int cmd_profile_export(const struct options *options)
{
	_cleanup_(front_policy_done) struct mpol_policy *policy = NULL;
	_cleanup_free_ char *base = NULL, *json = NULL, *notes = NULL;
	bool k8s = options->format == FORMAT_K8S;
	struct mpol_error err = {.what = ""};
	const char *path = NULL;
	struct fault fault = {.line = 0};
	char name[64];
	int r;

	if (options->format == FORMAT_NONE) {
		fault_hint(&fault, "--format oci-seccomp, or --format k8s");
		fault_set(&fault, -EINVAL, "'profile export' needs a format");
		return cmd_fail(&fault);
	}
	r = mpol_policy_load(options->argv[0], &policy, &err);
	if (r == 0 && options->merge && load_base(options->merge, &base, &path, &fault) < 0)
		return cmd_fail(&fault);
	if (r == 0)
		r = mpol_policy_oci(policy, base, options->best_effort,
				    k8s ? MPOL_OCI_EPERM_ONLY : 0, &json, &notes, &err);
	if (r != 0) {
		front_fault(r, &err, &fault);
		if (path && r == -EINVAL)
			fault_place(&fault, path, 0, 0);
		return cmd_fail(&fault);
	}
	if (path && path != options->merge)
		note("the base is %s", path);
	say_notes(notes);
	if (k8s) {
		resource_name(options->argv[0], name, sizeof(name));
		answer_print(stdout, manifest(name, json_tokener_parse(json)));
	} else {
		puts(json);
	}
	return 0;
}
