/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "notify_decide.h"

#include <errno.h>

static int find_call(const struct abi_family *family, const struct seccomp_data *data)
{
	size_t i;
	int call;

	for (i = 0; i < family->n; i++) {
		const struct abi *abi = &family->abis[i];

		if (!abi->decoded || abi->audit_arch != data->arch)
			continue;
		for (call = 0; call < MPOL_SYS_COUNT; call++)
			if (abi->number[call] >= 0 &&
			    ((__u32)abi->number[call] | abi->number_bit) == (__u32)data->nr)
				return call;
	}
	return -ENOENT;
}

void notify_decide(const struct mpol_rules *rules, const struct abi_family *family,
		   const struct seccomp_data *data, struct notify_decision *ret)
{
	struct mpol_call decoded;
	int call = find_call(family, data);
	__u16 answer;

	*ret = (struct notify_decision){.known = call >= 0, .error = -ENOSYS};
	if (call < 0)
		return;
	mpol_decode((__u32)call, (const __u64 *)data->args, &decoded);
	ret->verdict = mpol_verdict(rules, &decoded);
	answer = MPOL_VERDICT_ANSWER(ret->verdict);
	ret->error = 0;
	switch ((enum mpol_kind)MPOL_ANSWER_KIND(answer)) {
	case MPOL_ALLOW:
	case MPOL_AUDIT:
		ret->go_on = true;
		return;
	case MPOL_IGNORE:
		return; /* 0, and nothing was done */
	case MPOL_ERRNO:
		ret->error = -(__s32)MPOL_ANSWER_ERR(answer);
		return;
	case MPOL_KILL:
		break;
	}
	ret->kill = true;
	ret->error = -EPERM;
}
