/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "doctor.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "run_cmd.h"
#include "wrap.h"

/* Where the columns begin. */
#define MECHANISM_READY 10
#define MECHANISM_WHY 18
#define RULE_COVER 15
#define RULE_WHY 37

static void print_paragraph(FILE *out, const char *begin, const char *text, int indent)
{
	wrap(out, text, fprintf(out, "%s", begin), indent);
}

/* No kernel without NUMA can bind, whoever asks. */
static bool has_no_policies(const struct host *host)
{
	return host->call[MPOL_SYS_MBIND].absent && host->call[MPOL_SYS_SET_MEMPOLICY].absent;
}

static bool cannot_bind(const struct host *host)
{
	return host->bind_tried && host->bind != 0;
}

/* Whether whatever refuses a bind refuses these calls whole, as the defaults of containers do. */
static bool calls_are_blocked(const struct host *host)
{
	return host->call[MPOL_SYS_MBIND].blocked && host->call[MPOL_SYS_SET_MEMPOLICY].blocked;
}

/* The step that changes most: what stands in the way first, and if nothing does, the use of it. */
static void find_next(const struct host *host, char *buf, size_t size)
{
	const struct ability *seccomp = &host->mechanism[MECH_SECCOMP];

	if (has_no_policies(host))
		(void)snprintf(buf, size,
			       "none: this kernel has no memory policies (CONFIG_NUMA), so there "
			       "is nothing to refuse");
	else if (!seccomp->ready)
		(void)snprintf(buf, size, "%s", seccomp->fix);
	else if (cannot_bind(host) && host->filtered && calls_are_blocked(host))
		(void)snprintf(
			buf, size,
			"change what is outside, as shown above; until then there is nothing "
			"for a profile to refuse");
	else if (cannot_bind(host))
		(void)snprintf(buf, size, "none: binding is refused here already");
	else
		(void)snprintf(buf, size, "mpolrun -p nobind -- COMMAND");
}

void diagnosis_make(const struct host *host, struct diagnosis *ret)
{
	static const uint32_t rules[] = {
		MPOL_RULE_MODE + MPOL_ABI_MODE_BIND, /* bind, the one that this program is about */
		MPOL_RULE_MODE_FLAG,
		MPOL_RULE_MBIND_FLAG,
		MPOL_RULE_NODES,
		MPOL_RULE_HOME_NODE,
		MPOL_RULE_MIGRATE,
		MPOL_RULE_MOVE,
		MPOL_RULE_GET_MEMPOLICY,
		MPOL_RULE_MOUNT,
		MPOL_RULE_FILES,
		MPOL_RULE_CPUSET,
	};
	struct plan_request request = {.mechanisms = MECH_ALL};
	size_t i;

	memset(ret, 0, sizeof(*ret));
	ret->host = host;
	ret->policy.rules.version = MPOL_RULES_VERSION;
	for (i = 0; i < ELEMENTSOF(rules); i++) {
		ret->policy.rules.answer[rules[i]] = MPOL_ANSWER(MPOL_ERRNO, EPERM);
		ret->policy.restricted |= GROUP_BIT(group_of_rule(rules[i]));
	}
	ret->policy.must = ret->policy.restricted;
	plan_make(&ret->policy, host, &request, &ret->plan);
	find_next(host, ret->next, sizeof(ret->next));
}

static void print_nodes(const struct host *host, FILE *out)
{
	char all[64], allowed[64];
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < MPOL_NODES_WORDS; i++)
		n += (unsigned int)__builtin_popcountll(host->nodes[i]);
	if (!n) {
		fprintf(out, "  Nodes are not known.\n");
		return;
	}
	fprintf(out, "  %u node%s: %s", n, n == 1 ? "" : "s",
		text_from_bitmap(host->nodes, MPOL_NODES_WORDS, all, sizeof(all)));
	if (memcmp(host->nodes, host->nodes_allowed, sizeof(host->nodes)) != 0)
		fprintf(out, "; your cpuset allows %s",
			text_from_bitmap(host->nodes_allowed, MPOL_NODES_WORDS, allowed,
					 sizeof(allowed)));
	fprintf(out, ".\n");
}

/* "EPERM to mbind, set_mempolicy; ENOSYS to set_mempolicy_home_node" */
static void blocked_text(const struct host *host, char *buf, size_t size)
{
	bool said[MPOL_SYS_COUNT] = {false};
	enum mpol_syscall i, j;
	size_t length = 0;
	char answer[24];

	buf[0] = '\0';
	for (i = 0; i < MPOL_SYS_COUNT; i++) {
		bool first = true;

		if (!host->call[i].blocked || said[i] || !call_is_of_numa(i))
			continue;
		for (j = i; j < MPOL_SYS_COUNT && length < size; j++) {
			if (host->call[j].blocked != host->call[i].blocked || !call_is_of_numa(j))
				continue;
			said[j] = true;
			if (first)
				length += (size_t)snprintf(buf + length, size - length,
							   "%s%s to %s", length ? "; " : "",
							   host_answer_text(host->call[j].blocked,
									    answer, sizeof(answer)),
							   host_call_names[j]);
			else
				length += (size_t)snprintf(buf + length, size - length, ", %s",
							   host_call_names[j]);
			first = false;
		}
		if (length >= size)
			return;
	}
}

