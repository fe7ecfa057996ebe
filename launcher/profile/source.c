/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "load.h"

#ifndef FOLDER_ADMIN
#define FOLDER_ADMIN "/etc/mpolrun/profiles"
#endif
#ifndef FOLDER_VENDOR
#define FOLDER_VENDOR "/usr/share/mpolrun/profiles"
#endif

#define BUILTIN "builtin:"

void source_done(struct source *source)
{
	free(source->name);
	free(source->text);
	*source = (struct source){0};
}

bool source_is(const struct source *a, const struct source *b)
{
	return a->kind == b->kind && (a->kind == SOURCE_FILE || a->kind == SOURCE_BUILTIN) &&
	       a->dev == b->dev && a->ino == b->ino;
}

/*
 * $XDG_CONFIG_HOME/mpolrun/profiles; only an absolute one counts, as its specification says, and
 * only our own or root's: a HOME that is left over from another user (sudo -E) is theirs to write.
 */
static int user_folder(char **ret)
{
	_cleanup_free_ char *folder = NULL;
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct stat st;
	int n = -1;

	*ret = NULL;
	if (geteuid() == 0 || capabilities_exceed_caller())
		return 0;
	if (config && config[0] == '/')
		n = asprintf(&folder, "%s/mpolrun/profiles", config);
	else if (home && home[0] == '/')
		n = asprintf(&folder, "%s/.config/mpolrun/profiles", home);
	else
		return 0;
	if (n < 0) {
		folder = NULL;
		return -ENOMEM;
	}
	if (n >= PATH_MAX || (stat(folder, &st) == 0 && st.st_uid != geteuid() && st.st_uid != 0))
		return 0;
	*ret = TAKE_PTR(folder);
	return 0;
}

int source_folders(char **user, const char *ret[SOURCE_FOLDERS])
{
	int r = user_folder(user);

	if (r < 0)
		return r;
	ret[0] = *user ? *user : "";
	ret[1] = FOLDER_ADMIN;
	ret[2] = FOLDER_VENDOR;
	return 0;
}

