/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "start.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

int start_check(const struct policy *policy, const struct host *host, struct fault *fault)
{
	char text[96];

	if (policy->inherited != START_REFUSE)
		return 0;
	if (host->carries_unknown) {
		fault_hint(fault, "say 'inherited: reset' in the profile to go on");
		return fault_set(fault, -EPERM,
				 "the inherited memory policy cannot be read here, and the profile "
				 "refuses one ('inherited: refuse')");
	}
	if (!host->carries)
		return 0;
	fault_hint(
		fault,
		"start it without numactl or mem-bind, or say 'inherited: reset' in the profile");
	return fault_set(fault, -EPERM,
			 "the profile refuses an inherited memory policy, and this "
			 "process carries %s",
			 start_policy_text(&host->carried, text, sizeof(text)));
}

/*
 * What the kernel prints for a mapping without a policy of its own is the task's, and the first
 * mapping, the program's text, has none: a second witness where a filter above hides get_mempolicy.
 */
static bool numa_maps_say_default(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/numa_maps", "re");
	char word[64] = "";

	return f && fscanf(f, "%*s %63s", word) == 1 && strcmp(word, "default") == 0;
}

static int reset(const struct host *host, struct fault *fault)
{
	int err;

	if (syscall(SYS_set_mempolicy, 0, NULL, 0) == 0)
		return 0;
	err = errno;
	if (!host->carries && !host->carries_unknown)
		return 0; /* a filter above refuses it, but there is nothing to be reset */
	if (err == ENOSYS && host->carries_unknown == ENOSYS)
		return 0; /* a kernel without NUMA, or a layer above that says so */
	if (host->carries_unknown && numa_maps_say_default())
		return 0;
	fault_hint(fault, "start it without that policy");
	return fault_set(fault, -err, "cannot reset the inherited memory policy: set_mempolicy: %s",
			 strerror(err));
}

int start_enter(const struct policy *policy, const struct host *host, struct fault *fault)
{
	const struct start_policy *start = &policy->start;
	const __u64 *nodes = start->nodes;
	char text[96];
	int r;

	if (policy->inherited != START_KEEP) {
		r = reset(host, fault);
		if (r < 0)
			return r;
	}
	if (!start->set)
		return 0;
	if (start_policy_means_all_nodes(start))
		nodes = host->nodes_allowed;
	/* maxnode counts one more than the bits that are read (read: mm/mempolicy.c:get_nodes()) */
	if (syscall(SYS_set_mempolicy, start->mode, nodes, MPOL_NODES_MAX + 1) == 0)
		return 0;
	fault_place(fault, policy->start_source.profile, start->place.line, start->place.column);
	return fault_set(fault, -errno, "cannot start under '%s': set_mempolicy: %s",
			 start_policy_text(start, text, sizeof(text)), strerror(errno));
}
