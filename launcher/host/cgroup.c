/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "child.h"
#include "mountinfo.h"
#include "parts.h"
#include "procfs.h"

/* "3:cpu,cpuset:/a/b" or "0::/a/b": the path of the hierarchy that is wanted, where it stands. */
static bool own_path(const char *cgroup, bool v2, struct mount_field *ret)
{
	while (*cgroup) {
		size_t length = strcspn(cgroup, "\n");
		const char *first = memchr(cgroup, ':', length), *second = NULL;

		if (first)
			second = memchr(first + 1, ':', length - (size_t)(first + 1 - cgroup));
		if (second) {
			size_t controllers = (size_t)(second - first) - 1;

			ret->text = second + 1;
			ret->length = length - (size_t)(second + 1 - cgroup);
			if (v2 ? controllers == 0
			       : text_has_word(first + 1, controllers, "cpuset", ","))
				return true;
		}
		cgroup += length + (cgroup[length] == '\n');
	}
	return false;
}

/* Append what of @path is below @root, if it is; both begin with a slash. */
static void append_below(const struct mount_field *path, const struct mount_field *root,
			 struct cgroup_place *place)
{
	struct mount_field rest = *path;
	char text[CGROUP_PATH_MAX];
	size_t length;

	if (!mount_field_text(root, text, sizeof(text)))
		return;
	length = strcmp(text, "/") == 0 ? 0 : strlen(text);
	if (rest.length < length || memcmp(rest.text, text, length) != 0)
		return;
	rest.text += length;
	rest.length -= length;
	if (rest.length && *rest.text != '/')
		return;
	/* Outside our cgroup namespace: a path from here that no mount shows. */
	if (rest.length >= 3 && memcmp(rest.text, "/..", 3) == 0)
		return;
	if (place->top + rest.length >= sizeof(place->dir))
		return;
	place->found = true;
	/* "/": the top itself. */
	if (rest.length == 1)
		return;
	memcpy(place->dir + place->top, rest.text, rest.length);
	place->dir[place->top + rest.length] = '\0';
}

size_t cgroup_places(const char *cgroup, const char *mountinfo, struct cgroup_place *ret,
		     size_t max)
{
	struct mount_field path[2];
	bool have[2] = {own_path(cgroup, false, &path[0]), own_path(cgroup, true, &path[1])};
	struct mount mount;
	size_t n = 0;

	while (n < max && mount_next(&mountinfo, &mount)) {
		bool v2 = mount_field_is(&mount.type, "cgroup2");
		bool v1 =
			mount_field_is(&mount.type, "cgroup") && mount_has_option(&mount, "cpuset");
		struct cgroup_place *place = &ret[n];

		if ((!v1 && !v2) || !mount_field_text(&mount.point, place->dir, sizeof(place->dir)))
			continue;
		place->v2 = v2;
		place->found = false;
		place->noprefix = v1 && mount_has_option(&mount, "noprefix");
		place->top = strlen(place->dir);
		if (have[v2])
			append_below(&path[v2], &mount.root, place);
		n++;
	}
	return n;
}

/*
 * Whether this process could write @path. access(2) judges by the real uid, and of an ordinary one
 * leaves its capabilities out; the call that does better is newer than many filters above us.
 */
static bool may_write(const char *path, int mode)
{
	if (geteuid() != getuid() || getegid() != getgid() ||
	    (geteuid() != 0 && host_capabilities() != 0))
		return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
	return access(path, mode) == 0;
}

static bool lists_cpuset(const char *dir, const char *file)
{
	_cleanup_free_ char *text = NULL;
	char path[CGROUP_PATH_MAX + 32];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	return procfs_read(path, &text) == 0 && text_has_word(text, strlen(text), "cpuset", " \n");
}

/* A child of @dir made by us would be ours, cpuset.mems with it, if it gets one at all. */
static bool child_would_have_cpuset(const char *dir, bool v2)
{
	char path[CGROUP_PATH_MAX + 32];

	if (!may_write(dir, W_OK | X_OK))
		return false;
	if (!v2 || lists_cpuset(dir, "cgroup.subtree_control"))
		return true;
	(void)snprintf(path, sizeof(path), "%s/cgroup.subtree_control", dir);
	return lists_cpuset(dir, "cgroup.controllers") && may_write(path, W_OK);
}

/* A cpuset.mems in @dir, or in a child that could be made there: its path into @buf. */
static bool dir_cpuset_writable(const char *dir, bool v2, bool noprefix, char *buf, size_t size)
{
	const char *file = noprefix ? "mems" : "cpuset.mems";
	char path[CGROUP_PATH_MAX + 32];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (may_write(path, W_OK)) {
		(void)snprintf(buf, size, "%s", path);
		return true;
	}
	if (child_would_have_cpuset(dir, v2)) {
		(void)snprintf(buf, size, "%s/NEW/%s", dir, file);
		return true;
	}
	return false;
}

bool cgroup_cpuset_writable(const struct cgroup_place *place, char *buf, size_t size)
{
	char dir[CGROUP_PATH_MAX];

	memcpy(dir, place->dir, sizeof(dir));
	for (;;) {
		size_t length = strlen(dir);
		char *slash;

		if (dir_cpuset_writable(dir, place->v2, place->noprefix, buf, size))
			return true;
		slash = strrchr(dir, '/');
		if (length <= place->top || !slash || (size_t)(slash - dir) < place->top)
			return false;
		*slash = '\0';
	}
}

