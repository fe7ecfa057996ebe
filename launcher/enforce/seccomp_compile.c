/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program's shape:
 *
 *     a dispatch:  by arch and number to the body of the call; or allow, or refuse (dispatch.c)
 *     a body:      tests, the strictest answer's first; a match returns it, the end allows
 *     the pool:    one return for each action
 *
 * A body is shared by all ABIs: the arguments' places in seccomp_data are the same in all of them.
 */
#include "seccomp_compile.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "bpf_asm.h"
#include "dispatch.h"

#define MODE_SLOTS (MPOL_RULE_MODE_UNKNOWN - MPOL_RULE_MODE + 1)
#define ANY_BITS UINT32_MAX

/* Which rules can decide a call, and the arguments that they look at. */
static const struct {
	uint8_t first, last; /* enum mpol_rule */
	uint8_t mode_arg, flags_arg;
} calls[] = {
	[MPOL_SYS_MBIND] = {MPOL_RULE_MODE, MPOL_RULE_MBIND_FLAG_UNKNOWN, 2, 5},
	[MPOL_SYS_SET_MEMPOLICY] = {MPOL_RULE_MODE, MPOL_RULE_MBIND_FLAG - 1, 0, 0},
	[MPOL_SYS_SET_MEMPOLICY_HOME_NODE] = {MPOL_RULE_HOME_NODE, MPOL_RULE_HOME_NODE},
	[MPOL_SYS_GET_MEMPOLICY] = {MPOL_RULE_GET_MEMPOLICY, MPOL_RULE_GET_MEMPOLICY},
	[MPOL_SYS_MIGRATE_PAGES] = {MPOL_RULE_MIGRATE, MPOL_RULE_MIGRATE},
	[MPOL_SYS_MOVE_PAGES] = {MPOL_RULE_MOVE, MPOL_RULE_MOVE_QUERY},
	[MPOL_SYS_MOUNT] = {MPOL_RULE_MOUNT, MPOL_RULE_MOUNT},
	[MPOL_SYS_FSCONFIG] = {MPOL_RULE_MOUNT, MPOL_RULE_MOUNT},
};

_Static_assert(sizeof(calls) / sizeof(calls[0]) == MPOL_SYS_COUNT, "a call has no row");
_Static_assert(MPOL_RULE_MOVE_QUERY == MPOL_RULE_MOVE + 1, "they are one call's range");

uint32_t seccomp_calls(const struct mpol_rules *rules)
{
	uint32_t call, rule, ret = 0;

	for (call = 0; call < MPOL_SYS_COUNT; call++)
		for (rule = calls[call].first; rule <= calls[call].last; rule++)
			if (rules->answer[rule])
				ret |= UINT32_C(1) << call;
	return ret;
}

struct compiler {
	struct bpf_asm a;
	uint16_t answer[MPOL_RULE_COUNT]; /* the audit switch already applied */
	bool little_endian;
	uint32_t body[MPOL_SYS_COUNT]; /* labels */
	struct seccomp_seal seal;
};

