/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read out of the kernel's texts: made-up ones, as machines of all kinds have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/kernel_facts.h"
#include "host/parts.h"
#include "host/procfs.h"

static void the_configuration_is_read_exactly(void **state)
{
	static const char config[] = "# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_BC=m\nCONFIG_D=y";

	(void)state;
	assert_int_equal(config_is_set(NULL, "A"), KNOWN_NOT);
	assert_int_equal(config_is_set(config, "A"), KNOWN_NO);
	assert_int_equal(config_is_set(config, "B"), KNOWN_YES);
	assert_int_equal(config_is_set(config, "BC"), KNOWN_NO);
	assert_int_equal(config_is_set(config, "C"), KNOWN_NO);
	assert_int_equal(config_is_set(config, "D"), KNOWN_YES);
}

static void the_command_line_ends_where_init_s_begins(void **state)
{
	char value[16] = "";

	(void)state;
	assert_false(cmdline_value(NULL, "preempt=", value, sizeof(value)));
	assert_false(cmdline_value("quiet", "preempt=", value, sizeof(value)));
	assert_false(cmdline_value("xpreempt=full", "preempt=", value, sizeof(value)));
	assert_false(cmdline_value("quiet -- preempt=full\n", "preempt=", value, sizeof(value)));
	assert_true(
		cmdline_value("preempt=none a preempt=full\n", "preempt=", value, sizeof(value)));
	assert_string_equal(value, "full");
}