static void print_cannot_bind(const struct host *host, FILE *out)
{
	char calls[256], answer[24], text[512];

	host_answer_text(host->bind, answer, sizeof(answer));
	if (!host->filtered) {
		snprintf(text, sizeof(text),
			 "NO: the kernel answers %s, and no filter is above us. A security module "
			 "or a BPF program refuses it.",
			 answer);
		print_paragraph(out, "Can a task bind here now?  ", text, 2);
		return;
	}
	blocked_text(host, calls, sizeof(calls));
	if (!calls_are_blocked(host)) {
		snprintf(text, sizeof(text),
			 "NO, and not by us: a filter above answers %s to MPOL_BIND%s%s; other "
			 "calls "
			 "reach the kernel.",
			 answer, calls[0] ? "; and " : "", calls);
		print_paragraph(out, "Can a task bind here now?  ", text, 2);
		return;
	}
	snprintf(text, sizeof(text),
		 "NO, and not by us: a filter above answers %s. Filters only narrow: no profile "
		 "gives interleave back from inside.",
		 calls);
	print_paragraph(out, "Can a task bind here now?  ", text, 2);
	print_paragraph(out, "  -> outside, docker or podman: ",
			"run --cap-add SYS_NICE, which allows these calls, with this program as "
			"entrypoint: mpolrun -p nobind -- COMMAND",
			5);
	print_paragraph(out, "  -> or ",
			"run --security-opt seccomp=FILE with a FILE that allows them", 5);
	print_paragraph(out, "  -> outside, systemd: ",
			"a unit whose SystemCallFilter= allows them, and mpolrun in ExecStart=", 5);
}

static void print_bind(const struct host *host, FILE *out)
{
	static const char question[] = "Can a task bind here now?  ";

	if (has_no_policies(host)) {
		print_paragraph(out, question,
				"no: this kernel has no memory policies (CONFIG_NUMA is off).", 2);
	} else if (!host->bind_tried) {
		print_paragraph(out, question,
				"not known: no child process could be started to try.", 2);
	} else if (host->bind == 0) {
		fprintf(out, "%syes (tried).", question);
		print_nodes(host, out);
	} else {
		print_cannot_bind(host, out);
	}
}

static void print_ability(FILE *out, const char *name, const struct ability *ability,
			  const char *if_ready)
{
	const char *text = ability->ready ? if_ready : ability->why;

	if (!text[0]) {
		fprintf(out, "%-*s%s\n", MECHANISM_READY, name, ability->ready ? "ready" : "no");
		return;
	}
	fprintf(out, "%-*s%-*s", MECHANISM_READY, name, MECHANISM_WHY - MECHANISM_READY,
		ability->ready ? "ready" : "no");
	wrap(out, text, MECHANISM_WHY, MECHANISM_WHY);
}

/* "-> what to do", in the column of the reasons. */
static void print_fix(FILE *out, int column, const char *fix)
{
	fprintf(out, "%*s-> ", column, "");
	wrap(out, fix, column + 3, column + 3);
}

static void print_mechanisms(const struct host *host, FILE *out)
{
	struct ability resident = {.ready = host->resident.ready};

	print_ability(out, "seccomp", &host->mechanism[MECH_SECCOMP], host->abis);
	if (host->mechanism[MECH_SECCOMP].fix[0])
		print_fix(out, MECHANISM_WHY, host->mechanism[MECH_SECCOMP].fix);
	print_ability(out, "notify", &host->mechanism[MECH_NOTIFY], "");
	snprintf(resident.why, sizeof(resident.why), "%.100s; lsm and fmod_ret need it",
		 host->resident.why);
	print_ability(out, "resident", &resident, "");
	print_ability(out, "fmod_ret", &host->mechanism[MECH_FMOD_RET], "");
	print_ability(out, "lsm", &host->mechanism[MECH_LSM], "");
	/* Said only where there is something to say: it is no cover anywhere. */
	if (host->mechanism[MECH_KPROBE].ready)
		print_ability(out, "kprobe", &host->mechanism[MECH_KPROBE],
			      host->mechanism[MECH_KPROBE].why);
}

