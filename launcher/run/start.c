/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"

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
	static const char is_default[] = " default";
	_cleanup_close_ int fd = proc_open_self("numa_maps", O_RDONLY);
	char line[64] = "";
	const char *policy;

	if (fd < 0 || read(fd, line, sizeof(line) - 1) < 0)
		return false;
	policy = strchr(line, ' ');
	return policy && strncmp(policy, is_default, strlen(is_default)) == 0 &&
	       strchr(" \n", policy[strlen(is_default)]);
}

/* A kernel without memory policies: /proc is its own, and has no such file. */
static bool kernel_has_no_policies(void)
{
	int fd = proc_open_self("numa_maps", O_PATH);

	if (fd >= 0)
		close(fd);
	return fd == -ENOENT;
}

/*
 * Whether this task's policy is @mode now, whatever the call that set it returned: a filter above
 * may answer with a false success. It cannot write into our memory, so an answer that is there is
 * true.
 */
static bool policy_is(uint32_t mode)
{
	int now = -1;

	if (syscall(SYS_get_mempolicy, &now, NULL, 0, NULL, 0) == 0 && now != -1)
		return (uint32_t)now == mode;
	return mode == MPOL_DEFAULT && (numa_maps_say_default() || kernel_has_no_policies());
}

int start_reset(void)
{
	int err = syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0) < 0 ? errno : EPROTO;

	/* Also where a filter above refuses it and there was nothing to be reset. */
	return policy_is(MPOL_DEFAULT) ? 0 : -err;
}

int start_set(const struct start_policy *start, const __u64 *nodes)
{
	/* maxnode counts one more than the bits that are read (read: mm/mempolicy.c:get_nodes()) */
	if (syscall(SYS_set_mempolicy, start->mode, nodes, MPOL_NODES_MAX + 1) < 0)
		return -errno;
	return policy_is(start->mode) ? 0 : -EPROTO;
}

static int reset(struct fault *fault)
{
	int r = start_reset();

	if (r == 0)
		return 0;
	fault_hint(fault, "start it without that policy, or without the filter that hides it");
	if (r == -EPROTO)
		return fault_set(fault, r,
				 "the inherited memory policy was not reset: " ANSWERED_ABOVE);
	return fault_set(fault, r, "cannot reset the inherited memory policy: set_mempolicy: %s",
			 strerror(-r));
}

int start_enter(const struct policy *policy, const struct host *host, struct fault *fault)
{
	const struct start_policy *start = &policy->start;
	const __u64 *nodes = start->nodes;
	char text[96];
	int r;

	if (policy->inherited != START_KEEP) {
		r = reset(fault);
		if (r < 0)
			return r;
	}
	if (!start->set)
		return 0;
	if (start_policy_means_all_nodes(start))
		nodes = host->nodes_allowed;
	r = start_set(start, nodes);
	if (r == 0)
		return 0;
	fault_place(fault, policy->start_source.profile, start->place.line, start->place.column);
	return fault_set(fault, r, "cannot start under '%s': set_mempolicy: %s",
			 start_policy_text(start, text, sizeof(text)),
			 r == -EPROTO ? ANSWERED_ABOVE : strerror(-r));
}
