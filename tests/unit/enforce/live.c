/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compiled programs installed for real, as an ordinary user, and asked by real system calls, native
 * and through int 0x80: what the simulator says must be what happens. The arguments that no rule
 * looks at are such that the kernel always fails the call itself, with an errno that no rule uses,
 * so that "reached", "refused" and "ignored" are never taken for each other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bpf_sim.h"
#include "enforce/enforcer.h"
#include "space.h"

#define FIRST_ERRNO 1000 /* the kernel's own end at 133, and at 530 for those never shown */
#define NOBODY 65534
#define BAD_POINTER 1
#define NO_PID 0x7fffffff
#define COSTLY_MAX 4 /* of each call: how often to die, and to write to the system's log */

enum {
	ALL_AS_THE_SIMULATOR_SAYS = 10,
	DIFFERENT,
	CANNOT_TEST
};

static long call_native(uint32_t nr, const uint64_t *args)
{
	long r = syscall((long)nr, args[0], args[1], args[2], args[3], args[4], args[5]);

	return r < 0 ? -errno : r;
}

/*
 * Arguments go in whole 64-bit registers, since that is what an attacker would do. (Seen on 6.18:
 * the filter is shown the high halves too, though the kernel then looks at the low ones only. So a
 * query of move_pages(2) with rubbish there is refused as a move, and nothing passes that should
 * not.)
 */
static long call_i386(uint32_t nr, const uint64_t *args)
{
#ifdef __x86_64__
	register const uint64_t *r8 __asm__("r8") = args;
	long ret = nr;

	__asm__ volatile("subq $128, %%rsp\n\t" /* the red zone */
			 "pushq %%rbp\n\t"
			 "pushq %%rbx\n\t"
			 "movq 0(%%r8), %%rbx\n\t"
			 "movq 8(%%r8), %%rcx\n\t"
			 "movq 16(%%r8), %%rdx\n\t"
			 "movq 24(%%r8), %%rsi\n\t"
			 "movq 32(%%r8), %%rdi\n\t"
			 "movq 40(%%r8), %%rbp\n\t"
			 "int $0x80\n\t"
			 "popq %%rbx\n\t"
			 "popq %%rbp\n\t"
			 "addq $128, %%rsp"
			 : "+a"(ret), "+r"(r8)
			 :
			 : "rcx", "rdx", "rsi", "rdi", "r9", "r10", "r11", "memory", "cc");
	return (int)ret;
#else
	(void)nr;
	(void)args;
	return -ENOSYS;
#endif
}

struct live {
	const struct abi *abi;
	long (*call)(uint32_t nr, const uint64_t *args);
	const struct sock_filter *code;
	size_t len;
};

/* The arguments of a sample that rules look at, and for the others what cannot do anything. */
static void defuse(uint32_t call, const struct seccomp_data *sample, uint64_t *args)
{
	const uint64_t harmless[MPOL_SYS_COUNT][6] = {
		[MPOL_SYS_MBIND] = {1, 4096, sample->args[2], BAD_POINTER, 64, sample->args[5]},
		[MPOL_SYS_SET_MEMPOLICY] = {sample->args[0], BAD_POINTER, 64},
		[MPOL_SYS_SET_MEMPOLICY_HOME_NODE] = {1, 4096, 0, 1},
		[MPOL_SYS_GET_MEMPOLICY] = {0, 0, 0, 0, 0x100},
		[MPOL_SYS_MIGRATE_PAGES] = {NO_PID, 64, BAD_POINTER, BAD_POINTER},
		[MPOL_SYS_MOVE_PAGES] = {NO_PID, 1, BAD_POINTER, sample->args[3], BAD_POINTER},
		[MPOL_SYS_MOUNT] = {BAD_POINTER, BAD_POINTER, BAD_POINTER, sample->args[3],
				    sample->args[4]},
		[MPOL_SYS_FSCONFIG] = {(uint64_t)-1, sample->args[1], BAD_POINTER, BAD_POINTER},
	};

	memcpy(args, harmless[call], sizeof(harmless[call]));
}

static bool dies(const struct live *live, uint32_t nr, const uint64_t *args)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		live->call(nr, args);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGSYS;
}

/* Whether the kernel does with a call what @action says. */
static bool happens(const struct live *live, uint32_t action, uint32_t nr, const uint64_t *args)
{
	long r;

	if (action == SECCOMP_RET_KILL_PROCESS)
		return dies(live, nr, args);
	r = live->call(nr, args);
	if (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG)
		return r < 0 && r > -FIRST_ERRNO;
	return r == -(long)(action & SECCOMP_RET_DATA);
}

static bool as_simulated(const struct live *live, uint32_t call)
{
	uint32_t nr = (uint32_t)live->abi->number[call] | live->abi->number_bit, costly = 0, action;
	const struct seccomp_data *samples;
	struct seccomp_data data;
	uint64_t args[6];
	size_t i, a, n;

	samples = space_samples(call, SPACE_FEW, &n);
	for (i = 0; i < n; i++) {
		defuse(call, &samples[i], args);
		data = (struct seccomp_data){.nr = (int)nr, .arch = live->abi->audit_arch};
		for (a = 0; a < 6; a++)
			data.args[a] = args[a];
		action = live->len ? bpf_run(live->code, live->len, &data) : SECCOMP_RET_ALLOW;
		if ((action == SECCOMP_RET_KILL_PROCESS || action == SECCOMP_RET_LOG) &&
		    costly++ >= COSTLY_MAX)
			continue;
		if (!happens(live, action, nr, args)) {
			fprintf(stderr,
				"%s: call %u args %#llx %#llx %#llx %#llx %#llx %#llx: not %#x\n",
				live->abi->name, nr, data.args[0], data.args[1], data.args[2],
				data.args[3], data.args[4], data.args[5], action);
			return false;
		}
	}
	return true;
}

