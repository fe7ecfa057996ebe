/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "client.h"
#include "layer_resident.h"

#define ROOT_FOLDER "/run/mpolrun"
#define PATH_ROOM 512

enum {
	INSTALL_FILE,
	MODIFY_FILE,
	FILES,
};
static const char *const endings[FILES] = {".install", ".modify"};

int layer_name_check(const char *name, struct fault *fault)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	if (length && !name[length] && length <= LAYER_NAME_MAX && !strchr("._-", name[0]))
		return 0;
	fault_hint(fault, "up to %d of a-z, 0-9, '.', '_' and '-', the first a letter or digit",
		   LAYER_NAME_MAX);
	return fault_set(fault, -EINVAL, "'%.80s' is no name for a layer", name);
}

/* The path of our own folder; false: an ordinary user without a runtime directory has none. */
static bool own_folder(char *buf, size_t size)
{
	const char *runtime;

	if (geteuid() == 0) {
		snprintf(buf, size, "%s", ROOT_FOLDER);
		return true;
	}
	runtime = secure_getenv("XDG_RUNTIME_DIR");
	return runtime && runtime[0] == '/' &&
	       snprintf(buf, size, "%s/mpolrun", runtime) < (int)size;
}

static int open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/*
 * To look names up in: what says which layer is meant must be ours or root's alone. In a user
 * namespace without root that is who owns /run. -EPERM
 */
static int open_folder_of_names(const char *path)
{
	_cleanup_close_ int fd = open_folder(path);
	struct stat st, run;
	bool trusted;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	trusted = st.st_uid == 0 || (strcmp(path, ROOT_FOLDER) == 0
					     ? stat("/run", &run) == 0 && run.st_uid == st.st_uid
					     : st.st_uid == geteuid());
	return trusted && !(st.st_mode & 022) ? TAKE_FD(fd) : -EPERM;
}

/*
 * Our own folder, made if need be, and locked: between finding a stale name and sweeping it away
 * nobody may put a new one there. It must be ours and closed to other writers.
 */
static int lock_own_folder(struct fault *fault)
{
	_cleanup_close_ int fd = -EBADF;
	char path[PATH_ROOM];
	struct stat st;

	if (!own_folder(path, sizeof(path))) {
		fault_hint(fault, "set XDG_RUNTIME_DIR, as a login session does");
		return fault_set(fault, -ENOENT, "there is no folder to keep the names of layers");
	}
	if (mkdir(path, geteuid() == 0 ? 0755 : 0700) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "cannot make %s: %m", path);
	fd = open_folder(path);
	if (fd < 0)
		return fault_set(fault, fd, "cannot open %s: %s", path, strerror(-fd));
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid()) {
		/* As where a user is root in a namespace alone. */
		fault_hint(fault, "names are kept in a folder of one's own, or use --ticket-fd");
		return fault_set(fault, -EPERM, "%s belongs to somebody else", path);
	}
	if (st.st_mode & 022)
		return fault_set(fault, -EPERM, "%s can be written by others", path);
	if (flock(fd, LOCK_EX) < 0)
		return fault_set(fault, -errno, "cannot lock %s: %m", path);
	return TAKE_FD(fd);
}

static void file_name(const char *name, int which, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s", name, endings[which]);
}

static int read_file(int folder, const char *name, int which, struct ticket *ret)
{
	_cleanup_close_ int fd = -EBADF;
	char file[LAYER_NAME_MAX + 16];

	file_name(name, which, file, sizeof(file));
	fd = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : ticket_read(fd, ret);
}

static void unlink_files(int folder, const char *name)
{
	char file[LAYER_NAME_MAX + 16];
	int which;

	for (which = 0; which < FILES; which++) {
		file_name(name, which, file, sizeof(file));
		(void)unlinkat(folder, file, 0);
	}
}

static bool is_stale(const struct ticket *ticket)
{
	struct layer_state state;
	__u64 generation;
	int r;

	switch ((enum ticket_kind)ticket->kind) {
	case TICKET_SECCOMP:
		return false;
	case TICKET_NOTIFY:
		return layer_query(ticket, &state) == -EOWNERDEAD;
	case TICKET_RESIDENT:
		break;
	}
	/*
	 * It knows no key of a layer that has ended, unless another has made one with it since, and
	 * none at all where it was unloaded.
	 */
	r = layer_resident_generation(ticket->rights & TICKET_INSTALL ? &ticket->install
								      : &ticket->modify,
				      ticket->owner, &generation);
	return r == -EKEYREJECTED || r == -ENODEV;
}

/* Whether there is no layer of that name in @folder, which is locked: a stale one is swept away. */
static bool name_is_free(int folder, const char *name)
{
	struct ticket ticket;
	int r;

	r = read_file(folder, name, INSTALL_FILE, &ticket);
	if (r == -ENOENT)
		r = read_file(folder, name, MODIFY_FILE, &ticket);
	if (r == -ENOENT)
		return true;
	/* What is no ticket at all, in a folder that only we write, is nobody's layer. */
	if (r < 0 ? r != -EBADMSG : !is_stale(&ticket))
		return false;
	unlink_files(folder, name);
	return true;
}

