/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The launch's part of the resident: one layer of its own, made and joined in one call, for all
 * that lsm, fmod_ret and kprobe hold together.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "enforcer.h"
#include "events_abi.h"
#include "resident/attach.h"
#include "resident/client.h"

/*
 * A mode that is refused with an errno of its own, and that the kernel would answer with EINVAL,
 * and without effect, if nobody refused it: any that needs nodes, without nodes. -ENOENT: there is
 * none.
 */
static int find_probe(const struct resident_request *request)
{
	static const int needs_nodes[] = {MPOL_ABI_MODE_BIND, MPOL_ABI_MODE_INTERLEAVE,
					  MPOL_ABI_MODE_PREFERRED_MANY,
					  MPOL_ABI_MODE_WEIGHTED_INTERLEAVE};
	const struct mpol_rules *rules = &request->rules;
	size_t i;

	if (rules->flags & MPOL_RULES_AUDIT || !(request->deciders & RESIDENT_SET))
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
	uint32_t groups = plan_held_by_resident(plan) | enforcement->counts;
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
	layer_label_from(plan->policy, &ret->label);
	ret->request.key.bits[0] = (uintptr_t)&ret->label;
	ret->cgroup = -EBADF;
	ret->verb = RESIDENT_CREATE_AND_JOIN;
	ret->request.version = RESIDENT_ABI;
	for (i = 0; i < plan->n_rows; i++) {
		const struct plan_row *row = &plan->row[i];

		if (row->cover != COVER_NONE && MECH_BIT(row->by) & MECHS_RESIDENT)
			ret->request.deciders |= row->program;
		else if (enforcement->counts & GROUP_BIT(row->group))
			ret->request.deciders |= row->counts;
	}
	ret->probe_mode = plan->filtered ? -ENOENT : find_probe(&ret->request);
	return 0;
}

void resident_make(struct enforcement *enforcement, const struct layer_keys *keys)
{
	struct resident_enforcement *resident = &enforcement->resident;

	resident->verb = RESIDENT_CREATE_KEYED_AND_JOIN;
	memcpy(&resident->request.install, &keys->install, sizeof(resident->request.install));
	memcpy(&resident->request.modify, &keys->modify, sizeof(resident->request.modify));
}

void resident_join(struct enforcement *enforcement, const struct ticket_key *install, __u32 owner,
		   __u64 generation)
{
	struct resident_enforcement *resident = &enforcement->resident;

	resident->verb = RESIDENT_JOIN;
	memcpy(&resident->request.key, install, sizeof(resident->request.key));
	resident->request.owner = owner;
	resident->generation = generation;
}

/*
 * The probe was not refused: by programs that do not run, or by a policy that is another by now, or
 * was before the layer was removed?
 */
static int explain_probe(const struct resident_enforcement *resident)
{
	struct resident_request query = resident->request;
	int r;

	if (!resident->generation)
		return -ENOLINK;
	query.field = RESIDENT_GENERATION;
	query.part = 0;
	r = resident_call(RESIDENT_QUERY, &query);
	if (r == -EKEYREJECTED)
		return r;
	return r >= 0 && (__u64)r != (resident->generation & (RESIDENT_YES - 1)) ? -ESTALE
										 : -ENOLINK;
}

/*
 * The launch's own cgroup first: what comes into it is under the layer before the target is. Then
 * the layer is there, and joined as any other. One that was made for this launch alone ends with
 * the cgroup that it is attached to, and its members.
 */
static int join_attached(const struct resident_enforcement *resident)
{
	struct resident_request request = resident->request;
	enum resident_verb verb = RESIDENT_CREATE_AND_ATTACH;
	struct layer_keys keys;
	int r;

	if (resident->verb == RESIDENT_JOIN) {
		verb = RESIDENT_ATTACH;
	} else if (resident->verb == RESIDENT_CREATE_AND_JOIN) {
		r = layer_keys_make(&keys);
		if (r < 0)
			return r;
		memcpy(&request.install, &keys.install, sizeof(request.install));
		memcpy(&request.modify, &keys.modify, sizeof(request.modify));
	}
	r = resident_attach(verb, &request, resident->cgroup, NULL);
	if (r < 0)
		return r;
	if (verb == RESIDENT_CREATE_AND_ATTACH)
		request.key = request.install;
	r = resident_call(RESIDENT_JOIN, &request);
	if (r < 0)
		(void)resident_detach(&request, resident->cgroup);
	return r;
}

static int resident_enter(const struct enforcement *enforcement)
{
	const struct resident_enforcement *resident = &enforcement->resident;
	const struct resident_request depth = {.version = RESIDENT_ABI, .field = RESIDENT_DEPTH};
	int r = 0;

	if (resident->cgroup >= 0)
		r = join_attached(resident);
	if (resident->cgroup < 0 || (r < 0 && !resident->cgroup_must))
		r = resident_call(resident->verb, &resident->request);
	if (r < 0)
		return r;
	r = resident_call(RESIDENT_QUERY, &depth);
	if (r <= 0)
		return r < 0 ? r : -ENOLINK;
	/* Only a refusal shows that the programs run. */
	if (resident->probe_mode >= 0 &&
	    (syscall(SYS_set_mempolicy, resident->probe_mode, RESIDENT_TRIAL_NODES, 1) == 0 ||
	     errno == EINVAL))
		return explain_probe(resident);
	return 0;
}

/* Where several of these hold rules, the first of them enters for all. */
static int prepare_as(enum mechanism mechanism, const struct plan *plan, bool audit,
		      struct enforcement *enforcement, struct fault *fault)
{
	if (enforcement->resident.verb)
		return 0;
	enforcement->resident_entered_by = mechanism;
	return resident_prepare(plan, audit, enforcement, fault);
}

static int enter_as(enum mechanism mechanism, const struct enforcement *enforcement)
{
	return enforcement->resident_entered_by == mechanism ? resident_enter(enforcement) : 0;
}

#define ENFORCER(NAME, MECHANISM)                                                       \
	static int NAME##_prepare(const struct plan *plan, bool audit,                  \
				  struct enforcement *enforcement, struct fault *fault) \
	{                                                                               \
		return prepare_as(MECHANISM, plan, audit, enforcement, fault);          \
	}                                                                               \
	static int NAME##_enter(const struct enforcement *enforcement)                  \
	{                                                                               \
		return enter_as(MECHANISM, enforcement);                                \
	}                                                                               \
	const struct enforcer NAME##_enforcer = {                                       \
		.mechanism = (MECHANISM),                                               \
		.prepare = NAME##_prepare,                                              \
		.enter = NAME##_enter,                                                  \
		.why = resident_error_text,                                             \
	}

ENFORCER(lsm, MECH_LSM);
ENFORCER(fmod_ret, MECH_FMOD_RET);
ENFORCER(kprobe, MECH_KPROBE);