/* Headers that are older than these calls (5.2) and this flag. */
#ifndef SYS_fsopen
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#endif
#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif
#define CONFIG_SET_FLAG 0
#define CONFIG_CREATE 6

struct anew {
	const char *type; /* of the file system that was mounted and has a writable one; or NULL */
};

/*
 * Whether the cgroup file system @type, mounted by us now, shows a cpuset.mems that we can write.
 */
static bool writable_if_mounted(const char *type, bool v2)
{
	_cleanup_close_ int context = (int)syscall(SYS_fsopen, type, 0), top = -EBADF;
	char path[CGROUP_PATH_MAX];

	/*
	 * Too old a kernel to be tried without a folder to mount on; mount(2) could do it all the
	 * same.
	 */
	if (context < 0)
		return errno == ENOSYS;
	if (!v2 && syscall(SYS_fsconfig, context, CONFIG_SET_FLAG, "cpuset", NULL, 0) < 0)
		return false;
	if (syscall(SYS_fsconfig, context, CONFIG_CREATE, NULL, NULL, 0) < 0)
		return false;
	top = (int)syscall(SYS_fsmount, context, 0, 0);
	return top >= 0 && fchdir(top) == 0 &&
	       dir_cpuset_writable(".", v2, false, path, sizeof(path));
}

static void write_text(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		return; /* best effort: see below */
}

static void write_map(const char *path, unsigned int id)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "0 %u 1", id);
	write_text(path, text);
}

/*
 * A read-only mount, or none, does not keep a process from a cgroup that it owns: in namespaces of
 * its own any user mounts the file system anew, writable, with the own cgroup as its top (seen on
 * 6.12, by a uid 0 without CAP_SYS_ADMIN below a read-only /sys/fs/cgroup).
 */
static void try_anew(void *shared)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct anew *anew = shared;

	/* The files of a process that cannot be dumped belong to root, the maps too. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP) < 0)
		return;
	/* Without a map capabilities mean nothing to files; what we own stays ours all the same. */
	write_map("/proc/self/uid_map", uid);
	write_text("/proc/self/setgroups", "deny");
	write_map("/proc/self/gid_map", gid);
	if (writable_if_mounted("cgroup2", true))
		anew->type = "cgroup2";
	else if (writable_if_mounted("cgroup", false))
		anew->type = "cgroup";
}

#define PLACES_MAX 4

/* Allocated: their paths would make the stack four pages deeper, for a few bytes of each. */
static struct cgroup_place *own_places(const char *mountinfo, size_t *ret_n)
{
	_cleanup_free_ struct cgroup_place *place = malloc(PLACES_MAX * sizeof(*place));
	_cleanup_free_ char *cgroup = NULL;

	*ret_n = 0;
	if (!place)
		return NULL;
	if (procfs_read("/proc/self/cgroup", &cgroup) == 0)
		*ret_n = cgroup_places(cgroup, mountinfo, place, PLACES_MAX);
	return TAKE_PTR(place);
}

void host_cpuset(struct host *host, const char *mountinfo)
{
	size_t n, i;
	_cleanup_free_ struct cgroup_place *place = own_places(mountinfo, &n);
	bool only_read_only = n == 0;
	struct anew *anew;
	int r;

	if (!place) {
		host->mounts_unseen = true;
		return;
	}
	for (i = 0; i < n; i++) {
		host->cpuset_v1 |= !place[i].v2;
		if (cgroup_cpuset_writable(&place[i], host->cpuset_writable,
					   sizeof(host->cpuset_writable)))
			return;
		/* The kernel looks at owner and mode first: it is ours but for the mount. */
		if (!may_write(place[i].dir, W_OK) && errno == EROFS)
			only_read_only = true;
	}
	if (!only_read_only)
		return;
	anew = child_share(sizeof(*anew));
	r = anew ? child_run(try_anew, anew) : -ENOMEM;
	/* What could not be tried is not held. */
	if (r < 0)
		SAY(host->cpuset_writable,
		    "cpuset.mems in a new mount, for all that is known (%s),", strerror(-r));
	else if (anew->type)
		SAY(host->cpuset_writable, "cpuset.mems in a new mount of %s", anew->type);
	child_unshare(anew, sizeof(*anew));
}

void host_cgroup(struct host *host, const char *mountinfo)
{
	size_t n, i;
	_cleanup_free_ struct cgroup_place *place = own_places(mountinfo, &n);
	bool mounted = false;

	for (i = 0; i < n; i++) {
		mounted |= place[i].v2;
		if (place[i].v2 && place[i].found)
			break;
	}
	if (i == n) {
		if (mounted)
			SAY(host->cgroup.why, "our cgroup is not below what is mounted here");
		else
			SAY(host->cgroup.why, "no cgroup2 file system is mounted here");
		return;
	}
	if (may_write(place[i].dir, W_OK | X_OK)) {
		host->cgroup.ready = true;
	} else if (errno == EROFS) {
		SAY(host->cgroup.why, "cgroup file system is mounted read-only");
	} else {
		SAY(host->cgroup.why, "our cgroup belongs to somebody else");
		SAY(host->cgroup.fix, "systemd-run --user --scope -p Delegate=yes COMMAND");
	}
}
