/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caller.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"

static enum event_verdict verdict_of(const struct notify_decision *decision)
{
	if (!decision->known)
		return decision->go_on ? EVENT_AUDITED : EVENT_REFUSED;
	switch ((enum mpol_kind)MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(decision->verdict))) {
	case MPOL_ALLOW:
		return EVENT_ALLOWED;
	case MPOL_AUDIT:
		return EVENT_AUDITED;
	case MPOL_IGNORE:
		return EVENT_IGNORED;
	case MPOL_ERRNO:
		return EVENT_REFUSED;
	case MPOL_KILL:
		break;
	}
	return EVENT_KILLED;
}

void caller_of_decision(const struct seccomp_data *data, const struct notify_decision *decision,
			const struct mpol_rules *rules, struct event *ret)
{
	const __u64 *args = (const __u64 *)data->args;
	struct mpol_call call;

	ret->verdict = verdict_of(decision);
	ret->abi = decision->abi ? decision->abi->name : NULL;
	ret->call = decision->call;
	ret->rule = MPOL_RULE_COUNT;
	ret->answer = MPOL_ANSWER(MPOL_ERRNO, (__u32)-decision->error);
	if (decision->known) {
		ret->answer = MPOL_VERDICT_ANSWER(decision->verdict);
		if (ret->answer)
			ret->rule = MPOL_VERDICT_RULE(decision->verdict);
		/* Under the audit switch: what it would have got. */
		if (ret->verdict == EVENT_AUDITED)
			ret->answer = rules->answer[ret->rule];
	} else if (decision->go_on) {
		ret->answer = MPOL_ANSWER(MPOL_AUDIT, 0);
	}
	if (ret->call >= MPOL_SYS_COUNT)
		return;
	mpol_decode(ret->call, args, &call);
	ret->mode = call.mode;
	ret->mbind_flags = call.mbind_flags;
	switch ((enum mpol_syscall)ret->call) {
	case MPOL_SYS_SET_MEMPOLICY_HOME_NODE:
		ret->argument = args[2];
		break;
	case MPOL_SYS_MIGRATE_PAGES:
		ret->argument = args[0];
		break;
	case MPOL_SYS_MOVE_PAGES:
		ret->argument = args[1];
		ret->moves = call.act == MPOL_ACT_MOVE;
		break;
	case MPOL_SYS_MBIND:
	case MPOL_SYS_SET_MEMPOLICY:
	case MPOL_SYS_GET_MEMPOLICY:
	case MPOL_SYS_MOUNT:
	case MPOL_SYS_FSCONFIG:
	case MPOL_SYS_COUNT:
		break;
	}
}

/* A small file below a task's folder: its length, 0 where there is none. Ends in NUL. */
static size_t read_small(int folder, const char *name, char *buf, size_t size)
{
	_cleanup_close_ int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static const char *field(const char *text, const char *name)
{
	const char *found = strstr(text, name);

	return found ? found + strlen(name) : NULL;
}

/*
 * The name, which may hold a newline, comes first in that file, and the kernel escapes it there;
 * what is behind it cannot be forged.
 */
static void look_at_status(int folder, struct event *ret)
{
	char text[1024];
	const char *value;

	if (!read_small(folder, "status", text, sizeof(text)))
		return;
	value = field(text, "\nTgid:\t");
	if (value)
		ret->pid = (pid_t)strtol(value, NULL, 10);
	value = field(text, "\nUid:\t");
	if (value)
		ret->uid = strtoll(value, NULL, 10);
}

/* Lines of NUMBER:CONTROLLERS:PATH, of which only the last may hold a colon. */
const char *caller_cgroup(const char *text, size_t *ret_length)
{
	static const char memory[] = ":memory:";
	const char *line, *path = NULL;

	for (line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t number = strspn(line, "0123456789");

		if (strncmp(line + number, memory, strlen(memory)) == 0) {
			path = line + number + strlen(memory);
			break;
		}
		if (strncmp(line, "0::", 3) == 0)
			path = line + 3;
	}
	if (path)
		*ret_length = strcspn(path, "\n");
	return path;
}

static void look_at_cgroup(int folder, struct event *ret)
{
	char text[2048];
	const char *path;
	size_t length;

	if (!read_small(folder, "cgroup", text, sizeof(text)))
		return;
	path = caller_cgroup(text, &length);
	if (path)
		snprintf(ret->cgroup, sizeof(ret->cgroup), "%.*s", (int)length, path);
}

static void look_at_exe(int folder, struct event *ret)
{
	ssize_t n = readlinkat(folder, "exe", ret->exe, sizeof(ret->exe) - 1);

	ret->exe[n > 0 ? n : 0] = '\0';
}

void caller_look_at(pid_t pid, struct event *ret)
{
	_cleanup_close_ int folder = -EBADF;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return;
	look_at_cgroup(folder, ret);
	look_at_exe(folder, ret);
}

/* The mask of a call that sets a policy, as get_nodes() of mm/mempolicy.c would read it now. */
static void look_at_nodes(int folder, const struct seccomp_data *data, struct event *ret)
{
	_cleanup_close_ int memory = -EBADF;
	bool is_mbind = ret->call == MPOL_SYS_MBIND;
	__u64 pointer = data->args[is_mbind ? 3 : 1], bits = data->args[is_mbind ? 4 : 2];
	size_t bytes, i;

	if (ret->call != MPOL_SYS_MBIND && ret->call != MPOL_SYS_SET_MEMPOLICY)
		return;
	if (!pointer || bits <= 1) {
		ret->nodes_known = true; /* there are none */
		return;
	}
	bits--;
	bytes = bits > MPOL_NODES_MAX ? sizeof(ret->nodes) : (bits + 63) / 64 * sizeof(__u64);
	memory = openat(folder, "mem", O_RDONLY | O_CLOEXEC);
	if (memory < 0 || pread(memory, ret->nodes, bytes, (off_t)pointer) != (ssize_t)bytes) {
		memset(ret->nodes, 0, sizeof(ret->nodes));
		return;
	}
	for (i = bits; i < bytes * 8; i++)
		ret->nodes[i / 64] &= ~(1ULL << (i % 64));
	ret->nodes_known = true;
}

void caller_look(int listener, const struct seccomp_notif *notif, struct event *ret)
{
	_cleanup_close_ int folder = -EBADF;
	char path[32];

	clock_gettime(CLOCK_REALTIME, &ret->time);
	ret->uid = -1;
	ret->tid = (pid_t)notif->pid;
	if (!notif->pid)
		return;
	/*
	 * The folder stays that of the task that had the pid when it was opened: was that the
	 * caller?
	 */
	snprintf(path, sizeof(path), "/proc/%u", notif->pid);
	folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notif->id) < 0)
		return;
	if (read_small(folder, "comm", ret->comm, sizeof(ret->comm)))
		ret->comm[strlen(ret->comm) - 1] =
			'\0'; /* the newline behind it, and none within */
	look_at_status(folder, ret);
	look_at_cgroup(folder, ret);
	look_at_exe(folder, ret);
	look_at_nodes(folder, &notif->data, ret);
	/* Its memory is that of the call for as long as the call waits. */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notif->id) < 0) {
		ret->nodes_known = false;
		memset(ret->nodes, 0, sizeof(ret->nodes));
	}
}
