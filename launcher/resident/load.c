/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "anchor.h"
#include "base/cleanup.h"
#include "cgroups.h"
#include "choose.h"
#include "client.h"
#include "control.h"
#include "events_abi.h"
#include "maps.h"
#include "pins.h"
#include "refusal.h"
#include "report.h"
#include "resident_bpf.skel.h"
#include "selftest.h"

/*
 * What libbpf and the verifier said, kept until it is known whether anybody wants to read it. Its
 * text is whole after each fflush().
 */
static FILE *log_stream;
static char *log_text;

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

/* A refusal was noted: the load begins anew without that program. */
#define AGAIN 1

/* @program is refused, for @err. AGAIN, or @err with a sentence where nothing more can be done. */
static int note_refusal(const struct bpf_program *program, const char *how, int err,
			struct resident_load_report *refusals, struct fault *fault)
{
	const char *section = bpf_program__section_name(program);

	if (refusal_add(refusals, section, strerror(-err)) < 0)
		return fault_set(fault, err, "cannot %s %s: %s", how, section, strerror(-err));
	return AGAIN;
}

static bool is_of_cgroup(const struct bpf_program *program)
{
	return strncmp(bpf_program__section_name(program), ATTACH_SECTION,
		       strlen(ATTACH_SECTION)) == 0;
}

/* Attach every loaded program and pin its link in @folder. */
static int attach_all(struct resident_bpf *skeleton, const char *folder,
		      struct resident_load_report *refusals, struct fault *fault)
{
	char path[PINS_PATH_MAX];
	struct bpf_program *program;
	int r;

	bpf_object__for_each_program(program, skeleton->obj)
	{
		struct bpf_link *link;

		if (!bpf_program__autoload(program) || is_of_cgroup(program))
			continue;
		link = bpf_program__attach(program);
		if (!link)
			return note_refusal(program, "attach", -errno, refusals, fault);
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
	return strcmp(name, data) == 0 ? 0 : pins_let_go(name);
}

/* Nobody is to count on programs that are attached, and do not refuse. */
static void leave_out(struct resident_load_report *report, uint32_t programs)
{
	uint32_t bit;

	report->programs &= ~programs;
	for (bit = 1; bit & RESIDENT_PROGRAMS; bit <<= 1) {
		if (!(programs & bit) || report->n_without == RESIDENT_PROGRAM_BITS)
			continue;
		report->without[report->n_without].program = bit;
		(void)snprintf(report->without[report->n_without].why, RESIDENT_WHY_SIZE,
			       "it does not refuse: does another program trace the same calls?");
		report->n_without++;
	}
}

/* The fd of the program for cgroups, or -EBADF if it is not loaded. */
static int fd_of(struct resident_bpf *skeleton, const struct attach_program *wanted)
{
	struct bpf_program *program = bpf_object__find_program_by_name(skeleton->obj, wanted->name);

	return program && bpf_program__autoload(program) ? bpf_program__fd(program) : -EBADF;
}

/*
 * Which programs a cgroup could have, into @report. Where they cannot be had it costs nothing but
 * time: cgroups are found by their numbers then.
 */
static void try_cgroups(struct resident_bpf *skeleton, struct resident_load_report *report)
{
	const struct attach_program *program;

	report->by_cgroup = 0;
	for (program = attach_programs; program->hook; program++) {
		int fd = fd_of(skeleton, program), r = fd < 0 ? -ENOTSUP : anchor_try(fd);

		if (r == 0)
			report->by_cgroup |= program->program;
		else if (fd >= 0)
			report->why_not_by_cgroup = r;
	}
	if (!cgroups_are_ready())
		anchor_remove();
}

/* From here on these are what cgroups get; those that have older ones, too. */
static int switch_cgroups(struct resident_bpf *skeleton, const struct resident_load_report *report,
			  struct fault *fault)
{
	const bool before = cgroups_are_ready();
	const struct attach_program *program;
	int r = 0;

