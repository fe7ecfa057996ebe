/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bound file below an overlay, and the memory nodes of a cgroup that one may write. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "oracle.h"
#include "outside.h"
#include "route.h"

#define PAGE 4096ul

/* The accomplice's file through an overlay: another inode, the same pages. */
void overlay_file(const struct route *route, struct outcome *out)
{
	const char *lower = outside_folder();
	struct seen seen = {-1, -1, -1};
	void *page = MAP_FAILED;
	bool bound = false;
	char options[400];
	int fd, err = 0;

	(void)route;
	if (!lower) {
		outcome_absent(out, ENOENT, "nobody outside has a bound file");
		return;
	}
	if (mount_enter(out))
		return;
	if (mkdir("/tmp/empty", 0755)) {
		outcome_absent(out, errno, "mkdir");
		return;
	}
	snprintf(options, sizeof(options), "lowerdir=%s:/tmp/empty", lower);
	if (mount("overlay", "/tmp/m", "overlay", 0, options)) {
		/* Refused here as well as anywhere, or no such thing in this kernel. */
		if (errno == EPERM)
			outcome_judge(out, -EPERM, false);
		else
			outcome_absent(out, errno, "overlay");
		return;
	}
	fd = open("/tmp/m/bound", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 9 * PAGE);
	if (page == MAP_FAILED) {
		err = -errno;
	} else {
		seen = oracle_look(page, true);
		bound = seen.mode == MODE_BIND;
	}
	snprintf(out->note, sizeof(out->note), "%s", seen_text(&seen));
	outcome_judge(out, err, bound);
}

static int write_word(const char *folder, const char *name, int number)
{
	char path[400], text[16];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(text, sizeof(text), "%d", number);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

/* One cgroup below the one that is ours to divide, with one node; and we in it. */
void cpuset_write(const struct route *route, struct outcome *out)
{
	const char *own = getenv("BYPASS_DELEGATED");
	int target = oracle_target(), err;
	char folder[300];

	(void)route;
	snprintf(folder, sizeof(folder), "%s/%d", own ? own : "", getpid());
	if (!own || mkdir(folder, 0755)) {
		outcome_absent(out, own ? errno : ENOENT, "a cgroup of one's own");
		return;
	}
	if (!oracle_places()) {
		outcome_absent(out, ENODEV, "a second node");
		return;
	}
	err = write_word(folder, "cpuset.mems", target);
	if (!err)
		err = write_word(folder, "cgroup.procs", 0);
	/* The only node there is, as far as we may see. */
	outcome_judge(out, err, oracle_only() == target);
}
