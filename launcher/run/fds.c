/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fds.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "base/text.h"
#include "host/host.h"
#include "layer/ticket.h"
#include "pages.h"

#ifndef BPF_FS_MAGIC
#define BPF_FS_MAGIC 0xcafe4a11
#endif
#ifndef HUGETLBFS_MAGIC
#define HUGETLBFS_MAGIC 0x958458f6
#endif

/* Without /proc, fds are tried one by one up to here, and those beyond are closed. */
#define FDS_BY_NUMBER_MAX 4096
#define FDS_SMALL 64 /* numbers that are tried before the list in /proc */
/* How many pages of a file are looked at: 4 GiB of it, where it is memory. */
#define PAGES_OF_MEMORY (UINT64_C(1) << 20)
#define PAGES_OF_OVERLAY 4096
#define FDS_BY_NUMBER_OLD 65536 /* where close_range(2) cannot mark what is beyond */

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

#define TICKETS 0UL /* the magic number of no file system: they may lie in any */

/* What lies behind an anonymous inode shows only in its name (read: every anon_inode_getfd()). */
static const struct {
	const char *prefix; /* of what follows "anon_inode:", without a bracket */
	const char *what;
} dangerous_names[] = {
	{"bpf", "BPF object"},
	{"btf", "BPF object"},
	{"io_uring", "io_uring"},
	{"seccomp notify", "seccomp listener"},
	/* may hold an mpol= that was set before there was a filter */
	{"fscontext", "mount context"},
};

static const char *dangerous_name(int fd)
{
	static const char start[] = "anon_inode:";
	struct stat by_fd, by_name;
	char path[64], link[64];
	ssize_t n;
	size_t i;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link) - 1);
	/* No /proc to tell which, or one that tells of another file: not one to leave open. */
	if (n < 0 || fstat(fd, &by_fd) < 0 || stat(path, &by_name) < 0 ||
	    !proc_same_file(&by_fd, &by_name))
		return "anonymous file";
	link[n] = '\0';
	if (strncmp(link, start, strlen(start)) != 0)
		return "anonymous file";
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

/* -EPROTO: a success that fills nothing in, as a filter above may answer. */
static int stat_of(int fd, struct stat *ret)
{
	struct stat st = {.st_blksize = 0};

	if (fstat(fd, &st) < 0)
		return -errno;
	*ret = st;
	return st.st_blksize ? 0 : -EPROTO;
}

/* @name: how people know it, "inherited file 7". */
static int look_at_pages(int fd, const char *name, uint64_t most, const struct policy *policy,
			 struct fds_report *report, struct fault *fault)
{
	struct start_policy found = {.set = false};
	char text[96];
	struct stat st;
	int r;

	if (!policy_refuses(policy, MPOL_RULE_FILES))
		return 0;
	if (stat_of(fd, &st) < 0) {
		report->unseen++;
		return 0;
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	r = pages_find_policy(fd, most, refused, policy, &found);
	/* A mounted file system's option is found in mountinfo; only a detached one's is hidden. */
	if (r == -EOPNOTSUPP)
		report->unasked++;
	else if (r < 0 && !(S_ISDIR(st.st_mode) && host_device_is_mounted(st.st_dev) != 0))
		report->unseen++;
	if (r <= 0)
		return 0;
	fault_hint(fault, "start without it, or use a profile that does not restrict files");
	return fault_set(fault, -EPERM,
			 "%s carries the memory policy %s, which the profile refuses", name,
			 start_policy_text(&found, text, sizeof(text)));
}

static int look_at_folder(const char *path, const char *name, const struct policy *policy,
			  struct fds_report *report, struct fault *fault)
{
	struct statfs fs = {.f_type = TMPFS_MAGIC}; /* where a filter above says it was filled */
	_cleanup_close_ int fd = -EBADF;

	if (statfs(path, &fs) == 0 && fs.f_type != TMPFS_MAGIC)
		return 0;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) < 0) {
		report->unseen++;
		return 0;
	}
	if (fs.f_type != TMPFS_MAGIC)
		return 0;
	return look_at_pages(fd, name, 1, policy, report, fault);
}

