/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * differential POLICIES CALLS [SEED]: in a guest, as root, with the resident loaded. Layers of
 * random rules are made and joined through the verbs; then random calls, through every ABI, are
 * answered by the resident, by the compiled filter in the simulator, and by mpol_verdict(), and all
 * three must say the same. The seed of a difference is printed; the same seed finds it again.
 *
 * The programs at the entries of system calls must agree exactly. Where a hook inside decides, the
 * kernel may refuse the call before: so the calls are made bare first, and its own errno may stay.
 */
#include <linux/audit.h>
#include <signal.h>

#include "../bypass/abi.h"
#include "../resident/check.h"
#include "../unit/enforce/bpf_sim.h"
#include "enforce/seccomp_compile.h"
#include "verdict.h"

#define PAGE 4096ul
#define CALLS_MAX 4096

static uint64_t state;

static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint64_t below(uint64_t n)
{
	return (random64() >> 11) % n;
}

/* Errnos that no such call of the kernel's gives. */
static const int errnos[] = {ENOTNAM, ENAVAIL, EUCLEAN, ENOMEDIUM, EMEDIUMTYPE, ECANCELED};

static bool is_ours(long r)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(*errnos); i++)
		if (r == -errnos[i])
			return true;
	return false;
}

static __u16 random_answer(void)
{
	switch (below(16)) {
	case 0:
	case 1:
		return MPOL_ANSWER(MPOL_AUDIT, 0);
	case 2:
	case 3:
	case 4:
	case 5:
	case 6:
		return MPOL_ANSWER(MPOL_ERRNO, errnos[below(sizeof(errnos) / sizeof(*errnos))]);
	case 7:
		/* Rare: each such call takes a process. */
		return below(3) ? 0 : MPOL_ANSWER(MPOL_KILL, 0);
	default:
		return 0;
	}
}

static void random_rules(struct mpol_rules *rules, bool nodes)
{
	memset(rules, 0, sizeof(*rules));
	rules->version = MPOL_RULES_VERSION;
	rules->flags = below(8) ? 0 : MPOL_RULES_AUDIT;
	for (int i = 0; i <= MPOL_RULE_MOVE_QUERY; i++)
		rules->answer[i] = random_answer();
	if (!nodes)
		rules->answer[MPOL_RULE_NODES] = 0;
	if (rules->answer[MPOL_RULE_NODES])
		rules->nodes_refused[0] = 1 + below(3);
}

struct trial {
	enum abi_kind abi;
	unsigned int call; /* of calls[] */
	__u64 nodes; /* what the mask says */
	unsigned long args[6];
};

/* The first two set a policy. */
static const struct {
	enum call call;
	__u32 syscall;
	int native, i386; /* numbers */
} calls[] = {
	{CALL_MBIND, MPOL_SYS_MBIND, 237, 274},
	{CALL_SET_MEMPOLICY, MPOL_SYS_SET_MEMPOLICY, 238, 276},
	{CALL_SET_MEMPOLICY_HOME_NODE, MPOL_SYS_SET_MEMPOLICY_HOME_NODE, 450, 450},
	{CALL_GET_MEMPOLICY, MPOL_SYS_GET_MEMPOLICY, 239, 275},
	{CALL_MIGRATE_PAGES, MPOL_SYS_MIGRATE_PAGES, 256, 294},
	{CALL_MOVE_PAGES, MPOL_SYS_MOVE_PAGES, 279, 317},
};

/* What the calls point to; the same place in every child. */
static struct {
	char *page;
	unsigned long *mask, *pages;
	int *nodes, *status;
} low;

static unsigned long random_number(unsigned int meaning)
{
	unsigned long n = below(meaning);

	switch (below(6)) {
	case 0:
		n |= 1ul << below(32);
		break;
	case 1:
		n = random64();
		break;
	case 2:
		n = -n;
		break;
	default:
		break;
	}
	/* High halves that no kernel looks at. */
	return below(4) ? (unsigned int)n : n | random64() << 32;
}

static unsigned long random_mode(void)
{
	unsigned long mode = random_number(MPOL_ABI_MODES);

	return below(3) ? mode : mode | below(8) << MPOL_ABI_FLAG_SHIFT;
}

