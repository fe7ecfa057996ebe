/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/capabilities.h"
#include "base/cleanup.h"
#include "base/group.h"
#include "base/text.h"
#include "read.h"

int front_find_sources(const struct options *options, struct option_source *of_environment,
		       const struct option_source **ret, size_t *ret_n, struct fault *fault)
{
	*ret = options->sources;
	*ret_n = options->n_sources;
	if (*ret_n)
		return 0;
	*of_environment = (struct option_source){.kind = SOURCE_PROFILE};
	if (!capabilities_exceed_caller())
		of_environment->text = getenv("MPOLRUN_PROFILE");
	if (of_environment->text && *of_environment->text) {
		*ret = of_environment;
		*ret_n = 1;
		return 0;
	}
	if (options->misspelt)
		fault_hint(fault, "did you mean the subcommand '%s'?", options->misspelt);
	else
		fault_hint(fault, "say -p nobind, or set MPOLRUN_PROFILE; mpolrun profile list "
				  "shows what there is");
	return fault_set(fault, -EINVAL, "no profile");
}

int front_sources(const struct options *options, struct mpol_policy **ret, struct fault *fault)
{
	struct mpol_source sources[MPOL_SOURCES_MAX] = {{.kind = 0}};
	struct option_source of_environment;
	const struct option_source *words;
	struct mpol_error err = {.what = ""};
	size_t n, i;
	int r;

	r = front_find_sources(options, &of_environment, &words, &n, fault);
	if (r < 0)
		return r;
	for (i = 0; i < n; i++) {
		sources[i].kind =
			words[i].kind == SOURCE_DENY ? MPOL_SOURCE_DENY : MPOL_SOURCE_PROFILE;
		sources[i].text = words[i].text;
	}
	r = mpol_policy_combine(sources, n, ret, &err);
	return r < 0 ? front_fault(r, &err, fault) : 0;
}

int front_fault(int r, const struct mpol_error *err, struct fault *fault)
{
	if (!fault || r >= 0)
		return r;
	fault_place(fault, err->file, err->line, err->column);
	if (err->hint[0])
		fault_hint(fault, "%s", err->hint);
	return fault_set(fault, r, "%s", err->what[0] ? err->what : mpol_strerror(r));
}

int front_not_covered(const struct mpol_plan *plan, const struct mpol_error *err,
		      struct fault *fault)
{
	struct json_object *object, *missing;
	char *json = NULL;
	size_t n = 0;

	(void)mpol_plan_json(plan, &json);
	object = read_json(json);
	missing = read_array(object, "not-covered", &n);
	if (n)
		fault_hint(fault,
			   "%s%s--best-effort %s to go on without; mpolrun explain shows all",
			   err->hint, err->hint[0] ? ", or " : "",
			   json_object_get_string(json_object_array_get_idx(missing, 0)));
	json_object_put(object);
	return fault_set(fault, -EOPNOTSUPP, "%s", err->what);
}

int front_plan(const struct options *options, uint32_t flags, struct mpol_plan **ret,
	       struct fault *fault)
{
	const struct mpol_plan_request request = {
		.size = sizeof(request),
		.flags = flags | (front_is_live(options) ? MPOL_PLAN_LIVE : 0) |
			 (options->audit ? MPOL_PLAN_AUDIT : 0) |
			 (options_watch(options) ? MPOL_PLAN_WATCH : 0),
		.mechanisms = options->mechanisms,
		.best_effort = options->best_effort,
		.layer = MPOL_NO_LAYER,
	};
	_cleanup_(front_policy_done) struct mpol_policy *policy = NULL;
	struct mpol_error err = {.what = ""};
	int r;

	r = front_sources(options, &policy, fault);
	if (r < 0)
		return r;
	r = mpol_plan_with(policy, &request, ret, &err);
	if (r == -EOPNOTSUPP && *ret)
		return front_not_covered(*ret, &err, fault);
	return r < 0 ? front_fault(r, &err, fault) : 0;
}

int front_layer(const char *layer, uint32_t rights, struct fault *fault)
{
	struct mpol_error err = {.what = ""};
	uint32_t fd;
	int r;

	if (strncmp(layer, "fd:", 3) != 0) {
		/* Who may change it may go under it. */
		r = mpol_layer_open(layer,
				    rights & MPOL_RIGHT_MODIFY
					    ? MPOL_RIGHT_MODIFY | MPOL_RIGHT_INSTALL
					    : rights,
				    &err);
		return r < 0 ? front_fault(r, &err, fault) : r;
	}
	if (text_to_u32(layer + 3, INT32_MAX, &fd) < 0)
		return fault_set(fault, -EINVAL, "'%s' is not the number of a file descriptor",
				 layer);
	r = mpol_layer_restrict((int)fd, rights);
	switch (r) {
	case -EBADMSG:
	case -EPERM:
		return fault_set(fault, r, "%s is no ticket of a layer", layer);
	case -ENOTSUP:
		return fault_set(fault, r, "%s is a ticket of a newer release", layer);
	case -EACCES:
		return fault_set(fault, r, "the ticket %s does not have the right to %s", layer,
				 rights & MPOL_RIGHT_MODIFY ? "change the layer"
							    : "run programs under the layer");
	default:
		return r < 0 ? fault_set(fault, r, "cannot read %s: %s", layer, strerror(-r)) : r;
	}
}

int front_layer_of_all(const char *layer, struct fault *fault)
{
	int r = front_layer(layer, MPOL_RIGHT_INSTALL | MPOL_RIGHT_MODIFY, NULL);

	return r < 0 ? front_layer(layer, MPOL_RIGHT_INSTALL, fault) : r;
}

int front_owner(const struct options *options, struct front_owner *ret, struct fault *fault)
{
	struct front_owner owner = {.mode = 0600, .group = (uint32_t)-1};
	gid_t group;
	char *end;
	long mode;

	if (options->mode) {
		mode = strtol(options->mode, &end, 8);
		if (*end || mode < 0 || mode > 0777 || strlen(options->mode) > 4)
			return fault_set(fault, -EINVAL, "--mode: '%s' is not the mode of a file",
					 options->mode);
		owner.mode = (uint32_t)mode;
	}
	if (options->group) {
		if (group_id(options->group, &group) < 0)
			return fault_set(fault, -EINVAL, "--group: there is no group '%s'",
					 options->group);
		owner.group = group;
	}
	*ret = owner;
	return 0;
}