	if (!cgroups_are_served() && !report->by_cgroup)
		return 0;
	for (program = attach_programs; program->hook && r == 0; program++)
		r = cgroups_pin(program, report->by_cgroup & program->program
						 ? fd_of(skeleton, program)
						 : -EBADF);
	if (r < 0)
		return fault_set(fault, r, "cannot pin in " PINS_CGROUP ": %s", strerror(-r));
	/* The kernel runs first what was attached last; to the hooks of cgroups, once for all. */
	skeleton->data_attached->attached.tree_first = before;
	cgroups_replace();
	return 0;
}

/* A folder for the links of a new generation; one that was left by a load that was killed stays. */
static int make_folder(char *ret, size_t size, struct fault *fault)
{
	char path[PINS_PATH_MAX];
	unsigned int n = 0;
	int r;

	do {
		(void)snprintf(ret, size, PINS_PROGRAMS "%u", ++n);
		(void)snprintf(path, sizeof(path), PINS_TOP "/%s", ret);
		r = mkdir(path, 0700) < 0 ? -errno : 0;
	} while (r == -EEXIST);
	return r < 0 ? fault_set(fault, r, "cannot make %s: %s", path, strerror(-r)) : 0;
}

/* What was running stays as it is unless all goes well. */
static int replace(struct resident_bpf *skeleton, struct resident_control *control,
		   struct resident_load_report *report, struct resident_load_report *refusals,
		   struct fault *fault)
{
	char folder[48];
	const uint32_t programs = control->programs;
	uint32_t failed = 0;
	int r;

	if (report->upgraded && (control->programs & ~report->programs))
		return fault_set(
			fault, -EBUSY,
			"the running resident has programs that this one would not have, and "
			"layers may count on them: unload it first");
	r = make_folder(folder, sizeof(folder), fault);
	if (r < 0)
		return r;
	r = attach_all(skeleton, folder, refusals, fault);
	if (r == 0) {
		try_cgroups(skeleton, report);
		control->programs = report->programs;
		control->frozen = RESIDENT_ANSWERS;
		r = selftest(report->programs, &failed, fault);
	}
	/* No cover is lost with those that are none. */
	if (r == 0 && failed && !(failed & (~RESIDENT_KPROBE | programs))) {
		leave_out(report, failed);
		control->programs = report->programs;
		failed = 0;
	}
	if (r == 0 && failed)
		r = fault_set(fault, -ENOTSUP,
			      "the programs are attached, and do not refuse what they should "
			      "(%#x of %#x)",
			      failed, report->programs);
	if (r == 0)
		r = switch_cgroups(skeleton, report, fault);
	if (r != 0) {
		control->programs = programs; /* on which layers may count */
		(void)pins_remove(folder);
		cgroups_replace();
		return r;
	}
	(void)pins_each_generation(remove_other, folder);
	return 0;
}

static int open_chosen(const struct choice *choice, struct resident_bpf **ret, struct fault *fault)
{
	_cleanup_(cleanup_skeleton) struct resident_bpf *skeleton = resident_bpf__open();
	struct bpf_program *program;
	size_t i, found = 0;
	bool of_cgroup = false;

	if (!skeleton)
		return fault_set(fault, -errno, "cannot open the programs: %s", strerror(errno));
	bpf_object__for_each_program(program, skeleton->obj)
	{
		bool chosen = false;

		for (i = 0; i < choice->n && !chosen; i++)
			chosen =
				strcmp(bpf_program__section_name(program), choice->section[i]) == 0;
		found += chosen;
		of_cgroup = of_cgroup || (chosen && is_of_cgroup(program));
		(void)bpf_program__set_autoload(program, chosen);
	}
	if (!of_cgroup)
		(void)bpf_map__set_autocreate(skeleton->maps.cgroup_layers, false);
	if (found != choice->n)
		return fault_set(fault, -ENOTSUP, "%zu programs are chosen, and %zu there",
				 choice->n, found);
	*ret = TAKE_PTR(skeleton);
	return 0;
}

/* Hand the programs to the verifier. */
static int load_chosen(struct resident_bpf *skeleton, struct resident_load_report *refusals,
		       struct fault *fault)
{
	const struct bpf_program *program = NULL;
	char name[RESIDENT_SECTION_SIZE];
	long before;
	int r;

