/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "render.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define NODES_PRINTED 8
#define TOP "/sys/fs/cgroup"

static const char *of_time(const struct oom_event *event, const struct oom_around *around)
{
	return around->time[0] ? around->time : event->time[0] ? event->time : "-";
}

static bool several(const __u64 nodes[OOM_NODE_WORDS])
{
	int n = 0;
	size_t i;

	for (i = 0; i < OOM_NODE_WORDS; i++)
		n += __builtin_popcountll(nodes[i]);
	return n != 1;
}

static void print_size(FILE *out, uint64_t kib)
{
	if (kib >= 2 * 1024 * 1024)
		fprintf(out, "%" PRIu64 ".%" PRIu64 " GiB", kib >> 20,
			((kib & 0xfffff) * 10) >> 20);
	else
		fprintf(out, "%" PRIu64 " MiB", kib >> 10);
}

static void print_task(FILE *out, const struct oom_task *task)
{
	fprintf(out, "%s", task->comm[0] ? task->comm : "?");
	if (task->pid >= 0)
		fprintf(out, "[%" PRId64 "]", task->pid);
}

/* A word that a shell takes as it stands, and no program for an option. */
static bool is_plain(const char *text, const char *more)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const char *at;

	if (!text[0] || text[0] == '-' || strstr(text, ".."))
		return false;
	for (at = text; *at; at++)
		if (!strchr(letters, *at) && !strchr(more, *at))
			return false;
	return true;
}

static bool is_path(const char *text)
{
	return text[0] == '/' && is_plain(text, "._+:@-/");
}

/* A layer's name after the cgroup /user.slice/web.service: "web". */
static void name_layer(const char *cgroup, char *buf, size_t size)
{
	const char *from = strrchr(cgroup, '/') + 1;
	size_t length = strcspn(from, "."), i;

	snprintf(buf, size, "%.*s", (int)length, from);
	for (i = 0; buf[i]; i++)
		if (!((buf[i] >= 'a' && buf[i] <= 'z') || (buf[i] >= '0' && buf[i] <= '9') ||
		      (i && buf[i] == '-')))
			break;
	if (!length || length > 32 || buf[i])
		snprintf(buf, size, "nobind");
}

/* The cgroup that is called @name on the way to @cgroup; 0 if there is none. */
static size_t part_of_path(const char *cgroup, const char *name)
{
	size_t length = strlen(name);
	const char *at;

	for (at = strchr(cgroup, '/'); length && at; at = strchr(at + 1, '/'))
		if (strncmp(at + 1, name, length) == 0 &&
		    (at[1 + length] == '/' || !at[1 + length]))
			return (size_t)(at + 1 + length - cgroup);
	return 0;
}

size_t oom_prevent(const struct oom_event *event, const struct oom_around *around,
		   struct oom_prevent ret[OOM_PREVENT_MAX])
{
	const char *cgroup = event->asker.cgroup, *comm = event->asker.comm;
	char name[40];
	size_t n = 0, part;

	if (!oom_is_ours(event))
		return 0;
	if (!cgroup[0] && oom_asker_was_killed(event) == 1)
		cgroup = event->victim.cgroup;
	if (event->constraint == OOM_CPUSET) {
		if (!cgroup[0])
			cgroup = event->victim.cgroup;
		part = part_of_path(cgroup, event->cpuset);
		if (part && is_path(cgroup)) {
			snprintf(ret[n].command, sizeof(ret[n].command),
				 "echo > " TOP "%.*s/cpuset.mems", (int)part, cgroup);
			ret[n++].when = "if it was narrowed from outside";
		}
	} else if (around->can_attach && is_path(cgroup) && cgroup[1]) {
		name_layer(cgroup, name, sizeof(name));
		snprintf(ret[n].command, sizeof(ret[n].command),
			 "mpolrun layer create %s -p nobind", name);
		ret[n++].when = "for what runs already";
		snprintf(ret[n].command, sizeof(ret[n].command),
			 "mpolrun layer attach %s --cgroup " TOP "%s", name, cgroup);
		ret[n++].when = NULL;
	}
	snprintf(ret[n].command, sizeof(ret[n].command), "mpolrun -p nobind -- %s ...",
		 is_plain(comm, "._+-") ? comm : "COMMAND");
	ret[n++].when =
		event->constraint == OOM_CPUSET ? "if from inside" : "at its start, by any user";
	return n;
}

static void print_others(FILE *out, const struct oom_event *event)
{
	struct oom_elsewhere elsewhere;
	char nodes[256];

	if (!oom_elsewhere(event, &elsewhere)) {
		fprintf(out, "what others had free is not in the log");
		return;
	}
	if (elsewhere.has_nodes)
		fprintf(out, "node%s %s", several(elsewhere.nodes) ? "s" : "",
			text_from_bitmap(elsewhere.nodes, OOM_NODE_WORDS, nodes, sizeof(nodes)));
	else
		fprintf(out, "the others");
	fprintf(out, " had %" PRIu64 " of %" PRIu64 " MiB free", elsewhere.free >> 10,
		elsewhere.total >> 10);
}

