/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whatever the bytes, as a container's state, as its configuration, and as what runtimes write
 * about one that runs: they are refused with a sentence that can be shown, or give a profile's name
 * that leads to no file, an id that is a name, a pid, an absolute path.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "layer/names.h"
#include "oci/container.h"
#include "oci/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fault(int r, const struct fault *fault)
{
	const char *at;

	assert(r == -EINVAL && fault->what[0]);
	for (at = fault->what; *at; at++)
		assert((unsigned char)*at >= ' ' && *at != 0x7f);
}

static void check_profile(const char *name)
{
	assert(strlen(name) < OCI_PROFILE_SIZE);
	assert(!strpbrk(name, "/{\n\033") && !strstr(name, "..") && name[0] != '-');
	assert(strncmp(name, "fd:", 3) != 0);
}

static void try_state(const char *text, size_t size)
{
	struct oci_state state;
	struct fault fault = {.line = 0};
	char name[OCI_LAYER_SIZE];
	int r = oci_state_parse(text, size, &state, &fault);

	if (r < 0) {
		check_fault(r, &fault);
		return;
	}
	assert(oci_id_check(state.id, NULL) == 0 && state.bundle[0] == '/');
	check_profile(state.profile);
	if (state.phase == OCI_STARTING)
		assert(state.pid > 0 && (state.annotated || !state.profile[0]));
	oci_layer_name(state.id, state.bundle, name);
	assert(layer_name_check(name, NULL) == 0);
}

static void try_config(const char *text, size_t size)
{
	struct fault fault = {.line = 0};
	char profile[OCI_PROFILE_SIZE];
	int r = oci_config_profile(text, size, profile, &fault);

	if (r < 0)
		check_fault(r, &fault);
	else
		check_profile(profile);
}

static void try_containers(const char *text, size_t size)
{
	static struct oci_container container;
	int form;

	for (form = 0; form < OCI_FORMS; form++) {
		struct fault fault = {.line = 0};
		int r = oci_container_parse((enum oci_form)form, text, size, &container, &fault);

		if (r < 0) {
			check_fault(r, &fault);
			continue;
		}
		assert(container.pid >= 0);
		assert(!container.cgroup[0] || container.cgroup[0] == '/');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	try_state(text, size);
	try_config(text, size);
	try_containers(text, size);
	return 0;
}
