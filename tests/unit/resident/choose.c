/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which programs a kernel gets, on made-up kernels: what is missing, or refused, costs what needs
 * it; and without what members' safety needs there is no resident.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "resident/choose.h"
#include "resident/refusal.h"

/* What one lacks: "" ends a list. "lsm/NAME", "fmod_ret/NAME" and "fentry/NAME". */
struct kernel {
	const char *absent[8], *unmodifiable[16];
	bool preempts;
};

static bool is_among(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

static enum trial_answer on_kernel(enum trial_kind kind, const char *function, void *data)
{
	static const char *const kinds[] = {[TRIAL_LSM] = "lsm",
					    [TRIAL_LSM_CGROUP] = "lsm_cgroup",
					    [TRIAL_FMOD_RET] = "fmod_ret",
					    [TRIAL_FENTRY] = "fentry",
					    [TRIAL_KPROBE] = "kprobe"};
	const struct kernel *kernel = data;
	char name[80];

	(void)snprintf(name, sizeof(name), "%s/%s", kinds[kind], function);
	if (is_among(name, kernel->absent) || strstr(function, "compat"))
		return TRIAL_ABSENT;
	return is_among(name, kernel->unmodifiable) ? TRIAL_REFUSED : TRIAL_WORKS;
}

struct chosen {
	int r;
	struct choice choice;
	struct resident_load_report report;
	struct fault fault;
};

/* Choose for @kernel, all kinds asked for; @refused ends with NULL. */
static struct chosen choose(const struct kernel *kernel, bool lsm_runs, const char *const *refused)
{
	struct resident_load_report refusals = {.n_refused = 0};
	struct choose_request request = {
		.lsm = true,
		.fmod_ret = true,
		.kprobe = true,
		.preempts = kernel->preempts,
		.lsm_runs = lsm_runs,
		.trial = on_kernel,
		.data = (void *)kernel,
		.refused = refusals.refused,
	};
	struct chosen chosen = {.r = 0};

	for (; *refused; refused++)
		assert_int_equal(refusal_add(&refusals, *refused, "Made up"), 0);
	request.n_refused = refusals.n_refused;
	chosen.r = choose_programs(&request, &chosen.choice, &chosen.report, &chosen.fault);
	return chosen;
}

/* Programs at all the entries of system calls. */
static const uint32_t entries = RESIDENT_ENTRY;

#define REFUSED(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NOTHING ((const char *const[]){NULL})

static const struct kernel has_all = {{NULL}, {NULL}, false};
static const struct kernel has_all_and_preempts = {{NULL}, {NULL}, true};

static size_t times(const struct chosen *chosen, const char *section)
{
	size_t i, n = 0;

	for (i = 0; i < chosen->choice.n; i++)
		n += strcmp(chosen->choice.section[i], section) == 0;
	return n;
}

static const char *why(const struct chosen *chosen, uint32_t program)
{
	size_t i;

	for (i = 0; i < chosen->report.n_without; i++)
		if (chosen->report.without[i].program == program)
			return chosen->report.without[i].why;
	return "";
}

static void a_kernel_that_has_all_gets_each_program_once(void **state)
{
	struct chosen chosen = choose(&has_all, true, NOTHING);
	size_t i;

	(void)state;
	assert_int_equal(chosen.r, 0);
	assert_int_equal(chosen.report.programs, RESIDENT_LSM_MIGRATE | RESIDENT_LSM_SET |
							 RESIDENT_LSM_MOUNT | RESIDENT_LSM_FILES |
							 RESIDENT_FMOD_MOUNT | entries);
	for (i = 0; i < chosen.choice.n; i++)
		assert_int_equal(times(&chosen, chosen.choice.section[i]), 1);
	assert_int_equal(times(&chosen, "fmod_ret/security_task_prctl"), 1);
	assert_int_equal(times(&chosen, "lsm/task_alloc"), 1);
	assert_int_equal(times(&chosen, "lsm/task_free"), 1);
	assert_int_equal(times(&chosen, "fmod_ret/security_file_open"), 0);
	assert_int_equal(times(&chosen, "fmod_ret/__ia32_sys_mbind"), 1);
}

static void without_bpf_in_lsm_all_is_fmod_ret(void **state)
{
	struct chosen chosen = choose(&has_all, false, NOTHING);
	size_t i;

	(void)state;
	assert_int_equal(chosen.r, 0);
	assert_int_equal(chosen.report.programs, RESIDENT_FMOD_MIGRATE | RESIDENT_FMOD_SET |
							 RESIDENT_FMOD_MOUNT | RESIDENT_FMOD_FILES |
							 entries);
	for (i = 0; i < chosen.choice.n; i++)
		assert_int_not_equal(strncmp(chosen.choice.section[i], "lsm/", 4), 0);
	assert_int_equal(times(&chosen, "fentry/security_task_free"), 1);
	assert_string_equal(why(&chosen, RESIDENT_LSM_MOUNT),
			    "bpf is not in the kernel's lsm= list");
}

/* What decides for cgroups besides, and costs nothing else if it is not to be had. */
static void cgroups_get_programs_of_their_own_where_lsm_decides(void **state)
{
	static const struct kernel old = {
		.unmodifiable = {"lsm_cgroup/set_mempolicy", "lsm_cgroup/fs_context_parse_param"}};
	static const struct kernel no_hook = {
		.absent = {"lsm/set_mempolicy", "lsm_cgroup/set_mempolicy"}};
	struct chosen all = choose(&has_all, true, NOTHING);
	struct chosen chosen;

	(void)state;
	assert_int_equal(times(&all, "lsm_cgroup/set_mempolicy"), 1);
	assert_int_equal(times(&all, "lsm_cgroup/fs_context_parse_param"), 1);
	assert_int_equal(times(&all, "lsm_cgroup/file_open"), 0);
	chosen = choose(&has_all, false, NOTHING);
	assert_int_equal(times(&chosen, "lsm_cgroup/set_mempolicy"), 0);
	assert_int_equal(times(&chosen, "lsm_cgroup/fs_context_parse_param"), 0);
	chosen = choose(&no_hook, true, NOTHING);
	assert_int_equal(times(&chosen, "lsm_cgroup/set_mempolicy"), 0);
	assert_int_equal(times(&chosen, "lsm_cgroup/fs_context_parse_param"), 1);
	chosen = choose(&old, true, NOTHING);
	assert_int_equal(times(&chosen, "lsm_cgroup/set_mempolicy"), 0);
	assert_int_equal(chosen.report.programs, all.report.programs);
	chosen = choose(&has_all, true, REFUSED("lsm_cgroup/set_mempolicy"));
	assert_int_equal(chosen.r, 0);
	assert_int_equal(times(&chosen, "lsm_cgroup/set_mempolicy"), 0);
	assert_int_equal(chosen.report.programs, all.report.programs);
}

/* As Debian builds them. */
static void a_kernel_without_hook_and_error_injection_keeps_mount_and_files(void **state)
{
	static const struct kernel debian = {
		.absent = {"lsm/set_mempolicy", "fmod_ret/security_set_mempolicy"},
		.unmodifiable = {"fmod_ret/__x64_sys_mbind", "fmod_ret/__x64_sys_set_mempolicy",
				 "fmod_ret/__x64_sys_set_mempolicy_home_node",
				 "fmod_ret/__x64_sys_get_mempolicy",
				 "fmod_ret/__x64_sys_migrate_pages",
				 "fmod_ret/__x64_sys_move_pages"}};
	struct chosen chosen = choose(&debian, true, NOTHING);

	(void)state;
	assert_int_equal(chosen.r, 0);
	assert_int_equal(chosen.report.programs,
			 RESIDENT_LSM_MOUNT | RESIDENT_LSM_FILES | RESIDENT_LSM_MIGRATE);
	/* It would be a second program for nobody. */
	assert_int_equal(times(&chosen, "fmod_ret/security_fs_context_parse_param"), 0);
	assert_string_equal(why(&chosen, RESIDENT_LSM_SET), "this kernel does not have the hook");
	assert_non_null(
		strstr(why(&chosen, RESIDENT_ENTRY_SET), "CONFIG_FUNCTION_ERROR_INJECTION"));
	assert_int_equal(times(&chosen, "fmod_ret/__x64_sys_set_mempolicy"), 0);
}

static void one_that_is_refused_costs_only_what_needs_it(void **state)
{
	struct chosen chosen = choose(
		&has_all, true,
		REFUSED("lsm/fs_context_parse_param", "fmod_ret/security_fs_context_parse_param"));

	(void)state;
	assert_int_equal(chosen.r, 0);
	assert_int_equal(chosen.report.programs,
			 RESIDENT_LSM_MIGRATE | RESIDENT_LSM_SET | RESIDENT_LSM_FILES | entries);
	assert_string_equal(why(&chosen, RESIDENT_LSM_MOUNT),
			    "the kernel refuses lsm/fs_context_parse_param: Made up");
	assert_int_equal(times(&chosen, "lsm/fs_context_parse_param"), 0);

	chosen = choose(&has_all, true, REFUSED("fmod_ret/__ia32_sys_move_pages"));
	assert_int_equal(chosen.r, 0);
	assert_int_equal(chosen.report.programs & entries, entries & ~RESIDENT_ENTRY_PAGES);
	assert_int_equal(times(&chosen, "fmod_ret/__x64_sys_move_pages"), 0);
	assert_int_equal(times(&chosen, "fmod_ret/__x64_sys_mbind"), 1);
}

/* Of the two on a call's entry each would be in the other's way. */
static void what_would_be_skipped_is_kprobe(void **state)
{
	static const struct kernel without_override = {
		{NULL}, {"kprobe/__x64_sys_mbind", "kprobe/__x64_sys_get_mempolicy"}, true};
	struct chosen chosen = choose(&has_all_and_preempts, false, NOTHING);

	(void)state;
	assert_int_equal(chosen.r, 0);
	assert_int_equal(chosen.report.programs, RESIDENT_FMOD_MIGRATE | RESIDENT_FMOD_SET |
							 RESIDENT_FMOD_MOUNT | RESIDENT_FMOD_FILES |
							 RESIDENT_KPROBE);
	assert_int_equal(times(&chosen, "kprobe/__x64_sys_mbind"), 1);
	assert_int_equal(times(&chosen, "kprobe/__ia32_sys_move_pages"), 1);
	assert_int_equal(times(&chosen, "fmod_ret/__x64_sys_mbind"), 0);
	assert_non_null(strstr(why(&chosen, RESIDENT_ENTRY_SET), "kprobe is there instead"));

	/* One that is refused costs its own. */
	chosen = choose(&has_all_and_preempts, false, REFUSED("kprobe/__ia32_sys_mbind"));
	assert_int_equal(chosen.r, 0);
	assert_int_equal(chosen.report.programs & (RESIDENT_KPROBE | entries),
			 RESIDENT_KPROBE_OTHER);
	assert_string_equal(why(&chosen, RESIDENT_KPROBE_SET),
			    "the kernel refuses kprobe/__ia32_sys_mbind: Made up");

	/* fmod_ret is there then, for the day on which the kernel preempts itself no more. */
	chosen = choose(&without_override, false, NOTHING);
	assert_int_equal(chosen.r, 0);
	assert_int_equal(chosen.report.programs & (RESIDENT_KPROBE | entries), entries);
	assert_string_equal(why(&chosen, RESIDENT_KPROBE_SET),
			    "kernel lacks CONFIG_BPF_KPROBE_OVERRIDE");
}

static void where_nothing_is_skipped_there_is_no_kprobe(void **state)
{
	struct chosen chosen = choose(&has_all, false, NOTHING);

	(void)state;
	assert_int_equal(chosen.report.programs & (RESIDENT_KPROBE | entries), entries);
	assert_int_equal(times(&chosen, "kprobe/__x64_sys_mbind"), 0);
	assert_string_equal(why(&chosen, RESIDENT_KPROBE_SET),
			    "for kernels that preempt themselves");
}

/* Half of one kind and half of the other would be no whole of either. */
static void files_are_all_of_one_kind(void **state)
{
	struct chosen chosen = choose(&has_all, true, REFUSED("lsm/mmap_file"));

	(void)state;
	assert_int_equal(chosen.r, 0);
	assert_int_equal(chosen.report.programs & (RESIDENT_LSM_FILES | RESIDENT_FMOD_FILES),
			 RESIDENT_FMOD_FILES);
	assert_int_equal(times(&chosen, "fmod_ret/security_file_open"), 1);
	assert_int_equal(times(&chosen, "fmod_ret/security_mmap_file"), 1);
	assert_int_equal(times(&chosen, "lsm/file_open"), 0);
}

/* Nobody counts on it for files then; it still keeps members from /proc/sys. */
static void file_open_is_there_though_files_are_lost(void **state)
{
	struct chosen chosen =
		choose(&has_all, true, REFUSED("lsm/mmap_file", "fmod_ret/security_file_receive"));

	(void)state;
	assert_int_equal(chosen.r, 0);
	assert_int_equal(chosen.report.programs & (RESIDENT_LSM_FILES | RESIDENT_FMOD_FILES), 0);
	assert_int_equal(times(&chosen, "lsm/file_open"), 1);
	assert_int_equal(times(&chosen, "lsm/file_receive"), 0);
}

static void safety_is_had_in_the_other_form(void **state)
{
	struct chosen chosen = choose(&has_all, true, REFUSED("lsm/task_alloc", "lsm/task_free"));

	(void)state;
	assert_int_equal(chosen.r, 0);
	assert_int_equal(times(&chosen, "fmod_ret/security_task_alloc"), 1);
	assert_int_equal(times(&chosen, "fentry/security_task_free"), 1);
	/* What only tidies up may be missing. */
	chosen = choose(&has_all, true, REFUSED("lsm/task_free", "fentry/security_task_free"));
	assert_int_equal(chosen.r, 0);
}

static void without_safety_or_identity_there_is_no_resident(void **state)
{
	static const char *const vital[][2] = {
		{"lsm/file_open", "fmod_ret/security_file_open"},
		{"lsm/task_alloc", "fmod_ret/security_task_alloc"},
		{"lsm/bpf", "fmod_ret/security_bpf"},
		{"lsm/ptrace_access_check", "fmod_ret/security_ptrace_access_check"},
		{"lsm/inode_unlink", "fmod_ret/security_inode_unlink"},
		{"lsm/inode_rmdir", "fmod_ret/security_inode_rmdir"},
		{"lsm/inode_rename", "fmod_ret/security_inode_rename"},
		{"lsm/inode_mkdir", "fmod_ret/security_inode_mkdir"},
		{"lsm/inode_symlink", "fmod_ret/security_inode_symlink"},
		{"lsm/inode_setattr", "fmod_ret/security_inode_setattr"},
		{"tp_btf/sched_process_fork", NULL},
		{"tp_btf/sched_process_free", NULL},
		{"iter/task", NULL},
		{"fmod_ret/security_task_prctl", NULL},
	};
	static const struct kernel no_prctl = {{"fmod_ret/security_task_prctl"}, {NULL}};
	struct chosen chosen;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vital) / sizeof(vital[0]); i++) {
		chosen = choose(&has_all, true, REFUSED(vital[i][0], vital[i][1]));
		assert_int_equal(chosen.r, -ENOTSUP);
		assert_non_null(strstr(chosen.fault.what, "Made up"));
	}
	chosen = choose(&no_prctl, true, NOTHING);
	assert_int_equal(chosen.r, -ENOTSUP);
}

