/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"

static const struct {
	const char *name;
	unsigned long value;
} words[] = {
	{"default", 0},
	{"preferred", 1},
	{"bind", 2},
	{"interleave", 3},
	{"local", 4},
	{"preferred-many", 5},
	{"weighted-interleave", 6},
	{"static-nodes", 0x8000},
	{"relative-nodes", 0x4000},
	{"numa-balancing", 0x2000},
	{"strict", 1},
	{"move", 2},
	{"move-all", 4},
	{"self", 0},
	{"null", 0},
	{"nodes", 1},
	{"own", ARG_OWN},
	{"empty", ARG_EMPTY},
	{"low-half-zero", ARG_LOW_HALF_ZERO},
	{"node-0", ARG_NODE_0},
	{"node-1", ARG_NODE_1},
	{"racing", ARG_RACING},
	{"shared", ARG_SHARED},
	{"private", 0},
	{"task", 0},
	{"addr", ARG_ADDR},
	{"mems-allowed", ARG_MEMS},
	/* of mount routes */
	{"mpol", 0},
	{"mpol-after-size", 1},
	{"attached", 1},
	{"detached", 0},
	{"set-string", 1},
	{"plain", 0},
	{"bind-with-data", 1},
	{"propagation", 2},
	{"remount-plain", 3},
	{"size", 4},
	/* of passed fds */
	{"map-shared", 0},
	{"map-private", 1},
	{"write", 2},
	{"fallocate", 3},
	{"unbound", 1},
	/* of a tracer */
	{"at-entry", 0},
	{"at-seccomp", 1},
	/* of what is not ours to reach or to undo */
	{"ptrace", 0},
	{"vm-write", 1},
	{"proc-mem", 2},
	{"pidfd-getfd", 3},
	{"ftrace", 0},
	{"preempt", 1},
	{"sysrq", 2},
	{"pins", 3},
	{"kprobes", 4},
	{"hugepages", 5},
	{"perf-kprobe", 6},
};

static const struct {
	const char *call;
	route_fn *fn;
} calls[] = {
	{"set_mempolicy", policy_set},
	{"mbind", policy_mbind},
	{"set_mempolicy_home_node", policy_home_node},
	{"get_mempolicy", policy_get},
	{"migrate_pages", pages_migrate},
	{"move_pages", pages_move},
	{"mount", mount_data},
	{"mount_any_flags", mount_all},
	{"mount_harmless", mount_harmless},
	{"fsconfig", fsconfig_new},
	{"fsconfig_remount", fsconfig_remount},
	{"passed_memfd", passed_fd},
	{"opened_file", opened_file},
	{"attached_segment", attached_segment},
	{"io_uring_setup", uring_setup},
	{"ring_file", ring_file},
	{"traced", traced},
	{"inherited_memfd", inherited_fd},
	{"created_file", created_file},
	{"overlay_file", overlay_file},
	{"cpuset_write", cpuset_write},
	{"reach_outside", reach_outside},
	{"reach_member", reach_member},
	{"undo", undo},
};

static int parse_argument(char *text, unsigned long *ret)
{
	char *rest = text, *word;

	while ((word = strsep(&rest, "|"))) {
		size_t i;

		if (isdigit((unsigned char)*word) || *word == '-') {
			char *end;

			*ret |= strtoul(word, &end, 0);
			if (*end)
				return -EINVAL;
			continue;
		}
		for (i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (!strcmp(words[i].name, word))
				break;
		if (i == sizeof(words) / sizeof(*words))
			return -EINVAL;
		*ret |= words[i].value;
	}
	return 0;
}

static int parse_parts(char *text, struct route *route)
{
	char *at = strchr(text, '@'), *colon = strchr(text, ':'), *paren, *word;
	int n = 0;

	if (at) {
		*at = '\0';
		route->from = from_parse(at + 1);
		if (route->from < 0)
			return -EINVAL;
	}
	if (colon) {
		*colon = '\0';
		for (route->abi = 0; route->abi < ABI_COUNT; route->abi++)
			if (!strcmp(abi_name(route->abi), text))
				break;
		if (route->abi == ABI_COUNT)
			return -EINVAL;
		text = colon + 1;
	}
	paren = strchr(text, '(');
	if (!paren || paren[strlen(paren) - 1] != ')')
		return -EINVAL;
	*paren++ = '\0';
	paren[strlen(paren) - 1] = '\0';
	if (snprintf(route->call, sizeof(route->call), "%s", text) >= (int)sizeof(route->call))
		return -EINVAL;
	while (*paren && (word = strsep(&paren, ","))) {
		while (*word == ' ')
			word++;
		if (n == ROUTE_ARGS || parse_argument(word, &route->arg[n++]))
			return -EINVAL;
		if (!paren)
			break;
	}
	return 0;
}

int route_parse(const char *text, struct route *ret)
{
	char copy[ROUTE_TEXT];
	size_t i;

	memset(ret, 0, sizeof(*ret));
	if (snprintf(copy, sizeof(copy), "%s", text) < (int)sizeof(copy)) {
		strcpy(ret->text, copy);
		if (!parse_parts(copy, ret))
			for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
				if (!strcmp(calls[i].call, ret->call))
					return 0;
	}
	fprintf(stderr, "prober: no such route: %s\n", text);
	return -EINVAL;
}

bool route_thin(void)
{
	return getenv("BYPASS_THIN");
}

void route_try(const struct route *route, struct outcome *out)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(calls[i].call, route->call))
			calls[i].fn(route, out);
}

void outcome_judge(struct outcome *out, long ret, bool hold)
{
	out->err = ret < 0 ? (int)-ret : 0;
	if (ret < 0)
		out->kind = hold ? OUTCOME_LEAKED : OUTCOME_REFUSED;
	else
		out->kind = hold ? OUTCOME_ALLOWED : OUTCOME_IGNORED;
}

void outcome_absent(struct outcome *out, int err, const char *what)
{
	out->kind = OUTCOME_ABSENT;
	out->err = err;
	snprintf(out->note, sizeof(out->note), "%s: %s", what, strerror(err));
}
