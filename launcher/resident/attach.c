/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "anchor.h"
#include "base/cleanup.h"
#include "client.h"
#include "pins.h"
#include "sys_bpf.h"

const struct attach_program attach_programs[] = {
	{"set_mempolicy", "mpolrun_set", RESIDENT_LSM_SET},
	{"fs_context_parse_param", "mpolrun_mount", RESIDENT_LSM_MOUNT},
	{0},
};

#define NAMES "mpolrun_" /* all of them begin with it */
#define PROGRAMS_MAX 640 /* of a cgroup: 64 for each of ten hooks */
#define PATIENCE 2000 /* times a millisecond */

static void wait_a_bit(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	(void)nanosleep(&pause, NULL);
}

/* One attaches at a time, as all do. */
static int call(enum resident_verb verb, const struct resident_request *request)
{
	int r = resident_call(verb, request), i;

	for (i = 0; r == -EAGAIN && i < PATIENCE; i++) {
		wait_a_bit();
		r = resident_call(verb, request);
	}
	return r;
}

/*
 * Whoever changes what a cgroup's own programs know does it alone, machine-wide. -errno: there are
 * none, or they cannot be reached.
 */
static int lock_programs(void)
{
	_cleanup_close_ int fd = open(PINS_CGROUP, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int i;

	if (fd < 0)
		return -errno;
	for (i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK || i == PATIENCE)
			return -errno;
		wait_a_bit();
	}
	return TAKE_FD(fd);
}

/* What the kernel calls the cgroup, of which a kernfs makes its handles. */
static int id_of(int cgroup, uint64_t *ret)
{
	struct {
		struct file_handle handle;
		unsigned char room[MAX_HANDLE_SZ];
	} handle = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
	int mount;

	if (name_to_handle_at(cgroup, "", &handle.handle, &mount, AT_EMPTY_PATH) < 0)
		return -errno;
	if (handle.handle.handle_bytes < sizeof(*ret))
		return -EBADF;
	memcpy(ret, handle.handle.f_handle, sizeof(*ret));
	return 0;
}

/* One cgroup, and all that it takes. Every fd may be missing. */
struct place {
	int cgroup; /* the caller's */
	int lock, cgroups, storage;
	uint64_t id;
};

static void place_done(struct place *place)
{
	cleanup_close(&place->storage);
	cleanup_close(&place->cgroups);
	cleanup_close(&place->lock);
}

static int place_open(int cgroup, struct place *ret)
{
	*ret = (struct place){cgroup, -EBADF, -EBADF, -EBADF, 0};
	ret->lock = lock_programs();
	if (ret->lock < 0)
		return ret->lock;
	ret->cgroups = sys_bpf_get(PINS_MAPS "/cgroups");
	if (ret->cgroups < 0)
		return ret->cgroups;
	ret->storage = sys_bpf_get(PINS_MAPS "/cgroup_layers");
	if (ret->storage < 0)
		return ret->storage;
	return id_of(cgroup, &ret->id);
}

static int hand_over(const struct place *place, uint32_t programs, uint32_t version)
{
	struct resident_request request = {
		.version = RESIDENT_ABI,
		.deciders = programs,
		.field = (uint32_t)place->cgroup,
		.part = version,
	};
	int r = call(RESIDENT_HAND_OVER, &request);

	return r < 0 ? r : 0;
}

static bool has_program(int cgroup, int program)
{
	uint32_t ids[PROGRAMS_MAX], flags[PROGRAMS_MAX];
	int n = sys_bpf_query(cgroup, ids, flags, PROGRAMS_MAX), i;
	struct bpf_prog_info info;

	if (n < 0 || sys_bpf_program_info(program, &info) < 0)
		return false;
	for (i = 0; i < n && i < PROGRAMS_MAX; i++)
		if (ids[i] == info.id)
			return true;
	return false;
}

static int open_pin(const struct attach_program *program)
{
	char path[PINS_PATH_MAX];

	(void)snprintf(path, sizeof(path), PINS_CGROUP "/%s", program->hook);
	return sys_bpf_get(path);
}

/* Give it all programs that are pinned: which it has then. */
static struct attach_report attach_all(int cgroup)
{
	const struct attach_program *program;
	struct attach_report report = {.programs = 0};

	for (program = attach_programs; program->hook; program++) {
		_cleanup_close_ int fd = open_pin(program);
		int r;

		/* Without it the next attach takes longer. */
		if (fd >= 0 && !anchor_is_kept(program))
			(void)anchor_keep(program, fd);
		r = fd < 0 ? fd : sys_bpf_attach(fd, cgroup);
		if (r == -EINVAL && has_program(cgroup, fd))
			r = 0;
		if (r == 0)
			report.programs |= program->program;
		else if (r != -ENOENT && !report.why)
			report.why = r;
	}
	return report;
}

