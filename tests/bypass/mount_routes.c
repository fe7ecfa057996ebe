/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tmpfs mounts that carry a memory policy (mpol=), made as any user can: in a user and a mount
 * namespace of one's own. The oracle is a file on what was mounted.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oracle.h"
#include "route.h"

#define PAGE 4096ul
#define TOP "/tmp" /* our own tmpfs goes over it */
#define TARGET TOP "/m"
#define MGC_VAL 0xC0ED0000ul /* looks like propagation flags; the kernel takes it off */

/* The words of a mount call, below 4 GiB. */
struct low_words {
	char tmpfs[16];
	char target[64];
	char plain[64]; /* mpol=bind:N */
	char later[64]; /* the same as the second option */
	char size[16];
	char key[16];
	char value[16];
};

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Namespaces in which we may mount, and our own tmpfs over TOP with the folder TARGET. */
int mount_enter(struct outcome *out)
{
	unsigned int uid = geteuid(), gid = getegid();
	char map[32];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS)) {
		outcome_absent(out, errno, "no user namespace");
		return -1;
	}
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (write_file("/proc/self/uid_map", map)) {
		outcome_absent(out, EPERM, "uid_map");
		return -1;
	}
	snprintf(map, sizeof(map), "0 %u 1", gid);
	if (write_file("/proc/self/gid_map", map) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", TOP, "tmpfs", 0, NULL) || mkdir(TARGET, 0755)) {
		outcome_absent(out, errno, "mount without options");
		return -1;
	}
	return 0;
}

static struct low_words *words_alloc(struct outcome *out)
{
	struct low_words *words = low_alloc(PAGE);

	if (!words) {
		outcome_absent(out, ENOMEM, "mmap");
		return NULL;
	}
	strcpy(words->tmpfs, "tmpfs");
	strcpy(words->target, TARGET);
	snprintf(words->plain, sizeof(words->plain), "mpol=bind:%d", oracle_target());
	snprintf(words->later, sizeof(words->later), "size=1m,mode=755,mpol=bind:%d",
		 oracle_target());
	strcpy(words->size, "size=1m");
	strcpy(words->key, "mpol");
	snprintf(words->value, sizeof(words->value), "bind:%d", oracle_target());
	return words;
}

/* Whether a new file comes out bound. */
static bool file_is_bound(int at, const char *path, struct seen *ret)
{
	int fd = openat(at, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char *page = MAP_FAILED;
	bool bound = false;

	if (fd < 0)
		return false;
	if (!ftruncate(fd, PAGE))
		page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page != MAP_FAILED) {
		*ret = oracle_look(page, true);
		bound = ret->mode == MODE_BIND;
		munmap(page, PAGE);
	}
	/* A policy comes with the making of a file: the next question wants a new one. */
	unlinkat(at, path, 0);
	close(fd);
	return bound;
}

