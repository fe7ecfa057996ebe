/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "equal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/audit.h>
#include <stdlib.h>

#include "bpf_sim.h"

const uint32_t families[N_FAMILIES] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64};

size_t compile_checked(const struct mpol_rules *rules, uint32_t family, struct sock_filter *code)
{
	const char *fault = NULL;
	size_t len = SIZE_MAX;

	assert_int_equal(seccomp_compile(rules, abi_family_find(family), code, &len), 0);
	if (len)
		fault = bpf_invalid(code, len);
	if (len && !fault)
		fault = bpf_untidy(code, len);
	if (fault)
		fail_msg("%s", fault);
	return len;
}

void assert_equal_to_verdict(const struct mpol_rules *rules, enum space_size size)
{
	struct sock_filter code[SECCOMP_PROGRAM_MAX];
	struct difference d;
	size_t f, i, len;

	if (getenv("MPOLRUN_TEST_EXHAUSTIVE"))
		size = SPACE_ALL;
	for (f = 0; f < N_FAMILIES; f++) {
		len = compile_checked(rules, families[f], code);
		if (program_agrees(rules, abi_family_find(families[f]), code, len, size, &d))
			continue;
		for (i = 0; i < MPOL_RULE_COUNT; i++)
			if (rules->answer[i])
				print_error("answer[%zu] = %#x\n", i, rules->answer[i]);
		fail_msg("%s: nr %#x args %#llx %#llx %#llx %#llx %#llx %#llx: %#x instead of %#x "
			 "(flags %u)",
			 d.where, (unsigned int)d.data.nr, d.data.args[0], d.data.args[1],
			 d.data.args[2], d.data.args[3], d.data.args[4], d.data.args[5], d.got,
			 d.expected, rules->flags);
	}
}