static void what_was_not_asked_for_is_not_chosen(void **state)
{
	struct choose_request request = {.lsm = false,
					 .fmod_ret = true,
					 .lsm_runs = false,
					 .trial = on_kernel,
					 .data = (void *)&has_all};
	struct chosen chosen;

	(void)state;
	assert_int_equal(choose_programs(&request, &chosen.choice, &chosen.report, &chosen.fault),
			 0);
	assert_int_equal(chosen.report.programs & ~RESIDENT_SKIPPABLE, 0);
	assert_string_equal(why(&chosen, RESIDENT_LSM_SET), "not asked for");
	request = (struct choose_request){
		.lsm = true, .lsm_runs = true, .trial = on_kernel, .data = (void *)&has_all};
	assert_int_equal(choose_programs(&request, &chosen.choice, &chosen.report, &chosen.fault),
			 0);
	assert_int_equal(chosen.report.programs & RESIDENT_SKIPPABLE, 0);
	assert_string_equal(why(&chosen, RESIDENT_ENTRY_SET), "not asked for");
	/* The verbs are always fmod_ret. */
	assert_int_equal(times(&chosen, "fmod_ret/security_task_prctl"), 1);
}

static void the_log_tells_which_program_was_refused(void **state)
{
	static const char log[] =
		"libbpf: prog 'lsm_bpf': BPF program load failed: Invalid argument\n"
		"libbpf: prog 'lsm_bpf': -- BEGIN PROG LOAD LOG --\n"
		"R1 type=ctx expected=fp\n"
		"-- END PROG LOAD LOG --\n"
		"libbpf: prog 'lsm_mmap_file': BPF program load failed: Permission denied\n"
		"libbpf: prog 'lsm_mmap_file': failed to load: -13\n"
		"libbpf: failed to load object 'resident_bpf'\n";
	char name[16], small[8];

	(void)state;
	assert_int_equal(refusal_of_log(log, name, sizeof(name)), 0);
	assert_string_equal(name, "lsm_mmap_file");
	assert_int_equal(refusal_of_log(log, small, sizeof(small)), -ENOENT);
	assert_int_equal(refusal_of_log("", name, sizeof(name)), -ENOENT);
	assert_int_equal(
		refusal_of_log("libbpf: prog 'a': failed to load: -13\n", name, sizeof(name)),
		-ENOENT);
	assert_int_equal(refusal_of_log("prog '", name, sizeof(name)), -ENOENT);
}