static void random_trial(struct trial *trial, bool setting_only)
{
	static const enum abi_kind abis[] = {ABI_NATIVE, ABI_NATIVE, ABI_I386, ABI_X32,
					     ABI_NUMBER_HIGH};
	unsigned long null_or_mask;

	memset(trial, 0, sizeof(*trial));
	trial->abi = abis[below(sizeof(abis) / sizeof(*abis))];
	trial->call = below(setting_only ? 2 : 6);
	trial->nodes = below(4);
	null_or_mask = below(4) ? (uintptr_t)low.mask : 0;
	switch (calls[trial->call].syscall) {
	case MPOL_SYS_MBIND:
		trial->args[0] = (uintptr_t)low.page;
		trial->args[1] = PAGE;
		trial->args[2] = random_mode();
		trial->args[3] = null_or_mask;
		trial->args[4] = 33;
		trial->args[5] = below(2) ? 0 : random_number(8);
		break;
	case MPOL_SYS_SET_MEMPOLICY:
		trial->args[0] = random_mode();
		trial->args[1] = null_or_mask;
		trial->args[2] = 33;
		break;
	case MPOL_SYS_SET_MEMPOLICY_HOME_NODE:
		trial->args[0] = (uintptr_t)low.page;
		trial->args[1] = PAGE;
		trial->args[2] = below(3);
		trial->args[3] = below(2);
		break;
	case MPOL_SYS_GET_MEMPOLICY:
		trial->args[0] = (uintptr_t)low.status;
		trial->args[3] = below(2) ? (uintptr_t)low.page : 0;
		trial->args[4] = below(8);
		break;
	case MPOL_SYS_MIGRATE_PAGES:
		trial->args[1] = 33;
		trial->args[2] = trial->args[3] = (uintptr_t)low.mask;
		break;
	case MPOL_SYS_MOVE_PAGES:
		trial->args[1] = below(2);
		trial->args[2] = (uintptr_t)low.pages;
		trial->args[3] = below(2) ? (uintptr_t)low.nodes : 0;
		trial->args[4] = (uintptr_t)low.status;
		trial->args[5] = below(8);
		break;
	default:
		break;
	}
	if (!null_or_mask)
		trial->nodes = 0;
	/* An i386 call never sees the high halves. */
	if (trial->abi == ABI_I386)
		for (int i = 0; i < 6; i++)
			trial->args[i] = (__u32)trial->args[i];
}

static long make_call(const struct trial *trial)
{
	*low.mask = trial->nodes;
	*low.status = 0;
	return abi_call(trial->abi, calls[trial->call].call, trial->args);
}

static __u32 verdict_of(const struct mpol_rules *rules, const struct trial *trial, bool sees_nodes)
{
	__u64 words[MPOL_NODES_WORDS] = {trial->nodes}, args[6];
	struct mpol_call call;

	for (int i = 0; i < 6; i++)
		args[i] = trial->args[i];
	mpol_decode(calls[trial->call].syscall, args, &call);
	if (sees_nodes && call.act == MPOL_ACT_SET)
		call.nodes = mpol_see_nodes(rules, words);
	return mpol_verdict(rules, &call);
}

/* What seccomp(2) calls that answer. */
static uint32_t action_of(__u16 answer)
{
	switch (MPOL_ANSWER_KIND(answer)) {
	case MPOL_ERRNO:
		return SECCOMP_RET_ERRNO | MPOL_ANSWER_ERR(answer);
	case MPOL_KILL:
		return SECCOMP_RET_KILL_PROCESS;
	case MPOL_AUDIT:
		return SECCOMP_RET_LOG;
	default:
		return SECCOMP_RET_ALLOW;
	}
}

static uint32_t simulate(const struct sock_filter *code, size_t len, const struct trial *trial)
{
	bool compat = trial->abi == ABI_I386;
	struct seccomp_data data = {.nr = compat ? calls[trial->call].i386
						 : calls[trial->call].native,
				    .arch = compat ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64};

	for (int i = 0; i < 6; i++)
		data.args[i] = trial->args[i];
	return len ? bpf_run(code, len, &data) : SECCOMP_RET_ALLOW;
}

static void say(const struct mpol_rules *rules, const struct trial *trial, const char *who,
		long got, __u32 verdict)
{
	fprintf(stderr,
		"abi %d call %u nodes %#llx args %#lx %#lx %#lx %#lx %#lx %#lx: ", trial->abi,
		trial->call, (unsigned long long)trial->nodes, trial->args[0], trial->args[1],
		trial->args[2], trial->args[3], trial->args[4], trial->args[5]);
	fprintf(stderr, "%s says %ld (%#lx), the verdict %#x by rule %u, flags %u\n", who, got, got,
		MPOL_VERDICT_ANSWER(verdict), MPOL_VERDICT_RULE(verdict), rules->flags);
	_exit(1);
}

/* Where the answer is death, it is a child's. */
static long make_call_of_child(const struct trial *trial)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(make_call(trial) < 0 ? 1 : 0);
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? -1000 - WTERMSIG(status) : -WEXITSTATUS(status);
}

