/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The compiled filter against mpol_verdict(). MPOLRUN_TEST_SEED=N repeats a run's random rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bpf_sim.h"
#include "enforce/seccomp_compile.h"
#include "equal.h"

#define DENY(err) MPOL_ANSWER(MPOL_ERRNO, err)

static struct mpol_rules no_rules(void)
{
	return (struct mpol_rules){.version = MPOL_RULES_VERSION};
}

static struct mpol_rules nobind_rules(void)
{
	struct mpol_rules rules = no_rules();

	rules.answer[MPOL_RULE_MODE + MPOL_ABI_MODE_BIND] = DENY(EPERM);
	rules.answer[MPOL_RULE_MODE_UNKNOWN] = DENY(EINVAL);
	rules.answer[MPOL_RULE_MOUNT] = DENY(EPERM);
	return rules;
}

/* Numbers written down by hand, from the kernel's own tables. */
static void numbers_are_the_kernels(void **state)
{
	static const struct {
		uint32_t family;
		const char *abi;
		int number[MPOL_SYS_COUNT]; /* in the order of enum mpol_syscall */
	} rows[] = {
		{AUDIT_ARCH_X86_64, "x86_64", {237, 238, 450, 239, 256, 279, 165, 431}},
		{AUDIT_ARCH_X86_64, "i386", {274, 276, 450, 275, 294, 317, 21, 431}},
		{AUDIT_ARCH_X86_64, "x32", {237, 238, 450, 239, 256, 533, 165, 431}},
		{AUDIT_ARCH_X86_64, "x86_64 with x32's numbers", {-1, -1, -1, -1, -1, 533, -1, -1}},
		{AUDIT_ARCH_X86_64, "x32 with x86_64's numbers", {-1, -1, -1, -1, -1, 279, -1, -1}},
		{AUDIT_ARCH_AARCH64, "aarch64", {235, 237, 450, 236, 238, 239, 40, 431}},
		{AUDIT_ARCH_AARCH64, "arm", {319, 321, 450, 320, 400, 344, 21, 431}},
	};
	size_t i, a, seen = 0;

	(void)state;
	for (i = 0; i < ELEMENTSOF(rows); i++) {
		const struct abi_family *family = abi_family_find(rows[i].family);

		for (a = 0; a < family->n; a++)
			if (!strcmp(family->abis[a].name, rows[i].abi)) {
				seen++;
				assert_memory_equal(family->abis[a].number, rows[i].number,
						    sizeof(rows[i].number));
			}
	}
	assert_int_equal(seen, ELEMENTSOF(rows));
	assert_int_equal(abi_family_find(AUDIT_ARCH_X86_64)->n +
				 abi_family_find(AUDIT_ARCH_AARCH64)->n,
			 ELEMENTSOF(rows));
	assert_null(abi_family_find(AUDIT_ARCH_S390X));
}

static uint32_t ask(const struct mpol_rules *rules, uint32_t arch, uint32_t nr, uint64_t arg0,
		    uint64_t arg2)
{
	struct sock_filter code[SECCOMP_PROGRAM_MAX];
	struct seccomp_data data = {.nr = (int)nr, .arch = arch, .args = {arg0, 0, arg2}};
	size_t len = compile_checked(rules, AUDIT_ARCH_X86_64, code);

	return bpf_run(code, len, &data);
}