/* Under another name first: a reader sees a whole ticket or none. */
static int write_file(int folder, const char *name, int which, const struct ticket *all,
		      mode_t mode, gid_t group, bool replace)
{
	_cleanup_close_ int fd = -EBADF;
	char file[LAYER_NAME_MAX + 16], temporary[LAYER_NAME_MAX + 24];
	struct ticket ticket = *all;
	ssize_t n;
	int r;

	r = ticket_narrow(&ticket, which == INSTALL_FILE ? TICKET_INSTALL : all->rights);
	if (r < 0)
		return r;
	file_name(name, which, file, sizeof(file));
	snprintf(temporary, sizeof(temporary), ".%s.new", file);
	(void)unlinkat(folder, temporary, 0);
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	n = write(fd, &ticket, sizeof(ticket));
	if (n != (ssize_t)sizeof(ticket))
		r = n < 0 ? -errno : -ENOSPC;
	else if ((group != (gid_t)-1 && fchown(fd, (uid_t)-1, group) < 0) || fchmod(fd, mode) < 0)
		r = -errno;
	else if (replace ? renameat(folder, temporary, folder, file) < 0
			 : linkat(folder, temporary, folder, file, 0) < 0)
		r = -errno;
	(void)unlinkat(folder, temporary, 0);
	return r;
}

int layer_name_add(const char *name, const struct ticket *ticket, mode_t mode, gid_t group,
		   struct fault *fault)
{
	_cleanup_close_ int folder = -EBADF;
	int r;

	r = layer_name_check(name, fault);
	if (r < 0)
		return r;
	folder = lock_own_folder(fault);
	if (folder < 0)
		return folder;
	if (!name_is_free(folder, name)) {
		fault_hint(fault, "--layer %s to run under it, mpolrun layer update to change it",
			   name);
		return fault_set(fault, -EEXIST, "there is a layer '%s' already", name);
	}
	r = write_file(folder, name, INSTALL_FILE, ticket, mode, group, false);
	if (r == 0 && (ticket->rights & TICKET_MODIFY))
		r = write_file(folder, name, MODIFY_FILE, ticket, 0600, (gid_t)-1, false);
	if (r < 0) {
		unlink_files(folder, name);
		return fault_set(fault, r, "cannot write the tickets of '%s': %s", name,
				 strerror(-r));
	}
	return 0;
}

