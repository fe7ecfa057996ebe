/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "notify_decide.h"

#include <errno.h>

static void find_call(const struct abi_family *family, const struct seccomp_data *data,
		      struct notify_decision *ret)
{
	size_t i;
	__u32 call;

	for (i = 0; i < family->n; i++) {
		const struct abi *abi = &family->abis[i];

		if (abi->audit_arch != data->arch)
			continue;
		for (call = 0; call < MPOL_SYS_COUNT; call++)
			if (abi->number[call] >= 0 &&
			    ((__u32)abi->number[call] | abi->number_bit) == (__u32)data->nr) {
				ret->abi = abi;
				ret->call = call;
				ret->known = abi->decoded;
				return;
			}
	}
}

/* Whether some rule on the call, or where that is not known on any, takes something away. */
static bool is_refused_in_part(const struct mpol_rules *rules, __u32 call)
{
	struct mpol_rules refusing = *rules;
	__u32 rule;

	if (rules->flags & MPOL_RULES_AUDIT)
		return false;
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		if (MPOL_ANSWER_KIND(refusing.answer[rule]) <= MPOL_AUDIT)
			refusing.answer[rule] = MPOL_ANSWER(MPOL_ALLOW, 0);
	return call < MPOL_SYS_COUNT ? seccomp_calls(&refusing) >> call & 1
				     : seccomp_calls(&refusing) != 0;
}

void notify_decide(const struct mpol_rules *rules, const struct abi_family *family,
		   const struct seccomp_data *data, struct notify_decision *ret)
{
	struct mpol_call decoded;
	__u16 answer;

	*ret = (struct notify_decision){.call = MPOL_SYS_COUNT, .error = -ENOSYS};
	find_call(family, data, ret);
	if (!ret->known)
		return;
	mpol_decode(ret->call, (const __u64 *)data->args, &decoded);
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

void notify_decide_watched(const struct mpol_rules *rules, const struct abi_family *family,
			   const struct seccomp_data *data, struct notify_decision *ret)
{
	notify_decide(rules, family, data, ret);
	if (ret->known || is_refused_in_part(rules, ret->call))
		return;
	ret->go_on = true;
	ret->error = 0;
}
