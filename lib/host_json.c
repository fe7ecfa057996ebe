/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this machine, this container and this user can enforce, with a policy that nobody wrote. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "lib.h"

static const struct name feature_names[] = {
	{"hook", HOST_HOOK},
	{"error-injection", HOST_ERROR_INJECTION},
	{"bpf-lsm", HOST_BPF_LSM},
	{"no-preempt", HOST_NO_PREEMPT},
	{"resident", HOST_RESIDENT},
	{"listener-free", HOST_LISTENER_FREE},
	{"seccomp-notify", HOST_ACTION_NOTIFY},
	{"seccomp-log", HOST_ACTION_LOG},
	{"seccomp-kill-process", HOST_ACTION_KILL_PROCESS},
};

static void add_bool(struct json_object *to, const char *key, bool value)
{
	json_object_object_add(to, key, json_object_new_boolean(value));
}

static void add_nodes(struct json_object *to, const char *key, const __u64 *words)
{
	char text[1024];

	json_add_text(to, key, text_from_bitmap(words, MPOL_NODES_WORDS, text, sizeof(text)));
}

static void add_answer(struct json_object *to, int answer)
{
	char text[24];

	json_add_text(to, "answer", answer ? host_answer_text(answer, text, sizeof(text)) : NULL);
}

static struct json_object *ability_json(const char *name, const struct ability *ability)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "name", name);
	add_bool(object, "ready", ability->ready);
	json_add_text(object, "why", ability->why);
	json_add_text(object, "fix", ability->fix);
	return object;
}

static struct json_object *call_json(const char *name, const struct host_call *call)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "name", name);
	add_bool(object, "tried", call->tried);
	add_bool(object, "reached", call->tried && !call->blocked && !call->absent);
	add_bool(object, "absent", call->absent);
	add_answer(object, call->blocked);
	return object;
}

static struct json_object *bind_json(const struct host *host)
{
	struct json_object *object = json_object_new_object();

	add_bool(object, "tried", host->bind_tried);
	add_bool(object, "possible", host->bind_tried && !host->bind);
	add_answer(object, host->bind);
	return object;
}

static struct json_object *rule_json(const struct plan_row *row)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "rule", keywords[row->group].name);
	plan_row_add_cover(object, row);
	return object;
}

static struct json_object *mount_json(const struct host_mount *mount)
{
	struct json_object *object = json_object_new_object();
	char point[sizeof(mount->point)], text[96];

	/* JSON is UTF-8, and a path may be anything. */
	snprintf(point, sizeof(point), "%s", mount->point);
	text_make_printable(point);
	json_add_text(object, "point", point);
	json_add_text(object, "policy",
		      mount->policy.set ? start_policy_text(&mount->policy, text, sizeof(text))
					: NULL);
	return object;
}

static struct json_object *features_json(uint32_t features)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < ELEMENTSOF(feature_names); i++)
		if (features & (uint32_t)feature_names[i].value)
			json_object_array_add(array, json_object_new_string(feature_names[i].name));
	return array;
}

static void add_host(struct json_object *object, const struct host *host)
{
	json_add_text(object, "kernel", host->kernel);
	json_add_text(object, "machine", host->machine);
	json_object_object_add(object, "uid", json_object_new_int64(host->uid));
	add_bool(object, "container", host->container);
	add_bool(object, "no_new_privs", host->no_new_privs);
	add_bool(object, "filtered", host->filtered);
	json_object_object_add(object, "filters", json_object_new_int64(host->filters));
	add_bool(object, "numa", host->numa);
	add_nodes(object, "nodes", host->nodes);
	add_nodes(object, "nodes_allowed", host->nodes_allowed);
	json_add_text(object, "preempt", host->preempt);
	json_add_text(object, "abis", host->abis);
	json_object_object_add(object, "features", features_json(host->features));
	json_object_object_add(object, "features_unknown", features_json(host->features_unknown));
}

static void add_start(struct json_object *object, const struct host *host)
{
	struct json_object *mounts = json_object_new_array();
	char text[96], cpuset[sizeof(host->cpuset_writable)];
	size_t i;

	json_add_text(object, "carried",
		      host->carries ? start_policy_text(&host->carried, text, sizeof(text)) : NULL);
	add_bool(object, "carried_known", !host->carries_unknown);
	json_add_text(object, "carried_answer",
		      host->carries_unknown
			      ? host_answer_text(host->carries_unknown, text, sizeof(text))
			      : NULL);
	add_bool(object, "mounts_seen", !host->mounts_unseen);
	for (i = 0; i < host->n_mpol_mounts; i++)
		json_object_array_add(mounts, mount_json(&host->mpol_mount[i]));
	json_object_object_add(object, "mpol_mounts", mounts);
	snprintf(cpuset, sizeof(cpuset), "%s", host->cpuset_writable);
	text_make_printable(cpuset);
	json_add_text(object, "cpuset_writable", cpuset);
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

/* How every rule would be held, were it restricted. @policy and @plan have to stay together. */
static void plan_everything(const struct host *host, struct policy *policy, struct plan *plan)
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

	memset(policy, 0, sizeof(*policy));
	policy->rules.version = MPOL_RULES_VERSION;
	for (i = 0; i < ELEMENTSOF(rules); i++) {
		policy->rules.answer[rules[i]] = MPOL_ANSWER(MPOL_ERRNO, EPERM);
		policy->restricted |= GROUP_BIT(group_of_rule(rules[i]));
	}
	policy->must = policy->restricted;
	plan_make(policy, host, &request, plan);
}

int host_json(const struct host *host, char **ret)
{
	struct json_object *object = json_object_new_object();
	struct json_object *calls = json_object_new_array();
	struct json_object *mechanisms = json_object_new_array();
	struct json_object *rules = json_object_new_array();
	struct policy policy;
	struct plan plan;
	char next[256];
	size_t i;

	if (!object || !calls || !mechanisms || !rules) {
		json_object_put(calls);
		json_object_put(mechanisms);
		json_object_put(rules);
		json_object_put(object);
		return -ENOMEM;
	}
	plan_everything(host, &policy, &plan);
	json_add_number(object, "version", 1);
	add_host(object, host);
	json_object_object_add(object, "bind", bind_json(host));
	for (i = 0; i < MPOL_SYS_COUNT; i++)
		json_object_array_add(calls, call_json(host_call_names[i], &host->call[i]));
	json_object_array_add(calls, call_json("move_pages (query)", &host->move_query));
	json_object_object_add(object, "calls", calls);
	for (i = 0; i < MECH_COUNT; i++)
		json_object_array_add(mechanisms,
				      ability_json(mechanism_names[i].name, &host->mechanism[i]));
	json_object_object_add(object, "mechanisms", mechanisms);
	json_object_object_add(object, "resident", ability_json("resident", &host->resident));
	json_object_object_add(object, "cgroup", ability_json("cgroup", &host->cgroup));
	add_start(object, host);
	for (i = 0; i < plan.n_rows; i++)
		json_object_array_add(rules, rule_json(&plan.row[i]));
	json_object_object_add(object, "rules", rules);
	find_next(host, next, sizeof(next));
	json_add_text(object, "next", next);
	return json_write(object, ret);
}

int mpol_host_json(char **ret_json)
{
	struct host host;

	host_probe(ASK_ALL, &host);
	return host_json(&host, ret_json);
}
