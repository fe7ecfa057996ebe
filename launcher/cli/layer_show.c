/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_show.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "front.h"
#include "read.h"

int layer_look(const char *layer, struct json_object **ret, struct fault *fault)
{
	_cleanup_close_ int fd = front_layer(layer, MPOL_RIGHT_INSTALL, fault);
	char *json = NULL;
	int r;

	if (fd < 0)
		return fd;
	r = mpol_layer_json(fd, &json);
	if (r < 0)
		return fault_set(fault, r, "cannot ask layer '%s': %s", layer, mpol_strerror(r));
	*ret = read_json(json);
	return *ret ? 0 : fault_set(fault, -ENOMEM, "out of memory");
}

const char *layer_audit(struct json_object *layer)
{
	return read_true(layer, "audit") ? "auditing" : "enforcing";
}

const char *layer_members(struct json_object *layer, char *buf, size_t size)
{
	bool counted = read_has(layer, "members");
	long long n = read_number(layer, counted ? "members" : "launches");

	snprintf(buf, size, "%lld %s%s", n, counted ? "member" : "launch",
		 n == 1    ? ""
		 : counted ? "s"
			   : "es");
	return buf;
}

const char *layer_mechanisms_text(struct json_object *layer, char *buf, size_t size)
{
	size_t n, i, length = 0;
	struct json_object *mechanisms = read_array(layer, "mechanisms", &n);

	buf[0] = '\0';
	for (i = 0; i < n && length < size; i++)
		length += (size_t)snprintf(
			buf + length, size - length, "%s%s", length ? " " : "",
			json_object_get_string(json_object_array_get_idx(mechanisms, i)));
	return buf;
}

static void print_cgroups(struct json_object *layer)
{
	long long attached = read_number(layer, "attached");
	size_t n, i;
	struct json_object *cgroups = read_array(layer, "cgroups", &n);

	for (i = 0; i < n; i++)
		printf("attached to %s\n",
		       json_object_get_string(json_object_array_get_idx(cgroups, i)));
	if (attached && !cgroups)
		printf("attached to %lld cgroup%s, whose names only root sees\n", attached,
		       attached == 1 ? "" : "s");
}

/* Some are not counted, where that would cost those who are let through. */
static void print_counters(struct json_object *layer)
{
	if (read_true(layer, "counts-allowed"))
		printf("allowed %lld", (long long)read_number(layer, "allowed"));
	else
		printf("allowed not counted");
	printf("  audited %lld", (long long)read_number(layer, "audited"));
	if (!read_has(layer, "supervisor")) {
		printf("  refused %lld\n", (long long)read_number(layer, "refused"));
		return;
	}
	printf("  ignored %lld  refused %lld  killed %lld  events lost %lld\n",
	       (long long)read_number(layer, "ignored"), (long long)read_number(layer, "refused"),
	       (long long)read_number(layer, "killed"),
	       (long long)read_number(layer, "events-lost"));
}

void layer_print(struct json_object *layer)
{
	struct json_object *rules = read_object(layer, "rules");

	print_cgroups(layer);
	print_counters(layer);
	json_object_object_foreach(rules, name, rule)
	{
		printf("  %-28s %-8s", name, read_text(rule, "answer"));
		if (read_has(rule, "calls"))
			printf(" %lld calls\n", (long long)read_number(rule, "calls"));
		else
			printf(" not counted by rule\n");
	}
}
