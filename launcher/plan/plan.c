/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "table.h"

#define MECHS_LIVE (MECHS_RESIDENT | MECH_BIT(MECH_NOTIFY))
#define MECHS_THAT_IGNORE (MECH_BIT(MECH_SECCOMP) | MECH_BIT(MECH_NOTIFY))

/* A short text into a row's field; what does not fit was too long to be read anyway. */
#define SAY(field, ...) ((void)snprintf(field, sizeof(field), __VA_ARGS__))
#define COPY(field, text) text_copy(field, sizeof(field), text)

/* The kinds of answers that a rule gives, as bits. Under audit there is only one. */
static uint32_t group_kinds(const struct policy *policy, enum rule_group group, bool audit)
{
	uint32_t kinds = 0, rule;

	for (rule = 0; rule < group_slots(group); rule++)
		kinds |= UINT32_C(1)
			 << MPOL_ANSWER_KIND(policy->rules.answer[keywords[group].slot + rule]);
	return audit ? UINT32_C(1) << MPOL_AUDIT : kinds;
}

/* Answers that seccomp has only on newer kernels; an older one would kill the thread instead. */
static uint32_t seccomp_needs(uint32_t kinds)
{
	uint32_t needs = 0;

	if (kinds & UINT32_C(1) << MPOL_AUDIT)
		needs |= HOST_ACTION_LOG;
	if (kinds & UINT32_C(1) << MPOL_KILL)
		needs |= HOST_ACTION_KILL_PROCESS;
	return needs;
}

/*
 * How well a cell holds this very policy. Who sees only registers cannot tell `preferred` with an
 * empty mask, which the kernel turns into `local`, from `preferred` with nodes.
 */
static enum cover cell_cover(const struct cell *cell, enum rule_group group,
			     const struct policy *policy, const struct host *host,
			     struct plan_row *row)
{
	bool preferred = policy_refuses(policy, MPOL_RULE_MODE + MPOL_ABI_MODE_PREFERRED);
	bool local = policy_refuses(policy, MPOL_RULE_MODE + MPOL_ABI_MODE_LOCAL);

	COPY(row->note, cell->note ? cell->note : "");
	if (group == GROUP_MODES && !cell->sees_nodes && preferred != local) {
		if (preferred) {
			SAY(row->note,
			    "preferred without nodes, which means local, is refused too");
			return COVER_COARSE;
		}
		SAY(row->note, "preferred without nodes, which means local, gets through");
		return COVER_PART;
	}
	if (group == GROUP_CPUSET && cell->mechanism == MECH_LAUNCHER && host->cpuset_writable[0]) {
		SAY(row->note, "%.100s is writable", host->cpuset_writable);
		text_make_printable(row->note);
		return COVER_PART;
	}
	if (group == GROUP_CPUSET && cell->mechanism == MECH_LAUNCHER && host->cpuset_v1) {
		SAY(row->note, "not looked for: writable cpusets of cgroup v1 elsewhere");
		return COVER_PART;
	}
	return cell->cover;
}

/* Why a cell that would do better cannot be had. The host's own words come before the table's. */
static void say_why_not(const struct cell *cell, const struct host *host, struct plan_row *row)
{
	uint32_t missing = cell->needs & ~host->features;
	size_t i;

	for (i = 0; i < n_feature_texts; i++) {
		uint32_t feature = feature_texts[i].feature;

		/* What a launch did not look for is not the reason while our own programs are. */
		if (!(missing & feature) ||
		    (missing & HOST_RESIDENT && host->features_unlooked & feature))
			continue;
		SAY(row->why, "%s%s",
		    host->features_unknown & feature ? "cannot be looked at here: " : "",
		    feature_texts[i].why);
		COPY(row->fix, feature_texts[i].fix);
		/* A kernel that could, and only our programs are missing, is told below. */
		if (feature_texts[i].fix[0] || !(missing & HOST_RESIDENT))
			return;
	}
	if (!missing && cell->program & host->resident_lacks) {
		SAY(row->why, "the resident is loaded without %s programs for it",
		    mechanism_names[cell->mechanism].name);
		COPY(row->fix, "as root: mpolrun resident load");
	}
	if (missing & HOST_RESIDENT && !row->why[0]) {
		COPY(row->why, host->resident.why);
		COPY(row->fix, host->resident.fix);
	}
}

