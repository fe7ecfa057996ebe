/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as rules: the compiled filter of each architecture is one that the kernel takes, with
 * nothing in vain, and answers every call as mpol_verdict() does. That the resident does so too is
 * for differential.c, on real kernels.
 */
#include <assert.h>
#include <linux/audit.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/enforce/agree.h"
#include "../unit/enforce/bpf_sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two bytes an answer, one for the flags; what is no answer is one that is near. */
static void rules_of(const uint8_t *data, size_t size, struct mpol_rules *rules)
{
	memset(rules, 0, sizeof(*rules));
	rules->version = MPOL_RULES_VERSION;
	for (size_t i = 0; i < MPOL_RULE_COUNT && 2 * i + 1 < size; i++) {
		unsigned int kind = data[2 * i] % (MPOL_KILL + 1), err = data[2 * i + 1] % 133 + 1;

		rules->answer[i] = MPOL_ANSWER(kind, kind == MPOL_ERRNO ? err : 0);
	}
	if (size > 2 * MPOL_RULE_COUNT)
		rules->flags = data[2 * MPOL_RULE_COUNT] & MPOL_RULES_AUDIT;
	/* What a filter cannot see is not given to it. */
	rules->answer[MPOL_RULE_NODES] = 0;
	rules->answer[MPOL_RULE_FILES] = 0;
	rules->answer[MPOL_RULE_CPUSET] = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t families[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64};
	struct sock_filter code[SECCOMP_PROGRAM_MAX];
	struct difference difference;
	struct mpol_rules rules;

	rules_of(data, size, &rules);
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		const struct abi_family *family = abi_family_find(families[i]);
		size_t len = 0;

		assert(seccomp_compile(&rules, family, code, &len) == 0);
		assert(!len || (!bpf_invalid(code, len) && !bpf_untidy(code, len)));
		assert(program_agrees(&rules, family, code, len, SPACE_FEW, &difference));
	}
	return 0;
}