/* Take from @cgroup the programs of ours, but those that are pinned if @keep. */
static void detach_all(int cgroup, bool keep)
{
	uint32_t ids[PROGRAMS_MAX], flags[PROGRAMS_MAX], kept[RESIDENT_CLASSES] = {0};
	const struct attach_program *program;
	struct bpf_prog_info info;
	size_t n_kept = 0, j;
	int n, i;

	for (program = attach_programs; keep && program->hook; program++) {
		_cleanup_close_ int fd = open_pin(program);

		if (fd >= 0 && sys_bpf_program_info(fd, &info) == 0 && n_kept < ELEMENTSOF(kept))
			kept[n_kept++] = info.id;
	}
	n = sys_bpf_query(cgroup, ids, flags, PROGRAMS_MAX);
	for (i = 0; i < n && i < PROGRAMS_MAX; i++) {
		_cleanup_close_ int fd = -EBADF;
		bool is_kept = false;

		for (j = 0; j < n_kept; j++)
			is_kept = is_kept || kept[j] == ids[i];
		if (is_kept)
			continue;
		fd = sys_bpf_program_of_id(ids[i]);
		if (fd >= 0 && sys_bpf_program_info(fd, &info) == 0 &&
		    strncmp(info.name, NAMES, strlen(NAMES)) == 0)
			(void)sys_bpf_detach(fd, cgroup);
	}
}

/*
 * What its own programs know becomes what is attached there by @entry, or nothing. There is no such
 * place before a program is attached, and there is one for ever after.
 */
static int store(const struct place *place, const struct resident_cgroup *entry)
{
	struct resident_storage storage = {.n = 0};
	uint32_t i;
	int r;

	for (i = 0; entry && i < RESIDENT_STACK; i++) {
		storage.layer[i] = entry->layer[i];
		if (entry->layer[i])
			storage.n = i + 1;
	}
	r = sys_bpf_update(place->storage, &place->id, &storage);
	return !entry && r == -ENOENT ? 0 : r;
}

/*
 * Make its own programs decide on what is attached by now; without anything attached, it needs
 * none. What attaches or detaches meanwhile without our lock makes us look again. On failure it is
 * found by its number, or as before.
 */
static int serve(const struct place *place, struct attach_report *ret)
{
	struct resident_cgroup entry;
	int r, i;

	for (i = 0; i < PATIENCE; i++) {
		*ret = (struct attach_report){.programs = 0};
		if (sys_bpf_lookup(place->cgroups, &place->id, &entry) < 0 ||
		    !(entry.state & RESIDENT_CGROUP_USED)) {
			(void)store(place, NULL);
			detach_all(place->cgroup, false);
			return 0;
		}
		*ret = attach_all(place->cgroup);
		r = ret->programs ? store(place, &entry) : 0;
		if (r == 0)
			r = hand_over(place, ret->programs, entry.version);
		if (r != -ESTALE)
			break;
	}
	if (r == 0)
		return 0;
	*ret = (struct attach_report){.why = r};
	return r;
}

int resident_attach(enum resident_verb verb, const struct resident_request *request, int cgroup,
		    struct attach_report *ret)
{
	_cleanup_(place_done) struct place place;
	struct resident_request at = *request;
	struct attach_report report = {.programs = 0};
	int r, reached = place_open(cgroup, &place);

	at.field = (uint32_t)cgroup;
	r = call(verb, &at);
	if (r < 0)
		return r;
	if (reached == 0)
		(void)serve(&place, &report);
	else if (reached != -ENOENT)
		report.why = reached;
	if (ret)
		*ret = report;
	return 0;
}

int resident_detach(const struct resident_request *request, int cgroup)
{
	_cleanup_(place_done) struct place place;
	struct resident_request from = *request;
	int reached = place_open(cgroup, &place), r = 0;
	struct attach_report report;

	from.field = (uint32_t)cgroup;
	/* Until it is known what stays, all of it is found by its number. */
	if (reached == 0) {
		r = hand_over(&place, 0, 0);
		if (r == 0)
			r = store(&place, NULL);
	}
	if (r == 0 || r == -ENOENT)
		r = call(RESIDENT_DETACH, &from);
	if (reached == 0)
		(void)serve(&place, &report);
	return r;
}

int resident_attach_again(int cgroup)
{
	_cleanup_(place_done) struct place place;
	int r = place_open(cgroup, &place);
	struct attach_report report;

	if (r == 0)
		r = serve(&place, &report);
	if (r == 0)
		detach_all(cgroup, true);
	return r;
}

void attach_forget(int cgroup)
{
	detach_all(cgroup, false);
}

const char *attach_why_text(int err)
{
	switch (-err) {
	case E2BIG:
		return "64 programs of others are attached there for a hook of theirs";
	case EINVAL:
		return "programs of others use all ten hooks that a kernel has for cgroups";
	case ENOTSUP:
		return "no v2 hierarchy is mounted";
	case EPERM:
		return "a program of others, there or above, lets none beside it";
	case ENOENT:
	case ENODEV:
		return "the cgroup was removed";
	default:
		return strerror(-err);
	}
}