/* @bare: what came of it outside, in the order of the calls. */
static void as_member(const struct mpol_rules *rules, uint32_t deciders, uint64_t seed, int n,
		      const long *bare)
{
	bool hook = !(deciders & RESIDENT_ENTRY_SET);
	struct resident_request request = {.version = RESIDENT_ABI, .deciders = deciders};
	struct sock_filter code[SECCOMP_PROGRAM_MAX];
	size_t len = 0;

	CHECK(!seccomp_compile(rules, abi_family_find(AUDIT_ARCH_X86_64), code, &len));
	CHECK(!len || !bpf_invalid(code, len));
	request.rules = *rules;
	no_new_privs();
	ANSWERS(0, resident_call(RESIDENT_CREATE_AND_JOIN, &request));
	state = seed;
	for (int i = 0; i < n; i++) {
		struct trial trial;
		__u32 verdict, filtered;
		__u16 answer;
		long r;

		random_trial(&trial, hook);
		verdict = verdict_of(rules, &trial, hook);
		answer = MPOL_VERDICT_ANSWER(verdict);
		/* A filter does not see nodes, and refuses what it does not decode. */
		filtered = verdict_of(rules, &trial, false);
		if (trial.abi != ABI_X32) {
			uint32_t action = simulate(code, len, &trial);

			if (action != action_of(MPOL_VERDICT_ANSWER(filtered)))
				say(rules, &trial, "the filter", action, filtered);
		}
		if (MPOL_ANSWER_KIND(answer) == MPOL_KILL) {
			r = make_call_of_child(&trial);
			if (r != -1000 - SIGKILL && !(hook && bare[i] < 0))
				say(rules, &trial, "the resident", r, verdict);
			continue;
		}
		r = make_call(&trial);
		if (MPOL_ANSWER_KIND(answer) == MPOL_ERRNO) {
			if (r != -(long)MPOL_ANSWER_ERR(answer) &&
			    !(hook && bare[i] < 0 && r == bare[i]))
				say(rules, &trial, "the resident", r, verdict);
		} else if (is_ours(r)) {
			say(rules, &trial, "the resident", r, verdict);
		}
	}
}

/* A policy: all of its calls outside first, then all of them inside. */
static void one_policy(uint32_t deciders, uint64_t seed, int n, unsigned long *refused)
{
	bool hook = !(deciders & RESIDENT_ENTRY_SET);
	struct shared {
		long bare[CALLS_MAX];
		unsigned long refused;
	} *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	struct mpol_rules rules;
	uint64_t calls_seed;

	CHECK(shared != MAP_FAILED);
	state = seed;
	random_rules(&rules, hook);
	calls_seed = random64();
	for (int inside = 0; inside < 2; inside++) {
		pid_t pid = fork();
		int status;

		if (pid == 0 && inside) {
			as_member(&rules, deciders, calls_seed, n, shared->bare);
			_exit(0);
		}
		if (pid == 0) {
			state = calls_seed;
			for (int i = 0; i < n; i++) {
				struct trial trial;

				random_trial(&trial, hook);
				shared->bare[i] = make_call(&trial);
				CHECK(!is_ours(shared->bare[i]));
				if (MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(
					    verdict_of(&rules, &trial, hook))) >= MPOL_ERRNO)
					shared->refused++;
			}
			_exit(0);
		}
		CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
		if (status)
			fprintf(stderr, "deciders %#x seed %#llx\n", deciders,
				(unsigned long long)seed);
		CHECK(!status);
	}
	*refused += shared->refused;
	munmap(shared, sizeof(*shared));
}

int main(int argc, char **argv)
{
	static const uint32_t sets[] = {RESIDENT_ENTRY, RESIDENT_LSM_SET, RESIDENT_FMOD_SET};
	int policies = argc > 1 ? atoi(argv[1]) : 100, n = argc > 2 ? atoi(argv[2]) : 100, done = 0;
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 0x9e3779b97f4a7c15;
	uint32_t have = 0;

	CHECK(n > 0 && n <= CALLS_MAX && policies > 0 && seed);
	low.page = low_alloc(PAGE);
	low.mask = low_alloc(PAGE);
	low.pages = low_alloc(PAGE);
	low.nodes = low_alloc(PAGE);
	low.status = low_alloc(PAGE);
	CHECK(low.page && low.mask && low.pages && low.nodes && low.status);
	*low.page = 1;
	*low.pages = (uintptr_t)low.page;
	ANSWERS(0, resident_hello(&have));
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		unsigned long refused = 0;
		uint64_t next = seed;

		if ((have & sets[i]) != sets[i] ||
		    ((sets[i] & RESIDENT_SKIPPABLE) && !(have & RESIDENT_NO_PREEMPT)))
			continue;
		for (int p = 0; p < policies; p++) {
			state = next;
			next = random64();
			one_policy(sets[i], next, n, &refused);
		}
		printf("deciders %#x: %d policies, %d calls, %lu refused: all three agree\n",
		       sets[i], policies, policies * n, refused);
		done++;
		/* Else they prove nothing. */
		CHECK(refused > (unsigned long)policies * n / 20);
	}
	return done ? 0 : 77;
}
