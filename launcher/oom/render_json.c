/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/text.h"
#include "render.h"

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text && text[0] ? json_object_new_string(text) : NULL);
}

static void add_number(struct json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, number >= 0 ? json_object_new_int64(number) : NULL);
}

static void add_size(struct json_object *object, const char *key, uint64_t kib)
{
	json_object_object_add(object, key, json_object_new_uint64(kib));
}

static void add_nodes(struct json_object *object, const char *key,
		      const __u64 nodes[OOM_NODE_WORDS])
{
	char list[2048];

	add_text(object, key, text_from_bitmap(nodes, OOM_NODE_WORDS, list, sizeof(list)));
}

static struct json_object *task(const struct oom_task *task)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "comm", task->comm);
	add_number(object, "pid", task->pid);
	add_number(object, "uid", task->uid);
	add_text(object, "cgroup", task->cgroup);
	return object;
}

static struct json_object *nodes(const struct oom_event *event)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < event->n_shown; i++) {
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "node", json_object_new_int64(event->shown[i].id));
		add_size(object, "free-kib", event->shown[i].free);
		add_size(object, "min-kib", event->shown[i].min);
		add_size(object, "managed-kib", event->shown[i].managed);
		add_text(object, "zones", event->shown[i].zones);
		json_object_array_add(array, object);
	}
	return array;
}

struct json_object *oom_json(const struct oom_event *event, const struct oom_around *around)
{
	static const char *const constraints[] = {
		[OOM_UNKNOWN] = NULL,    [OOM_NONE] = "none",
		[OOM_CPUSET] = "cpuset", [OOM_MEMORY_POLICY] = "memory-policy",
		[OOM_MEMCG] = "memcg",
	};
	struct json_object *object = json_object_new_object(), *part;
	struct oom_prevent prevent[OOM_PREVENT_MAX];
	int itself = oom_asker_was_killed(event);
	struct oom_elsewhere elsewhere;
	__u64 allowed[OOM_NODE_WORDS];
	size_t i, n;

	add_text(object, "time", around->time[0] ? around->time : event->time);
	add_text(object, "constraint", constraints[event->constraint]);
	json_object_object_add(object, "inferred", json_object_new_boolean(event->inferred));
	json_object_object_add(object, "ours", json_object_new_boolean(oom_is_ours(event)));
	part = task(&event->asker);
	if (oom_allowed(event, allowed))
		add_nodes(part, "allowed-nodes", allowed);
	add_text(part, "cpuset", event->cpuset);
	add_text(part, "layer", around->layer);
	json_object_object_add(object, "asked", part);
	part = NULL;
	if (event->has_kill) {
		part = task(&event->victim);
		add_size(part, "rss-kib", event->victim_rss);
		json_object_object_add(part, "asker",
				       itself < 0 ? NULL : json_object_new_boolean(itself));
	}
	json_object_object_add(object, "killed", part);
	json_object_object_add(object, "panicked", json_object_new_boolean(event->panicked));
	json_object_object_add(object, "nodes", nodes(event));
	part = NULL;
	if (oom_elsewhere(event, &elsewhere)) {
		part = json_object_new_object();
		if (elsewhere.has_nodes)
			add_nodes(part, "nodes", elsewhere.nodes);
		add_size(part, "free-kib", elsewhere.free);
		add_size(part, "total-kib", elsewhere.total);
	}
	json_object_object_add(object, "elsewhere", part);
	part = json_object_new_array();
	n = oom_prevent(event, around, prevent);
	for (i = 0; i < n; i++)
		json_object_array_add(part, json_object_new_string(prevent[i].command));
	json_object_object_add(object, "prevent", part);
	return object;
}