static void print_nodes(FILE *out, const struct oom_event *event)
{
	__u64 allowed[OOM_NODE_WORDS];
	size_t i, n = 0, more = 0;

	if (!oom_allowed(event, allowed))
		return;
	for (i = 0; i < event->n_shown; i++) {
		const struct oom_node *node = &event->shown[i];

		if (!(allowed[node->id / 64] >> (node->id % 64) & 1))
			continue;
		if (n++ >= NODES_PRINTED) {
			more++;
			continue;
		}
		fprintf(out, "  node %-2" PRIu32 " free %" PRIu64 " MiB, min %" PRIu64 " (%s)\n",
			node->id, node->free >> 10, node->min >> 10, node->zones);
	}
	if (more)
		fprintf(out, "  and %zu nodes more\n", more);
}

static void print_killed(FILE *out, const struct oom_event *event)
{
	static const char *const who[] = {"not the asker", "the asker itself"};
	int itself = oom_asker_was_killed(event);

	if (!event->has_kill) {
		fprintf(out, "  killed  %s\n",
			event->panicked ? "nobody: the kernel panicked"
					: "not in the log, which ends or has a gap here");
		return;
	}
	fprintf(out, "  killed  ");
	print_task(out, &event->victim);
	if (event->victim_rss) {
		fputc(' ', out);
		print_size(out, event->victim_rss);
	}
	if (event->victim.uid >= 0)
		fprintf(out, "  uid %" PRId64, event->victim.uid);
	if (event->victim.cgroup[0])
		fprintf(out, "  %s", event->victim.cgroup);
	if (itself >= 0)
		fprintf(out, "  %s", who[itself]);
	fputc('\n', out);
}

static void print_ours(FILE *out, const struct oom_event *event, const struct oom_around *around)
{
	struct oom_prevent prevent[OOM_PREVENT_MAX];
	__u64 allowed[OOM_NODE_WORDS];
	char nodes[256] = "";
	size_t i, n;

	fprintf(out, "%s ", of_time(event, around));
	if (oom_allowed(event, allowed)) {
		text_from_bitmap(allowed, OOM_NODE_WORDS, nodes, sizeof(nodes));
		fprintf(out, several(allowed) ? "nodes %s were full" : "node %s was full", nodes);
	} else {
		fprintf(out, "some nodes were full");
	}
	fprintf(out, " by %s", event->constraint == OOM_CPUSET ? "CPUSET" : "POLICY");
	if (event->constraint == OOM_CPUSET && event->cpuset[0])
		fprintf(out, " %s", event->cpuset);
	fprintf(out, "; ");
	print_others(out, event);
	fprintf(out, "\n  asked   ");
	if (event->asker.comm[0])
		print_task(out, &event->asker);
	else
		fprintf(out, "(not in the log)");
	if (event->asker.uid >= 0)
		fprintf(out, " uid %" PRId64, event->asker.uid);
	if (nodes[0])
		fprintf(out, "  allowed nodes %s", nodes);
	if (event->asker.cgroup[0])
		fprintf(out, "  %s", event->asker.cgroup);
	if (around->layer)
		fprintf(out, "  %s", around->layer);
	fputc('\n', out);
	print_killed(out, event);
	print_nodes(out, event);
	if (event->inferred)
		fprintf(out, "  note    this kernel names no reason; it follows from the %s\n",
			event->mask == OOM_MASK_SET ? "nodes" : "cpuset");
	n = oom_prevent(event, around, prevent);
	for (i = 0; i < n; i++) {
		fprintf(out, "  %s %s", i ? "        " : "prevent:", prevent[i].command);
		if (prevent[i].when)
			fprintf(out, "   # %s", prevent[i].when);
		fputc('\n', out);
	}
}

static void print_other(FILE *out, const struct oom_event *event, const struct oom_around *around)
{
	static const char *const why[] = {
		[OOM_UNKNOWN] = "the log has no report of why",
		[OOM_NONE] = "all nodes were full",
		[OOM_CPUSET] = "",
		[OOM_MEMORY_POLICY] = "",
		[OOM_MEMCG] = "its memory cgroup was full",
	};

	fprintf(out, "%s not ours: ", of_time(event, around));
	if (event->has_kill) {
		print_task(out, &event->victim);
		fprintf(out, " was killed");
	} else {
		print_task(out, &event->asker);
		fprintf(out, " found no memory");
	}
	fprintf(out, "; %s\n", why[event->constraint]);
}

void oom_print(FILE *out, const struct oom_event *event, const struct oom_around *around)
{
	if (oom_is_ours(event))
		print_ours(out, event, around);
	else
		print_other(out, event, around);
}