/* In a child: become an ordinary user, install the filter as the launcher does, and try. */
static int try_all(const struct mpol_rules *rules, const struct abi *abi,
		   long (*function)(uint32_t nr, const uint64_t *args))
{
	const struct rlimit no_core = {0, 0};
	struct enforcement enforcement = {.filter_len = 0};
	struct live live = {.abi = abi, .call = function, .code = enforcement.filter};
	uint32_t call;

	if (geteuid() == 0 &&
	    (syscall(SYS_setgroups, 0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	     setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return CANNOT_TEST;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &no_core) < 0 ||
	    seccomp_compile(rules, abi_family_native(), enforcement.filter, &live.len) < 0)
		return CANNOT_TEST;
	enforcement.filter_len = live.len;
	if (seccomp_enforcer.enter(&enforcement) < 0)
		return CANNOT_TEST;
	for (call = 0; call < MPOL_SYS_COUNT; call++)
		if (abi->number[call] >= 0 && !as_simulated(&live, call))
			return DIFFERENT;
	return ALL_AS_THE_SIMULATOR_SAYS;
}

static void assert_happens(const struct mpol_rules *rules, const struct abi *abi,
			   long (*function)(uint32_t nr, const uint64_t *args))
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(try_all(rules, abi, function));
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), ALL_AS_THE_SIMULATOR_SAYS);
}

#define OWN_ERRNO(rule) MPOL_ANSWER(MPOL_ERRNO, FIRST_ERRNO + (rule))

static void assert_all_rules_happen(const struct abi *abi,
				    long (*function)(uint32_t nr, const uint64_t *args))
{
	static const uint16_t other[] = {MPOL_ANSWER(MPOL_ALLOW, 0), MPOL_ANSWER(MPOL_AUDIT, 0),
					 MPOL_ANSWER(MPOL_IGNORE, 0), MPOL_ANSWER(MPOL_KILL, 0)};
	struct mpol_rules rules = {.version = MPOL_RULES_VERSION};
	uint64_t sequence = 2;
	uint32_t rule, i;

	/* Bare: the twin of every refusal below. */
	assert_happens(&rules, abi, function);
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		rules.answer[rule] = (uint16_t)OWN_ERRNO(rule);
	assert_happens(&rules, abi, function);
	rules.flags = MPOL_RULES_AUDIT;
	assert_happens(&rules, abi, function);
	rules.flags = 0;
	for (i = 0; i < 40; i++) {
		for (rule = 0; rule < MPOL_RULE_COUNT; rule++) {
			uint64_t r = noise(&sequence) % 12;

			rules.answer[rule] = r < ELEMENTSOF(other) ? other[r]
					     : r < 8               ? (uint16_t)OWN_ERRNO(rule)
								   : 0;
		}
		assert_happens(&rules, abi, function);
	}
}

static void native_calls_meet_what_is_simulated(void **state)
{
	(void)state;
	assert_all_rules_happen(&abi_family_native()->abis[0], call_native);
}

/*
 * Calls of ABIs that are refused whole are ENOSYS to most kernels anyway; here it is us who say so.
 */
static void undecoded_calls_meet_what_is_simulated(void **state)
{
	const struct abi_family *family = abi_family_native();
	struct mpol_rules rules = {.version = MPOL_RULES_VERSION};
	uint32_t rule;
	size_t i;

	(void)state;
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		rules.answer[rule] = (uint16_t)OWN_ERRNO(rule);
	for (i = 0; i < family->n; i++)
		if (!family->abis[i].decoded)
			assert_happens(&rules, &family->abis[i], call_native);
}

static bool has_int_0x80(void)
{
	static const uint64_t none[6];
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(call_i386(20, none) == getpid() ? 0 : 1); /* getpid(2) */
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static void int_0x80_calls_meet_what_is_simulated(void **state)
{
	const struct abi_family *family = abi_family_native();
	size_t i;

	(void)state;
	if (!has_int_0x80()) {
		print_message("this kernel runs no 32-bit calls: int 0x80 is not tried\n");
		assert_null(getenv("MPOLRUN_MUST_WORK"));
		skip();
	}
	for (i = 0; i < family->n; i++)
		if (family->abis[i].audit_arch == AUDIT_ARCH_I386)
			assert_all_rules_happen(&family->abis[i], call_i386);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native_calls_meet_what_is_simulated),
		cmocka_unit_test(undecoded_calls_meet_what_is_simulated),
#ifdef __x86_64__
		cmocka_unit_test(int_0x80_calls_meet_what_is_simulated),
#endif
	};

	return cmocka_run_group_tests_name("seccomp_live", tests, NULL, NULL);
}