/* The cases that made earlier filters useless, each beside a call that must pass. */
static void bind_is_refused_however_it_is_spelled(void **state)
{
	const struct mpol_rules rules = nobind_rules();
	const uint32_t eperm = SECCOMP_RET_ERRNO | EPERM, enosys = SECCOMP_RET_ERRNO | ENOSYS;
	const uint64_t high = UINT64_C(1) << 32;

	(void)state;
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 238, 2, 0), eperm);
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 238, 2 | high, 0), eperm);
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 238, 2 | 0x8000, 0), eperm);
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 237, 0, 2 | 0x2000 | high), eperm);
	assert_int_equal(ask(&rules, AUDIT_ARCH_I386, 276, 2 | 0x4000, 0), eperm);
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 238 | 0x40000000, 2, 0), enosys);
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 238, 7, 0), SECCOMP_RET_ERRNO | EINVAL);

	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 238, 3, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 238, 3 | 0x8000 | high, 0),
			 SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 237, 2, 3), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&rules, AUDIT_ARCH_I386, 276, 3, 0), SECCOMP_RET_ALLOW);
	/* 276 is bind only to i386, and no rule speaks of x32's get_mempolicy */
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 276, 2, 2), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 239 | 0x40000000, 2, 2), SECCOMP_RET_ALLOW);
}

static void old_kernels_mixed_numbers_are_refused(void **state)
{
	struct mpol_rules rules = no_rules();
	const uint32_t enosys = SECCOMP_RET_ERRNO | ENOSYS;

	(void)state;
	rules.answer[MPOL_RULE_MOVE] = DENY(EPERM);
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 533, 0, 0), enosys);
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 533 | 0x40000000, 0, 0), enosys);
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 279 | 0x40000000, 0, 0), enosys);
	/* the decoded one, which only asks where pages are */
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 279, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&rules, AUDIT_ARCH_X86_64, 532, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(ask(&rules, AUDIT_ARCH_I386, 533, 0, 0), SECCOMP_RET_ALLOW);
}

static const uint16_t all_answers[] = {
	MPOL_ANSWER(MPOL_AUDIT, 0), MPOL_ANSWER(MPOL_IGNORE, 0), DENY(EPERM), DENY(4095),
	MPOL_ANSWER(MPOL_KILL, 0),
};

static void every_slot_alone_gives_every_answer(void **state)
{
	struct sock_filter code[SECCOMP_PROGRAM_MAX];
	uint32_t rule;
	size_t i;

	(void)state;
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		for (i = 0; i < ELEMENTSOF(all_answers); i++) {
			struct mpol_rules rules = no_rules();

			rules.answer[rule] = all_answers[i];
			assert_equal_to_verdict(&rules, SPACE_ALL);
			/* No filter at all where it could see nothing, and one everywhere else. */
			assert_int_equal(compile_checked(&rules, AUDIT_ARCH_X86_64, code) == 0,
					 rule == MPOL_RULE_NODES || rule == MPOL_RULE_FILES ||
						 rule == MPOL_RULE_CPUSET);
		}
}

static void every_pair_of_slots_gives_the_stricter_answer(void **state)
{
	static const uint16_t pair[][2] = {
		{MPOL_ANSWER(MPOL_AUDIT, 0), MPOL_ANSWER(MPOL_AUDIT, 0)},
		{MPOL_ANSWER(MPOL_IGNORE, 0), MPOL_ANSWER(MPOL_IGNORE, 0)},
		{DENY(EPERM), DENY(EINVAL)},
		{MPOL_ANSWER(MPOL_KILL, 0), MPOL_ANSWER(MPOL_KILL, 0)},
	};
	uint32_t a, b;
	size_t i, j;

	(void)state;
	for (a = 0; a < MPOL_RULE_COUNT; a++)
		for (b = a + 1; b < MPOL_RULE_COUNT; b++)
			for (i = 0; i < ELEMENTSOF(pair); i++)
				for (j = 0; j < ELEMENTSOF(pair); j++) {
					struct mpol_rules rules = no_rules();

					rules.answer[a] = pair[i][0];
					rules.answer[b] = pair[j][1];
					assert_equal_to_verdict(&rules, SPACE_FEW);
				}
}

