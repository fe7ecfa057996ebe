/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_resident.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "layer_sources.h"
#include "resident/attach.h"
#include "resident/client.h"

#define PATIENCE 2000 /* times a millisecond: programs are being replaced */
#define LOOKS 1000 /* at a layer that is changed all the time */

static int call(enum resident_verb verb, const struct resident_request *request)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int i, r;

	r = resident_call(verb, request);
	for (i = 0; r == -EAGAIN && i < PATIENCE; i++) {
		(void)nanosleep(&pause, NULL);
		r = resident_call(verb, request);
	}
	return r;
}

static struct resident_key key_of(const struct ticket_key *key)
{
	struct resident_key ret;

	_Static_assert(sizeof(*key) == sizeof(ret), "one kind of keys");
	memcpy(&ret, key, sizeof(ret));
	return ret;
}

int layer_keys_make(struct layer_keys *ret)
{
	struct layer_keys keys;
	int r;

	do {
		r = ticket_key_make(&keys.install);
		if (r == 0)
			r = ticket_key_make(&keys.modify);
	} while (r == 0 && (ticket_key_is_zero(&keys.install) || ticket_key_is_zero(&keys.modify)));
	if (r == 0)
		*ret = keys;
	return r;
}

int layer_resident_create(const struct layer_policy *policy, const struct layer_keys *keys)
{
	struct resident_request request = {
		.version = RESIDENT_ABI,
		.deciders = policy->deciders,
		.install = key_of(&keys->install),
		.modify = key_of(&keys->modify),
	};
	struct layer_label label;
	int r;

	layer_label_of(policy, &label);
	request.key.bits[0] = (uintptr_t)&label;
	layer_policy_of_resident(policy, &request.rules);
	r = call(RESIDENT_CREATE, &request);
	return r < 0 ? r : 0;
}

int layer_resident_update(const struct ticket_key *modify, const struct layer_policy *policy,
			  __u64 generation)
{
	struct resident_request request = {
		.version = RESIDENT_ABI,
		.deciders = policy->deciders,
		.key = key_of(modify),
	};
	int r;

	layer_policy_of_resident(policy, &request.rules);
	request.rules.generation = generation;
	r = call(RESIDENT_UPDATE, &request);
	return r < 0 ? r : 0;
}

int layer_resident_rekey(const struct ticket_key *modify, const struct layer_keys *keys)
{
	struct resident_request request = {
		.version = RESIDENT_ABI,
		.key = key_of(modify),
		.install = key_of(&keys->install),
		.modify = key_of(&keys->modify),
	};
	int r = call(RESIDENT_REKEY, &request);

	return r < 0 ? r : 0;
}

int layer_resident_remove(const struct ticket_key *modify)
{
	struct resident_request request = {.version = RESIDENT_ABI, .key = key_of(modify)};
	int r = call(RESIDENT_REMOVE, &request);

	return r < 0 ? r : 0;
}

int layer_resident_attach(const struct ticket *ticket, int cgroup, struct attach_report *ret)
{
	const struct resident_request request = {
		.version = RESIDENT_ABI,
		.key = key_of(&ticket->install),
		.owner = ticket->owner,
	};

	return resident_attach(RESIDENT_ATTACH, &request, cgroup, ret);
}

int layer_resident_detach(const struct ticket *ticket, int cgroup)
{
	const struct resident_request request = {
		.version = RESIDENT_ABI,
		.key = key_of(&ticket->install),
		.owner = ticket->owner,
	};

	return resident_detach(&request, cgroup);
}

/* A layer by one of its keys, and whose it must be: see resident_request.owner. */
struct meant {
	struct resident_key key;
	__u32 owner;
};

static struct meant meant_by(const struct ticket_key *key, __u32 owner)
{
	return (struct meant){key_of(key), owner};
}

/* 30 bits at a time; a counter that grows meanwhile may carry, so its upper part is read twice. */
static int ask(const struct meant *meant, enum resident_field field, __u64 *ret)
{
	struct resident_request request = {
		.version = RESIDENT_ABI, .key = meant->key, .field = field, .owner = meant->owner};
	__u64 part[3] = {0}, above;
	int r, i;

	do {
		above = part[1];
		for (i = 2; i >= 0; i--) {
			request.part = (__u32)i;
			r = call(RESIDENT_QUERY, &request);
			if (r < 0)
				return r;
			part[i] = (__u64)r;
		}
	} while (part[1] != above);
	*ret = part[2] << 2 * RESIDENT_BITS | part[1] << RESIDENT_BITS | part[0];
	return 0;
}

