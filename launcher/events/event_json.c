/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "base/text.h"
#include "event.h"
#include "profile/keywords.h"

#define JSON_VERSION 1

static const char *const call_names[MPOL_SYS_COUNT] = {MPOL_SYSCALLS(MPOL_SYSCALL_NAME)};

static void add_text(struct json_object *object, const char *key, const char *text)
{
	char copy[EVENT_PATH_MAX];

	if (!text || !text[0]) {
		json_object_object_add(object, key, NULL);
		return;
	}
	snprintf(copy, sizeof(copy), "%s", text);
	text_make_printable(copy);
	json_object_object_add(object, key, json_object_new_string(copy));
}

static void add_number(struct json_object *object, const char *key, int64_t number, bool known)
{
	json_object_object_add(object, key, known ? json_object_new_int64(number) : NULL);
}

/* The words of the bits that are set; a bit without one as its number. */
static struct json_object *bits(const struct keyword *keyword, uint32_t bits)
{
	struct json_object *array = json_object_new_array();
	char number[16];
	uint32_t bit;

	for (bit = 0; bit < 32; bit++) {
		const char *word = name_of(keyword->words, keyword->n_words, (int)bit);

		if (!(bits >> bit & 1))
			continue;
		snprintf(number, sizeof(number), "%#x", UINT32_C(1) << bit);
		json_object_array_add(array, json_object_new_string(word ? word : number));
	}
	return array;
}

static void add_setting(struct json_object *object, const struct event *event)
{
	const struct keyword *modes = &keywords[GROUP_MODES];
	uint32_t mode = event->mode & ~MPOL_ABI_MODE_FLAGS;
	const char *word = NULL;
	char list[1024], number[16];

	if (mode < MPOL_ABI_MODES)
		word = name_of(modes->words, modes->n_words, (int)mode);
	snprintf(number, sizeof(number), "%u", mode);
	json_object_object_add(object, "mode", json_object_new_string(word ? word : number));
	json_object_object_add(object, "mode-flags",
			       bits(&keywords[GROUP_MODE_FLAGS],
				    (event->mode & MPOL_ABI_MODE_FLAGS) >> MPOL_ABI_FLAG_SHIFT));
	json_object_object_add(object, "mbind-flags",
			       bits(&keywords[GROUP_MBIND_FLAGS], event->mbind_flags));
	text_from_bitmap(event->nodes, MPOL_NODES_WORDS, list, sizeof(list));
	json_object_object_add(object, event->nodes_exact ? "nodes" : "nodes-claimed",
			       event->nodes_known ? json_object_new_string(list) : NULL);
}

static void add_arguments(struct json_object *object, const struct event *event)
{
	switch ((enum mpol_syscall)event->call) {
	case MPOL_SYS_MBIND:
	case MPOL_SYS_SET_MEMPOLICY:
		add_setting(object, event);
		break;
	case MPOL_SYS_SET_MEMPOLICY_HOME_NODE:
		add_number(object, "node", (int64_t)event->argument, true);
		break;
	case MPOL_SYS_MIGRATE_PAGES:
		add_number(object, "of-pid", (int)event->argument, true);
		break;
	case MPOL_SYS_MOVE_PAGES:
		add_number(object, "pages", (int64_t)event->argument, true);
		json_object_object_add(object, "moves", json_object_new_boolean(event->moves));
		break;
	case MPOL_SYS_GET_MEMPOLICY:
	case MPOL_SYS_MOUNT:
	case MPOL_SYS_FSCONFIG:
	case MPOL_SYS_COUNT:
		break;
	}
}

static struct json_object *object_new(const char *kind, const char *layer)
{
	struct json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	json_object_object_add(object, "version", json_object_new_int(JSON_VERSION));
	json_object_object_add(object, "event", json_object_new_string(kind));
	add_text(object, "layer", layer);
	return object;
}

static int print(struct json_object *object, char *buf, size_t size)
{
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	int n = text ? snprintf(buf, size, "%s\n", text) : -1;

	json_object_put(object);
	/* Half an object is none. */
	return n < 0 || (size_t)n >= size ? -ENOMEM : n;
}

int event_json(const struct event *event, char *buf, size_t size)
{
	struct json_object *object = object_new("call", event->layer);
	bool decided = event->rule < MPOL_RULE_COUNT;
	char name[40], answer[24], when[32];

	if (!object)
		return -ENOMEM;
	add_text(object, "time", event_time_text(&event->time, when, sizeof(when)));
	add_text(object, "verdict", event_verdict_names[event->verdict]);
	add_text(object, "answer", answer_text(event->answer, answer, sizeof(answer)));
	add_text(object, "profile", event->profile);
	add_number(object, "line", event->line, event->line > 0);
	add_text(object, "rule", decided ? rule_name(event->rule, name, sizeof(name)) : NULL);
	add_number(object, "pid", event->pid, event->pid > 0);
	add_number(object, "tid", event->tid, event->tid > 0);
	add_number(object, "uid", event->uid, event->uid >= 0);
	add_text(object, "comm", event->comm);
	add_text(object, "exe", event->exe);
	add_text(object, "cgroup", event->cgroup);
	add_text(object, "abi", event->abi);
	add_text(object, "call", event->call < MPOL_SYS_COUNT ? call_names[event->call] : NULL);
	add_arguments(object, event);
	return print(object, buf, size);
}

int event_lost_json(const char *layer, uint64_t n, char *buf, size_t size)
{
	struct json_object *object = object_new("lost", layer);

	if (!object)
		return -ENOMEM;
	json_object_object_add(object, "count", json_object_new_int64((int64_t)n));
	return print(object, buf, size);
}