static uint16_t random_answer(uint64_t *state)
{
	static const uint16_t usual[] = {EPERM, EINVAL, ENOSYS, EACCES};
	uint64_t r = noise(state);

	switch (r % 10) {
	case 0:
		return MPOL_ANSWER(MPOL_AUDIT, 0);
	case 1:
		return MPOL_ANSWER(MPOL_IGNORE, 0);
	case 2:
	case 3:
		return DENY(usual[(r >> 8) % ELEMENTSOF(usual)]);
	case 4:
		return DENY(1 + (r >> 8) % 4095);
	case 5:
		return MPOL_ANSWER(MPOL_KILL, 0);
	default:
		return MPOL_ANSWER(MPOL_ALLOW, 0);
	}
}

static void random_rules_equal_the_verdict(void **state)
{
	const char *given = getenv("MPOLRUN_TEST_SEED");
	uint64_t seed =
		given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) ^ (uint64_t)getpid();
	uint64_t sequence = seed;
	int i, rule;

	(void)state;
	print_message("MPOLRUN_TEST_SEED=%llu\n", (unsigned long long)seed);
	for (i = 0; i < 2500; i++) {
		struct mpol_rules rules = no_rules();

		for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
			rules.answer[rule] = random_answer(&sequence);
		rules.nodes_refused[0] = noise(&sequence);
		if (noise(&sequence) % 8 == 0)
			rules.flags = MPOL_RULES_AUDIT;
		assert_equal_to_verdict(&rules, i < 20 ? SPACE_ALL : SPACE_FEW);
	}
}

static void the_audit_switch_refuses_nothing(void **state)
{
	struct sock_filter code[SECCOMP_PROGRAM_MAX];
	struct mpol_rules rules = no_rules();
	size_t i, f, len, refusals;
	int on, rule;

	(void)state;
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		rules.answer[rule] = all_answers[(size_t)rule % ELEMENTSOF(all_answers)];
	for (f = 0; f < ELEMENTSOF(families); f++)
		for (on = 0; on < 2; on++) {
			rules.flags = on ? MPOL_RULES_AUDIT : 0;
			len = compile_checked(&rules, families[f], code);
			refusals = 0;
			for (i = 0; i < len; i++)
				if (code[i].code == (BPF_RET | BPF_K) &&
				    code[i].k != SECCOMP_RET_ALLOW && code[i].k != SECCOMP_RET_LOG)
					refusals++;
			assert_int_equal(refusals == 0, on);
			assert_equal_to_verdict(&rules, SPACE_ALL);
		}
}

static void different_answers_everywhere_still_fit(void **state)
{
	struct mpol_rules rules = no_rules();
	int rule;

	(void)state;
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		rules.answer[rule] = (uint16_t)DENY(1000 + rule);
	assert_equal_to_verdict(&rules, SPACE_ALL);
}

static void what_is_no_answer_is_not_compiled(void **state)
{
	static const uint16_t bad[] = {
		DENY(0),
		MPOL_ANSWER(MPOL_AUDIT, EPERM),
		MPOL_ANSWER(MPOL_KILL + 1, 0),
		MPOL_ANSWER(MPOL_ALLOW, EPERM),
	};
	struct sock_filter code[SECCOMP_PROGRAM_MAX];
	struct mpol_rules rules = nobind_rules();
	size_t i, len = 77;

	(void)state;
	for (i = 0; i < ELEMENTSOF(bad); i++) {
		rules.answer[MPOL_RULE_MIGRATE] = bad[i];
		assert_int_equal(seccomp_compile(&rules, abi_family_native(), code, &len), -EINVAL);
		assert_int_equal(len, 77);
	}
	rules.answer[MPOL_RULE_MIGRATE] = DENY(EPERM);
	assert_int_equal(seccomp_compile(&rules, abi_family_native(), code, &len), 0);
}

/*
 * Whether a comparison with a number of the program, reached from @at, has another result against
 * @k.
 */