static void refusals_end(void **state)
{
	struct resident_load_report report = {.n_refused = 0};
	char section[RESIDENT_SECTION_SIZE];
	int i;

	(void)state;
	for (i = 0; i < RESIDENT_REFUSED_MAX; i++) {
		(void)snprintf(section, sizeof(section), "lsm/%d", i);
		assert_int_equal(refusal_add(&report, section, "no"), 0);
		assert_int_equal(refusal_add(&report, section, "no"), -EEXIST);
	}
	assert_int_equal(refusal_add(&report, "lsm/more", "no"), -E2BIG);
	assert_int_equal(report.n_refused, RESIDENT_REFUSED_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_that_has_all_gets_each_program_once),
		cmocka_unit_test(without_bpf_in_lsm_all_is_fmod_ret),
		cmocka_unit_test(cgroups_get_programs_of_their_own_where_lsm_decides),
		cmocka_unit_test(a_kernel_without_hook_and_error_injection_keeps_mount_and_files),
		cmocka_unit_test(one_that_is_refused_costs_only_what_needs_it),
		cmocka_unit_test(what_would_be_skipped_is_kprobe),
		cmocka_unit_test(where_nothing_is_skipped_there_is_no_kprobe),
		cmocka_unit_test(files_are_all_of_one_kind),
		cmocka_unit_test(file_open_is_there_though_files_are_lost),
		cmocka_unit_test(safety_is_had_in_the_other_form),
		cmocka_unit_test(without_safety_or_identity_there_is_no_resident),
		cmocka_unit_test(what_was_not_asked_for_is_not_chosen),
		cmocka_unit_test(the_log_tells_which_program_was_refused),
		cmocka_unit_test(refusals_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
