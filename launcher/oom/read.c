/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"

#define CHUNK 65536
#define KMSG_RECORD 8192 /* CONSOLE_EXT_LOG_MAX: a shorter buffer is EINVAL */
#define KMSG makedev(1, 11)
#define POLL_MS 250 /* between two looks at the end of a file */

enum {
	SYSLOG_ACTION_READ_ALL = 3,
	SYSLOG_ACTION_SIZE_BUFFER = 10
};

struct splitter {
	struct oom_parser *parser;
	size_t length;
	bool skip; /* the rest of a line that did not fit */
	char buf[CHUNK];
};

/* Hand on the lines of what was read; what has no end yet stays. */
static void split(struct splitter *splitter)
{
	char *at = splitter->buf, *end = at + splitter->length, *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		if (!splitter->skip)
			oom_parser_line(splitter->parser, at, (size_t)(newline - at));
		splitter->skip = false;
		at = newline + 1;
	}
	splitter->length = (size_t)(end - at);
	if (splitter->length == sizeof(splitter->buf)) {
		splitter->skip = true;
		splitter->length = 0;
	}
	memmove(splitter->buf, at, splitter->length);
}

static void split_end(struct splitter *splitter)
{
	if (splitter->length && !splitter->skip)
		oom_parser_line(splitter->parser, splitter->buf, splitter->length);
	oom_parser_end(splitter->parser);
}

/*
 * At the end of a followed file: whether there is more to come. A file that was cut short is read
 * from its start; one that has another in its place is left for that.
 */
static int wait_for_more(const char *path, int *fd)
{
	struct stat here, there;
	off_t at;

	if (fstat(*fd, &here) < 0 || !S_ISREG(here.st_mode))
		return 0;
	(void)poll(NULL, 0, POLL_MS);
	at = lseek(*fd, 0, SEEK_CUR);
	if (fstat(*fd, &here) == 0 && here.st_size < at)
		(void)lseek(*fd, 0, SEEK_SET);
	if (here.st_size == at && strcmp(path, "-") != 0 && stat(path, &there) == 0 &&
	    (there.st_ino != here.st_ino || there.st_dev != here.st_dev)) {
		int other = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

		if (other >= 0) {
			close(*fd);
			*fd = other;
		}
	}
	return 1;
}

static int read_file(const char *path, bool follow, struct oom_parser *parser, struct fault *fault)
{
	_cleanup_free_ struct splitter *splitter = calloc(1, sizeof(*splitter));
	_cleanup_close_ int fd = -EBADF;
	ssize_t n;

	if (!splitter)
		return fault_set(fault, -ENOMEM, "no memory");
	splitter->parser = parser;
	if (strcmp(path, "-") == 0)
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fault_set(fault, -errno, "cannot open '%s': %m", path);
	for (;;) {
		n = read(fd, splitter->buf + splitter->length,
			 sizeof(splitter->buf) - splitter->length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_set(fault, -errno, "cannot read '%s': %m", path);
		splitter->length += (size_t)n;
		if (n > 0) {
			split(splitter);
			continue;
		}
		if (!follow)
			break;
		oom_parser_idle(parser);
		if (!wait_for_more(path, &fd))
			break;
	}
	split_end(splitter);
	return 0;
}

/* The log of before 3.5, and of a root without /dev/kmsg. */
static int read_syslog(struct oom_parser *parser, struct fault *fault)
{
	_cleanup_free_ char *buf = NULL;
	int size = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0);
	char *at, *end, *newline;

	if (size > 0)
		buf = malloc((size_t)size);
	if (buf)
		size = klogctl(SYSLOG_ACTION_READ_ALL, buf, size);
	if (!buf || size < 0) {
		fault_hint(fault, "as root, or: journalctl -k | mpolrun oom -");
		return fault_set(fault, -errno, "cannot read the kernel log: %m");
	}
	for (at = buf, end = buf + size; at < end; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline)
			newline = end;
		oom_parser_line(parser, at, (size_t)(newline - at));
	}
	oom_parser_end(parser);
	return 0;
}

static int read_kmsg(int fd, struct oom_read *source, struct oom_parser *parser,
		     struct fault *fault)
{
	struct pollfd more = {.fd = fd, .events = POLLIN};
	char record[KMSG_RECORD];
	bool any = false;
	ssize_t n;

