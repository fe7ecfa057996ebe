/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "json.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define BUILTIN "builtin:"

int oci_id_check(const char *id, struct fault *fault)
{
	size_t length = strspn(id, LETTERS DIGITS "+-._");

	if (length && !id[length] && length < OCI_ID_SIZE && id[0] != '.' && id[0] != '-')
		return 0;
	return fault_set(fault, -EINVAL, "'%.80s' is no container's id", id);
}

int oci_profile_check(const char *name, struct fault *fault)
{
	static const char ending[] = ".yaml";
	const char *at = name;
	size_t length;

	if (strncmp(at, BUILTIN, strlen(BUILTIN)) == 0)
		at += strlen(BUILTIN);
	length = strlen(at);
	/* A word that ends so is a path, see profile/load.h. */
	if (length && strspn(at, LETTERS DIGITS "+-._") == length && at[0] != '.' && at[0] != '-' &&
	    !strstr(at, "..") && strlen(name) < OCI_PROFILE_SIZE &&
	    (length < strlen(ending) || strcmp(at + length - strlen(ending), ending) != 0))
		return 0;
	fault_hint(fault, "an annotation names an installed profile: mpolrun profile list");
	return fault_set(fault, -EINVAL, "annotation %s: '%.80s' is no profile's name",
			 OCI_ANNOTATION, name);
}

/* Of the annotations in @object, a state's or a configuration's. -ENOENT: it has none at all. */
static int annotated_profile(struct json_object *object, char *buf, struct fault *fault)
{
	struct json_object *annotations;
	int r;

	r = oci_json_object(object, "annotations", &annotations, fault);
	if (r < 0)
		return r;
	buf[0] = '\0';
	r = oci_json_string(annotations, OCI_ANNOTATION, buf, OCI_PROFILE_SIZE, fault);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : oci_profile_check(buf, fault);
}

int oci_config_profile(const char *text, size_t len, char *buf, struct fault *fault)
{
	_cleanup_(cleanup_json) struct json_object *object = NULL;
	char profile[OCI_PROFILE_SIZE] = "";
	int r;

	r = oci_json_parse(text, len, "the configuration", &object, fault);
	if (r == 0)
		r = annotated_profile(object, profile, fault);
	if (r < 0 && r != -ENOENT)
		return r;
	memcpy(buf, profile, sizeof(profile));
	return 0;
}

static int missing(int r, const char *key, struct fault *fault)
{
	return r == -ENOENT ? fault_set(fault, -EINVAL, "the state has no '%s'", key) : r;
}

static int parse_phase(struct json_object *object, enum oci_phase *ret, struct fault *fault)
{
	char status[32];
	int r = oci_json_string(object, "status", status, sizeof(status), fault);

	if (r < 0)
		return missing(r, "status", fault);
	if (strcmp(status, "creating") == 0 || strcmp(status, "created") == 0) {
		*ret = OCI_STARTING;
		return 0;
	}
	if (strcmp(status, "stopped") == 0) {
		*ret = OCI_STOPPED;
		return 0;
	}
	fault_hint(fault, "it is a hook for createRuntime and poststop");
	return fault_set(fault, -EINVAL,
			 "the container is '%.31s': too late to put it under a layer", status);
}

static int parse(struct json_object *object, struct oci_state *ret, struct fault *fault)
{
	int64_t pid;
	int r;

	r = missing(oci_json_string(object, "id", ret->id, sizeof(ret->id), fault), "id", fault);
	if (r == 0)
		r = oci_id_check(ret->id, fault);
	if (r == 0)
		r = missing(
			oci_json_string(object, "bundle", ret->bundle, sizeof(ret->bundle), fault),
			"bundle", fault);
	if (r == 0 && ret->bundle[0] != '/')
		r = fault_set(fault, -EINVAL, "'bundle' is not an absolute path");
	if (r == 0)
		r = parse_phase(object, &ret->phase, fault);
	if (r < 0 || ret->phase == OCI_STOPPED)
		return r;
	r = missing(oci_json_number(object, "pid", 1, INT32_MAX, &pid, fault), "pid", fault);
	if (r < 0)
		return r;
	ret->pid = (pid_t)pid;
	r = annotated_profile(object, ret->profile, fault);
	ret->annotated = r == 0;
	return r == -ENOENT ? 0 : r;
}

int oci_state_parse(const char *text, size_t len, struct oci_state *ret, struct fault *fault)
{
	_cleanup_(cleanup_json) struct json_object *object = NULL;
	struct oci_state state = {.pid = 0};
	int r;

	r = oci_json_parse(text, len, "the state on standard input", &object, fault);
	if (r == 0)
		r = parse(object, &state, fault);
	if (r == 0)
		*ret = state;
	return r;
}

/* FNV-1a: told apart are containers, not enemies; a layer that is there is never taken over. */
static uint64_t hash(uint64_t value, const char *text)
{
	do {
		value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	} while (*text++);
	return value;
}

void oci_layer_name(const char *id, const char *bundle, char *buf)
{
	uint64_t value = hash(hash(UINT64_C(0xcbf29ce484222325), id), bundle);
	char shown[33];
	size_t i;

	for (i = 0; i < sizeof(shown) - 1 && id[i]; i++) {
		char c = id[i] >= 'A' && id[i] <= 'Z' ? (char)(id[i] - 'A' + 'a') : id[i];

		shown[i] = strchr("abcdefghijklmnopqrstuvwxyz" DIGITS "._-", c) ? c : '-';
	}
	shown[i] = '\0';
	(void)snprintf(buf, OCI_LAYER_SIZE, "oci-%s-%016" PRIx64, shown, value);
}
