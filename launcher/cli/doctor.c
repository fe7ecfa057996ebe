/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "mpol.h"
#include "read.h"
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

/* The one of the array @key that is called @name; NULL: none is. */
static struct json_object *find(struct json_object *host, const char *key, const char *name)
{
	size_t n, i;
	struct json_object *array = read_array(host, key, &n), *one;

	for (i = 0; i < n; i++) {
		one = json_object_array_get_idx(array, i);
		if (read_is(one, "name", name))
			return one;
	}
	return NULL;
}

static bool call_is(struct json_object *host, const char *call, const char *key)
{
	return read_true(find(host, "calls", call), key);
}

static const char *answer_to(struct json_object *host, const char *call)
{
	return read_text(find(host, "calls", call), "answer");
}

/* No kernel without NUMA can bind, whoever asks. */
static bool has_no_policies(struct json_object *host)
{
	return call_is(host, "mbind", "absent") && call_is(host, "set_mempolicy", "absent");
}

/* Whether whatever refuses a bind refuses these calls whole, as the defaults of containers do. */
static bool calls_are_blocked(struct json_object *host)
{
	return answer_to(host, "mbind")[0] && answer_to(host, "set_mempolicy")[0];
}

/* How many numbers the list "0-3,8" has. */
static unsigned long count_list(const char *list)
{
	unsigned long n = 0, first, last;
	char *end;

	while (*list) {
		first = last = strtoul(list, &end, 10);
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		n += last - first + 1;
		list = *end == ',' ? end + 1 : end + strlen(end);
	}
	return n;
}

static void print_nodes(struct json_object *host, FILE *out)
{
	const char *all = read_text(host, "nodes"), *allowed = read_text(host, "nodes_allowed");
	unsigned long n = count_list(all);

	if (!n) {
		fprintf(out, "  Nodes are not known.\n");
		return;
	}
	fprintf(out, "  %lu node%s: %.63s", n, n == 1 ? "" : "s", all);
	if (strcmp(all, allowed) != 0)
		fprintf(out, "; your cpuset allows %.63s", allowed);
	fprintf(out, ".\n");
}

/* The calls that set, ask or move by memory policy; the others are only mounts. */
static bool is_of_numa(struct json_object *call)
{
	return !read_is(call, "name", "mount") && !read_is(call, "name", "fsconfig") &&
	       !strchr(read_text(call, "name"), ' ');
}

/* "EPERM to mbind, set_mempolicy; ENOSYS to set_mempolicy_home_node" */
static void blocked_text(struct json_object *host, char *buf, size_t size)
{
	size_t n, i, j, length = 0;
	struct json_object *calls = read_array(host, "calls", &n), *call, *other;

	buf[0] = '\0';
	for (i = 0; i < n; i++) {
		const char *answer;
		bool said = false;

		call = json_object_array_get_idx(calls, i);
		answer = read_text(call, "answer");
		for (j = 0; j < i && !said; j++) {
			other = json_object_array_get_idx(calls, j);
			said = is_of_numa(other) && read_is(other, "answer", answer);
		}
		if (!answer[0] || said || !is_of_numa(call))
			continue;
		length += (size_t)snprintf(buf + length, size - length, "%s%s to %s",
					   length ? "; " : "", answer, read_text(call, "name"));
		for (j = i + 1; j < n && length < size; j++) {
			other = json_object_array_get_idx(calls, j);
			if (is_of_numa(other) && read_is(other, "answer", answer))
				length += (size_t)snprintf(buf + length, size - length, ", %s",
							   read_text(other, "name"));
		}
		if (length >= size)
			return;
	}
}