static bool a_number_is_between(const struct sock_filter *code, size_t at, uint32_t k,
				uint32_t other)
{
	const bool equal = code[at].code == (BPF_JMP | BPF_JEQ | BPF_K);

	if (!equal && code[at].code != (BPF_JMP | BPF_JGE | BPF_K))
		return false;
	if (equal && (code[at].k >= k) != (code[at].k >= other))
		return true;
	return a_number_is_between(code, at + 1 + code[at].jf, k, other) ||
	       (!equal && a_number_is_between(code, at + 1 + code[at].jt, k, other));
}

/* Whether the search for @number, in which @at lies, comes there and finds another number. */
static bool goes_on(const struct sock_filter *code, size_t at, uint32_t number)
{
	size_t i = at;

	while (BPF_CLASS(code[i].code) == BPF_JMP)
		i--;
	for (i++; i < at && BPF_CLASS(code[i].code) == BPF_JMP; i++)
		i += (BPF_OP(code[i].code) == BPF_JEQ ? number == code[i].k : number >= code[i].k)
			     ? code[i].jt
			     : code[i].jf;
	return i == at && number != code[at].k;
}

/*
 * A cut's number or the one after a sought one is the first of any that have nothing to do there.
 */
static bool none_goes_on(const struct sock_filter *code, size_t len, size_t at)
{
	size_t i;

	if (code[at].code != (BPF_JMP | BPF_JEQ | BPF_K) || code[at].k <= MPOL_ABI_MODES)
		return false;
	for (i = 0; i < len; i++)
		if (BPF_CLASS(code[i].code) == BPF_JMP &&
		    (goes_on(code, at, code[i].k) || goes_on(code, at, code[i].k + 1)))
			return false;
	return !goes_on(code, at, 0);
}

/*
 * The changes that no call can tell: where the search for the call's number is cut, as long as the
 * numbers that it looks for stay on their sides; and where it goes on from the last comparison of a
 * piece that holds nothing but numbers that it looks for.
 */
static bool makes_no_difference(const struct sock_filter *code, size_t len, size_t at, int bit)
{
	if (bit == 33)
		return none_goes_on(code, len, at);
	return bit < 32 && code[at].code == (BPF_JMP | BPF_JGE | BPF_K) &&
	       code[at].k > MPOL_ABI_MODES &&
	       !a_number_is_between(code, at, code[at].k, code[at].k ^ (1u << bit));
}

static void turn_bits(const struct mpol_rules *rules, uint32_t family, size_t *tried, size_t *same,
		      size_t *unnoticed)
{
	struct sock_filter code[SECCOMP_PROGRAM_MAX], broken[SECCOMP_PROGRAM_MAX];
	size_t i, len = compile_checked(rules, family, code);
	struct difference d;
	int bit;

	for (i = 0; i < len; i++)
		for (bit = 0; bit < 34; bit++) {
			memcpy(broken, code, sizeof(code));
			if (bit < 32)
				broken[i].k ^= 1u << bit;
			else if (BPF_CLASS(code[i].code) != BPF_JMP)
				continue;
			else if (bit == 32)
				broken[i].jt++;
			else
				broken[i].jf++;
			if (bpf_invalid(broken, len))
				continue;
			++*tried;
			if (!program_agrees(rules, abi_family_find(family), broken, len, SPACE_FEW,
					    &d))
				continue;
			if (makes_no_difference(code, len, i, bit)) {
				++*same;
				continue;
			}
			++*unnoticed;
			print_error("family %#x instruction %zu (code %#x k %#x) bit %d\n", family,
				    i, code[i].code, code[i].k, bit);
		}
}

/*
 * That these tests can fail: every single bit of every constant of a program is turned over, and
 * every jump made one longer, and the comparison must notice. The rules of one set do not hide each
 * other: behind a refusal of all unknown flags a test that looks at one of them too is no mistake.
 */
