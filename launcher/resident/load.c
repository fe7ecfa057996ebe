// SPDX-License-Identifier: LGPL-2.1-or-later
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "choose.h"
#include "client.h"
#include "control.h"
#include "pins.h"
#include "resident_bpf.skel.h"
#include "selftest.h"

/* What libbpf and the verifier said, kept until it is known whether anybody wants to read it. */
static FILE *log_stream;

__attribute__((format(printf, 2, 0))) static int log_print(enum libbpf_print_level level,
							   const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG || !log_stream)
		return 0;
	return vfprintf(log_stream, format, args);
}

static void cleanup_skeleton(struct resident_bpf **skeleton)
{
	resident_bpf__destroy(*skeleton);
}

static void cleanup_btf(struct btf **btf)
{
	btf__free(*btf);
}

/*
 * Pin the maps where the next generation finds them, and size them: by what is pinned already, or by
 * what the machine can have of tasks. What is private to a generation is not pinned.
 */
static int prepare_maps(struct resident_bpf *skeleton, const struct control_limits *limits,
			struct fault *fault)
{
	struct bpf_map *map;
	char path[PINS_PATH_MAX];
	int r = 0;

	bpf_object__for_each_map(map, skeleton->obj)
	{
		const char *name = bpf_map__name(map);
		_cleanup_close_ int fd = -EBADF;

		if (bpf_map__is_internal(map) || map == skeleton->maps.scratch)
			continue;
		(void)snprintf(path, sizeof(path), PINS_MAPS "/%s", name);
		fd = bpf_obj_get(path);
		if (fd >= 0) {
			struct bpf_map_info info = {.type = 0};
			__u32 size = sizeof(info);

			r = bpf_obj_get_info_by_fd(fd, &info, &size);
			if (r == 0)
				r = bpf_map__set_max_entries(map, info.max_entries);
		} else if (map == skeleton->maps.members) {
			r = bpf_map__set_max_entries(map, limits->members);
		} else if (map != skeleton->maps.control && map != skeleton->maps.sieve) {
			r = bpf_map__set_max_entries(map, limits->layers);
		}
		if (r == 0)
			r = bpf_map__set_pin_path(map, path);
		if (r < 0)
			return fault_set(fault, r, "map %s: %s", name, strerror(-r));
	}
	return 0;
}

/* Attach every loaded program and pin its link in @folder. */
static int attach_all(struct resident_bpf *skeleton, const char *folder, struct fault *fault)
{
	char path[PINS_PATH_MAX];
	struct bpf_program *program;
	int r;

	bpf_object__for_each_program(program, skeleton->obj)
	{
		struct bpf_link *link;

		if (!bpf_program__autoload(program))
			continue;
		link = bpf_program__attach(program);
		if (!link)
			return fault_set(fault, -errno, "cannot attach %s: %s",
					 bpf_program__section_name(program), strerror(errno));
		(void)snprintf(path, sizeof(path), PINS_TOP "/%s/%s", folder,
			       bpf_program__name(program));
		r = bpf_link__pin(link, path);
		/* Closes our fd; the pin holds it, or nobody. */
		bpf_link__destroy(link);
		if (r < 0)
			return fault_set(fault, r, "cannot pin %s: %s", path, strerror(-r));
	}
	return 0;
}

static int remove_other(const char *name, void *data)
{
	return strcmp(name, data) == 0 ? 0 : pins_remove(name);
}

/* What was running stays as it is unless all goes well. */
static int replace(struct resident_bpf *skeleton, struct resident_control *control, bool new,
		   struct resident_load_report *report, struct fault *fault)
{
	char folder[48], path[PINS_PATH_MAX];
	uint32_t failed = 0;
	int r;