static uint32_t action_of(uint16_t answer)
{
	switch ((enum mpol_kind)MPOL_ANSWER_KIND(answer)) {
	case MPOL_ALLOW:
		return SECCOMP_RET_ALLOW;
	case MPOL_AUDIT:
		return SECCOMP_RET_LOG;
	case MPOL_IGNORE:
		return SECCOMP_RET_ERRNO; /* with errno 0: the caller sees success */
	case MPOL_ERRNO:
		return SECCOMP_RET_ERRNO | MPOL_ANSWER_ERR(answer);
	case MPOL_KILL:
		break;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

/* The audit switch turns every refusal into a report; what is no answer at all is our own bug. */
static int take_answers(struct compiler *c, const struct mpol_rules *rules)
{
	uint32_t rule, kind, err;

	for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
		kind = MPOL_ANSWER_KIND(rules->answer[rule]);
		err = MPOL_ANSWER_ERR(rules->answer[rule]);
		/* errno 0 would be a success that nobody asked for */
		if (kind > MPOL_KILL || (kind == MPOL_ERRNO) != (err != 0))
			return -EINVAL;
		c->answer[rule] = rules->answer[rule];
		if ((rules->flags & MPOL_RULES_AUDIT) && kind > MPOL_AUDIT)
			c->answer[rule] = MPOL_ANSWER(MPOL_AUDIT, 0);
	}
	return 0;
}

static enum mpol_kind strictest(const struct compiler *c, enum mpol_syscall call)
{
	uint32_t rule, kind = MPOL_ALLOW;

	for (rule = calls[call].first; rule <= calls[call].last; rule++)
		if (MPOL_ANSWER_KIND(c->answer[rule]) > kind)
			kind = MPOL_ANSWER_KIND(c->answer[rule]);
	return (enum mpol_kind)kind;
}

/*
 * What becomes of a call that we cannot decode, where the strictest rule for it is of @kind. A call
 * that rules refuse in part is refused whole, as a kernel without that ABI would. One that is only
 * reported is still only reported: a profile that refuses nothing, or the audit switch, must not
 * break a program that uses an ABI we know nothing of.
 */
static uint32_t undecoded(enum mpol_kind kind)
{
	return kind > MPOL_AUDIT ? SECCOMP_RET_ERRNO | ENOSYS : SECCOMP_RET_LOG;
}

static void load_arg(struct compiler *c, uint32_t arg, bool high, uint32_t mask)
{
	uint32_t half = high == c->little_endian ? 4 : 0;

	asm_load(&c->a, (uint32_t)offsetof(struct seccomp_data, args) + arg * 8 + half, mask);
}

static uint32_t to(struct compiler *c, uint16_t answer)
{
	return asm_pooled_return(&c->a, action_of(answer));
}

/* To @zero where the whole of @arg is zero, else to @other. */
static void test_pointer(struct compiler *c, uint32_t arg, uint32_t zero, uint32_t other)
{
	load_arg(c, arg, false, ANY_BITS);
	asm_jump(&c->a, BPF_JEQ, 0, ASM_NEXT, other);
	load_arg(c, arg, true, ANY_BITS);
	asm_jump(&c->a, BPF_JEQ, 0, zero, other);
}

/* To @match where @rule, one of those of mbind(2) and set_mempolicy(2), speaks of this call. */
static void test_rule(struct compiler *c, enum mpol_syscall call, uint32_t rule, uint32_t match)
{
	uint32_t mode = calls[call].mode_arg, flags = calls[call].flags_arg;

	if (rule <= MPOL_RULE_MODE_UNKNOWN) {
		load_arg(c, mode, false, ~MPOL_ABI_MODE_FLAGS);
		if (rule == MPOL_RULE_MODE_UNKNOWN)
			asm_jump(&c->a, BPF_JGE, MPOL_ABI_MODES, match, ASM_NEXT);
		else
			asm_jump(&c->a, BPF_JEQ, rule - MPOL_RULE_MODE, match, ASM_NEXT);
	} else if (rule < MPOL_RULE_MBIND_FLAG) {
		load_arg(c, mode, false, ANY_BITS);
		asm_jump(&c->a, BPF_JSET, 1u << (rule - MPOL_RULE_MODE_FLAG + MPOL_ABI_FLAG_SHIFT),
			 match, ASM_NEXT);
	} else {
		load_arg(c, flags, false, ANY_BITS);
		asm_jump(&c->a, BPF_JSET,
			 rule == MPOL_RULE_MBIND_FLAG_UNKNOWN ? UINT32_MAX << MPOL_ABI_MF_BITS
							      : 1u << (rule - MPOL_RULE_MBIND_FLAG),
			 match, ASM_NEXT);
	}
}

/* Whether each mode of the set @modes (of slots) has that @answer. */
static bool all_answer(const struct compiler *c, uint32_t modes, uint16_t answer)
{
	uint32_t slot;

	for (slot = 0; slot < MODE_SLOTS; slot++)
		if ((modes & (1u << slot)) && c->answer[MPOL_RULE_MODE + slot] != answer)
			return false;
	return true;
}

/*
 * mbind(2) and set_mempolicy(2): by kind from the strictest, then in the order of the rules, which
 * is how mpol_verdict() decides between several that speak. A call has exactly one mode, so once
 * all modes that are left have one answer there is nothing to compare, and nothing comes after.
 */
static void compile_set(struct compiler *c, enum mpol_syscall call)
{
	uint32_t kind, rule, left = (1u << MODE_SLOTS) - 1;

	for (kind = MPOL_KILL; kind > MPOL_ALLOW; kind--)
		for (rule = calls[call].first; rule <= calls[call].last; rule++) {
			uint16_t answer = c->answer[rule];

			if (MPOL_ANSWER_KIND(answer) != kind)
				continue;
			if (rule <= MPOL_RULE_MODE_UNKNOWN) {
				if (all_answer(c, left, answer)) {
					asm_return(&c->a, action_of(answer));
					return;
				}
				left &= ~(1u << (rule - MPOL_RULE_MODE));
			}
			test_rule(c, call, rule, to(c, answer));
		}
	asm_return(&c->a, SECCOMP_RET_ALLOW);
}

/* Where the dispatch sends @call; a label that is new is still to be placed, by compile_body(). */
static uint32_t body_label(struct compiler *c, enum mpol_syscall call)
{
	uint16_t first = c->answer[calls[call].first], last = c->answer[calls[call].last];

	switch (call) {
	case MPOL_SYS_SET_MEMPOLICY_HOME_NODE:
	case MPOL_SYS_GET_MEMPOLICY:
	case MPOL_SYS_MIGRATE_PAGES:
		return to(c, first);
	case MPOL_SYS_MOVE_PAGES:
		if (first == last)
			return to(c, first);
		break;
	case MPOL_SYS_MBIND:
	case MPOL_SYS_SET_MEMPOLICY:
	case MPOL_SYS_MOUNT:
	case MPOL_SYS_FSCONFIG:
	case MPOL_SYS_COUNT:
		break;
	}
	return asm_label(&c->a);
}

static void compile_body(struct compiler *c, enum mpol_syscall call)
{
	uint16_t answer = c->answer[calls[call].first];
	uint32_t allow;

	if (c->a.label[c->body[call]].pooled)
		return;
	asm_here(&c->a, c->body[call]);
	switch (call) {
	case MPOL_SYS_MBIND:
	case MPOL_SYS_SET_MEMPOLICY:
		compile_set(c, call);
		break;
	case MPOL_SYS_MOVE_PAGES:
		test_pointer(c, 3, to(c, c->answer[MPOL_RULE_MOVE_QUERY]), to(c, answer));
		break;
	case MPOL_SYS_MOUNT:
		allow = to(c, MPOL_ANSWER(MPOL_ALLOW, 0));
		load_arg(c, 3, false, ANY_BITS);
		asm_jump(&c->a, BPF_JSET, MPOL_ABI_MS_BIND, allow, ASM_NEXT);
		test_pointer(c, 4, allow, to(c, answer));
		break;
	case MPOL_SYS_FSCONFIG:
		allow = to(c, MPOL_ANSWER(MPOL_ALLOW, 0));
		load_arg(c, 1, false, ANY_BITS);
		asm_jump(&c->a, BPF_JEQ, MPOL_ABI_FSCONFIG_SET_STRING, to(c, answer), allow);
		break;
	case MPOL_SYS_SET_MEMPOLICY_HOME_NODE:
	case MPOL_SYS_GET_MEMPOLICY:
	case MPOL_SYS_MIGRATE_PAGES:
	case MPOL_SYS_COUNT:
		break; /* one answer whatever the arguments: a pooled return */
	}
}

/* Where calls go that rules speak of: to a body, or in an ABI that is not decoded to a refusal. */
static int dispatch_calls(struct compiler *c, const struct abi_family *family, struct dispatch *d)
{
	uint32_t call, kind, target;
	size_t i;
	int r = 0;

	for (call = 0; call < MPOL_SYS_COUNT; call++) {
		kind = strictest(c, (enum mpol_syscall)call);
		if (kind == MPOL_ALLOW)
			continue;
		c->body[call] = body_label(c, (enum mpol_syscall)call);
		for (i = 0; r == 0 && i < family->n; i++) {
			const struct abi *abi = &family->abis[i];

			target = c->body[call];
			if (!abi->decoded && abi->number[call] >= 0)
				target = asm_pooled_return(&c->a, undecoded((enum mpol_kind)kind));
			r = dispatch_add(d, abi, abi->number[call], target);
		}
	}
	return r;
}

/* seccomp(2) is nobody's hot path, so that an argument may be looked at. */
static void compile_seal(struct compiler *c, uint32_t label)
{
	uint32_t i;

	asm_here(&c->a, label);
	load_arg(c, 0, false, ANY_BITS);
	for (i = 0; i < SECCOMP_SEAL_PARTS; i++)
		asm_jump(&c->a, BPF_JEQ, SECCOMP_SEAL_OP + i,
			 asm_pooled_return(&c->a, SECCOMP_RET_ERRNO | c->seal.part[i]), ASM_NEXT);
	asm_return(&c->a, SECCOMP_RET_ALLOW);
}

static int compile(const struct mpol_rules *rules, const struct abi_family *family,
		   const struct seccomp_seal *seal, struct sock_filter *buf, size_t *ret_len)
{
	struct compiler c = {.little_endian = family->native & __AUDIT_ARCH_LE, .seal = *seal};
	struct dispatch d = {.n = 0};
	enum mpol_kind kind = MPOL_ALLOW;
	uint32_t call, sealed = ASM_NEXT;
	int r;

	r = take_answers(&c, rules);
	if (r < 0)
		return r;
	for (call = 0; call < MPOL_SYS_COUNT; call++)
		if (strictest(&c, (enum mpol_syscall)call) > kind)
			kind = strictest(&c, (enum mpol_syscall)call);
	if (kind == MPOL_ALLOW) {
		*ret_len = 0;
		return 0;
	}

	asm_init(&c.a, buf);
	r = dispatch_calls(&c, family, &d);
	if (r == 0 && seal->part[0]) {
		sealed = asm_label(&c.a);
		r = dispatch_add(&d, abi_native(), abi_native()->seccomp, sealed);
	}
	if (r == 0)
		r = dispatch_emit(&c.a, &d, family, undecoded(kind));
	if (r < 0)
		return r;
	for (call = 0; call < MPOL_SYS_COUNT; call++)
		if (c.body[call] != ASM_NEXT)
			compile_body(&c, (enum mpol_syscall)call);
	if (sealed != ASM_NEXT)
		compile_seal(&c, sealed);
	return asm_finish(&c.a, ret_len);
}

int seccomp_compile(const struct mpol_rules *rules, const struct abi_family *family,
		    struct sock_filter *buf, size_t *ret_len)
{
	const struct seccomp_seal none = {{0}};

	return compile(rules, family, &none, buf, ret_len);
}

int seccomp_compile_sealed(const struct mpol_rules *rules, const struct seccomp_seal *seal,
			   struct sock_filter *buf, size_t *ret_len)
{
	const struct abi_family *family = abi_family_native();

	return family ? compile(rules, family, seal, buf, ret_len) : -EOPNOTSUPP;
}