static bool cell_usable(const struct cell *cell, const struct host *host)
{
	if (cell->needs & ~host->features || cell->program & host->resident_lacks)
		return false;
	if (cell->mechanism == MECH_SECCOMP || cell->mechanism == MECH_NOTIFY)
		return host->mechanism[cell->mechanism].ready;
	return true;
}

/* Worth telling as the way to more: the nearest to what this host has. */
static bool is_nearer(const struct cell *cell, const struct cell *than, const struct host *host)
{
	if (!than)
		return true;
	return __builtin_popcount(cell->needs & ~host->features) <
	       __builtin_popcount(than->needs & ~host->features);
}

/* What the cells of one group are looked at for, and what was found so far. */
struct search {
	enum rule_group group;
	const struct policy *policy;
	const struct host *host;
	const struct plan_request *request;
	uint32_t kinds; /* as group_kinds() has them */
	uint32_t allowed; /* MECH_BIT()s */
	struct plan_row best;
	const struct cell *wanted; /* would do better, and its features are not to be had here */
	bool lacks_filter; /* what every kernel of today has is the first thing to tell */
};

/* Whether a cell is out of the question, however well it covers; why is said in the best row. */
static bool is_ruled_out(struct search *search, const struct cell *cell)
{
	struct plan_row *best = &search->best;

	if (cell->mechanism == MECH_SECCOMP && search->host->mechanism[MECH_SECCOMP].ready &&
	    seccomp_needs(search->kinds) & ~search->host->features) {
		SAY(best->why, "this kernel's seccomp has no answer for 'audit' or 'kill'");
		SAY(best->fix, "Linux 4.14 or newer");
		search->lacks_filter = true;
		return true;
	}
	if (!(search->allowed & MECH_BIT(cell->mechanism))) {
		if (!best->why[0] && !(search->request->mechanisms & MECH_BIT(cell->mechanism)))
			SAY(best->why,
			    search->request->of_layer ? "%s has no part in this layer"
						      : "%s is not among the mechanisms asked for",
			    mechanism_names[cell->mechanism].name);
		return true;
	}
	if (search->kinds & UINT32_C(1) << MPOL_IGNORE &&
	    !(MECH_BIT(cell->mechanism) & MECHS_THAT_IGNORE)) {
		SAY(best->why, "'ignore' is possible only with seccomp and notify");
		return true;
	}
	return false;
}

/*
 * What there is to say of a cell that this host cannot have: at once for a filter, else at the end.
 */
static void note_unusable(struct search *search, const struct cell *cell, enum cover cover)
{
	const struct host *host = search->host;
	struct plan_row *best = &search->best;

	if (cell->mechanism == MECH_SECCOMP ||
	    (cell->mechanism == MECH_NOTIFY && search->request->live)) {
		COPY(best->why, host->mechanism[cell->mechanism].why);
		COPY(best->fix, host->mechanism[cell->mechanism].fix);
		if (host->mechanism[cell->mechanism].ready)
			say_why_not(cell, host, best);
		search->lacks_filter = true;
	} else if (cover > best->cover && is_nearer(cell, search->wanted, host)) {
		search->wanted = cell;
	}
}

/* Who wants to be told of refusals has them decided by what can tell, if that is as good. */
static bool tells_more(const struct search *search, const struct cell *cell)
{
	return search->request->watch && search->best.cover != COVER_NONE &&
	       (MECH_BIT(search->best.by) & MECHS_RESIDENT) &&
	       (cell->mechanism == MECH_SECCOMP || cell->mechanism == MECH_NOTIFY);
}