int layer_resident_generation(const struct ticket_key *key, __u32 owner, __u64 *ret)
{
	const struct meant meant = meant_by(key, owner);

	return ask(&meant, RESIDENT_GENERATION, ret);
}

int layer_resident_id(const struct ticket_key *key, __u32 owner, __u32 *ret)
{
	const struct meant meant = meant_by(key, owner);
	__u64 id;
	int r = ask(&meant, RESIDENT_ID, &id);

	if (r == 0)
		*ret = (__u32)id;
	return r;
}

/* The number that the kernel gives to the first pid namespace. */
#define FIRST_PID_NAMESPACE 0xeffffffcU

int layer_resident_processes(const struct ticket_key *key, __u32 owner, pid_t *pids, size_t max,
			     size_t *ret_n)
{
	struct resident_request request = {
		.version = RESIDENT_ABI,
		.key = key_of(key),
		.field = RESIDENT_UNDER,
		.owner = owner,
	};
	_cleanup_closedir_ DIR *dir = opendir("/proc");
	struct dirent *entry;
	struct stat st;
	size_t n = 0;
	int r;

	if (!dir || stat("/proc/self/ns/pid", &st) < 0 || st.st_ino != FIRST_PID_NAMESPACE)
		return -ENOTSUP;
	while ((entry = readdir(dir))) {
		if (text_to_u32(entry->d_name, INT32_MAX, &request.part) < 0)
			continue;
		r = call(RESIDENT_QUERY, &request);
		if (r == -EOPNOTSUPP || r == -EPROTO)
			return -ENOTSUP;
		if (r < 0 && r != -ESRCH)
			return r;
		if (r == 1 && n++ < max)
			pids[n - 1] = (pid_t)request.part;
	}
	*ret_n = n;
	return 0;
}

int layer_resident_cgroups(const struct ticket *ticket, __u64 *ret)
{
	const struct meant meant = meant_by(&ticket->install, ticket->owner);

	return ask(&meant, RESIDENT_CGROUPS, ret);
}

int layer_resident_owner(__u32 *ret)
{
	const struct meant nobody = {.owner = 0};
	__u64 owner;
	int r = ask(&nobody, RESIDENT_OWNER, &owner);

	if (r == 0)
		*ret = (__u32)owner + 1;
	return r;
}

/* The calls that a rule answered; most often none, of a layer that nobody has run into. */
static int count_by_rule(const struct meant *meant, __u64 *answered)
{
	struct resident_request request = {.version = RESIDENT_ABI,
					   .key = meant->key,
					   .field = RESIDENT_ANSWERED,
					   .owner = meant->owner};
	__u32 rule, part;
	int r;

	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		for (part = 0; part < 3; part++) {
			request.part = rule * 3 + part;
			r = call(RESIDENT_QUERY, &request);
			if (r < 0)
				return r;
			answered[rule] += (__u64)(r & (RESIDENT_YES - 1)) << part * RESIDENT_BITS;
		}
	return 0;
}

static int count(const struct meant *meant, struct layer_state *ret)
{
	__u64 members, cgroups, refused = 0, audited = 0, allowed;
	int r;

	r = ask(meant, RESIDENT_CGROUPS, &cgroups);
	if (r == 0)
		r = ask(meant, RESIDENT_MEMBERS, &members);
	if (r == 0)
		r = ask(meant, RESIDENT_REFUSED, &refused);
	if (r == 0)
		r = ask(meant, RESIDENT_AUDITED, &audited);
	if (r == 0)
		r = ask(meant, RESIDENT_ALLOWED, &allowed);
	if (r == 0 && (refused || audited))
		r = count_by_rule(meant, ret->refused_by);
	if (r < 0)
		return r;
	ret->members += members - (cgroups < members ? cgroups : members);
	ret->refused += refused;
	ret->audited += audited;
	ret->allowed += allowed;
	return 0;
}

int layer_resident_count(const struct ticket_key *key, struct layer_state *ret)
{
	const struct meant meant = meant_by(key, 0);

	return count(&meant, ret);
}

static int read_rules(const struct meant *meant, struct mpol_rules *ret)
{
	struct resident_request request = {.version = RESIDENT_ABI,
					   .key = meant->key,
					   .field = RESIDENT_RULES,
					   .owner = meant->owner};
	__u16 part[RESIDENT_RULES_PARTS] = {0};
	int r;

	for (request.part = 0; request.part < RESIDENT_RULES_PARTS; request.part++) {
		r = call(RESIDENT_QUERY, &request);
		if (r < 0)
			return r;
		part[request.part] = (__u16)r;
	}
	memcpy(ret, part, sizeof(*ret));
	return 0;
}