static const char *data_alloc(struct low_words *words, unsigned long kind)
{
	char *at = (char *)0x700000000ul;

	if (!(kind & ARG_LOW_HALF_ZERO))
		return kind & 1 ? words->later : words->plain;
	if (mmap(at, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != at)
		return NULL;
	return strcpy(at, words->plain);
}

/*
 * One mount(2) with the option, over a TARGET that has something to mount over again, to bind, to
 * move and to make shared. A call that failed left it as it was: the next one may use it again.
 */
static long mount_once(enum abi_kind abi, struct low_words *words, unsigned long flags,
		       const char *data, bool *ret_bound, struct seen *seen)
{
	static bool fresh;
	unsigned long args[6] = {(uintptr_t)words->tmpfs, (uintptr_t)words->target,
				 (uintptr_t)words->tmpfs, flags, (uintptr_t)data};
	long ret;

	if (!fresh)
		mount("tmpfs", TARGET, "tmpfs", 0, NULL);
	ret = abi_call(abi, CALL_MOUNT, args);
	*ret_bound = file_is_bound(AT_FDCWD, TARGET "/f", seen);
	fresh = ret < 0 && !*ret_bound;
	while (!fresh && !umount2(TARGET, MNT_DETACH))
		;
	return ret;
}

void mount_data(const struct route *route, struct outcome *out)
{
	struct seen seen = {-1, -1, -1};
	struct low_words *words;
	const char *data;
	bool bound;
	long ret;

	if (mount_enter(out))
		return;
	words = words_alloc(out);
	data = words ? data_alloc(words, route->arg[1]) : NULL;
	if (!data) {
		outcome_absent(out, ENOMEM, "no memory at 28 GiB");
		return;
	}
	ret = mount_once(route->abi, words, route->arg[0], data, &bound, &seen);
	snprintf(out->note, sizeof(out->note), "%s", seen_text(&seen));
	outcome_judge(out, ret, bound);
}

/* Every set of the flags that make mount(2) do something else, with and without the old magic. */
void mount_all(const struct route *route, struct outcome *out)
{
	static const unsigned long bits[] = {MS_REMOUNT,    MS_BIND,    MS_MOVE,  MS_REC,
					     MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED};
	struct seen seen = {-1, -1, -1};
	struct low_words *words;
	unsigned long first = 0;
	long first_ret = 0;
	int held = 0, n = 0, err = 0;

	if (mount_enter(out))
		return;
	words = words_alloc(out);
	if (!words)
		return;
	for (; n < 2 * 256; n++) {
		unsigned long flags = n & 256 ? MGC_VAL : 0;
		int many = __builtin_popcount(n & 0xff);
		bool bound;
		long ret;

		/* Each flag alone, and each but one. */
		if (route_thin() && many > 1 && many < 7)
			continue;

		for (int i = 0; i < 8; i++)
			flags |= n & (1 << i) ? bits[i] : 0;
		ret = mount_once(route->abi, words, flags, words->plain, &bound, &seen);
		if (bound && !held++) {
			first = flags;
			first_ret = ret;
		}
		/* Without any flag it is the plain mount: its errno stands for all. */
		if (!n && ret < 0)
			err = -ret;
	}
	snprintf(out->note, sizeof(out->note), "%d of %d flag sets took hold, first 0x%lx", held, n,
		 first);
	outcome_judge(out, held ? first_ret : -err, held);
}

/* Mounts that carry no policy, which must go on working. */
void mount_harmless(const struct route *route, struct outcome *out)
{
	static const unsigned long flags[] = {0, MS_BIND, MS_REC | MS_SHARED,
					      MS_REMOUNT | MS_RDONLY, 0};
	unsigned long kind = route->arg[0] < 5 ? route->arg[0] : 0;
	bool with_words = kind == 1 || kind == 4;
	struct low_words *words;
	long ret;

	if (mount_enter(out))
		return;
	words = words_alloc(out);
	if (!words)
		return;
	if (kind)
		mount("tmpfs", TARGET, "tmpfs", 0, NULL);

	unsigned long args[6] = {(uintptr_t)(kind == 1 ? words->target : words->tmpfs),
				 (uintptr_t)words->target, (uintptr_t)words->tmpfs, flags[kind],
				 with_words ? (uintptr_t)words->size : 0};

	ret = abi_call(route->abi, CALL_MOUNT, args);
	outcome_judge(out, ret, ret == 0);
}

static long set_string(const struct route *route, struct low_words *words, int fd)
{
	unsigned long args[6] = {fd, route->arg[0], (uintptr_t)words->key, (uintptr_t)words->value,
				 0};

	return abi_call(route->abi, CALL_FSCONFIG, args);
}

/* fsopen(2) and fsconfig(2): a mount that need not even be attached anywhere. */
void fsconfig_new(const struct route *route, struct outcome *out)
{
	struct seen seen = {-1, -1, -1};
	struct low_words *words;
	bool bound = false;
	int fs, mnt = -1;
	long ret;

	if (mount_enter(out))
		return;
	words = words_alloc(out);
	fs = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	if (!words || fs < 0) {
		outcome_absent(out, errno, "fsopen");
		return;
	}
	ret = set_string(route, words, fs);
	if (!syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mnt = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (mnt >= 0 && route->arg[1] & 1) {
		if (!syscall(SYS_move_mount, mnt, "", AT_FDCWD, TARGET, MOVE_MOUNT_F_EMPTY_PATH))
			bound = file_is_bound(AT_FDCWD, TARGET "/f", &seen);
	} else if (mnt >= 0) {
		bound = file_is_bound(mnt, "f", &seen);
	}
	snprintf(out->note, sizeof(out->note), "%s", seen_text(&seen));
	outcome_judge(out, ret, bound);
}

/* fspick(2): the option given to a mount that exists. */
void fsconfig_remount(const struct route *route, struct outcome *out)
{
	struct seen seen = {-1, -1, -1};
	struct low_words *words;
	bool bound;
	long ret;
	int fs;

	if (mount_enter(out))
		return;
	words = words_alloc(out);
	fs = syscall(SYS_fspick, AT_FDCWD, TOP, FSPICK_CLOEXEC);
	if (!words || fs < 0) {
		outcome_absent(out, errno, "fspick");
		return;
	}
	ret = set_string(route, words, fs);
	syscall(SYS_fsconfig, fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
	bound = file_is_bound(AT_FDCWD, TOP "/f", &seen);
	snprintf(out->note, sizeof(out->note), "%s", seen_text(&seen));
	outcome_judge(out, ret, bound);
}