static const char *const cover_words[COVER_EXACT + 1] = {
	[COVER_NONE] = "nothing",  [COVER_PART] = "in part", [COVER_START] = "at start",
	[COVER_COARSE] = "coarse", [COVER_EXACT] = "exact",
};

static const char *cover_text(const struct plan_row *row, char *buf, size_t size)
{
	if (row->cover == COVER_NONE)
		return "-";
	(void)snprintf(buf, size, "%s (%s)", mechanism_names[row->by].name,
		       cover_words[row->cover]);
	return buf;
}

static void print_rules(const struct diagnosis *diagnosis, FILE *out)
{
	size_t i;

	fprintf(out, "%-*s%-*s%s\n", RULE_COVER, "rule", RULE_WHY - RULE_COVER, "covered by",
		"not covered, and why");
	for (i = 0; i < diagnosis->plan.n_rows; i++) {
		const struct plan_row *row = &diagnosis->plan.row[i];
		bool gap = row->cover != COVER_EXACT && row->cover != COVER_START;
		char buf[64], text[400];
		const char *cover = cover_text(row, buf, sizeof(buf));

		/* What there is to be said against the cover, then why there is no better one. */
		snprintf(text, sizeof(text), "%s%s%s", row->note,
			 row->note[0] && gap && row->why[0] ? "; for more: " : "",
			 gap ? row->why : "");
		if (!text[0]) {
			fprintf(out, "%-*s%s\n", RULE_COVER, keywords[row->group].name, cover);
			continue;
		}
		fprintf(out, "%-*s%-*s", RULE_COVER, keywords[row->group].name,
			RULE_WHY - RULE_COVER, cover);
		wrap(out, text, RULE_WHY, RULE_WHY);
		/* What only the resident could make use of is no way out while there is none. */
		if (gap && row->fix[0] && diagnosis->host->resident.ready)
			print_fix(out, RULE_WHY, row->fix);
	}
}

static void print_notes(const struct host *host, FILE *out)
{
	char policy[96], text[512], answer[24];
	size_t i;

	if (host->carries) {
		snprintf(
			text, sizeof(text),
			"you carry the memory policy %s (from numactl, Slurm or a unit); a profile "
			"with start: {inherited: reset} drops it.",
			start_policy_text(&host->carried, policy, sizeof(policy)));
		print_paragraph(out, "Note: ", text, 6);
	}
	if (host->carries_unknown) {
		snprintf(text, sizeof(text),
			 "whether you carry a memory policy is not known: get_mempolicy(2) answers "
			 "%s.",
			 host_answer_text(host->carries_unknown, answer, sizeof(answer)));
		print_paragraph(out, "Note: ", text, 6);
	}
	for (i = 0; i < host->n_mpol_mounts; i++) {
		const struct host_mount *mount = &host->mpol_mount[i];

		snprintf(
			text, sizeof(text),
			"files on %s get the memory policy %s; remount it without mpol= if that is "
			"not meant.",
			mount->point,
			mount->policy.set
				? start_policy_text(&mount->policy, policy, sizeof(policy))
				: "that its mpol= says");
		text_make_printable(text);
		print_paragraph(out, "Note: ", text, 6);
	}
	if (host->mounts_unseen)
		print_paragraph(
			out, "Note: ",
			"no /proc here: mounts with mpol= and writable cpusets could not be "
			"looked for.",
			6);
	if (host->cpuset_writable[0]) {
		snprintf(text, sizeof(text),
			 "you can write %s, which binds every allocation of a cgroup. %s",
			 host->cpuset_writable,
			 host->uid == 0
				 ? "Run the command as an ordinary user, to whom the cgroup does "
				   "not belong."
				 : "Have the cgroup delegated without its cpuset controller.");
		text_make_printable(text);
		print_paragraph(out, "Note: ", text, 6);
	}
	if (host->container)
		print_paragraph(out, "Note: ",
				"docker/kubectl exec and exec probes do not pass through an "
				"entrypoint.",
				6);
}

void doctor_text(const struct diagnosis *diagnosis, FILE *out)
{
	const struct host *host = diagnosis->host;

	print_bind(host, out);
	print_mechanisms(host, out);
	print_rules(diagnosis, out);
	print_notes(host, out);
	print_paragraph(out, "Best next step: ", diagnosis->next, 2);
}

int cmd_doctor(const struct options *options)
{
	struct diagnosis diagnosis;
	struct fault fault = {.line = 0};
	struct host host;

	host_probe(ASK_ALL, &host);
	diagnosis_make(&host, &diagnosis);
	if (!options->json) {
		doctor_text(&diagnosis, stdout);
	} else if (doctor_json(&diagnosis, stdout) < 0) {
		fault_set(&fault, -ENOMEM, "out of memory");
		return cmd_fail(&fault);
	}
	return 0;
}