	(void)fflush(log_stream);
	before = ftell(log_stream);
	r = resident_bpf__load(skeleton);
	if (r >= 0)
		return 0;
	(void)fflush(log_stream);
	if (refusal_of_log(log_text + before, name, sizeof(name)) == 0)
		program = bpf_object__find_program_by_name(skeleton->obj, name);
	if (!program)
		return fault_set(fault, r, "the kernel refuses the programs: %s", strerror(-r));
	return note_refusal(program, "load", r, refusals, fault);
}

struct loading {
	const struct resident_load_request *request;
	const struct btf *btf;
	struct control_limits limits;
	struct resident_control *control; /* NULL until there is one */
	bool upgrade, lsm_runs, preempts;
};

static enum trial_answer try(enum trial_kind kind, const char *function, void *data)
{
	return trial(data, kind, function);
}

/* Once, with all that is not among @refusals. AGAIN: there is one more of them. */
static int load_once(struct loading *loading, struct resident_load_report *refusals,
		     struct resident_load_report *ret, struct fault *fault)
{
	_cleanup_(cleanup_skeleton) struct resident_bpf *skeleton = NULL;
	const struct choose_request choose = {
		.lsm = loading->request->lsm,
		.fmod_ret = loading->request->fmod_ret,
		.kprobe = loading->request->kprobe,
		.preempts = loading->preempts,
		.lsm_runs = loading->lsm_runs,
		.trial = try,
		.data = (void *)loading->btf,
		.refused = refusals->refused,
		.n_refused = refusals->n_refused,
	};
	struct resident_load_report report;
	struct choice choice;
	int r;

	r = choose_programs(&choose, &choice, &report, fault);
	if (r < 0)
		return r;
	report.upgraded = loading->upgrade;
	r = open_chosen(&choice, &skeleton, fault);
	if (r < 0)
		return r;
	assert(skeleton);
	r = maps_prepare(skeleton, &loading->limits, fault);
	if (r < 0)
		return r;
	r = load_chosen(skeleton, refusals, fault);
	if (r != 0)
		return r;
	if (!loading->control) {
		r = control_map(&loading->control, fault);
		if (r < 0)
			return r;
		control_fill(loading->control, &loading->limits, loading->request->preempt);
	}
	r = replace(skeleton, loading->control, &report, refusals, fault);
	if (r != 0)
		return r;
	memcpy(report.refused, refusals->refused, sizeof(report.refused));
	report.n_refused = refusals->n_refused;
	*ret = report;
	return 0;
}

static int load(const struct resident_load_request *request, struct resident_load_report *ret,
		struct fault *fault)
{
	_cleanup_(cleanup_btf) struct btf *btf = NULL;
	_cleanup_(control_unmap) struct resident_control *control = NULL;
	struct resident_load_report report, refusals = {.n_refused = 0};
	struct loading loading = {.request = request};
	int r;

	control_limits(&loading.limits);
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return fault_set(fault, -ENOTSUP,
				 "this kernel does not describe itself: it is built "
				 "without CONFIG_DEBUG_INFO_BTF");
	loading.btf = btf;
	loading.lsm_runs = request->lsm && trial_lsm_runs(btf);
	if (mkdir(PINS_MAPS, 0700) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "cannot make " PINS_MAPS ": %s", strerror(errno));
	loading.upgrade = access(PINS_MAPS "/control", F_OK) == 0;
	if (loading.upgrade) {
		r = control_map(&control, fault);
		if (r < 0)
			return r;
		if (control->abi != RESIDENT_ABI)
			return fault_set(
				fault, -EBUSY,
				"the running resident is of another ABI (%u, not %u): unload "
				"it first",
				control->abi, RESIDENT_ABI);
		loading.control = control;
	}
	/* Layers may count on what is there. */
	if (control && control->programs & (RESIDENT_KPROBE | RESIDENT_ENTRY))
		loading.preempts = control->programs & RESIDENT_KPROBE;
	else
		loading.preempts = control_preempts(request->preempt);
	do
		r = load_once(&loading, &refusals, &report, fault);
	while (r == AGAIN);
	control = loading.control;
	if (r < 0)
		return r;
	/* Without it status knows no reasons; the programs are attached all the same. */
	(void)report_keep(&report);
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

	log_stream = open_memstream(&log_text, &log_size);
	if (!log_stream)
		return fault_set(fault, -ENOMEM, "out of memory");
	libbpf_set_print(log_print);
	r = load(request, ret, fault);
	(void)fclose(log_stream);
	log_stream = NULL;
	log = TAKE_PTR(log_text);
	if (r < 0 && !was_there) {
		(void)cgroups_remove();
		(void)pins_remove("maps");
		/* Stays if there is more in it than we made. */
		(void)rmdir(PINS_TOP);
	}
	if ((r < 0 || ret->n_refused) && log_size)
		*ret_log = TAKE_PTR(log);
	return r;
}
