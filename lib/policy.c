/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "enforce/seccomp_compile.h"
#include "lib.h"

_Static_assert((int)MPOL_CALL_FSCONFIG == (int)MPOL_SYS_FSCONFIG, "the numbers of calls");
_Static_assert((int)MPOL_CALL_FSCONFIG + 1 == (int)MPOL_SYS_COUNT, "the numbers of calls");
_Static_assert(MPOL_SOURCES_MAX == PROFILE_SET_MAX, "profiles of one policy");
_Static_assert((int)MPOL_KIND_KILL == (int)MPOL_KILL, "the kinds of answers");
_Static_assert(sizeof(((struct mpol_error *)0)->what) == sizeof(((struct fault *)0)->what), "");
_Static_assert(sizeof(((struct mpol_error *)0)->hint) == sizeof(((struct fault *)0)->hint), "");
_Static_assert(sizeof(((struct mpol_error *)0)->file) == sizeof(((struct fault *)0)->file), "");

static void cleanup_unref(struct mpol_policy **policy)
{
	mpol_policy_unref(*policy);
}

int lib_error(int r, const struct fault *fault, struct mpol_error *err)
{
	if (!err || r >= 0)
		return r;
	memset(err, 0, sizeof(*err));
	strcpy(err->file, fault->file);
	err->line = fault->line;
	err->column = fault->column;
	strcpy(err->what, fault->what);
	strcpy(err->hint, fault->hint);
	return r;
}

int lib_size_check(const void *structure, uint32_t size, size_t known)
{
	const char *bytes = structure;
	size_t i;

	if (size < known)
		return -EINVAL;
	for (i = known; i < size; i++)
		if (bytes[i])
			return -E2BIG;
	return 0;
}

const char *mpol_rule_name(uint32_t rule)
{
	return rule < GROUP_COUNT ? keywords[rule].name : NULL;
}

static struct mpol_policy *policy_new(void)
{
	struct mpol_policy *policy = calloc(1, sizeof(*policy));

	if (policy)
		policy->refs = 1;
	return policy;
}

struct mpol_policy *lib_policy(struct policy *policy)
{
	struct mpol_policy *owner = policy_new();

	if (owner)
		owner->policy = policy;
	else
		policy_free(policy);
	return owner;
}

struct mpol_policy *mpol_policy_ref(struct mpol_policy *policy)
{
	__atomic_fetch_add(&policy->refs, 1, __ATOMIC_RELAXED);
	return policy;
}

struct mpol_policy *mpol_policy_unref(struct mpol_policy *policy)
{
	size_t i;

	if (!policy || __atomic_sub_fetch(&policy->refs, 1, __ATOMIC_ACQ_REL))
		return NULL;
	for (i = 0; i < policy->n_of; i++)
		mpol_policy_unref(policy->of[i]);
	free(policy->of);
	policy_free(policy->policy);
	profile_set_done(&policy->own);
	free(policy);
	return NULL;
}

int mpol_policy_parse(const char *text, size_t len, const char *name, uint32_t flags,
		      struct mpol_policy **ret, struct mpol_error *err)
{
	_cleanup_(cleanup_unref) struct mpol_policy *policy = NULL;
	struct fault fault = {.line = 0};
	struct profile *profile = NULL;
	int r;

	if (flags & ~MPOL_POLICY_INLINE)
		return -EINVAL;
	policy = policy_new();
	if (!policy)
		return -ENOMEM;
	r = profile_parse(text, len, name, flags & MPOL_POLICY_INLINE ? PROFILE_INLINE : 0,
			  &profile, &fault);
	if (r < 0)
		return lib_error(r, &fault, err);
	policy->own.profiles[policy->own.n++] = profile;
	if (profile->n_extends) {
		fault_place(&fault, name, profile->extends_place[0].line,
			    profile->extends_place[0].column);
		r = fault_set(&fault, -ENOENT, "a text that was not loaded cannot extend '%.100s'",
			      profile->extends[0]);
		return lib_error(r, &fault, err);
	}
	r = policy_build(policy->own.profiles, policy->own.n, &policy->policy, &fault);
	if (r < 0)
		return lib_error(r, &fault, err);
	*ret = TAKE_PTR(policy);
	return 0;
}

static int load(const struct mpol_source *source, struct profile_set *set, struct fault *fault)
{
	if (source->zero || source->kind > MPOL_SOURCE_DENY)
		return fault_set(fault, -EINVAL, "neither a profile nor a rule to deny");
	if (source->kind == MPOL_SOURCE_PROFILE)
		return profile_load(source->text, set, fault);
	return profile_load_deny(source->text, set, fault);
}

