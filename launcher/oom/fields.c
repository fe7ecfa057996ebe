/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fields.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"

/* What follows @prefix, if @text begins with it. */
static const char *behind(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* The last @what in @text before @end (NULL: its end). */
static const char *find_last(const char *text, const char *end, const char *what)
{
	const char *at, *found = NULL;

	for (at = strstr(text, what); at && (!end || at < end); at = strstr(at + 1, what))
		found = at;
	return found;
}

/* Up to 18 digits. */
static bool take_number(const char **s, uint64_t *ret)
{
	const char *at = *s;
	uint64_t n = 0;

	while (*at >= '0' && *at <= '9' && at - *s < 18)
		n = n * 10 + (uint64_t)(*at++ - '0');
	if (at == *s || (*at >= '0' && *at <= '9'))
		return false;
	*s = at;
	*ret = n;
	return true;
}

static bool take_signed(const char **s, int64_t *ret)
{
	const char *at = *s;
	bool minus = *at == '-';
	uint64_t n;

	at += minus;
	if (!take_number(&at, &n))
		return false;
	*s = at;
	*ret = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

/* The number behind @key, which ends in what it is called by (" min:"). */
static bool number_of(const char *text, const char *key, uint64_t *ret)
{
	const char *at = strstr(text, key);

	if (!at)
		return false;
	at += strlen(key);
	return take_number(&at, ret);
}

/* False where it does not fit: a name that was cut would be another one. */
static bool keep(char *buf, size_t size, const char *from, size_t length)
{
	if (length >= size)
		return false;
	memcpy(buf, from, length);
	buf[length] = '\0';
	return true;
}

/* "0-3,8" up to @end. An empty list is none of the kernel's. */
static bool keep_nodes(const char *from, const char *end, __u64 ret[OOM_NODE_WORDS])
{
	__u64 nodes[OOM_NODE_WORDS] = {0};
	char list[256];

	if (end <= from || !keep(list, sizeof(list), from, (size_t)(end - from)) ||
	    text_to_bitmap(list, nodes, OOM_NODE_WORDS) < 0)
		return false;
	memcpy(ret, nodes, sizeof(nodes));
	return true;
}

/* "0", "(null)" or "<null>", up to @end. */
static void keep_mask(const char *from, const char *end, struct oom_event *event)
{
	if (*from == '(' || *from == '<')
		event->mask = OOM_MASK_NULL;
	else if (keep_nodes(from, end, event->nodes))
		event->mask = OOM_MASK_SET;
}

/* How long a list of nodes is, without the comma that may follow; 0 if it is none. */
static size_t list_length(const char *text)
{
	size_t length = strspn(text, "0123456789,-");

	return length && text[length - 1] == ',' ? length - 1 : length;
}

bool oom_field_begin(const char *text, struct oom_event *event)
{
	static const char invoked[] = " invoked oom-killer: gfp_mask=";
	const char *at = find_last(text, NULL, invoked), *order, *adj, *mask;
	int64_t n;

	/* The end too must be the kernel's, or it is a name within another line. */
	if (!at || at - text > OOM_COMM_MAX)
		return false;
	order = strstr(at, ", order=");
	adj = order ? strstr(order, ", oom_score_adj=") : NULL;
	if (!adj)
		return false;
	adj += strlen(", oom_score_adj=");
	if (!take_signed(&adj, &n) || *adj)
		return false;
	keep(event->asker.comm, sizeof(event->asker.comm), text, (size_t)(at - text));
	event->zone_bound = memmem(at, (size_t)(order - at), "GFP_DMA", strlen("GFP_DMA")) != NULL;
	mask = strstr(at, ", nodemask=");
	if (mask && mask < order)
		keep_mask(mask + strlen(", nodemask="), order, event);
	event->has_report = true;
	return true;
}

bool oom_field_cpuset(const char *text, struct oom_event *event)
{
	const char *name = behind(text, event->asker.comm), *mems;

	if (!event->asker.comm[0] || !name || !(name = behind(name, " cpuset=")))
		return false;
	mems = find_last(name, NULL, " mems_allowed=");
	if (!mems || !keep(event->cpuset, sizeof(event->cpuset), name, (size_t)(mems - name)))
		return false;
	mems += strlen(" mems_allowed=");
	event->has_mems = keep_nodes(mems, mems + strlen(mems), event->mems);
	return true;
}

bool oom_field_asker(const char *text, struct oom_event *event)
{
	const char *at = behind(text, "CPU: ");
	uint64_t n, uid = 0;
	bool has_uid;

	if (!at || event->asker.pid >= 0 || !event->asker.comm[0] || !take_number(&at, &n))
		return false;
	has_uid = (text = behind(at, " UID: ")) && take_number(&text, &uid);
	if (has_uid)
		at = text;
	if (!(at = behind(at, " PID: ")) || !take_number(&at, &n) ||
	    !(at = behind(at, " Comm: ")) || !(at = behind(at, event->asker.comm)) || *at != ' ')
		return false; /* another CPU's words */
	event->asker.pid = (int64_t)n;
	if (has_uid)
		event->asker.uid = (int64_t)uid;
	return true;
}

bool oom_field_totals(const char *text, struct oom_event *event)
{
	const char *at = text;
	uint64_t n;

	if (behind(text, "active_anon:") || behind(text, " free:")) {
		at = strstr(text, " free:");
		if (!at || !strstr(at, " free_pcp:"))
			return false;
		return number_of(at, " free:", &event->free_pages);
	}
	if (take_number(&at, &n) && strcmp(at, " pages RAM") == 0) {
		event->ram_pages = n;
		return true;
	}
	at = text;
	if (take_number(&at, &n) && strcmp(at, " pages reserved") == 0) {
		event->reserved_pages = n;
		event->has_totals = true;
		return true;
	}
	/* "Node 0 DMA: 1*4kB (U) 0*8kB ...": the smallest block is a page */
	at = behind(text, "Node ");
	if (at && take_number(&at, &n) && *at == ' ') {
		at += strcspn(at, ":");
		if (at[0] == ':' && at[1] == ' ' && (at += 2) && take_number(&at, &n) &&
		    *at == '*' && at++ && take_number(&at, &n) && behind(at, "kB") && n) {
			if (!event->page_kib)
				event->page_kib = n;
			return true;
		}
	}
	return false;
}

static struct oom_node *node_of(struct oom_event *event, uint32_t id)
{
	size_t i;

	for (i = 0; i < event->n_shown; i++)
		if (event->shown[i].id == id)
			return &event->shown[i];
	if (event->n_shown == OOM_SHOWN_MAX)
		return NULL;
	event->shown[i].id = id;
	event->n_shown++;
	return &event->shown[i];
}

bool oom_field_zone(const char *text, struct oom_event *event)
{
	const char *at = behind(text, "Node "), *zone;
	uint64_t id, free, min, low, high, managed;
	struct oom_node *node;
	size_t length, used;

	if (!at || !take_number(&at, &id) || *at++ != ' ' || id >= OOM_NODES)
		return false;
	zone = at;
	length = strcspn(zone, " ");
	at += length;
	if (!length || length > 16 || !behind(at, " free:") || !number_of(at, " free:", &free) ||
	    !number_of(at, " min:", &min) || !number_of(at, " low:", &low) ||
	    !number_of(at, " high:", &high) || !number_of(at, " managed:", &managed))
		return false;
	node = node_of(event, (uint32_t)id);
	if (!node)
		return true;
	node->free += free;
	node->min += min;
	node->low += low;
	node->high += high;
	node->managed += managed;
	used = strlen(node->zones);
	if (used + length + 2 < sizeof(node->zones))
		snprintf(node->zones + used, sizeof(node->zones) - used, "%s%.*s", used ? "+" : "",
			 (int)length, zone);
	return true;
}

bool oom_field_task(const char *text, struct oom_event *event)
{
	const char *at = text;
	uint64_t pid, uid, tgid;

	if (*at++ != '[')
		return false;
	at += strspn(at, " ");
	if (!take_number(&at, &pid) || *at++ != ']' || *at != ' ')
		return false;
	at += strspn(at, " ");
	if (!take_number(&at, &uid) || *at != ' ')
		return false;
	at += strspn(at, " ");
	if (!take_number(&at, &tgid) || *at != ' ')
		return false;
	if ((int64_t)pid == event->asker.pid && pid == tgid) {
		event->asker_listed = true;
		event->asker.uid = (int64_t)uid;
	}
	return true;
}

static const struct {
	const char *name;
	enum oom_constraint constraint;
} constraints[] = {
	{"CONSTRAINT_NONE", OOM_NONE},
	{"CONSTRAINT_CPUSET", OOM_CPUSET},
	{"CONSTRAINT_MEMORY_POLICY", OOM_MEMORY_POLICY},
	{"CONSTRAINT_MEMCG", OOM_MEMCG},
};

/*
 * The cpuset's name holds no slash, and may hold anything else; its mems come behind it, and the
 * first path behind those. So the last ",mems_allowed=" before the first slash that a list follows
 * is the kernel's; a comm may hold a slash too, but no room for a list and what must follow it.
 */
static const char *find_mems(const char *name)
{
	static const char key[] = ",mems_allowed=";
	const char *end = NULL, *at;

	if (name[0] == '/') /* the root's name is "/", and nothing more */
		return behind(name + 1, key) ? name + 1 : NULL;
	end = strchr(name, '/');
	while ((at = find_last(name, end, key))) {
		const char *list = at + strlen(key);
		size_t length = list_length(list);

		if (length &&
		    (behind(list + length, ",global_oom") ||
		     behind(list + length, ",oom_memcg=/") || behind(list + length, ",task=")))
			return at;
		end = at;
	}
	return NULL;
}

bool oom_field_summary(const char *text, struct oom_event *event)
{
	const char *at = behind(text, "oom-kill:constraint="), *mems, *list;
	size_t length, i;

	if (!at)
		return false;
	length = strcspn(at, ",");
	event->constraint = OOM_UNKNOWN;
	for (i = 0; i < ELEMENTSOF(constraints); i++)
		if (strlen(constraints[i].name) == length &&
		    memcmp(constraints[i].name, at, length) == 0)
			event->constraint = constraints[i].constraint;
	event->has_report = true;
	at = behind(at + length, ",nodemask=");
	if (!at)
		return true;
	length = *at == '(' || *at == '<' ? strcspn(at, ",") : list_length(at);
	keep_mask(at, at + length, event);
	at = behind(at + length, ",cpuset=");
	mems = at ? find_mems(at) : NULL;
	if (!mems)
		return true;
	if (!keep(event->cpuset, sizeof(event->cpuset), at, (size_t)(mems - at)))
		event->cpuset[0] = '\0';
	list = mems + strlen(",mems_allowed=");
	event->has_mems = keep_nodes(list, list + list_length(list), event->mems);
	return true;
}

void oom_field_summary_end(const char *text, struct oom_event *event)
{
	static const char of_all[] = ",global_oom,task_memcg=";
	char tail[OOM_COMM_MAX + 64];
	const char *path, *end = NULL, *uid;
	size_t length;
	int64_t n;

	if (!behind(text, "oom-kill:constraint=") || !event->victim.comm[0])
		return;
	/* What the kernel appends to the path is known to the letter, but for the uid. */
	snprintf(tail, sizeof(tail), ",task=%s,pid=%lld,uid=", event->victim.comm,
		 (long long)event->victim.pid);
	end = find_last(text, NULL, tail);
	if (!end)
		return;
	uid = end + strlen(tail);
	if (!take_signed(&uid, &n) || *uid)
		return;
	event->victim.uid = n;
	/* The name of the cpuset, before it, has no slash; a path begins with one. */
	path = strstr(text, ",cpuset=");
	path = path && path[strlen(",cpuset=")] == '/' ? path + strlen(",cpuset=/")
						       : strchr(text, '/');
	if (path && *path == '/')
		path = find_last(text, path + 1, of_all);
	else if (path)
		path = strstr(path, of_all);
	if (!path || path >= end)
		return;
	path += strlen(of_all);
	length = (size_t)(end - path);
	if (*path != '/' || !keep(event->victim.cgroup, sizeof(event->victim.cgroup), path, length))
		event->victim.cgroup[0] = '\0';
}

bool oom_field_kill(const char *text, struct oom_event *event)
{
	static const char *const before[] = {
		"Killed process ",
		"Out of memory: Killed process ",
		"Out of memory (oom_kill_allocating_task): Killed process ",
		"Memory cgroup out of memory: Killed process ",
	};
	const char *at = NULL, *comm, *end, *total;
	uint64_t pid, kib, n;
	size_t i;

	for (i = 0; i < ELEMENTSOF(before) && !at; i++)
		at = behind(text, before[i]);
	if (!at || !take_number(&at, &pid) || !(comm = behind(at, " (")))
		return false;
	total = find_last(comm, NULL, "total-vm:");
	end = total ? find_last(comm, total, ")") : NULL;
	if (!end)
		end = comm +
		      strlen(comm); /* a name with a line break, in a log that does not tell */
	if (!keep(event->victim.comm, sizeof(event->victim.comm), comm, (size_t)(end - comm)))
		return false;
	event->victim.pid = (int64_t)pid;
	event->has_kill = true;
	if (strstr(before[i - 1], "cgroup") && event->constraint == OOM_UNKNOWN)
		event->constraint = OOM_MEMCG;
	if (!*end)
		return true;
	for (i = 0, kib = 0; i < 3; i++)
		if (number_of(end, (const char *[]){"anon-rss:", "file-rss:", "shmem-rss:"}[i], &n))
			kib += n;
	event->victim_rss = kib;
	if (number_of(end, ", UID:", &n) || number_of(end, ", UID ", &n))
		event->victim.uid = (int64_t)n;
	return true;
}

bool oom_field_panic(const char *text)
{
	const char *at = behind(text, "Kernel panic - not syncing: ");

	return at && (strncasecmp(at, "Out of memory", strlen("Out of memory")) == 0 ||
		      behind(at, "System is deadlocked on memory"));
}
