/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tasks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "host/procfs.h"
#include "memory.h"
#include "verdict.h"

#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC 0x63677270
#endif

#define DEPTH_MAX 64

/* As the kernel writes them, the longer ones first where one begins another. */
static const struct {
	const char *name;
	__u32 mode;
} modes[] = {
	{"default", MPOL_ABI_MODE_DEFAULT},
	{"prefer (many)", MPOL_ABI_MODE_PREFERRED_MANY},
	{"prefer", MPOL_ABI_MODE_PREFERRED},
	{"bind", MPOL_ABI_MODE_BIND},
	{"interleave", MPOL_ABI_MODE_INTERLEAVE},
	{"weighted interleave", MPOL_ABI_MODE_WEIGHTED_INTERLEAVE},
	{"local", MPOL_ABI_MODE_LOCAL},
};

static const struct {
	const char *name;
	__u32 flag;
} flags[] = {
	{"static", MPOL_ABI_FLAG_STATIC},
	{"relative", MPOL_ABI_FLAG_RELATIVE},
	{"balancing", MPOL_ABI_FLAG_BALANCING},
};

static bool skip(const char **text, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*text, word, length) != 0)
		return false;
	*text += length;
	return true;
}

static bool parse_nodes(const char *text, __u64 nodes[MPOL_NODES_WORDS])
{
	while (*text >= '0' && *text <= '9') {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last >= MPOL_NODES_MAX)
			return false;
		for (; first <= last; first++)
			nodes[first / 64] |= 1ULL << first % 64;
		text = *end == ',' ? end + 1 : end;
	}
	return true;
}

bool numa_maps_policy(const char *text, __u32 *ret_mode, __u64 nodes[MPOL_NODES_WORDS])
{
	size_t i;

	for (i = 0; i < ELEMENTSOF(modes); i++)
		if (skip(&text, modes[i].name))
			break;
	if (i == ELEMENTSOF(modes))
		return false;
	*ret_mode = modes[i].mode;
	memset(nodes, 0, MPOL_NODES_WORDS * sizeof(*nodes));
	while (*text == '=' || *text == '|') {
		text++;
		for (i = 0; i < ELEMENTSOF(flags); i++)
			if (skip(&text, flags[i].name))
				break;
		if (i == ELEMENTSOF(flags))
			return false;
		*ret_mode |= flags[i].flag;
	}
	return *text != ':' || parse_nodes(text + 1, nodes);
}

/* Whether @rules would refuse a policy that numa_maps writes as @text. */
static bool is_forbidden(const char *text, const struct mpol_rules *rules)
{
	struct mpol_call call = {.act = MPOL_ACT_SET};
	__u64 nodes[MPOL_NODES_WORDS];
	__u32 answer;

	if (!numa_maps_policy(text, &call.mode, nodes))
		return false;
	call.nodes = mpol_see_nodes(rules, nodes);
	answer = MPOL_VERDICT_ANSWER(mpol_verdict(rules, &call));
	return MPOL_ANSWER_KIND(answer) > MPOL_AUDIT ||
	       ((rules->flags & MPOL_RULES_AUDIT) && MPOL_ANSWER_KIND(answer) == MPOL_AUDIT);
}

/* "bind:0, 2 areas, 9 MiB" of the first forbidden policy that thread @tid has, and how often. */
static int look_at_policies(const char *task, const struct mpol_rules *rules, char *buf)
{
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *line = NULL;
	char path[128], first[64] = "";
	unsigned long areas = 0;
	uint64_t kib = 0;
	size_t size = 0;

	(void)snprintf(path, sizeof(path), "%.100s/numa_maps", task);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	errno = 0;
	while (getline(&line, &size, f) > 0) {
		char *policy = strchr(line, ' '), *end;

		if (!policy || !is_forbidden(policy + 1, rules))
			continue;
		end = strstr(policy + 1, strstr(policy, "prefer (many)") ? ") " : " ");
		if (!first[0] && end)
			(void)snprintf(first, sizeof(first), "%.*s", (int)(end - policy - 1),
				       policy + 1);
		areas++;
		kib += memory_of_area(line);
	}
	if (ferror(f))
		return errno ? -errno : -EIO;
	if (areas)
		(void)snprintf(buf, TASKS_WHAT_SIZE, "%s, %lu area%s, %llu MiB", first, areas,
			       areas == 1 ? "" : "s", (unsigned long long)(kib + 1023) / 1024);
	return 0;
}

static bool is_open_for_writing(const char *process, const char *fd)
{
	_cleanup_free_ char *text = NULL;
	char path[320], value[32];

	(void)snprintf(path, sizeof(path), "%.32s/fdinfo/%.256s", process, fd);
	if (procfs_read(path, &text) < 0 || !procfs_line(text, "flags:", value, sizeof(value)))
		return false;
	return strtoul(value, NULL, 8) & (O_WRONLY | O_RDWR);
}

static int look_at_files(const char *process, char *buf)
{
	_cleanup_closedir_ DIR *dir = NULL;
	char path[320];
	struct dirent *entry;
	struct statfs fs;
	ssize_t length;

	(void)snprintf(path, sizeof(path), "%.32s/fd", process);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%.32s/fd/%.256s", process, entry->d_name);
		/* Of a folder none is made a member of; of a file, whoever holds it is. */
		if (statfs(path, &fs) < 0 || (unsigned long)fs.f_type != CGROUP2_SUPER_MAGIC ||
		    !is_open_for_writing(process, entry->d_name))
			continue;
		length = readlink(path, buf, TASKS_WHAT_SIZE - 1);
		buf[length < 0 ? 0 : length] = '\0';
		break;
	}
	return 0;
}