	if (!new && (control->programs & ~report->programs))
		return fault_set(
			fault, -EBUSY,
			"the running resident has programs that this one would not have, and "
			"layers may count on them: unload it first");
	(void)snprintf(folder, sizeof(folder), PINS_PROGRAMS "%d", getpid());
	(void)snprintf(path, sizeof(path), PINS_TOP "/%s", folder);
	if (mkdir(path, 0700) < 0)
		return fault_set(fault, -errno, "cannot make %s: %s", path, strerror(errno));
	r = attach_all(skeleton, folder, fault);
	if (r == 0) {
		control->programs = report->programs;
		control->frozen = RESIDENT_ANSWERS;
		r = selftest(report->programs, &failed, fault);
	}
	if (r == 0 && failed)
		r = fault_set(fault, -ENOTSUP,
			      "the programs are attached, and do not refuse what they should "
			      "(%#x of %#x)",
			      failed, report->programs);
	if (r < 0) {
		(void)pins_remove(folder);
		return r;
	}
	(void)pins_each_generation(remove_other, folder);
	return 0;
}

static int load(const struct resident_load_request *request, struct resident_load_report *ret,
		struct fault *fault)
{
	_cleanup_(cleanup_skeleton) struct resident_bpf *skeleton = NULL;
	_cleanup_(cleanup_btf) struct btf *btf = NULL;
	_cleanup_(control_unmap) struct resident_control *control = NULL;
	struct resident_load_report report = {.upgraded = false};
	struct control_limits limits;
	int r;

	control_limits(&limits);
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return fault_set(fault, -ENOTSUP,
				 "this kernel does not describe itself: it is built "
				 "without CONFIG_DEBUG_INFO_BTF");
	skeleton = resident_bpf__open();
	if (!skeleton)
		return fault_set(fault, -errno, "cannot open the programs: %s", strerror(errno));
	r = choose_programs(skeleton->obj, btf, request->lsm, request->fmod_ret, &report, fault);
	if (r < 0)
		return r;
	if (mkdir(PINS_MAPS, 0700) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "cannot make " PINS_MAPS ": %s", strerror(errno));
	report.upgraded = access(PINS_MAPS "/control", F_OK) == 0;
	if (report.upgraded) {
		r = control_map(&control, fault);
		if (r < 0)
			return r;
		if (control->abi != RESIDENT_ABI)
			return fault_set(
				fault, -EBUSY,
				"the running resident is of another ABI (%u, not %u): unload "
				"it first",
				control->abi, RESIDENT_ABI);
	}
	r = prepare_maps(skeleton, &limits, fault);
	if (r < 0)
		return r;
	r = resident_bpf__load(skeleton);
	if (r < 0)
		return fault_set(fault, r, "the kernel refuses the programs: %s", strerror(-r));
	if (!control) {
		r = control_map(&control, fault);
		if (r < 0)
			return r;
		control_fill(control, &limits, request->preempt);
	}
	r = replace(skeleton, control, !report.upgraded, &report, fault);
	if (r < 0)
		return r;
	*ret = report;
	return 0;
}

int resident_load(const struct resident_load_request *request, struct resident_load_report *ret,
		  char **ret_log, struct fault *fault)
{
	_cleanup_close_ int lock = -EBADF;
	_cleanup_free_ char *log = NULL;
	size_t log_size = 0;
	bool was_there;
	int r;

	*ret_log = NULL;
	if (geteuid() != 0)
		return fault_set(fault, -EPERM, "only root can load the resident");
	r = pins_open(PINS_MAKE, &lock, fault);
	if (r < 0)
		return r;
	was_there = access(PINS_MAPS "/control", F_OK) == 0;

	log_stream = open_memstream(&log, &log_size);
	if (!log_stream)
		return fault_set(fault, -ENOMEM, "out of memory");
	libbpf_set_print(log_print);
	r = load(request, ret, fault);
	(void)fclose(log_stream);
	log_stream = NULL;
	if (r < 0) {
		if (!was_there)
			(void)pins_remove("maps");
		if (log_size)
			*ret_log = TAKE_PTR(log);
	}
	return r;
}
