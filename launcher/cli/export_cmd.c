/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "export_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "export/oci.h"
#include "profile_cmd.h"
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

static int load_base(const char *base, struct json_object **ret, const char **ret_path,
		     struct fault *fault)
{
	_cleanup_free_ char *text = malloc(BASE_MAX);
	struct json_tokener *tokener = json_tokener_new();
	_cleanup_close_ int fd = -EBADF;
	struct json_object *object = NULL;
	size_t length = 0;
	ssize_t n = 0;
	int r = 0;

	if (!text || !tokener)
		r = fault_set(fault, -ENOMEM, "no memory");
	if (r == 0) {
		fd = open_base(base, ret_path, fault);
		r = fd < 0 ? fd : 0;
	}
	while (r == 0 && length < BASE_MAX &&
	       ((n = read(fd, text + length, BASE_MAX - length)) > 0 || (n < 0 && errno == EINTR)))
		length += n > 0 ? (size_t)n : 0;
	if (r == 0 && n < 0)
		r = fault_set(fault, -errno, "cannot read '%s': %m", *ret_path);
	if (r == 0 && length == BASE_MAX)
		r = fault_set(fault, -EFBIG, "'%s' is no seccomp profile: it is too large",
			      *ret_path);
	if (r == 0) {
		/* A file that is cut would be a profile that is another one. */
		object = json_tokener_parse_ex(tokener, text, (int)length);
		if (!object || json_tokener_get_error(tokener) != json_tokener_success)
			r = fault_set(fault, -EINVAL, "'%s' is no JSON", *ret_path);
	}
	if (tokener)
		json_tokener_free(tokener);
	if (r < 0) {
		json_object_put(object);
		return r;
	}
	*ret = object;
	return 0;
}

/* What the reader of the result would miss. */
static void say_notes(const struct policy *policy, uint32_t lost, const struct mpol_rules *rules)
{
	uint32_t group;

	for (group = 0; group < GROUP_COUNT; group++)
		if (lost & GROUP_BIT(group))
			note("not in it: %s%s", keywords[group].name,
			     group == GROUP_MODES ? ", in part" : "");
	if (MPOL_ANSWER_KIND(rules->answer[MPOL_RULE_MOUNT]) > MPOL_ALLOW)
		note("mount is coarse in it: every mount with an option string is meant, not only "
		     "mpol=");
	if (policy->inherited != START_KEEP)
		note("start.inherited happens at a launch by mpolrun, and is not in it: a "
		     "container "
		     "keeps a policy that its runtime has");
	if (policy->start.set)
		note("start.policy happens at a launch by mpolrun, and is not in it");
}

static void say_refused(uint32_t refused)
{
	/* clang-format off */
	static const char *const names[MPOL_SYS_COUNT] = {MPOL_SYSCALLS(MPOL_SYSCALL_NAME)};
	/* clang-format on */
	char list[256] = "";
	uint32_t call;

	for (call = 0; call < MPOL_SYS_COUNT; call++)
		if (refused & UINT32_C(1) << call)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
				 list[0] ? ", " : "", names[call]);
	if (list[0])
		note("the base refuses, and so does the result: %s", list);
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

int cmd_profile_export(const struct options *options)
{
	_cleanup_(cleanup_policy) struct policy *policy = NULL;
	struct json_object *section = NULL, *base = NULL;
	uint32_t lost = 0, refused = 0;
	const char *path = NULL;
	struct fault fault = {.line = 0};
	struct mpol_rules rules;
	char name[64];
	int r;

	if (options->format == FORMAT_NONE) {
		fault_hint(&fault, "--format oci-seccomp, or --format k8s");
		fault_set(&fault, -EINVAL, "'profile export' needs a format");
		return cmd_fail(&fault);
	}
	r = profile_policy(options->argv[0], &policy, &fault);
	if (r == 0)
		r = export_rules(policy, options->best_effort,
				 options->format == FORMAT_K8S ? EXPORT_K8S : EXPORT_OCI, &rules,
				 &lost, &fault);
	if (r == 0 && options->merge)
		r = load_base(options->merge, &base, &path, &fault);
	if (r == 0 && base)
		r = export_merged(&rules, base, &section, &refused, &fault);
	json_object_put(base);
	if (r == 0 && !section) {
		section = export_fragment(&rules);
		if (!section)
			r = fault_set(&fault, -ENOTSUP,
				      "the system calls of this machine's "
				      "architecture are not known");
	}
	if (r < 0)
		return cmd_fail(&fault);
	say_notes(policy, lost, &rules);
	if (path && path != options->merge)
		note("the base is %s", path);
	say_refused(refused);
	if (options->format == FORMAT_K8S) {
		resource_name(options->argv[0], name, sizeof(name));
		section = export_k8s(name, section);
	}
	answer_print(stdout, section);
	return 0;
}