	for (;;) {
		n = read(fd, record, sizeof(record));
		if (n > 0) {
			any = true;
			/* What follows the line is a dictionary. */
			char *newline = memchr(record, '\n', (size_t)n);

			oom_parser_line(parser, record,
					newline ? (size_t)(newline - record) : (size_t)n);
			continue;
		}
		if (n < 0 && errno == EPIPE) {
			/*
			 * Before the first one it only tells that the log no longer reaches back.
			 */
			source->lost += any;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return fault_set(fault, -errno, "cannot read /dev/kmsg: %m");
		oom_parser_idle(parser);
		if (n == 0 || !source->follow)
			break;
		(void)poll(&more, 1, -1);
	}
	oom_parser_end(parser);
	return 0;
}

int oom_read(struct oom_read *source, struct oom_parser *parser, struct fault *fault)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat st;

	source->live = !source->path;
	if (source->path)
		return read_file(source->path, source->follow, parser, fault);
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	/* In a container it may be anything, /dev/null say. */
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != KMSG)) {
		close(fd);
		fd = -EBADF;
		errno = ENODEV;
	}
	if (fd >= 0) {
		(void)lseek(fd, 0, SEEK_DATA); /* as dmesg(1), from its --clear on */
		return read_kmsg(fd, source, parser, fault);
	}
	if (source->follow) {
		fault_hint(fault, "as root, or: journalctl -kf | mpolrun oom -");
		return fault_set(fault, -errno, "cannot follow /dev/kmsg: %m");
	}
	return read_syslog(parser, fault);
}

static int64_t clock_usec(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) < 0)
		return 0;
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

const char *oom_wall_time(int64_t usec, char *buf, size_t size)
{
	time_t when = (time_t)((clock_usec(CLOCK_REALTIME) - clock_usec(CLOCK_MONOTONIC) + usec) /
			       1000000);
	struct tm tm;

	if (!localtime_r(&when, &tm) || !strftime(buf, size, "%b %e %H:%M:%S", &tm))
		buf[0] = '\0';
	return buf;
}

static bool slurp(int64_t pid, const char *name, char *buf, size_t size)
{
	_cleanup_close_ int fd = -EBADF;
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%lld/%s", (long long)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	return true;
}

/* Field 22 of /proc/PID/stat, in usec since the boot; behind the name, which holds anything. */
static int64_t started(const char *stat)
{
	const char *at = strrchr(stat, ')');
	long ticks = sysconf(_SC_CLK_TCK);
	long long start = 0;
	int field;

	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at || ticks <= 0 || sscanf(at, " %lld", &start) != 1 || start < 0)
		return INT64_MAX;
	return start > INT64_MAX / 1000000 ? INT64_MAX : (int64_t)start * 1000000 / ticks;
}

int oom_look(struct oom_task *task, int64_t usec)
{
	char status[4096], buf[4096], comm[OOM_COMM_MAX];
	const char *at;
	long long uid;
	int seccomp = -1;

	if (task->pid <= 0 || !task->comm[0] || !slurp(task->pid, "comm", comm, sizeof(comm)) ||
	    !slurp(task->pid, "status", status, sizeof(status)) ||
	    !slurp(task->pid, "stat", buf, sizeof(buf)) || started(buf) >= usec)
		return -1;
	comm[strcspn(comm, "\n")] = '\0';
	text_make_printable(comm);
	at = strstr(status, "\nUid:\t");
	if (strcmp(comm, task->comm) != 0 || !at || sscanf(at, "\nUid:\t%lld", &uid) != 1 ||
	    (task->uid >= 0 && uid != task->uid))
		return -1;
	at = strstr(status, "\nSeccomp:\t");
	if (at)
		(void)sscanf(at, "\nSeccomp:\t%d", &seccomp);
	if (!task->cgroup[0] && slurp(task->pid, "cgroup", buf, sizeof(buf)) &&
	    (at = strncmp(buf, "0::", 3) == 0 ? buf : strstr(buf, "\n0::"))) {
		at += *at == '\n' ? 4 : 3;
		snprintf(task->cgroup, sizeof(task->cgroup), "%.*s", (int)strcspn(at, "\n"), at);
		text_make_printable(task->cgroup);
	}
	return seccomp;
}
