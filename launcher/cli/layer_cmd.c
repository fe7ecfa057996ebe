/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "front.h"
#include "layer_metrics.h"
#include "layer_show.h"
#include "layer_watch.h"
#include "read.h"
#include "run_cmd.h"

static bool is_name(const char *layer)
{
	return strncmp(layer, "fd:", 3) != 0;
}

/* What stands in the way of a change, in people's words. */
static int say_modify_failed(const char *layer, int r, const char *why, struct fault *fault)
{
	if (r == -EPERM)
		fault_hint(fault, "change it from outside the layer");
	return fault_set(fault, r,
			 r == -EPERM || r == -EBUSY ? "layer '%s' stays as it was: %s"
						    : "cannot change layer '%s': %s",
			 layer, why);
}

/* Of the policy of @options, in what holds @layer: only that can hold what it shall be. */
static int plan_update(const struct options *options, int layer, struct mpol_plan **ret,
		       struct fault *fault)
{
	const struct mpol_plan_request request = {
		.size = sizeof(request),
		.flags = MPOL_PLAN_LIVE,
		.mechanisms = options->mechanisms,
		.best_effort = options->best_effort,
		.layer = layer,
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
	return r < 0 ? say_modify_failed(options->layer, r, err.what, fault) : 0;
}

int cmd_layer_update(const struct options *options)
{
	static const uint32_t audit[] = {
		[AUDIT_AS_IS] = MPOL_AUDIT_AS_IS,
		[AUDIT_ON] = MPOL_AUDIT_ON,
		[AUDIT_OFF] = MPOL_AUDIT_OFF,
	};
	struct mpol_change change = {
		.size = sizeof(change),
		.audit = audit[options->audit_switch],
		.name = is_name(options->layer) ? options->layer : NULL,
	};
	_cleanup_(front_plan_done) struct mpol_plan *plan = NULL;
	struct mpol_error err = {.what = ""};
	_cleanup_close_ int layer = -EBADF;
	struct fault fault = {.line = 0};
	int r;

	if (!options->n_sources && options->audit_switch == AUDIT_AS_IS) {
		fault_set(&fault, -EINVAL, "'layer update' needs -p, --deny or --audit");
		return cmd_fail(&fault);
	}
	layer = front_layer(options->layer, MPOL_RIGHT_MODIFY, &fault);
	if (layer < 0)
		return cmd_fail(&fault);
	if (options->n_sources && plan_update(options, layer, &plan, &fault) < 0)
		return cmd_fail(&fault);
	r = mpol_layer_change(layer, plan, &change, &err);
	if (r < 0) {
		front_fault(r, &err, &fault);
		say_modify_failed(options->layer, r, err.what, &fault);
		return cmd_fail(&fault);
	}
	return 0;
}

/* The exit status, after what became of a change of the layer. */
static int modified(const struct options *options, int r, const struct mpol_error *err)
{
	struct fault fault = {.line = 0};

	if (r == 0)
		return 0;
	front_fault(r, err, &fault);
	if (!err->what[0])
		say_modify_failed(options->layer, r, mpol_strerror(r), &fault);
	return cmd_fail(&fault);
}

/* Of an fd nobody would get to know the new keys. */
int cmd_layer_rekey(const struct options *options)
{
	struct mpol_error err = {.what = ""};
	int r = mpol_layer_rekey_name(options->layer, &err);

	return modified(options, r, &err);
}

int cmd_layer_remove(const struct options *options)
{
	struct mpol_error err = {.what = ""};
	_cleanup_close_ int layer = -EBADF;
	struct fault fault = {.line = 0};
	int r;

	if (is_name(options->layer)) {
		r = mpol_layer_remove_name(options->layer, &err);
	} else {
		layer = front_layer(options->layer, MPOL_RIGHT_MODIFY, &fault);
		if (layer < 0)
			return cmd_fail(&fault);
		r = mpol_layer_remove(layer);
	}
	return modified(options, r, &err);
}

static void free_names(char **names, size_t n)
{
	while (n)
		free(names[--n]);
	free(names);
}

static void print_row(const char *name, struct json_object *layer)
{
	char text[48];

	printf("%-16s  %s  gen %lld  %s  %s  refused %lld\n", name, read_text(layer, "profile"),
	       (long long)read_number(layer, "generation"), layer_audit(layer),
	       layer_members(layer, text, sizeof(text)), (long long)read_number(layer, "refused"));
}

int cmd_layer_list(const struct options *options)
{
	struct json_object *object = NULL, *array = NULL, *layer;
	struct fault fault = {.line = 0};
	char **names;
	size_t i, n;
	int r;

	r = mpol_layer_list(&names, &n);
	if (r < 0) {
		fault_set(&fault, r, "cannot list the layers: %s", strerror(-r));
		return cmd_fail(&fault);
	}
	if (options->list_format == LIST_OPENMETRICS) {
		layer_metrics(stdout, names, n);
		free_names(names, n);
		return 0;
	}
	if (options->json) {
		object = answer_new();
		array = json_object_new_array();
		json_object_object_add(object, "layers", array);
	}
	for (i = 0; i < n; i++) {
		layer = NULL;
		r = layer_look(names[i], &layer, &fault);
		if (array) {
			layer = layer ? layer : json_object_new_object();
			json_object_object_del(layer, "version");
			json_object_object_add(layer, "name", json_object_new_string(names[i]));
			json_object_array_add(array, layer);
			continue;
		}
		if (r < 0)
			printf("%-16s  %s\n", names[i],
			       r == -EACCES ? "not readable by us" : mpol_strerror(r));
		else
			print_row(names[i], layer);
		json_object_put(layer);
	}
	free_names(names, n);
	answer_print(stdout, object);
	return 0;
}

int cmd_layer_show(const struct options *options)
{
	struct fault fault = {.line = 0};
	struct json_object *layer;
	char held[48], text[48];

	if (options->watch)
		return layer_watch(options, &fault) < 0 ? cmd_fail(&fault) : 0;
	if (layer_look(options->layer, &layer, &fault) < 0)
		return cmd_fail(&fault);
	if (options->json) {
		json_object_object_add(layer, "name", json_object_new_string(options->layer));
		answer_print(stdout, layer);
		return 0;
	}
	printf("%s  %s  %s gen %lld  %s  %s\n", options->layer,
	       layer_mechanisms_text(layer, held, sizeof(held)), read_text(layer, "profile"),
	       (long long)read_number(layer, "generation"), layer_audit(layer),
	       layer_members(layer, text, sizeof(text)));
	layer_print(layer);
	json_object_put(layer);
	return 0;
}
