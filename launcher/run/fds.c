/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "pages.h"

#ifndef BPF_FS_MAGIC
#define BPF_FS_MAGIC 0xcafe4a11
#endif
#ifndef HUGETLBFS_MAGIC
#define HUGETLBFS_MAGIC 0x958458f6
#endif

#define FDS_BY_NUMBER_MAX 65536

/* What lies behind an anonymous inode shows only in its name (read: every anon_inode_getfd()). */
static const struct {
	const char *prefix; /* of what follows "anon_inode:", without a bracket */
	const char *what;
} dangerous_names[] = {
	{"bpf", "BPF object"},
	{"btf", "BPF object"},
	{"io_uring", "io_uring"},
	{"seccomp notify", "seccomp listener"},
};

static const char *dangerous_name(int fd)
{
	static const char start[] = "anon_inode:";
	char path[64], link[64];
	ssize_t n;
	size_t i;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return "anonymous file"; /* no /proc to tell which: not one to leave open */
	link[n] = '\0';
	if (strncmp(link, start, strlen(start)) != 0)
		return NULL;
	for (i = 0; i < ELEMENTSOF(dangerous_names); i++) {
		const char *name = link + strlen(start);

		if (*name == '[')
			name++;
		if (strncmp(name, dangerous_names[i].prefix, strlen(dangerous_names[i].prefix)) ==
		    0)
			return dangerous_names[i].what;
	}
	return NULL;
}

static bool refused(const struct start_policy *found, const void *policy)
{
	return policy_refuses_start(policy, found);
}

static int look_at_pages(int fd, const struct policy *policy, struct fds_report *report,
			 struct fault *fault)
{
	struct start_policy found = {.set = false};
	char text[96];
	struct stat st;
	int r;

	if (!policy_refuses(policy, MPOL_RULE_FILES))
		return 0;
	if (fstat(fd, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return 0;
	r = pages_find_policy(fd, refused, policy, &found);
	if (r < 0)
		report->unseen++;
	if (r <= 0)
		return 0;
	fault_hint(fault, "close it (%d>&-), or use a profile that does not restrict files", fd);
	return fault_set(
		fault, -EPERM,
		"inherited file %d carries the memory policy %s, which the profile refuses", fd,
		start_policy_text(&found, text, sizeof(text)));
}

static int look(int fd, const struct policy *policy, struct fds_report *report, struct fault *fault)
{
	const char *what = NULL;
	struct statfs fs;
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || (flags & FD_CLOEXEC))
		return 0;
	if (fstatfs(fd, &fs) < 0)
		return 0; /* a kind of file without a file system holds nothing that we look for */

	switch ((unsigned long)fs.f_type) {
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
		what = "cgroup";
		break;
	case BPF_FS_MAGIC:
		what = "BPF object";
		break;
	case ANON_INODE_FS_MAGIC:
		what = dangerous_name(fd);
		break;
	case TMPFS_MAGIC:
	case HUGETLBFS_MAGIC:
		return look_at_pages(fd, policy, report, fault);
	default:
		break;
	}
	if (!what)
		return 0;
	if (report->n_dangerous == FDS_DANGEROUS_MAX) {
		fault_hint(fault, "close what the command does not need, or use --keep-fds");
		return fault_set(fault, -EMFILE,
				 "more than %d inherited files would have to be closed",
				 FDS_DANGEROUS_MAX);
	}
	report->dangerous[report->n_dangerous].fd = fd;
	snprintf(report->dangerous[report->n_dangerous].what, sizeof(report->dangerous[0].what),
		 "%s", what);
	report->n_dangerous++;
	return 0;
}

static int look_by_number(const struct policy *policy, struct fds_report *report,
			  struct fault *fault)
{
	struct rlimit limit;
	rlim_t fd, end = FDS_BY_NUMBER_MAX;
	int r;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < end)
		end = limit.rlim_max;
	for (fd = 0; fd < end; fd++) {
		r = look((int)fd, policy, report, fault);
		if (r < 0)
			return r;
	}
	return 0;
}

int fds_look(const struct policy *policy, struct fds_report *ret, struct fault *fault)
{
	_cleanup_closedir_ DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	uint32_t fd;
	int r;

	ret->n_dangerous = 0;
	ret->unseen = 0;
	if (!dir)
		return look_by_number(policy, ret, fault);
	while (errno = 0, (entry = readdir(dir))) {
		if (text_to_u32(entry->d_name, INT32_MAX, &fd) < 0 || (int)fd == dirfd(dir))
			continue;
		r = look((int)fd, policy, ret, fault);
		if (r < 0)
			return r;
	}
	if (errno)
		return fault_set(fault, -errno, "cannot read /proc/self/fd: %s", strerror(errno));
	return 0;
}

int fds_close(const struct fds_report *report)
{
	size_t i;

	for (i = 0; i < report->n_dangerous; i++)
		if (fcntl(report->dangerous[i].fd, F_SETFD, FD_CLOEXEC) < 0)
			return -errno;
	return 0;
}