static void try_cell(struct search *search, const struct cell *cell)
{
	struct plan_row row = {
		.group = search->group, .by = cell->mechanism, .program = cell->program};

	if (cell->cover == COVER_NONE || is_ruled_out(search, cell))
		return;
	row.cover = cell_cover(cell, search->group, search->policy, search->host, &row);
	if (!cell_usable(cell, search->host)) {
		note_unusable(search, cell, row.cover);
		return;
	}
	if (row.cover < search->best.cover ||
	    (row.cover == search->best.cover && !tells_more(search, cell)))
		return;
	if (row.cover == search->best.cover)
		row.counts = search->best.program; /* which tells less */
	COPY(row.how, cell->how);
	memcpy(row.why, search->best.why, sizeof(row.why));
	memcpy(row.fix, search->best.fix, sizeof(row.fix));
	search->best = row;
}

static void plan_group(enum rule_group group, const struct policy *policy, const struct host *host,
		       const struct plan_request *request, struct plan_row *ret)
{
	struct search search = {
		.group = group,
		.policy = policy,
		.host = host,
		.request = request,
		.kinds = group_kinds(policy, group, request->audit),
		.allowed = request->mechanisms | MECH_BIT(MECH_LAUNCHER),
		.best = {.group = group},
	};
	struct plan_row *best = &search.best;
	size_t i;

	if (request->live)
		search.allowed &= MECHS_LIVE | MECH_BIT(MECH_LAUNCHER);
	for (i = 0; i < CELLS_MAX; i++)
		try_cell(&search, &plan_cells(group)[i]);

	if (best->cover == COVER_EXACT || best->cover == COVER_START) {
		best->why[0] = '\0';
		best->fix[0] = '\0';
	} else if (search.wanted && !(best->cover == COVER_NONE && search.lacks_filter)) {
		best->why[0] = '\0';
		best->fix[0] = '\0';
		say_why_not(search.wanted, host, best);
	}
	*ret = *best;
}

uint32_t plan_held_by_resident(const struct plan *plan)
{
	return plan->held[MECH_LSM] | plan->held[MECH_FMOD_RET] | plan->held[MECH_KPROBE];
}

uint32_t plan_counted_by_resident(const struct plan *plan)
{
	uint32_t groups = 0;
	size_t i;

	for (i = 0; i < plan->n_rows; i++)
		if (plan->row[i].counts)
			groups |= GROUP_BIT(plan->row[i].group);
	return groups;
}

void plan_make(const struct policy *policy, const struct host *host,
	       const struct plan_request *request, struct plan *ret)
{
	enum rule_group group;

	/* Rows are set whole, and the others are never touched. */
	ret->policy = policy;
	ret->n_rows = 0;
	ret->filtered = host->filtered;
	ret->covered = true;
	memset(ret->held, 0, sizeof(ret->held));
	for (group = 0; group < GROUP_COUNT; group++) {
		struct plan_row *row = &ret->row[ret->n_rows];

		if (!(policy->restricted & GROUP_BIT(group)))
			continue;
		plan_group(group, policy, host, request, row);
		if (row->cover != COVER_NONE)
			ret->held[row->by] |= GROUP_BIT(group);
		if (row->cover <= COVER_PART) {
			if (!(policy->must & GROUP_BIT(group)))
				row->loss = LOSS_PROFILE;
			else if (request->best_effort & GROUP_BIT(group))
				row->loss = LOSS_CALLER;
			else
				ret->covered = false;
		}
		ret->n_rows++;
	}
}

uint32_t plan_asks(const struct policy *policy)
{
	uint32_t ask = ASK_MECHANISMS;

	if (policy->inherited != START_KEEP)
		ask |= ASK_CARRIED;
	if (start_policy_means_all_nodes(&policy->start))
		ask |= ASK_NODES;
	if (policy->restricted & GROUP_BIT(GROUP_FILES))
		ask |= ASK_MOUNTS;
	if (policy->restricted & GROUP_BIT(GROUP_CPUSET))
		ask |= ASK_CPUSET;
	return ask;
}
