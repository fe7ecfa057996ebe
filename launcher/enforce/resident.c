/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The launch's part of the resident: one layer of its own, made and joined in one call, for all that
 * lsm and fmod_ret hold together.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "enforcer.h"
#include "resident/client.h"

#define HELD_BY_US (MECH_BIT(MECH_LSM) | MECH_BIT(MECH_FMOD_RET))
#define GROUPS_OF_SETTING                                                                      \
	(GROUP_BIT(GROUP_MODES) | GROUP_BIT(GROUP_MODE_FLAGS) | GROUP_BIT(GROUP_MBIND_FLAGS) | \
	 GROUP_BIT(GROUP_NODES))

/*
 * A mode that is refused with an errno of its own, and that the kernel would answer with EINVAL, and
 * without effect, if nobody refused it: any that needs nodes, without nodes. -ENOENT: there is none.
 */
static int find_probe(const struct resident_request *request)
{
	static const int needs_nodes[] = {MPOL_ABI_MODE_BIND, MPOL_ABI_MODE_INTERLEAVE,
					  MPOL_ABI_MODE_PREFERRED_MANY,
					  MPOL_ABI_MODE_WEIGHTED_INTERLEAVE};
	const struct mpol_rules *rules = &request->rules;
	size_t i;

	if (rules->flags & MPOL_RULES_AUDIT ||
	    !(request->deciders & (RESIDENT_LSM_SET | RESIDENT_FMOD_SET | RESIDENT_ENTRY_SET)))
		return -ENOENT;
	for (i = 0; i < ELEMENTSOF(needs_nodes); i++) {
		__u16 answer = rules->answer[MPOL_RULE_MODE + needs_nodes[i]];

		if (MPOL_ANSWER_KIND(answer) == MPOL_ERRNO && MPOL_ANSWER_ERR(answer) != EINVAL)
			return needs_nodes[i];
	}
	return -ENOENT;
}

static int resident_prepare(const struct plan *plan, bool audit, struct enforcement *enforcement,
			    struct fault *fault)
{
	uint32_t groups = plan->held[MECH_LSM] | plan->held[MECH_FMOD_RET];
	struct resident_enforcement *ret = &enforcement->resident;
	size_t i;

	(void)fault;
	memset(ret, 0, sizeof(*ret));
	/* Whether a file's policy is refused is asked of the rules for setting one. */
	if (groups & GROUP_BIT(GROUP_FILES))
		groups |= GROUPS_OF_SETTING;
	policy_rules_of(plan->policy, groups, &ret->request.rules);
	if (audit)
		ret->request.rules.flags |= MPOL_RULES_AUDIT;
	ret->request.version = RESIDENT_ABI;
	for (i = 0; i < plan->n_rows; i++)
		if (plan->row[i].cover != COVER_NONE && MECH_BIT(plan->row[i].by) & HELD_BY_US)
			ret->request.deciders |= plan->row[i].program;
	ret->probe_mode = plan->filtered ? -ENOENT : find_probe(&ret->request);
	return 0;
}

static int resident_enter(const struct enforcement *enforcement)
{
	const struct resident_enforcement *resident = &enforcement->resident;
	const struct resident_request depth = {.version = RESIDENT_ABI, .field = RESIDENT_DEPTH};
	int r;

	r = resident_call(RESIDENT_CREATE_AND_JOIN, &resident->request);
	if (r < 0)
		return r;
	r = resident_call(RESIDENT_QUERY, &depth);
	if (r <= 0)
		return r < 0 ? r : -ENOLINK;
	/* Only a refusal shows that the programs run. */
	if (resident->probe_mode >= 0 &&
	    (syscall(SYS_set_mempolicy, resident->probe_mode, NULL, 0) == 0 || errno == EINVAL))
		return -ENOLINK;
	return 0;
}

/* Where both hold rules, lsm, which comes first, has entered for both. */
static int fmod_ret_prepare(const struct plan *plan, bool audit, struct enforcement *enforcement,
			    struct fault *fault)
{
	if (plan->held[MECH_LSM]) {
		enforcement->resident_entered_by_lsm = true;
		return 0;
	}
	return resident_prepare(plan, audit, enforcement, fault);
}

static int fmod_ret_enter(const struct enforcement *enforcement)
{
	return enforcement->resident_entered_by_lsm ? 0 : resident_enter(enforcement);
}

static const char *resident_why(int err)
{
	switch (-err) {
	case ENODEV:
		return "the resident no longer answers";
	case ENOLINK:
		return "the resident answers, and its programs do not refuse: is "
		       "/proc/sys/kernel/ftrace_enabled 0?";
	case EDQUOT:
		return "this user has as many layers of the resident as one user may";
	case ENOSPC:
		return "the resident has no room for another layer or member";
	case E2BIG:
		return "this process is under 16 layers already";
	case EACCES:
		return "joining takes no_new_privs, or CAP_SYS_ADMIN in the own user namespace";
	case EMLINK:
		return "a process with several threads cannot join";
	case ENOTRECOVERABLE:
		return "the kernel may preempt itself by now, which skips programs of fmod_ret";
	case EOPNOTSUPP:
		return "the resident is being replaced by one with fewer programs";
	case EAGAIN:
		return "the resident is being unloaded";
	default:
		return strerror(-err);
	}
}

const struct enforcer lsm_enforcer = {
	.mechanism = MECH_LSM,
	.prepare = resident_prepare,
	.enter = resident_enter,
	.why = resident_why,
};

const struct enforcer fmod_ret_enforcer = {
	.mechanism = MECH_FMOD_RET,
	.prepare = fmod_ret_prepare,
	.enter = fmod_ret_enter,
	.why = resident_why,
};