/* What has ended is clean; what answers in another way was not looked at. */
static bool is_unseen(int r)
{
	return r < 0 && r != -ENOENT && r != -ESRCH;
}

static int look_at_threads(const char *path, const struct mpol_rules *rules, char *buf)
{
	_cleanup_closedir_ DIR *dir = opendir(path);
	char task[300];
	struct dirent *entry;

	if (!dir)
		return -errno;
	while (!buf[0] && (entry = readdir(dir))) {
		int r;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(task, sizeof(task), "%.32s/%.256s", path, entry->d_name);
		r = look_at_policies(task, rules, buf);
		if (is_unseen(r))
			return r;
	}
	return 0;
}

static void look_at(pid_t pid, const struct mpol_rules *rules, struct cgroup_processes *processes)
{
	struct cgroup_process *process = &processes->process[processes->n];
	_cleanup_free_ char *name = NULL;
	char path[32];
	int r;

	*process = (struct cgroup_process){.pid = pid};
	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	r = procfs_read(path, &name);
	if (r < 0) {
		processes->n_unseen += is_unseen(r);
		return;
	}
	name[strcspn(name, "\n")] = '\0';
	(void)snprintf(process->name, sizeof(process->name), "%s", name);
	(void)snprintf(path, sizeof(path), "/proc/%d/task", pid);
	r = look_at_threads(path, rules, process->bound);
	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	if (!is_unseen(r))
		r = look_at_files(path, process->leaves);
	else
		(void)look_at_files(path, process->leaves);
	processes->n_unseen += is_unseen(r);
	processes->n++;
}

bool cgroup_processes_have(const struct cgroup_processes *processes, pid_t pid)
{
	size_t i;

	for (i = 0; i < processes->n; i++)
		if (processes->process[i].pid == pid)
			return true;
	return false;
}

int cgroup_processes_add_pid(pid_t pid, const struct mpol_rules *rules,
			     struct cgroup_processes *ret)
{
	struct cgroup_process *grown;

	if (cgroup_processes_have(ret, pid))
		return 0;
	grown = realloc(ret->process, (ret->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	ret->process = grown;
	look_at(pid, rules, ret);
	return 0;
}

/* The process that thread @tid is of; 0: it has ended. */
static pid_t process_of(pid_t tid)
{
	_cleanup_free_ char *text = NULL;
	char path[32], value[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", tid);
	if (procfs_read(path, &text) < 0 || !procfs_line(text, "Tgid:", value, sizeof(value)))
		return 0;
	return (pid_t)strtol(value, NULL, 10);
}

/* @file: cgroup.procs, or cgroup.threads, whose processes may have been found already. */
static int read_tasks(int folder, const char *file, bool threads, const struct mpol_rules *rules,
		      struct cgroup_processes *ret)
{
	_cleanup_close_ int fd = openat(folder, file, O_RDONLY | O_CLOEXEC);
	_cleanup_fclose_ FILE *f = NULL;
	int pid;

	if (fd < 0)
		return -errno;
	f = fdopen(fd, "r");
	if (!f)
		return -errno;
	fd = -EBADF;
	errno = 0;
	while (fscanf(f, "%d", &pid) == 1) {
		int r;

		/* 0: of a pid namespace that we do not see. */
		if (pid <= 0) {
			ret->n_unseen++;
			continue;
		}
		if (threads) {
			pid = process_of(pid);
			if (!pid)
				continue;
		}
		r = cgroup_processes_add_pid(pid, rules, ret);
		if (r < 0)
			return r;
		errno = 0;
	}
	if (ferror(f))
		return errno ? -errno : -EIO;
	return feof(f) ? 0 : -EIO;
}

static int read_procs(int folder, const struct mpol_rules *rules, struct cgroup_processes *ret)
{
	int r = read_tasks(folder, "cgroup.procs", false, rules, ret);

	/*
	 * A threaded cgroup: its processes are those of the domain above, which was read before;
	 * but it may have become threaded since.
	 */
	return r == -EOPNOTSUPP ? read_tasks(folder, "cgroup.threads", true, rules, ret) : r;
}

static int walk(int folder, int depth, const struct mpol_rules *rules, struct cgroup_processes *ret)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd, r = read_procs(folder, rules, ret);

	if (r < 0)
		return r;
	fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		_cleanup_close_ int child = -EBADF;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (depth == DEPTH_MAX) {
			ret->n_unseen++;
			continue;
		}
		child = openat(folder, entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = child < 0 ? -errno : walk(child, depth + 1, rules, ret);
		/* Gone meanwhile, and its processes with it. */
		if (r < 0 && r != -ENOENT && r != -ENODEV)
			return r;
	}
	return 0;
}

int cgroup_processes_find(const struct cgroup_folder *folder, const struct mpol_rules *rules,
			  struct cgroup_processes *ret)
{
	*ret = (struct cgroup_processes){.n = 0};
	return walk(folder->fd, 0, rules, ret);
}

int cgroup_processes_add(int folder, const struct mpol_rules *rules, struct cgroup_processes *ret)
{
	return walk(folder, 0, rules, ret);
}

void cgroup_processes_done(struct cgroup_processes *processes)
{
	free(processes->process);
	processes->process = NULL;
}
