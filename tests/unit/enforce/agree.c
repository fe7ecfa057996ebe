/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agree.h"

#include <linux/audit.h>
#include <stdlib.h>

#include "bpf_sim.h"

/* Written out: what the compiler takes from the kernel's header is not to be trusted here too. */
#define ACTION_ALLOW 0x7fff0000u
#define ACTION_LOG 0x7ffc0000u
#define ACTION_ERRNO 0x00050000u
#define ACTION_KILL 0x80000000u
#define ACTION_ENOSYS (ACTION_ERRNO | 38)

static uint32_t action_of_verdict(uint32_t verdict)
{
	uint16_t answer = MPOL_VERDICT_ANSWER(verdict);

	switch (MPOL_ANSWER_KIND(answer)) {
	case MPOL_ALLOW:
		return ACTION_ALLOW;
	case MPOL_AUDIT:
		return ACTION_LOG;
	case MPOL_IGNORE:
		return ACTION_ERRNO;
	case MPOL_ERRNO:
		return ACTION_ERRNO + MPOL_ANSWER_ERR(answer);
	case MPOL_KILL:
		return ACTION_KILL;
	default:
		abort();
	}
}

struct comparison {
	const struct abi_family *family;
	const struct sock_filter *code;
	size_t len;
	struct difference *difference;
};

static bool same(const struct comparison *c, const char *where, const struct seccomp_data *data,
		 uint32_t expected)
{
	uint32_t got = c->len ? bpf_run(c->code, c->len, data) : ACTION_ALLOW;

	if (got == expected)
		return true;
	*c->difference = (struct difference){
		.where = where, .data = *data, .expected = expected, .got = got};
	return false;
}

/*
 * The decoded ABIs. @ret_kind: the strictest kind among all verdicts, which is what must become of
 * the undecoded ones; taken from the oracle, not from the rules, so that it needs no table of ours.
 */
static bool decoded_agree(const struct comparison *c, const struct mpol_rules *rules, uint32_t call,
			  enum space_size size, uint32_t *ret_kind)
{
	const struct seccomp_data *samples;
	size_t i, a, n;

	*ret_kind = MPOL_ALLOW;
	samples = space_samples(call, size, &n);
	for (i = 0; i < n; i++) {
		struct seccomp_data data = samples[i];
		uint64_t args[6];
		struct mpol_call decoded;
		uint32_t verdict;

		for (a = 0; a < 6; a++)
			args[a] = data.args[a];
		mpol_decode(call, (const __u64 *)args, &decoded);
		verdict = mpol_verdict(rules, &decoded);
		if (MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(verdict)) > *ret_kind)
			*ret_kind = MPOL_ANSWER_KIND(MPOL_VERDICT_ANSWER(verdict));

		for (a = 0; a < c->family->n; a++) {
			const struct abi *abi = &c->family->abis[a];

			if (!abi->decoded)
				continue;
			data.arch = abi->audit_arch;
			data.nr = abi->number[call];
			if (!same(c, abi->name, &data, action_of_verdict(verdict)))
				return false;
		}
	}
	return true;
}

static uint32_t whole(uint32_t kind)
{
	if (kind == MPOL_ALLOW)
		return ACTION_ALLOW;
	return kind == MPOL_AUDIT ? ACTION_LOG : ACTION_ENOSYS;
}

static bool undecoded_agree(const struct comparison *c, uint32_t call, uint32_t kind)
{
	const struct seccomp_data *samples;
	size_t i, a, n;

	samples = space_samples(call, SPACE_FEW, &n);
	for (a = 0; a < c->family->n; a++) {
		const struct abi *abi = &c->family->abis[a];

		if (abi->decoded || abi->number[call] < 0)
			continue;
		for (i = 0; i < n; i += 1 + n / 64) {
			struct seccomp_data data = samples[i];

			data.arch = abi->audit_arch;
			data.nr = (int)((uint32_t)abi->number[call] | abi->number_bit);
			if (!same(c, abi->name, &data, whole(kind)))
				return false;
		}
	}
	return true;
}

