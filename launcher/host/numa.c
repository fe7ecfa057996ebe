/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "child.h"
#include "parts.h"
#include "procfs.h"

static bool read_nodes(const char *path, __u64 *words)
{
	_cleanup_free_ char *text = NULL;

	if (procfs_read(path, &text) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return text_to_bitmap(text, words, MPOL_NODES_WORDS) == 0;
}

void host_nodes(struct host *host)
{
	_cleanup_free_ char *status = NULL;
	char list[4096];
	size_t i;

	host->numa = read_nodes("/sys/devices/system/node/has_memory", host->nodes) ||
		     access("/proc/self/numa_maps", F_OK) == 0;

	/* The file first: the call may be one that a filter above kills for. */
	if (procfs_read("/proc/self/status", &status) == 0 &&
	    procfs_line(status, "Mems_allowed_list:", list, sizeof(list)))
		(void)text_to_bitmap(list, host->nodes_allowed, MPOL_NODES_WORDS);
	else if (!host->filtered && syscall(SYS_get_mempolicy, NULL, host->nodes_allowed,
					    MPOL_NODES_MAX, NULL, MPOL_F_MEMS_ALLOWED) == 0)
		host->numa = true;

	/*
	 * A cpuset may allow nodes that have no memory; without /sys only the allowed ones are
	 * known.
	 */
	if (bitmap_is_empty(host->nodes, MPOL_NODES_WORDS))
		memcpy(host->nodes, host->nodes_allowed, sizeof(host->nodes));
	if (bitmap_is_empty(host->nodes_allowed, MPOL_NODES_WORDS))
		memcpy(host->nodes_allowed, host->nodes, sizeof(host->nodes_allowed));
	for (i = 0; i < MPOL_NODES_WORDS; i++)
		host->nodes_allowed[i] &= host->nodes[i];
}

struct carried {
	int mode;
	int error;
	__u64 nodes[MPOL_NODES_WORDS];
};

static void ask_carried(void *shared)
{
	struct carried *carried = shared;

	/* Only now: until the call is over the answer is what the parent put there. */
	carried->mode = -1;
	if (syscall(SYS_get_mempolicy, &carried->mode, carried->nodes, MPOL_NODES_MAX, NULL, 0) < 0)
		carried->error = errno;
	else
		carried->error = carried->mode == -1 ? HOST_IGNORED : 0;
}

/* A child has the policy of its parent, so that under a filter it can ask in our place. */
void host_carried(struct host *host)
{
	struct carried own = {0}, *carried = &own;

	if (host->filtered) {
		int r;

		carried = child_share(sizeof(*carried));
		if (!carried) {
			host->carries_unknown = ENOMEM;
			return;
		}
		carried->error = HOST_KILLED;
		r = child_run(ask_carried, carried);
		if (r < 0)
			carried->error = -r;
		else if (r == SIGALRM)
			carried->error = ETIMEDOUT;
	} else {
		ask_carried(carried);
	}

	/* A kernel without memory policies has none that could be carried. */
	if (carried->error && !(carried->error == ENOSYS && !host->filtered))
		host->carries_unknown = carried->error;
	if (!carried->error && carried->mode != MPOL_DEFAULT) {
		host->carries = true;
		host->carried.set = true;
		host->carried.mode = (__u32)carried->mode;
		memcpy(host->carried.nodes, carried->nodes, sizeof(host->carried.nodes));
	}
	if (carried != &own)
		child_unshare(carried, sizeof(*carried));
}
