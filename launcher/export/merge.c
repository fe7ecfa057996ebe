/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "oci.h"
#include "parts.h"

/* What docker, podman and containerd leave a container, as far as their profiles ask for it. */
static const char *const default_caps[] = {
	"CAP_AUDIT_WRITE", "CAP_CHOWN",   "CAP_DAC_OVERRIDE",     "CAP_FOWNER",     "CAP_FSETID",
	"CAP_KILL",        "CAP_MKNOD",   "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",    "CAP_SETFCAP",
	"CAP_SETGID",      "CAP_SETPCAP", "CAP_SETUID",           "CAP_SYS_CHROOT",
};

#if defined(__x86_64__)
static const char *const goarch[] = {"amd64", "x86", "x32"};
#elif defined(__aarch64__)
static const char *const goarch[] = {"arm64", "arm"};
#else
static const char *const goarch[] = {"unknown"};
#endif

/*
 * Those that the gate is on, or would be; the others are of mounts, which need other
 * capabilities.
 */
static bool is_numa(uint32_t call)
{
	return call != MPOL_SYS_MOUNT && call != MPOL_SYS_FSCONFIG;
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

/* An array, or NULL: it is not there, is null, or is something else (then *fits is false). */
static struct json_object *array_of(struct json_object *object, const char *key, bool *fits)
{
	struct json_object *value = NULL;

	if (!object || !json_object_object_get_ex(object, key, &value) || !value)
		return NULL;
	if (json_object_is_type(value, json_type_array))
		return value;
	*fits = false;
	return NULL;
}

static size_t length_of(struct json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

static bool has(struct json_object *array, const char *text)
{
	size_t i;

	for (i = 0; i < length_of(array); i++) {
		const char *one = json_object_get_string(json_object_array_get_idx(array, i));

		if (one && strcmp(one, text) == 0)
			return true;
	}
	return false;
}

static bool has_cap(const char *cap, bool nice)
{
	size_t i;

	for (i = 0; i < ELEMENTSOF(default_caps); i++)
		if (strcmp(default_caps[i], cap) == 0)
			return true;
	return nice && strcmp(cap, "CAP_SYS_NICE") == 0;
}

static bool has_any_arch(struct json_object *arches)
{
	size_t i;

	for (i = 0; i < ELEMENTSOF(goarch); i++)
		if (has(arches, goarch[i]))
			return true;
	return false;
}

/* Whether the kernel is at least of release @text, "4.8". */
static bool kernel_is(const char *text)
{
	unsigned long want[2] = {0}, have[2] = {0};
	struct utsname uts;
	char *end;

	want[0] = strtoul(text, &end, 10);
	want[1] = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	if (uname(&uts) < 0)
		return false;
	have[0] = strtoul(uts.release, &end, 10);
	have[1] = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return have[0] > want[0] || (have[0] == want[0] && have[1] >= want[1]);
}

/*
 * Whether docker's conditions let the entry count, in a container that has CAP_SYS_NICE or has
 * not.
 */
static bool applies(struct json_object *entry, bool nice, bool *fits)
{
	struct json_object *includes = NULL, *excludes = NULL, *caps, *arches;
	const char *kernel;
	size_t i;

	json_object_object_get_ex(entry, "includes", &includes);
	json_object_object_get_ex(entry, "excludes", &excludes);
	if ((includes && !json_object_is_type(includes, json_type_object)) ||
	    (excludes && !json_object_is_type(excludes, json_type_object))) {
		*fits = false;
		return false;
	}
	caps = array_of(includes, "caps", fits);
	arches = array_of(includes, "arches", fits);
	for (i = 0; i < length_of(caps); i++) {
		const char *cap = json_object_get_string(json_object_array_get_idx(caps, i));

		if (!cap || !has_cap(cap, nice))
			return false;
	}
	if (length_of(arches) && !has_any_arch(arches))
		return false;
	kernel = includes ? text_of(includes, "minKernel") : NULL;
	if (kernel && !kernel_is(kernel))
		return false;
	caps = array_of(excludes, "caps", fits);
	arches = array_of(excludes, "arches", fits);
	for (i = 0; i < length_of(caps); i++) {
		const char *cap = json_object_get_string(json_object_array_get_idx(caps, i));

		if (cap && has_cap(cap, nice))
			return false;
	}
	kernel = excludes ? text_of(excludes, "minKernel") : NULL;
	return !has_any_arch(arches) && !(kernel && kernel_is(kernel));
}

struct merge {
	const struct mpol_rules *rules;
	uint32_t allowed; /* calls that the base allows: ours to decide */
	uint32_t denied; /* that it refuses by a rule of their own */
	struct export_default by_default;
	struct json_object *syscalls; /* of the result */
	struct fault *fault;
};

/* The calls of the rules that an entry is about, as bits. */
static uint32_t calls_of(struct json_object *entry, struct json_object *names)
{
	const char *name = text_of(entry, "name"); /* the old form */
	uint32_t calls = 0, call;

	for (call = 0; call < MPOL_SYS_COUNT; call++)
		if (has(names, export_call_names[call]) ||
		    (name && strcmp(name, export_call_names[call]) == 0))
			calls |= UINT32_C(1) << call;
	return calls;
}

/* What is only told of runs, too. */
static bool lets_through(const char *action)
{
	return strcmp(action, "SCMP_ACT_ALLOW") == 0 || strcmp(action, "SCMP_ACT_LOG") == 0;
}

/* Whoever listens or traces may allow what the rules refuse, and then nothing asks the rules. */
static bool asks_somebody(const char *action)
{
	return strcmp(action, "SCMP_ACT_NOTIFY") == 0 || strcmp(action, "SCMP_ACT_TRACE") == 0;
}

/* First look: what the base allows of ours. */
static int look(struct merge *merge, struct json_object *entry)
{
	const char *what = text_of(entry, "action");
	struct json_object *names, *args;
	bool fits = true, now, nice;
	uint32_t calls, call;

	names = array_of(entry, "names", &fits);
	args = array_of(entry, "args", &fits);
	now = applies(entry, false, &fits);
	nice = applies(entry, true, &fits);
	if (!fits || !what || (!names && !text_of(entry, "name")))
		return fault_set(merge->fault, -EINVAL,
				 "the base is no seccomp profile: a syscall "
				 "without names or an action");
	calls = calls_of(entry, names);
	for (call = 0; call < MPOL_SYS_COUNT; call++) {
		if (!(calls & UINT32_C(1) << call) || !(is_numa(call) ? nice : now))
			continue;
		if (length_of(args))
			return fault_set(
				merge->fault, -EDOM,
				"the base looks at arguments of %s, which cannot be merged",
				export_call_names[call]);
		if (asks_somebody(what))
			return fault_set(merge->fault, -EDOM,
					 "the base leaves the answer to %s to somebody else (%s), "
					 "which cannot be merged",
					 export_call_names[call], what);
		if (lets_through(what))
			merge->allowed |= UINT32_C(1) << call;
		else
			merge->denied |= UINT32_C(1) << call;
	}
	return 0;
}

/*
 * A copy without the calls that are ours, and without docker's conditions; nothing, if nothing is
 * left.
 */
static void copy(struct merge *merge, struct json_object *entry)
{
	static const char *const kept[] = {"action", "errnoRet", "args"};
	struct json_object *object, *names, *left, *value;
	const char *name = text_of(entry, "name");
	bool fits = true;
	size_t i, k;

	if (!applies(entry, false, &fits))
		return;
	names = array_of(entry, "names", &fits);
	left = json_object_new_array();
	for (i = 0; i < length_of(names) + (name != NULL); i++) {
		const char *one =
			i < length_of(names)
				? json_object_get_string(json_object_array_get_idx(names, i))
				: name;

		for (k = 0; one && k < MPOL_SYS_COUNT; k++)
			if ((merge->allowed & UINT32_C(1) << k) &&
			    strcmp(one, export_call_names[k]) == 0)
				one = NULL;
		if (one)
			json_object_array_add(left, json_object_new_string(one));
	}
	if (!json_object_array_length(left)) {
		json_object_put(left);
		return;
	}
	object = json_object_new_object();
	json_object_object_add(object, "names", left);
	for (i = 0; i < ELEMENTSOF(kept); i++)
		if (json_object_object_get_ex(entry, kept[i], &value) && value)
			json_object_object_add(object, kept[i], json_object_get(value));
	json_object_array_add(merge->syscalls, object);
}

/* Those of @list without x32, see export_arches. */
static void add_arches(struct json_object *array, struct json_object *list)
{
	size_t i;

	for (i = 0; i < length_of(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		const char *name = json_object_get_string(one);

		if (name && strcmp(name, "SCMP_ARCH_X32") != 0)
			json_object_array_add(array, json_object_get(one));
	}
}

static struct json_object *architectures(struct json_object *base, bool *fits)
{
	struct json_object *map = array_of(base, "archMap", fits), *old, *array, *one;
	size_t i;

	for (i = 0; i < length_of(map); i++) {
		const char *name;

		one = json_object_array_get_idx(map, i);
		name = one ? text_of(one, "architecture") : NULL;
		if (!name || !export_arches[0] || strcmp(name, export_arches[0]) != 0)
			continue;
		array = json_object_new_array();
		json_object_array_add(array, json_object_new_string(name));
		add_arches(array, array_of(one, "subArchitectures", fits));
		return array;
	}
	old = array_of(base, "architectures", fits);
	if (!old)
		return export_architectures();
	array = json_object_new_array();
	add_arches(array, old);
	return array;
}

int export_merged(const struct mpol_rules *rules, struct json_object *base,
		  struct json_object **ret, uint32_t *ret_refused, struct fault *fault)
{
	static const char *const kept[] = {"defaultErrnoRet", "flags", "listenerPath",
					   "listenerMetadata"};
	struct merge merge = {.rules = rules, .fault = fault, .by_default = {NULL, -1}};
	struct json_object *entries, *result, *value;
	bool fits = true;
	uint32_t call;
	size_t i;
	int r = 0;

	if (!json_object_is_type(base, json_type_object) ||
	    !(merge.by_default.action = text_of(base, "defaultAction")))
		return fault_set(fault, -EINVAL,
				 "the base is no seccomp profile: it has no defaultAction");
	if (strcmp(merge.by_default.action, "SCMP_ACT_ERRNO") == 0)
		merge.by_default.err =
			json_object_object_get_ex(base, "defaultErrnoRet", &value) && value
				? json_object_get_int(value)
				: EPERM;
	entries = array_of(base, "syscalls", &fits);
	/* What nothing is said of is allowed too, where that is the default. */
	if (asks_somebody(merge.by_default.action))
		return fault_set(fault, -EDOM,
				 "the base leaves the answer to every call to somebody else (%s), "
				 "which cannot be merged",
				 merge.by_default.action);
	if (lets_through(merge.by_default.action))
		merge.allowed = (UINT32_C(1) << MPOL_SYS_COUNT) - 1;
	for (i = 0; i < length_of(entries) && r == 0; i++)
		r = look(&merge, json_object_array_get_idx(entries, i));
	if (r < 0)
		return r;
	merge.allowed &= ~merge.denied;

	result = json_object_new_object();
	merge.syscalls = json_object_new_array();
	json_object_object_add(result, "defaultAction",
			       json_object_new_string(merge.by_default.action));
	for (i = 0; i < ELEMENTSOF(kept); i++)
		if (json_object_object_get_ex(base, kept[i], &value) && value)
			json_object_object_add(result, kept[i], json_object_get(value));
	json_object_object_add(result, "architectures", architectures(base, &fits));
	json_object_object_add(result, "syscalls", merge.syscalls);
	for (i = 0; i < length_of(entries); i++)
		copy(&merge, json_object_array_get_idx(entries, i));
	for (call = 0; call < MPOL_SYS_COUNT && r == 0; call++)
		if (merge.allowed & UINT32_C(1) << call)
			r = export_add_call(merge.syscalls, rules, (enum mpol_syscall)call,
					    &merge.by_default);
	if (r == 0 && !fits)
		r = fault_set(fault, -EINVAL,
			      "the base is no seccomp profile: where a list should "
			      "be is something else");
	if (r < 0) {
		json_object_put(result);
		return r;
	}
	*ret = result;
	*ret_refused = ((UINT32_C(1) << MPOL_SYS_COUNT) - 1) & ~merge.allowed;
	return 0;
}