static __u32 groups_of(__u32 deciders)
{
	__u32 groups = 0;

	if (deciders & RESIDENT_SET)
		groups |= GROUPS_OF_SETTING;
	if (deciders & (RESIDENT_LSM_MOUNT | RESIDENT_FMOD_MOUNT))
		groups |= GROUP_BIT(GROUP_MOUNT);
	if (deciders & (RESIDENT_LSM_FILES | RESIDENT_FMOD_FILES))
		groups |= GROUP_BIT(GROUP_FILES) | GROUP_BIT(GROUP_CPUSET);
	if (deciders & (RESIDENT_ENTRY_HOME_NODE | RESIDENT_KPROBE_OTHER))
		groups |= GROUP_BIT(GROUP_HOME_NODE);
	if (deciders & (RESIDENT_ENTRY_GET | RESIDENT_KPROBE_OTHER))
		groups |= GROUP_BIT(GROUP_GET_MEMPOLICY);
	if (deciders & (RESIDENT_LSM_MIGRATE | RESIDENT_FMOD_MIGRATE))
		groups |= GROUP_BIT(GROUP_MIGRATE);
	if (deciders & (RESIDENT_ENTRY_PAGES | RESIDENT_KPROBE_OTHER))
		groups |= GROUP_BIT(GROUP_MIGRATE) | GROUP_BIT(GROUP_MOVE);
	return groups;
}

/* Whether two are of the same answers, whatever their generation, and whether they only report. */
static bool same_rules(const struct mpol_rules *a, const struct mpol_rules *b)
{
	return memcmp(a->answer, b->answer, sizeof(a->answer)) == 0 &&
	       memcmp(a->nodes_refused, b->nodes_refused, sizeof(a->nodes_refused)) == 0;
}

/* What @rules and @deciders, as the kernel has them, make of the policy of a ticket. */
static void merge(const struct mpol_rules *rules, __u32 deciders, struct layer_policy *policy)
{
	struct layer_policy was = *policy;
	struct mpol_rules of_ticket, others;
	size_t i;

	layer_policy_of_resident(&was, &of_ticket);
	policy->rules.flags = rules->flags;
	policy->rules.generation = rules->generation;
	policy->deciders = deciders;
	if (same_rules(&of_ticket, rules))
		return;
	/* What is looked at at a launch is the ticket's still. */
	layer_policy_of_others(&was, &others);
	policy->rules = *rules;
	policy->by_resident = layer_policy_restricted(rules) & groups_of(deciders);
	for (i = 0; i < MPOL_RULE_COUNT; i++)
		if (!policy->rules.answer[i] &&
		    !(groups_of(deciders) & GROUP_BIT(group_of_rule(i))))
			policy->rules.answer[i] = others.answer[i];
	policy->must &= layer_policy_restricted(&policy->rules);
	snprintf(policy->title, sizeof(policy->title), "%.200s, changed since", was.title);
	memset(&policy->sources, 0, sizeof(policy->sources));
}

int layer_resident_query(const struct ticket *ticket, struct layer_state *ret)
{
	const struct meant meant =
		meant_by(ticket->rights & TICKET_INSTALL ? &ticket->install : &ticket->modify,
			 ticket->owner);
	struct layer_state state;
	__u64 before = 0, after = 1, deciders = 0, flags = 0;
	struct mpol_rules rules;
	int i, r = 0;

	memset(&state, 0, sizeof(state));
	for (i = 0; r == 0 && before != after && i < LOOKS; i++) {
		r = ask(&meant, RESIDENT_GENERATION, &before);
		if (r == 0)
			r = ask(&meant, RESIDENT_DECIDERS, &deciders);
		if (r == 0)
			r = read_rules(&meant, &rules);
		if (r == 0)
			r = ask(&meant, RESIDENT_GENERATION, &after);
	}
	if (r == 0)
		r = ask(&meant, RESIDENT_FLAGS, &flags);
	if (r == 0)
		r = count(&meant, &state);
	if (r < 0)
		return r;
	if (before != after)
		return -EAGAIN;
	state.generation = after;
	state.persistent = !(flags & RESIDENT_LAYER_DOOMED);
	state.policy = ticket->policy;
	merge(&rules, (__u32)deciders, &state.policy);
	if (layer_policy_check(&state.policy) < 0)
		return -EPROTO;
	*ret = state;
	return 0;
}