/* @err: why it cannot be asked what @fd is. Pipes, sockets and devices hold no right of ours. */
static int look_at_unknown(int fd, int err, struct fault *fault)
{
	struct stat st;

	if (stat_of(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ||
				      S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
		return 0;
	fault_hint(fault, "close it, or allow fstat(2) and fstatfs(2) in the filter above");
	return fault_set(fault, err, "cannot tell what inherited file %d is: %s", fd,
			 err == -EPROTO ? ANSWERED_ABOVE : strerror(-err));
}

static int look(int fd, const struct policy *policy, struct fds_report *report, struct fault *fault)
{
	struct statfs fs = {.f_type = 0}; /* of no file system */
	const char *what = NULL;
	bool is_ticket;
	struct stat st;
	char name[32];
	int r;

	r = fstatfs(fd, &fs) < 0 ? -errno : fs.f_type ? stat_of(fd, &st) : -EPROTO;
	if (r < 0)
		return look_at_unknown(fd, r, fault);

	/* Only a regular file is read: a device might do something for it. */
	is_ticket = S_ISREG(st.st_mode) && ticket_is_one(fd);
	switch (is_ticket ? TICKETS : (unsigned long)fs.f_type) {
	case TICKETS:
		what = "layer's ticket";
		break;
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
		snprintf(name, sizeof(name), "inherited file %d", fd);
		return look_at_pages(fd, name, PAGES_OF_MEMORY, policy, report, fault);
	case OVERLAYFS_SUPER_MAGIC: /* its upper layer may be on tmpfs */
		snprintf(name, sizeof(name), "inherited file %d", fd);
		return look_at_pages(fd, name, PAGES_OF_OVERLAY, policy, report, fault);
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

static int add_gap(struct fds_report *report, unsigned int first, unsigned int last)
{
	struct fds_gap *more;

	if (first > last)
		return 0;
	/* Room grows at every power of two. */
	if (!(report->n_gaps & (report->n_gaps - 1))) {
		size_t room = report->n_gaps ? 2 * report->n_gaps : 1;

		more = reallocarray(report->gap, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		report->gap = more;
	}
	report->gap[report->n_gaps++] = (struct fds_gap){first, last};
	return 0;
}

void fds_report_done(struct fds_report *report)
{
	free(report->gap);
	report->gap = NULL;
	report->n_gaps = 0;
}

/* What is not passed on at execve(2) needs no look; none of our own files is. */
static bool is_inherited(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

/*
 * Whether all open files have small numbers, and which of them are passed on (a bit for each). The
 * folder's size tells since Linux 6.2 how many are open; before, it is 0. Trying numbers costs less
 * than the list, for which the kernel makes an inode of each.
 */
static bool have_small_numbers(int dir, uint64_t *ret)
{
	struct stat st = {.st_size = 0};
	off_t n = 0;
	int fd, flags;

	*ret = 0;
	if (fstat(dir, &st) < 0 || st.st_size == 0)
		return false;
	for (fd = 0; n < st.st_size && fd < FDS_SMALL; fd++) {
		flags = fcntl(fd, F_GETFD);
		if (flags < 0)
			continue;
		n++;
		if (!(flags & FD_CLOEXEC))
			*ret |= UINT64_C(1) << fd;
	}
	return n == st.st_size;
}

static int look_at_small_numbers(uint64_t fds, const struct policy *policy,
				 struct fds_report *report, struct fault *fault)
{
	unsigned int fd, next = 0;
	int r = 0;

	for (fd = 0; r == 0 && fd < FDS_SMALL; fd++) {
		if (!(fds >> fd & 1))
			continue;
		r = fd > next ? add_gap(report, next, fd - 1) : 0;
		if (r == 0)
			r = look((int)fd, policy, report, fault);
		next = fd + 1;
	}
	return r < 0 ? r : add_gap(report, next, UINT_MAX);
}

static int look_by_number(const struct policy *policy, struct fds_report *report,
			  struct fault *fault)
{
	int fd, r;

	for (fd = 0; fd < FDS_BY_NUMBER_MAX; fd++) {
		r = is_inherited(fd) ? look(fd, policy, report, fault) : 0;
		if (r < 0)
			return r;
	}
	return add_gap(report, FDS_BY_NUMBER_MAX, UINT_MAX);
}

/* Not readdir(3), whose buffer would be the largest thing that a launch allocates. */
static int look_by_list(int dir, const struct policy *policy, struct fds_report *report,
			struct fault *fault)
{
	union {
		struct dirent64 first;
		char bytes[1024];
	} list;
	unsigned int next = 0; /* the kernel lists them in order */
	bool whole = false; /* so that @dir is listed, too */
	ssize_t n, at;
	uint32_t fd;
	int flags, r;

	while ((n = getdents64(dir, &list, sizeof(list))) > 0) {
		const struct dirent64 *entry;

		for (at = 0; at < n; at += entry->d_reclen) {
			entry = (const struct dirent64 *)(list.bytes + at);
			if (text_to_u32(entry->d_name, INT32_MAX, &fd) < 0 || fd < next)
				continue;
			flags = fcntl((int)fd, F_GETFD);
			/* Closed meanwhile by another thread; or a lie, so it is in the gap. */
			if (flags < 0 && errno == EBADF)
				continue;
			if (flags < 0)
				return fault_set(fault, -errno,
						 "cannot tell whether file %u is inherited: %s", fd,
						 strerror(errno));
			r = fd > next ? add_gap(report, next, fd - 1) : 0;
			if (r == 0 && !(flags & FD_CLOEXEC))
				r = look((int)fd, policy, report, fault);
			if (r < 0)
				return r;
			whole = whole || (int)fd == dir;
			next = fd + 1;
		}
	}
	if (n < 0)
		return fault_set(fault, -errno, "cannot read /proc/self/fd: %s", strerror(errno));
	if (!whole)
		return fault_set(fault, -EPROTO, "cannot read /proc/self/fd: " ANSWERED_ABOVE);
	return add_gap(report, next, UINT_MAX);
}

int fds_look(const struct policy *policy, struct fds_report *ret, struct fault *fault)
{
	_cleanup_close_ int dir = -EBADF;
	uint64_t small;
	int r;

	/* Not the array: most of it is never touched. */
	ret->n_dangerous = 0;
	ret->gap = NULL;
	ret->n_gaps = 0;
	ret->unseen = 0;
	ret->unasked = 0;
	r = look_at_folder(".", "the current folder", policy, ret, fault);
	if (r == 0)
		r = look_at_folder("/", "the root folder", policy, ret, fault);
	if (r < 0)
		return r;
	dir = proc_open_self("fd", O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return look_by_number(policy, ret, fault);
	if (have_small_numbers(dir, &small))
		return look_at_small_numbers(small, policy, ret, fault);
	return look_by_list(dir, policy, ret, fault);
}

/* Read back: what a filter above answers in the kernel's place is never a 1. */
static int close_at_exec(int fd)
{
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return fcntl(fd, F_GETFD) == FD_CLOEXEC ? 0 : -EPROTO;
}

/* Kernels before 5.11 cannot, and have nothing there either unless somebody lied to us. */
static int close_gap(unsigned int first, unsigned int last)
{
	unsigned int fd;

	if (syscall(SYS_close_range, first, last, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	if (last > FDS_BY_NUMBER_OLD)
		last = FDS_BY_NUMBER_OLD;
	for (fd = first; fd <= last; fd++)
		if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0 && errno != EBADF)
			return -errno;
	return 0;
}

int fds_close(const struct fds_report *report)
{
	size_t i;
	int r;

	for (i = 0; i < report->n_dangerous; i++) {
		r = close_at_exec(report->dangerous[i].fd);
		if (r < 0)
			return r;
	}
	for (i = 0; i < report->n_gaps; i++) {
		r = close_gap(report->gap[i].first, report->gap[i].last);
		if (r < 0)
			return r;
	}
	return 0;
}
