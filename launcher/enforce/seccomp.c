/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "enforcer.h"

/*
 * Errnos that nobody else gives, different at each launch: the kernel's random bytes for this
 * process. A filter above us may answer seccomp(2) with a false success, as `ignore` does; it
 * cannot know these.
 */
static void make_seal(struct seccomp_seal *ret)
{
	const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
	size_t i;

	for (i = 0; i < SECCOMP_SEAL_PARTS; i++)
		ret->part[i] =
			(uint16_t)(1 + (random ? random[2 * i] | random[2 * i + 1] << 8 : (int)i) %
					       4095);
}

int seccomp_rules(const struct plan *plan, bool audit, struct mpol_rules *ret, struct fault *fault)
{
	if (!abi_family_native())
		return fault_set(fault, -EOPNOTSUPP,
				 "the system calls of this processor are not known to mpolrun, so "
				 "seccomp cannot decide them");
	policy_rules_of(plan->policy, plan->held[MECH_SECCOMP], ret);
	if (audit)
		ret->flags |= MPOL_RULES_AUDIT;
	return 0;
}

static int seccomp_prepare(const struct plan *plan, bool audit, struct enforcement *enforcement,
			   struct fault *fault)
{
	struct mpol_rules rules;
	size_t len;
	int r;

	enforcement->filter_len = 0;
	if (!plan->held[MECH_SECCOMP])
		return 0;
	r = seccomp_rules(plan, audit, &rules, fault);
	if (r < 0)
		return r;
	make_seal(&enforcement->seal);
	r = seccomp_compile_sealed(&rules, &enforcement->seal, enforcement->filter, &len);
	if (r < 0)
		return fault_set(fault, r, "the seccomp filter cannot be made of these rules");
	enforcement->filter_len = len;
	return 0;
}

/*
 * The call that has just been made, so that a filter above which kills for it has done so already.
 */
static bool is_there(const struct enforcement *enforcement)
{
	uint32_t i;

	for (i = 0; enforcement->seal.part[0] && i < SECCOMP_SEAL_PARTS; i++)
		if (syscall(SYS_seccomp, SECCOMP_SEAL_OP + i, 0, NULL) >= 0 ||
		    errno != enforcement->seal.part[i])
			return false;
	return true;
}

/*
 * SECCOMP_FILTER_FLAG_SPEC_ALLOW stays unset: kernels since 5.16 leave speculation alone by default
 * whether it is given or not, and on older ones it would be us who take a mitigation away that the
 * administrator chose for whatever runs under a filter. No flag, then, so the older prctl(2) asks
 * for exactly the same thing: it is tried where a filter above us, made before seccomp(2) was
 * common, refuses that one. Both end in the same function of the kernel, which copies the whole
 * program and attaches it or does nothing, so a failure of the first leaves nothing behind for the
 * second.
 */
static int seccomp_enter(const struct enforcement *enforcement)
{
	const struct sock_fprog program = {
		.len = (unsigned short)enforcement->filter_len,
		.filter = (struct sock_filter *)enforcement->filter,
	};
	unsigned int flags = enforcement->kernel_log ? SECCOMP_FILTER_FLAG_LOG : 0;
	int err;

	if (program.len == 0)
		return 0;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0)
		return is_there(enforcement) ? 0 : -EPROTO;
	err = errno;
	if (flags)
		return -err; /* prctl(2) cannot ask for it */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		return is_there(enforcement) ? 0 : -EPROTO;
	return -err;
}

const struct enforcer seccomp_enforcer = {
	.mechanism = MECH_SECCOMP,
	.prepare = seccomp_prepare,
	.enter = seccomp_enter,
};