int profile_read_fd(int fd, char **ret, size_t *ret_len)
{
	/* One more than is allowed: whether there is more is what must be known. */
	size_t room = PROFILE_SIZE_MAX + 1, len = 0;
	_cleanup_free_ char *text = malloc(room + 1);

	if (!text)
		return -ENOMEM;
	while (len < room) {
		ssize_t n = read(fd, text + len, room - len);

		if (n > 0) {
			len += (size_t)n;
		} else if (n == 0) {
			break;
		} else if (errno == EAGAIN) {
			/*
			 * a pipe that its maker left non-blocking: the flag is theirs, so it stays
			 */
			struct pollfd wait = {.fd = fd, .events = POLLIN};

			if (poll(&wait, 1, -1) < 0 && errno != EINTR)
				return -errno;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	if (len > PROFILE_SIZE_MAX)
		return -EFBIG;
	text[len] = '\0';
	*ret = TAKE_PTR(text);
	*ret_len = len;
	return 0;
}

static int read_into(struct source *source, int fd, struct fault *fault)
{
	int r = profile_read_fd(fd, &source->text, &source->len);

	if (r == -EFBIG)
		return fault_set(fault, r, "is larger than %d KiB", PROFILE_SIZE_MAX / 1024);
	if (r < 0)
		return fault_set(fault, r, "cannot be read: %s", strerror(-r));
	return 0;
}

static int fail_not_regular(const char *path, mode_t mode, struct fault *fault)
{
	const char *is = S_ISDIR(mode)    ? "a directory"
			 : S_ISFIFO(mode) ? "a pipe"
			 : S_ISSOCK(mode) ? "a socket"
					  : "a device";
	const char *number = NULL;
	uint32_t fd;

	/* what `<(...)` and /dev/stdin become */
	if (strncmp(path, "/dev/fd/", 8) == 0)
		number = path + 8;
	else if (strncmp(path, "/proc/self/fd/", 14) == 0)
		number = path + 14;
	if (strcmp(path, "/dev/stdin") == 0)
		fault_hint(fault, "read from standard input with '-p -'");
	else if (number && text_to_u32(number, INT_MAX, &fd) == 0)
		fault_hint(fault, "read from it with '-p fd:%u'", fd);
	else if (S_ISFIFO(mode))
		fault_hint(fault, "read from it with '-p -' and a redirection");
	return fault_set(fault, -EINVAL, "is %s, not a file", is);
}

/*
 * Opened once, and judged by what was opened. O_NONBLOCK: a fifo without a writer must not hold us
 * before we know that it is one.
 */
static int open_file(const char *path, struct source *source, struct fault *fault)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0) {
		r = -errno;
		if (r == -ENOENT || r == -ENOTDIR)
			return r; /* what most folders answer: not worth a sentence yet */
		if (r == -ENXIO)
			return fail_not_regular(path, S_IFSOCK, fault);
		return fault_set(fault, r, "cannot be opened: %s", strerror(-r));
	}
	if (fstat(fd, &st) < 0)
		return fault_set(fault, -errno, "cannot be looked at: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail_not_regular(path, st.st_mode, fault);
	source->kind = SOURCE_FILE;
	source->dev = st.st_dev;
	source->ino = st.st_ino;
	return read_into(source, fd, fault);
}

static int name_it(struct source *source, const char *name)
{
	source->name = strdup(name);
	return source->name ? 0 : -ENOMEM;
}

static int open_path(const char *what, const char *base, bool extends, struct source *source,
		     struct fault *fault)
{
	_cleanup_free_ char *path = NULL;
	const char *slash = base ? strrchr(base, '/') : NULL;
	int n, r;

	/* A file that a name led to is the administrator's, and so is what it extends. */
	if (!base && capabilities_exceed_caller()) {
		fault_hint(fault, "use a name, or give its text with '-p -'");
		return fault_set(fault, -EPERM,
				 "a path cannot be read with more privileges than the caller has");
	}
	if (what[0] != '/' && slash)
		n = asprintf(&path, "%.*s/%s", (int)(slash - base), base, what);
	else
		n = asprintf(&path, "%s", what);
	if (n < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = name_it(source, path);
	if (r < 0)
		return r;
	r = open_file(path, source, fault);
	if (r == -ENOENT || r == -ENOTDIR)
		fault_set(fault, r, "cannot be opened: %s", strerror(-r));
	if (r == -ENOENT && !extends)
		fault_hint(fault, "a path is relative to the current folder");
	else if (r == -ENOENT)
		fault_hint(fault, "a path in 'extends' is relative to the file that says it");
	return r;
}

static int open_builtin(const char *name, struct source *source)
{
	char full[256];
	size_t i;

	for (i = 0; i < n_profile_builtins; i++) {
		const struct profile_builtin *builtin = &profile_builtins[i];

		if (strcmp(builtin->name, name) != 0)
			continue;
		source->kind = SOURCE_BUILTIN;
		source->ino = i;
		source->len = builtin->len;
		snprintf(full, sizeof(full), BUILTIN "%s", name);
		return name_it(source, full);
	}
	return -ENOENT;
}

static int fail_unknown(const char *what, struct fault *fault)
{
	struct profile_entry *entries = NULL;
	struct name *names;
	const char *nearest = NULL;
	size_t n = 0, i;

	if (profile_list(&entries, &n) < 0)
		n = 0;
	names = calloc(n + 1, sizeof(*names));
	for (i = 0; names && i < n; i++)
		names[i].name = entries[i].name;
	if (names)
		nearest = word_nearest(names, n, what);
	if (nearest)
		fault_hint(fault, "did you mean '%s'?", nearest);
	else
		fault_hint(fault, "a path has a slash or ends in .yaml: './%.80s'", what);
	if (strchr(what, ','))
		fault_hint(fault, "each of several profiles has a -p of its own");
	free(names);
	profile_list_free(entries, n);
	return fault_set(fault, -ENOENT, "no profile is called '%.80s'", what);
}

static int fail_unknown_builtin(const char *what, struct fault *fault)
{
	struct name *names = calloc(n_profile_builtins + 1, sizeof(*names));
	const char *nearest = NULL;
	size_t i;

	for (i = 0; names && i < n_profile_builtins; i++)
		names[i].name = profile_builtins[i].name;
	if (names)
		nearest = word_nearest(names, n_profile_builtins, what);
	if (nearest)
		fault_hint(fault, "did you mean '" BUILTIN "%s'?", nearest);
	else
		fault_hint(fault, "mpolrun profile list shows what there is");
	free(names);
	return fault_set(fault, -ENOENT, "no profile '%.80s' is built in", what);
}

/*
 * A HOME that was left over from another user cannot be entered, which says nothing about the
 * profiles of this one.
 */
static bool is_closed_to_us(const char *folder)
{
	_cleanup_close_ int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 && errno == EACCES;
}

static int open_name(const char *what, struct source *source, struct fault *fault)
{
	const char *folders[SOURCE_FOLDERS];
	_cleanup_free_ char *user = NULL;
	size_t i;
	int r;

	if (what[0] && strlen(what) <= NAME_MAX - 5) {
		r = source_folders(&user, folders);
		if (r < 0)
			return r;
		for (i = 0; i < SOURCE_FOLDERS; i++) {
			_cleanup_free_ char *path = NULL;

			if (!folders[i][0])
				continue;
			if (asprintf(&path, "%s/%s.yaml", folders[i], what) < 0) {
				path = NULL;
				return -ENOMEM;
			}
			r = open_file(path, source, fault);
			if (r == -ENOENT || r == -ENOTDIR ||
			    (r == -EACCES && i == 0 && is_closed_to_us(folders[i])))
				continue;
			/* found, and perhaps not readable: the next one would be another profile */
			return name_it(source, path) < 0 ? -ENOMEM : r;
		}
		r = open_builtin(what, source);
		if (r != -ENOENT)
			return r;
	}
	return fail_unknown(what, fault);
}

static int open_fd(const char *what, int fd, struct source *source, struct fault *fault)
{
	int r = name_it(source, what);

	if (r < 0)
		return r;
	source->kind = SOURCE_STREAM;
	if (fcntl(fd, F_GETFD) < 0)
		return fault_set(fault, -EBADF, "is not open");
	return read_into(source, fd, fault);
}

static int open_inline(const char *what, struct source *source, struct fault *fault)
{
	int r = name_it(source, "inline");

	if (r < 0)
		return r;
	source->kind = SOURCE_INLINE;
	source->len = strlen(what);
	if (source->len > PROFILE_SIZE_MAX)
		return fault_set(fault, -EFBIG, "is larger than %d KiB", PROFILE_SIZE_MAX / 1024);
	source->text = strdup(what);
	return source->text ? 0 : -ENOMEM;
}

static bool is_path(const char *what)
{
	size_t len = strlen(what);

	return strchr(what, '/') || (len > 5 && strcmp(what + len - 5, ".yaml") == 0);
}

static int open_any(const char *what, const char *base, bool extends, struct source *source,
		    struct fault *fault)
{
	uint32_t fd = 0;

	if (what[0] == '{' || strcmp(what, "-") == 0 || strncmp(what, "fd:", 3) == 0) {
		if (extends)
			return fault_set(fault, -EINVAL,
					 "'extends' takes names and paths, not '%.80s'", what);
		if (what[0] == '{')
			return open_inline(what, source, fault);
		if (what[0] == '-')
			return open_fd("standard input", STDIN_FILENO, source, fault);
		if (text_to_u32(what + 3, INT_MAX, &fd) < 0) {
			fault_hint(fault, "like fd:3");
			return fault_set(fault, -EINVAL, "'%.80s' names no file descriptor", what);
		}
		return open_fd(what, (int)fd, source, fault);
	}
	if (strncmp(what, BUILTIN, strlen(BUILTIN)) == 0) {
		int r = open_builtin(what + strlen(BUILTIN), source);

		return r == -ENOENT ? fail_unknown_builtin(what + strlen(BUILTIN), fault) : r;
	}
	if (is_path(what))
		return open_path(what, base, extends, source, fault);
	return open_name(what, source, fault);
}

int source_open(const char *what, const char *base, bool extends, struct source *ret,
		struct fault *fault)
{
	_cleanup_(source_done) struct source source = {0};
	int r;

	fault_place(fault, NULL, 0, 0);
	fault_hint(fault, "%s", "");
	r = open_any(what, base, extends, &source, fault);
	if (r < 0) {
		/* What is wrong with a file, at the file. */
		if (source.name)
			fault_place(fault, source.name, 0, 0);
		return r;
	}
	*ret = source;
	source = (struct source){0};
	return 0;
}