static void the_preemption_model_is_found_or_unknown(void **state)
{
	static const struct {
		struct kernel_texts texts;
		const char *model;
	} rows[] = {
		{{.version = NULL}, "unknown"},
		/* Ubuntu, Fedora, Debian 12 as it comes: the configuration says it. */
		{{.version = "#1 SMP PREEMPT_DYNAMIC Debian", .cmdline = "quiet\n"}, "unknown"},
		{{.version = "#1 SMP PREEMPT_DYNAMIC Debian",
		  .cmdline = "quiet\n",
		  .config = "# CONFIG_PREEMPT_NONE is not set\nCONFIG_PREEMPT_VOLUNTARY=y\n"},
		 "voluntary"},
		{{.version = "#1 SMP PREEMPT_DYNAMIC Debian",
		  .config = "CONFIG_PREEMPT_VOLUNTARY=y\n"},
		 "unknown"},
		{{.version = "#1 SMP PREEMPT_DYNAMIC Debian",
		  .cmdline = "preempt=full\n",
		  .config = "CONFIG_PREEMPT_VOLUNTARY=y\n"},
		 "full"},
		{{.version = "#1 SMP PREEMPT_DYNAMIC x", .cmdline = "preempt=lazy"}, "lazy"},
		{{.version = "#1 SMP PREEMPT_DYNAMIC x", .cmdline = "preempt=nonsense"}, "unknown"},
		/* Arch */
		{{.version = "#1 SMP PREEMPT_DYNAMIC Thu",
		  .cmdline = "quiet",
		  .config = "CONFIG_PREEMPT=y\nCONFIG_PREEMPT_DYNAMIC=y\n"},
		 "full"},
		/* What root sees holds now, whatever the boot said. */
		{{.version = "#1 SMP PREEMPT_DYNAMIC x",
		  .cmdline = "preempt=full",
		  .sched_preempt = "none (voluntary) full\n"},
		 "voluntary"},
		{{.version = "#1 SMP PREEMPT_DYNAMIC x",
		  .cmdline = "preempt=full",
		  .sched_preempt = "none voluntary full (lazy)\n"},
		 "lazy"},
		{{.version = "#1 SMP PREEMPT_RT x", .config = "CONFIG_PREEMPT_VOLUNTARY=y\n"},
		 "rt"},
		{{.version = "#1 SMP PREEMPT Fri", .cmdline = "preempt=none"}, "full"},
		{{.version = "#1 SMP Debian", .cmdline = "preempt=full"}, "voluntary"},
		{{.version = "#1 SMP Debian", .config = "CONFIG_PREEMPT_NONE=y\n"}, "none"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *model = preempt_model(&rows[i].texts);

		if (strcmp(model, rows[i].model) != 0)
			fail_msg("row %zu: %s, not %s", i, model, rows[i].model);
	}
}

static void the_bpf_module_is_found_or_unknown(void **state)
{
	static const struct {
		struct kernel_texts texts;
		enum known known;
	} rows[] = {
		{{.version = NULL}, KNOWN_NOT},
		{{.lsm = "lockdown,capability,bpf"}, KNOWN_YES},
		{{.lsm = "bpf,yama"}, KNOWN_YES},
		{{.lsm = "lockdown,bpfx,xbpf", .cmdline = "lsm=bpf"}, KNOWN_NO},
		{{.cmdline = "quiet lsm=landlock,bpf"}, KNOWN_YES},
		{{.cmdline = "lsm=landlock", .config = "CONFIG_BPF_LSM=y\nCONFIG_LSM=\"bpf\"\n"},
		 KNOWN_NO},
		{{.cmdline = "", .config = "CONFIG_BPF_LSM=y\nCONFIG_LSM=\"landlock,bpf\"\n"},
		 KNOWN_YES},
		{{.cmdline = "", .config = "CONFIG_BPF_LSM=y\nCONFIG_LSM=\"landlock\"\n"},
		 KNOWN_NO},
		{{.cmdline = "lsm=bpf", .config = "# CONFIG_BPF_LSM is not set\n"}, KNOWN_NO},
		{{.config = "CONFIG_BPF_LSM=y\nCONFIG_LSM=\"bpf\"\n"}, KNOWN_NOT},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (bpf_in_lsm(&rows[i].texts) != rows[i].known)
			fail_msg("row %zu: %d", i, bpf_in_lsm(&rows[i].texts));
}

static void symbols_are_compared_whole(void **state)
{
	struct kernel_symbols symbols = {0};

	(void)state;
	kernel_symbol(&symbols, "");
	kernel_symbol(&symbols, "garbage\n");
	assert_false(symbols.seen);
	kernel_symbol(&symbols, "0000000000000000 t __pfx_security_set_mempolicy\n");
	kernel_symbol(&symbols, "0000000000000000 t security_set_mempolicy_x\n");
	kernel_symbol(&symbols, "0000000000000000 t security_set_mempolicy\t[module]\n");
	assert_true(symbols.seen);
	assert_false(symbols.hook);
	kernel_symbol(&symbols, "0000000000000000 T security_set_mempolicy\n");
	assert_true(symbols.hook);
	assert_false(symbols.error_injection);
	kernel_symbol(&symbols, "ffffffff81659380 T within_error_injection_list\n");
	assert_true(symbols.error_injection);
	assert_false(symbols.bpf_lsm);
	kernel_symbol(&symbols, "ffffffff81659380 T bpf_lsm_file_open");
	assert_true(symbols.bpf_lsm);
}

static void names_are_compared_whole(void **state)
{
	struct kernel_symbols symbols = {0};

	(void)state;
	kernel_name(&symbols, "bpf_lsm_file_open_x", 19);
	assert_true(symbols.seen);
	assert_false(symbols.bpf_lsm);
	kernel_name(&symbols, "bpf_lsm_file_open_x", 17);
	assert_true(symbols.bpf_lsm);
	kernel_name(&symbols, "security_set_mempolicy", 22);
	assert_true(symbols.hook);
	assert_false(symbols.error_injection);
}

static void answers_have_names(void **state)
{
	char text[24];

	(void)state;
	assert_string_equal(host_answer_text(EPERM, text, sizeof(text)), "EPERM");
	assert_string_equal(host_answer_text(ENOSYS, text, sizeof(text)), "ENOSYS");
	assert_string_equal(host_answer_text(4000, text, sizeof(text)), "errno 4000");
	assert_string_equal(host_answer_text(HOST_KILLED, text, sizeof(text)), "a kill");
	assert_string_equal(host_answer_text(HOST_IGNORED, text, sizeof(text)), "a false success");
}

static void every_mechanism_and_call_has_a_name(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < MECH_COUNT; i++) {
		assert_non_null(mechanism_names[i].name);
		assert_int_equal(
			name_find(mechanism_names, MECH_COUNT, mechanism_names[i].name)->value, i);
	}
	for (i = 0; i < MPOL_SYS_COUNT; i++)
		assert_non_null(host_call_names[i]);
}

static void what_cannot_be_read_is_an_error(void **state)
{
	char *text = NULL;

	(void)state;
	assert_int_equal(procfs_read("/nonexistent", &text), -ENOENT);
	assert_int_equal(procfs_read("/", &text), -EISDIR);
	assert_int_equal(procfs_read("/dev/zero", &text), -EFBIG);
	assert_int_equal(procfs_read_gz("/nonexistent", &text), -ENOENT);
	assert_null(text);
	assert_int_equal(procfs_read("/dev/null", &text), 0);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configuration_is_read_exactly),
		cmocka_unit_test(the_command_line_ends_where_init_s_begins),
		cmocka_unit_test(the_preemption_model_is_found_or_unknown),
		cmocka_unit_test(the_bpf_module_is_found_or_unknown),
		cmocka_unit_test(symbols_are_compared_whole),
		cmocka_unit_test(names_are_compared_whole),
		cmocka_unit_test(answers_have_names),
		cmocka_unit_test(every_mechanism_and_call_has_a_name),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