/* Both files anew, of the mode and group that they have. */
static int rewrite_files(int folder, const char *name, const struct ticket *ticket)
{
	char file[LAYER_NAME_MAX + 16];
	struct stat st;
	int r;

	file_name(name, INSTALL_FILE, file, sizeof(file));
	if (fstatat(folder, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	r = write_file(folder, name, INSTALL_FILE, ticket, st.st_mode & 07777, st.st_gid, true);
	if (r == 0 && (ticket->rights & TICKET_MODIFY))
		r = write_file(folder, name, MODIFY_FILE, ticket, 0600, (gid_t)-1, true);
	return r;
}

int layer_name_replace(const char *name, const struct ticket *ticket, int (*change)(void *data),
		       void *data, struct fault *fault)
{
	_cleanup_close_ int folder = lock_own_folder(fault);
	char file[LAYER_NAME_MAX + 16];
	int r;

	if (folder < 0)
		return folder;
	file_name(name, INSTALL_FILE, file, sizeof(file));
	if (faccessat(folder, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return fault_set(fault, -errno, "cannot replace the tickets of '%s': %m", name);
	r = change(data);
	if (r < 0)
		return r;
	r = rewrite_files(folder, name, ticket);
	if (r < 0)
		return fault_set(fault, r, "cannot replace the tickets of '%s': %s", name,
				 strerror(-r));
	return 0;
}

int layer_name_refresh(const char *name, const struct ticket *ticket)
{
	_cleanup_close_ int folder = lock_own_folder(NULL);
	struct ticket there;
	int r;

	if (folder < 0)
		return folder;
	r = read_file(folder, name, INSTALL_FILE, &there);
	if (r < 0)
		return r;
	return ticket_key_equal(&there.install, &ticket->install)
		       ? rewrite_files(folder, name, ticket)
		       : -EKEYREJECTED;
}

/* Of a name in @path, if that is a folder: as layer_name_open(). */
static int open_in(const char *path, const char *name, int which, struct ticket *ret)
{
	_cleanup_close_ int folder = open_folder_of_names(path);
	char file[LAYER_NAME_MAX + 16];
	struct stat st;
	int r;

	if (folder < 0)
		return folder == -EACCES || folder == -EPERM ? folder : -ENOENT;
	r = read_file(folder, name, which, ret);
	if (r == -ENOENT && which == MODIFY_FILE) {
		/* Where members could not be kept from using it, there is none. */
		file_name(name, INSTALL_FILE, file, sizeof(file));
		if (fstatat(folder, file, &st, AT_SYMLINK_NOFOLLOW) == 0)
			r = -EACCES;
	}
	return r;
}

static void sweep(const char *name)
{
	_cleanup_close_ int folder = lock_own_folder(NULL);

	if (folder >= 0)
		(void)name_is_free(folder, name);
}

int layer_name_open(const char *name, enum ticket_right right, struct ticket *ret,
		    struct fault *fault)
{
	int which = right == TICKET_MODIFY ? MODIFY_FILE : INSTALL_FILE, r;
	char own[PATH_ROOM] = "";
	struct ticket ticket;

	r = layer_name_check(name, fault);
	if (r < 0)
		return r;
	r = own_folder(own, sizeof(own)) ? open_in(own, name, which, &ticket) : -ENOENT;
	if (r == -ENOENT && strcmp(own, ROOT_FOLDER) != 0)
		r = open_in(ROOT_FOLDER, name, which, &ticket);
	if (r == 0 && is_stale(&ticket)) {
		sweep(name);
		return fault_set(fault, -ENOENT, "layer '%s' has ended", name);
	}
	if (r == 0 && !(ticket.rights & right))
		r = -EACCES;
	switch (r) {
	case 0:
		*ret = ticket;
		return 0;
	case -ENOENT:
		fault_hint(fault, "mpolrun layer list shows what there is");
		return fault_set(fault, r, "there is no layer '%s'", name);
	case -EACCES:
		if (right == TICKET_MODIFY)
			fault_hint(fault,
				   "whoever made it has the right: there, or by --ticket-fd");
		return fault_set(fault, r, "no right to %s '%s'",
				 right == TICKET_MODIFY ? "change layer"
							: "put processes under layer",
				 name);
	case -EBADMSG:
	case -ELOOP:
		return fault_set(fault, r, "what is called '%s' is no ticket of a layer", name);
	case -EPERM:
		return fault_set(fault, r,
				 "others can write where layer '%s' is looked for: in %s, or in "
				 "the mpolrun of XDG_RUNTIME_DIR",
				 name, ROOT_FOLDER);
	default:
		return fault_set(fault, r, "cannot read the ticket of layer '%s': %s", name,
				 strerror(-r));
	}
}

int layer_name_remove(const char *name, struct fault *fault)
{
	_cleanup_close_ int folder = lock_own_folder(fault);

	if (folder < 0)
		return folder;
	unlink_files(folder, name);
	return 0;
}

int layer_name_end(const char *name, int (*end)(const struct ticket *ticket), struct fault *fault)
{
	_cleanup_close_ int folder = lock_own_folder(fault);
	struct ticket ticket;
	int r;

	if (folder < 0)
		return folder;
	r = read_file(folder, name, MODIFY_FILE, &ticket);
	if (r < 0)
		return fault_set(fault, r, "cannot read the ticket of layer '%s': %s", name,
				 strerror(-r));
	r = end(&ticket);
	if (r == 0)
		unlink_files(folder, name);
	return r;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_folder(const char *path, char ***names, size_t *n)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	int fd;

	fd = open_folder_of_names(path);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (fd >= 0 && !dir)
		close(fd);

	while (dir && (entry = readdir(dir))) {
		size_t length = strlen(entry->d_name), tail = strlen(endings[INSTALL_FILE]);
		struct ticket ticket;
		char **more, *name;

		if (length <= tail || length - tail > LAYER_NAME_MAX ||
		    strcmp(entry->d_name + length - tail, endings[INSTALL_FILE]) != 0)
			continue;
		name = strndup(entry->d_name, length - tail);
		if (!name)
			return -ENOMEM;
		if (layer_name_check(name, NULL) < 0 ||
		    (read_file(dirfd(dir), name, INSTALL_FILE, &ticket) == 0 &&
		     is_stale(&ticket))) {
			sweep(name);
			free(name);
			continue;
		}
		more = reallocarray(*names, *n + 1, sizeof(*more));
		if (!more) {
			free(name);
			return -ENOMEM;
		}
		*names = more;
		(*names)[(*n)++] = name;
	}
	return 0;
}

int layer_name_list(char ***ret, size_t *ret_n)
{
	char own[PATH_ROOM], **names = NULL;
	size_t n = 0, i, kept = 0;
	int r = 0;

	if (own_folder(own, sizeof(own)) && strcmp(own, ROOT_FOLDER) != 0)
		r = list_folder(own, &names, &n);
	if (r == 0)
		r = list_folder(ROOT_FOLDER, &names, &n);
	if (r < 0) {
		while (n)
			free(names[--n]);
		free(names);
		return r;
	}
	if (n)
		qsort(names, n, sizeof(*names), compare);
	/* One of ours hides one of root's. */
	for (i = 0; i < n; i++) {
		if (kept && strcmp(names[kept - 1], names[i]) == 0)
			free(names[i]);
		else
			names[kept++] = names[i];
	}
	*ret = names;
	*ret_n = kept;
	return 0;
}