/* Whether some rule speaks of this number. */
static bool spoken_of(const struct abi_family *family, const uint32_t *kinds, uint32_t arch, int nr)
{
	uint32_t call;
	size_t a;

	for (a = 0; a < family->n; a++)
		for (call = 0; call < MPOL_SYS_COUNT; call++)
			if (family->abis[a].audit_arch == arch &&
			    family->abis[a].number[call] >= 0 &&
			    ((uint32_t)family->abis[a].number[call] | family->abis[a].number_bit) ==
				    (uint32_t)nr)
				return kinds[call] != MPOL_ALLOW;
	return false;
}

static bool number_agrees(const struct comparison *c, const uint32_t *kinds, uint32_t arch, int nr)
{
	struct seccomp_data data = {.nr = nr, .arch = arch};

	if (spoken_of(c->family, kinds, arch, nr))
		return true; /* compared above, with arguments */
	if (c->len && !bpf_allows_by_number(c->code, c->len, arch, nr)) {
		*c->difference = (struct difference){.where = "a number that no rule speaks of",
						     .data = data,
						     .expected = ACTION_ALLOW,
						     .got = bpf_run(c->code, c->len, &data)};
		return false;
	}
	return true;
}

static bool numbers_agree(const struct comparison *c, const uint32_t *kinds, enum space_size size)
{
	int nr, k, last = size == SPACE_ALL ? 1100 : 560;
	uint32_t call;
	size_t a;

	for (a = 0; a < c->family->n; a++) {
		const struct abi *abi = &c->family->abis[a];

		for (nr = -2; abi->decoded && nr <= last; nr++)
			if (!number_agrees(c, kinds, abi->audit_arch, nr) ||
			    !number_agrees(c, kinds, abi->audit_arch, nr | 0x40000000))
				return false;
		for (call = 0; call < MPOL_SYS_COUNT; call++)
			for (k = 0; k < 32; k++)
				if (abi->number[call] >= 0 &&
				    !number_agrees(c, kinds, abi->audit_arch,
						   (int)((uint32_t)abi->number[call] ^ (1u << k))))
					return false;
	}
	return true;
}

static bool unknown_archs_agree(const struct comparison *c, uint32_t kind)
{
	static const uint32_t archs[] = {
		AUDIT_ARCH_X86_64, AUDIT_ARCH_I386,       AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM,
		AUDIT_ARCH_ARMEB,  AUDIT_ARCH_RISCV64,    AUDIT_ARCH_S390X,   0,
		UINT32_MAX,        AUDIT_ARCH_X86_64 ^ 1,
	};
	struct seccomp_data data = {.nr = 0};
	size_t i, a;

	for (i = 0; i < sizeof(archs) / sizeof(archs[0]); i++) {
		for (a = 0; a < c->family->n; a++)
			if (c->family->abis[a].audit_arch == archs[i])
				break;
		if (a < c->family->n)
			continue;
		data.arch = archs[i];
		for (data.nr = 0; data.nr < 560; data.nr += 7)
			if (!same(c, "an unknown architecture", &data, whole(kind)))
				return false;
	}
	return true;
}

bool program_agrees(const struct mpol_rules *rules, const struct abi_family *family,
		    const struct sock_filter *code, size_t len, enum space_size size,
		    struct difference *ret)
{
	const struct comparison c = {family, code, len, ret};
	uint32_t call, kind = MPOL_ALLOW, kinds[MPOL_SYS_COUNT];

	for (call = 0; call < MPOL_SYS_COUNT; call++) {
		if (!decoded_agree(&c, rules, call, size, &kinds[call]) ||
		    !undecoded_agree(&c, call, kinds[call]))
			return false;
		if (kinds[call] > kind)
			kind = kinds[call];
	}
	return numbers_agree(&c, kinds, size) && unknown_archs_agree(&c, kind);
}