static void a_wrong_bit_in_the_program_is_noticed(void **state)
{
	struct mpol_rules rules[3] = {nobind_rules(), no_rules(), no_rules()};
	size_t f, i, tried = 0, same = 0, unnoticed = 0;

	(void)state;
	rules[0].answer[MPOL_RULE_MODE + MPOL_ABI_MODE_PREFERRED_MANY] = MPOL_ANSWER(MPOL_KILL, 0);
	rules[0].answer[MPOL_RULE_MOVE] = DENY(EPERM);
	rules[0].answer[MPOL_RULE_MIGRATE] = MPOL_ANSWER(MPOL_AUDIT, 0);
	rules[1].answer[MPOL_RULE_MODE_FLAG + 1] = DENY(EACCES);
	rules[1].answer[MPOL_RULE_MBIND_FLAG + 2] = MPOL_ANSWER(MPOL_IGNORE, 0);
	rules[1].answer[MPOL_RULE_MOVE_QUERY] = MPOL_ANSWER(MPOL_AUDIT, 0);
	rules[2].answer[MPOL_RULE_MBIND_FLAG_UNKNOWN] = DENY(EINVAL);
	rules[2].answer[MPOL_RULE_HOME_NODE] = DENY(ENOSYS);
	for (i = 0; i < ELEMENTSOF(rules); i++)
		for (f = 0; f < ELEMENTSOF(families); f++)
			turn_bits(&rules[i], families[f], &tried, &same, &unnoticed);
	print_message("%zu broken programs, %zu of them the same to every call\n", tried, same);
	assert_true(tried > 3000);
	assert_true(same < tried / 20);
	assert_int_equal(unnoticed, 0);
}

static void the_simulator_knows_bad_programs(void **state)
{
	const struct sock_filter good[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 60),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 2),
	};
	struct sock_filter bad[ELEMENTSOF(good)];
	struct seccomp_data data = {.args = {[5] = UINT64_C(1) << 32}};

	(void)state;
	assert_null(bpf_invalid(good, ELEMENTSOF(good)));
	assert_null(bpf_untidy(good, ELEMENTSOF(good)));
	assert_int_equal(bpf_run(good, ELEMENTSOF(good), &data), 1);
	data.args[5] = 1;
	assert_int_equal(bpf_run(good, ELEMENTSOF(good), &data), 2);

	assert_non_null(bpf_invalid(good, 0));
	assert_non_null(bpf_invalid(good, 2));
	memcpy(bad, good, sizeof(good));
	bad[0].k = 64;
	assert_non_null(bpf_invalid(bad, ELEMENTSOF(bad)));
	bad[0].k = 58;
	assert_non_null(bpf_invalid(bad, ELEMENTSOF(bad)));
	memcpy(bad, good, sizeof(good));
	bad[1].jf = 2;
	assert_non_null(bpf_invalid(bad, ELEMENTSOF(bad)));
	memcpy(bad, good, sizeof(good));
	bad[0].code = BPF_LD | BPF_W | BPF_IND;
	assert_non_null(bpf_invalid(bad, ELEMENTSOF(bad)));
	memcpy(bad, good, sizeof(good));
	bad[1].jf = 0;
	assert_non_null(bpf_untidy(bad, ELEMENTSOF(bad)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_simulator_knows_bad_programs),
		cmocka_unit_test(numbers_are_the_kernels),
		cmocka_unit_test(bind_is_refused_however_it_is_spelled),
		cmocka_unit_test(old_kernels_mixed_numbers_are_refused),
		cmocka_unit_test(what_is_no_answer_is_not_compiled),
		cmocka_unit_test(different_answers_everywhere_still_fit),
		cmocka_unit_test(the_audit_switch_refuses_nothing),
		cmocka_unit_test(every_slot_alone_gives_every_answer),
		cmocka_unit_test(every_pair_of_slots_gives_the_stricter_answer),
		cmocka_unit_test(random_rules_equal_the_verdict),
		cmocka_unit_test(a_wrong_bit_in_the_program_is_noticed),
	};

	return cmocka_run_group_tests_name("seccomp_compile", tests, NULL, NULL);
}