static void print_cannot_bind(struct json_object *host, FILE *out)
{
	const char *answer = read_text(read_object(host, "bind"), "answer");
	char calls[256], text[512];

	if (!read_true(host, "filtered")) {
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

static void print_bind(struct json_object *host, FILE *out)
{
	static const char question[] = "Can a task bind here now?  ";
	struct json_object *bind = read_object(host, "bind");

	if (has_no_policies(host)) {
		print_paragraph(out, question,
				"no: this kernel has no memory policies (CONFIG_NUMA is off).", 2);
	} else if (!read_true(bind, "tried")) {
		print_paragraph(out, question,
				"not known: no child process could be started to try.", 2);
	} else if (read_true(bind, "possible")) {
		fprintf(out, "%syes (tried).", question);
		print_nodes(host, out);
	} else {
		print_cannot_bind(host, out);
	}
}

static void print_ready(FILE *out, const char *name, bool ready, const char *text)
{
	if (!text[0]) {
		fprintf(out, "%-*s%s\n", MECHANISM_READY, name, ready ? "ready" : "no");
		return;
	}
	fprintf(out, "%-*s%-*s", MECHANISM_READY, name, MECHANISM_WHY - MECHANISM_READY,
		ready ? "ready" : "no");
	wrap(out, text, MECHANISM_WHY, MECHANISM_WHY);
}

static void print_ability(struct json_object *host, FILE *out, const char *name,
			  const char *if_ready)
{
	struct json_object *ability = find(host, "mechanisms", name);
	bool ready = read_true(ability, "ready");

	print_ready(out, name, ready, ready ? if_ready : read_text(ability, "why"));
}

/* "-> what to do", in the column of the reasons. */
static void print_fix(FILE *out, int column, const char *fix)
{
	fprintf(out, "%*s-> ", column, "");
	wrap(out, fix, column + 3, column + 3);
}

static void print_mechanisms(struct json_object *host, FILE *out)
{
	struct json_object *seccomp = find(host, "mechanisms", "seccomp");
	struct json_object *kprobe = find(host, "mechanisms", "kprobe");
	struct json_object *resident = read_object(host, "resident");
	bool loaded = read_true(resident, "ready");
	char why[160];

	print_ability(host, out, "seccomp", read_text(host, "abis"));
	if (read_text(seccomp, "fix")[0])
		print_fix(out, MECHANISM_WHY, read_text(seccomp, "fix"));
	print_ability(host, out, "notify", "");
	snprintf(why, sizeof(why), "%.100s; lsm and fmod_ret need it", read_text(resident, "why"));
	print_ready(out, "resident", loaded, loaded ? "" : why);
	print_ability(host, out, "fmod_ret", "");
	print_ability(host, out, "lsm", "");
	/* Said only where there is something to say: it is no cover anywhere. */
	if (read_true(kprobe, "ready"))
		print_ability(host, out, "kprobe", read_text(kprobe, "why"));
}

/* How a rule is held, for the column of it. */
static const char *cover_text(struct json_object *row, char *buf, size_t size)
{
	const char *cover = read_text(row, "cover");

	if (strcmp(cover, "none") == 0)
		return "-";
	(void)snprintf(buf, size, "%s (%s%s)", read_text(row, "mechanism"),
		       strcmp(cover, "part") == 0    ? "in "
		       : strcmp(cover, "start") == 0 ? "at "
						     : "",
		       cover);
	return buf;
}

static void print_rule(struct json_object *row, bool resident, FILE *out)
{
	bool gap = !read_is(row, "cover", "exact") && !read_is(row, "cover", "start");
	const char *note = read_text(row, "note"), *why = gap ? read_text(row, "why") : "";
	const char *rule = read_text(row, "rule"), *cover;
	char buf[64], text[400];

	cover = cover_text(row, buf, sizeof(buf));
	/* What there is to be said against the cover, then why there is no better one. */
	snprintf(text, sizeof(text), "%s%s%s", note, note[0] && why[0] ? "; for more: " : "", why);
	if (!text[0]) {
		fprintf(out, "%-*s%s\n", RULE_COVER, rule, cover);
		return;
	}
	fprintf(out, "%-*s%-*s", RULE_COVER, rule, RULE_WHY - RULE_COVER, cover);
	wrap(out, text, RULE_WHY, RULE_WHY);
	/* What only the resident could make use of is no way out while there is none. */
	if (gap && resident && read_text(row, "fix")[0])
		print_fix(out, RULE_WHY, read_text(row, "fix"));
}

static void print_rules(struct json_object *host, FILE *out)
{
	bool resident = read_true(read_object(host, "resident"), "ready");
	size_t n, i;
	struct json_object *rules = read_array(host, "rules", &n);

	fprintf(out, "%-*s%-*s%s\n", RULE_COVER, "rule", RULE_WHY - RULE_COVER, "covered by",
		"not covered, and why");
	for (i = 0; i < n; i++)
		print_rule(json_object_array_get_idx(rules, i), resident, out);
}

static void print_mounts(struct json_object *host, FILE *out)
{
	size_t n, i;
	struct json_object *mounts = read_array(host, "mpol_mounts", &n), *mount;
	char text[512];

	for (i = 0; i < n; i++) {
		mount = json_object_array_get_idx(mounts, i);
		snprintf(
			text, sizeof(text),
			"files on %s get the memory policy %s; remount it without mpol= if that is "
			"not meant.",
			read_text(mount, "point"),
			read_text(mount, "policy")[0] ? read_text(mount, "policy")
						      : "that its mpol= says");
		print_paragraph(out, "Note: ", text, 6);
	}
}

static void print_notes(struct json_object *host, FILE *out)
{
	char text[512];

	if (read_text(host, "carried")[0]) {
		snprintf(
			text, sizeof(text),
			"you carry the memory policy %s (from numactl, Slurm or a unit); a profile "
			"with start: {inherited: reset} drops it.",
			read_text(host, "carried"));
		print_paragraph(out, "Note: ", text, 6);
	}
	if (!read_true(host, "carried_known")) {
		snprintf(text, sizeof(text),
			 "whether you carry a memory policy is not known: get_mempolicy(2) answers "
			 "%s.",
			 read_text(host, "carried_answer"));
		print_paragraph(out, "Note: ", text, 6);
	}
	print_mounts(host, out);
	if (!read_true(host, "mounts_seen"))
		print_paragraph(
			out, "Note: ",
			"no /proc here: mounts with mpol= and writable cpusets could not be "
			"looked for.",
			6);
	if (read_text(host, "cpuset_writable")[0]) {
		snprintf(text, sizeof(text),
			 "you can write %s, which binds every allocation of a cgroup. %s",
			 read_text(host, "cpuset_writable"),
			 read_number(host, "uid") == 0
				 ? "Run the command as an ordinary user, to whom the cgroup does "
				   "not belong."
				 : "Have the cgroup delegated without its cpuset controller.");
		print_paragraph(out, "Note: ", text, 6);
	}
	if (read_true(host, "container"))
		print_paragraph(out, "Note: ",
				"docker/kubectl exec and exec probes do not pass through an "
				"entrypoint.",
				6);
}

void doctor_text(struct json_object *host, FILE *out)
{
	print_bind(host, out);
	print_mechanisms(host, out);
	print_rules(host, out);
	print_notes(host, out);
	print_paragraph(out, "Best next step: ", read_text(host, "next"), 2);
}

int cmd_doctor(const struct options *options)
{
	struct fault fault = {.line = 0};
	struct json_object *host;
	char *json = NULL;

	host = mpol_host_json(&json) == 0 ? read_json(json) : NULL;
	if (!host) {
		fault_set(&fault, -ENOMEM, "out of memory");
		return cmd_fail(&fault);
	}
	if (options->json) {
		answer_print(stdout, host);
		return 0;
	}
	doctor_text(host, stdout);
	json_object_put(host);
	return 0;
}