int mpol_policy_combine(const struct mpol_source *sources, size_t n, struct mpol_policy **ret,
			struct mpol_error *err)
{
	_cleanup_(cleanup_unref) struct mpol_policy *policy = policy_new();
	struct fault fault = {.line = 0};
	size_t i;
	int r = 0;

	if (!policy)
		return -ENOMEM;
	if (!n)
		return lib_error(fault_set(&fault, -EINVAL, "no profile"), &fault, err);
	for (i = 0; r == 0 && i < n; i++)
		r = load(&sources[i], &policy->own, &fault);
	if (r == 0)
		r = policy_build(policy->own.profiles, policy->own.n, &policy->policy, &fault);
	if (r < 0)
		return lib_error(r, &fault, err);
	*ret = TAKE_PTR(policy);
	return 0;
}

int mpol_policy_load(const char *name_or_path, struct mpol_policy **ret, struct mpol_error *err)
{
	const struct mpol_source source = {.kind = MPOL_SOURCE_PROFILE, .text = name_or_path};

	return mpol_policy_combine(&source, 1, ret, err);
}

/* All profiles below @policy, in order, into @all, which has room for PROFILE_SET_MAX. */
static int collect(const struct mpol_policy *policy, struct profile **all, size_t *n)
{
	size_t i;
	int r = 0;

	for (i = 0; i < policy->own.n; i++) {
		if (*n == PROFILE_SET_MAX)
			return -E2BIG;
		all[(*n)++] = policy->own.profiles[i];
	}
	for (i = 0; r == 0 && i < policy->n_of; i++)
		r = collect(policy->of[i], all, n);
	return r;
}

int mpol_policy_intersect(struct mpol_policy *const *policies, size_t n, struct mpol_policy **ret,
			  struct mpol_error *err)
{
	_cleanup_(cleanup_unref) struct mpol_policy *policy = policy_new();
	struct profile *all[PROFILE_SET_MAX];
	struct fault fault = {.line = 0};
	size_t count = 0;
	int r;

	if (!policy)
		return -ENOMEM;
	if (!n)
		return -EINVAL;
	policy->of = calloc(n, sizeof(*policy->of));
	if (!policy->of)
		return -ENOMEM;
	for (; policy->n_of < n; policy->n_of++)
		policy->of[policy->n_of] = mpol_policy_ref(policies[policy->n_of]);
	r = collect(policy, all, &count);
	if (r == 0)
		r = policy_build(all, count, &policy->policy, &fault);
	if (r < 0)
		return lib_error(r, &fault, err);
	*ret = TAKE_PTR(policy);
	return 0;
}

void lib_answer(const struct policy *policy, uint32_t verdict, struct mpol_answer *ret)
{
	uint32_t rule = MPOL_VERDICT_RULE(verdict);

	memset(ret, 0, sizeof(*ret));
	ret->kind = MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(verdict));
	ret->error = MPOL_ANSWER_ERR(MPOL_VERDICT_ANSWER(verdict));
	(void)answer_text(MPOL_VERDICT_ANSWER(verdict), ret->text, sizeof(ret->text));
	if (ret->kind == MPOL_KIND_ALLOW)
		return;
	(void)rule_name(rule, ret->rule, sizeof(ret->rule));
	ret->line = policy->source[rule].line;
	if (policy->source[rule].profile)
		(void)snprintf(ret->profile, sizeof(ret->profile), "%s",
			       policy->source[rule].profile);
	text_make_printable(ret->profile);
}

int mpol_policy_decide(const struct mpol_policy *policy, uint32_t call, const uint64_t *args,
		       struct mpol_answer *ret)
{
	struct mpol_call decoded;
	__u64 copy[6];
	int i;

	if (call >= MPOL_SYS_COUNT)
		return -EINVAL;
	for (i = 0; i < 6; i++)
		copy[i] = args[i];
	mpol_decode(call, copy, &decoded);
	lib_answer(policy->policy, mpol_verdict(&policy->policy->rules, &decoded), ret);
	return 0;
}

int mpol_policy_seccomp(const struct mpol_policy *policy, uint32_t audit_arch,
			struct sock_filter *buf, size_t *len)
{
	const struct abi_family *family = abi_family_find(audit_arch);
	struct sock_filter program[SECCOMP_PROGRAM_MAX];
	size_t n, room = *len;
	int r;

	if (!family)
		return -EOPNOTSUPP;
	r = seccomp_compile(&policy->policy->rules, family, program, &n);
	if (r < 0)
		return r;
	*len = n;
	if (n > room)
		return -ENOSPC;
	memcpy(buf, program, n * sizeof(*buf));
	return 0;
}
