/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "space.h"

#include <assert.h>
#include <linux/audit.h>
#include <stdlib.h>

#include "bpf_sim.h"

#define HIGH (UINT64_C(1) << 32)
#define ACTION_ALLOW 0x7fff0000u
#define ACTION_LOG 0x7ffc0000u
#define ACTION_ERRNO 0x00050000u
#define ACTION_KILL 0x80000000u
#define ACTION_ENOSYS (ACTION_ERRNO | 38)

/* splitmix64 */
uint64_t noise(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

struct values {
	uint64_t v[512];
	size_t n;
};

static void add(struct values *values, uint64_t value)
{
	assert(values->n < sizeof(values->v) / sizeof(values->v[0]));
	values->v[values->n++] = value;
}

static void add_range(struct values *values, uint64_t last)
{
	uint64_t v;

	for (v = 0; v <= last; v++)
		add(values, v);
}

/* Every bit alone, beside what is in @with. */
static void add_powers(struct values *values, uint64_t with)
{
	int k;

	for (k = 0; k < 64; k++)
		add(values, (UINT64_C(1) << k) | with);
}

/* Where a comparison may go wrong: signs, and halves of which only one counts. */
static void add_odd(struct values *values)
{
	add(values, (uint64_t)-1);
	add(values, (uint64_t)-2);
	add(values, HIGH);
	add(values, HIGH | 1);
	add(values, HIGH | 2);
	add(values, UINT64_C(1) << 31);
	add(values, (UINT64_C(1) << 63) | 4);
	add(values, 0xffffffff00000000);
	add(values, 0xffffffff00000002);
	add(values, 0xfffffffe); /* -2 of a caller that does not extend the sign */
}

/* All of these, for an argument of which the values up to @last have a meaning. */
static void add_all(struct values *values, uint64_t last)
{
	uint64_t v;

	add_range(values, last);
	for (v = 0; v <= last; v++)
		add(values, v | HIGH);
	add_powers(values, 0);
	add_odd(values);
	for (v = 3; v <= 8; v++)
		add(values, -v);
}

struct samples {
	struct seccomp_data *data;
	size_t n, room;
};

static struct seccomp_data *add_sample(struct samples *samples, uint64_t *state)
{
	struct seccomp_data *data;
	int i;

	if (samples->n == samples->room) {
		samples->room = samples->room ? samples->room * 2 : 64;
		samples->data = realloc(samples->data, samples->room * sizeof(*samples->data));
		assert(samples->data);
	}
	data = &samples->data[samples->n++];
	data->instruction_pointer = noise(state);
	for (i = 0; i < 6; i++) {
		data->args[i] = noise(state);
		if (data->args[i] % 4 == 0)
			data->args[i] = 0; /* which noise alone would never be */
	}
	return data;
}

/* The product of the values of two arguments. */
static void make_product(struct samples *samples, int arg_a, const struct values *a, int arg_b,
			 const struct values *b, uint64_t *state)
{
	size_t i, j;

	for (i = 0; i < a->n; i++)
		for (j = 0; j < b->n; j++) {
			struct seccomp_data *data = add_sample(samples, state);

			data->args[arg_a] = a->v[i];
			data->args[arg_b] = b->v[j];
		}
}

/* @modes with the first @n_combinations of their flags, and for mbind(2) with all of @flags. */
static void make_set(struct samples *samples, bool mbind, const struct values *modes,
		     uint64_t n_combinations, const struct values *flags, uint64_t *state)
{
	size_t i, j;
	uint64_t m;

	for (i = 0; i < modes->n; i++)
		for (m = 0; m < n_combinations; m++)
			for (j = 0; j < (mbind ? flags->n : 1); j++) {
				struct seccomp_data *data = add_sample(samples, state);

				data->args[mbind ? 2 : 0] = modes->v[i] | (m << 13);
				if (mbind)
					data->args[5] = flags->v[j];
			}
}

static void make_all_sets(struct samples *samples, bool mbind, uint64_t *state)
{
	struct values modes = {.n = 0}, flags = {.n = 0};
	int k;

	add_all(&modes, 63);
	for (k = 7; k < 64; k++)
		add(&modes, (UINT64_C(1) << k) - 1);
	add_all(&flags, 15);
	make_set(samples, mbind, &modes, 8, &flags, state);
}

/* What has a meaning in all combinations; every bit and the odd values once, but not in every company. */
static void make_few_sets(struct samples *samples, bool mbind, uint64_t *state)
{
	static const struct values zero = {.v = {0}, .n = 1}, some = {.v = {0, 3, 4}, .n = 3};
	struct values modes = {.n = 0}, flags = {.n = 0}, odd_modes = {.n = 0},
		      odd_flags = {.n = 0};
	uint64_t mode;

	add_range(&modes, MPOL_ABI_MODES);
	add_range(&flags, 8);
	make_set(samples, mbind, &modes, 8, &flags, state);
	for (mode = 0; mode < MPOL_ABI_MODES; mode++)
		add_powers(&odd_modes, mode);
	add_odd(&odd_modes);
	make_set(samples, mbind, &odd_modes, 1, &zero, state);
	if (!mbind)
		return;
	add_powers(&odd_flags, 0);
	add_odd(&odd_flags);
	make_set(samples, mbind, &some, 1, &odd_flags, state);
}

static void make_mount(struct samples *samples, enum space_size size, uint64_t *state)
{
	struct values flags = {.n = 0}, data = {.n = 0};
	int k;

	for (k = 0; k < 64; k++) {
		add(&flags, UINT64_C(1) << k);
		add(&flags, (UINT64_C(1) << k) | 0x1000);
		add(&flags, ~(UINT64_C(1) << k));
	}
	add(&flags, 0);
	add(&flags, UINT64_MAX);
	add(&flags, 0xc0ed0000); /* the magic of old callers, which looks like propagation flags */
	add(&flags, 0xc0ed1000);
	add(&flags, UINT64_C(0x1000) << 32); /* MS_BIND, but where the kernel does not look */
	add_range(&data, 1);
	add_odd(&data);
	if (size == SPACE_ALL)
		add_powers(&data, 0);
	make_product(samples, 3, &flags, 4, &data, state);
}

static void make_samples(struct samples *samples, uint32_t call, enum space_size size)
{
	struct values values = {.n = 0}, none = {.v = {0}, .n = 1};
	uint64_t state = call;
	int i;

	switch ((enum mpol_syscall)call) {
	case MPOL_SYS_MBIND:
	case MPOL_SYS_SET_MEMPOLICY:
		if (size == SPACE_ALL)
			make_all_sets(samples, call == MPOL_SYS_MBIND, &state);
		else
			make_few_sets(samples, call == MPOL_SYS_MBIND, &state);
		break;
	case MPOL_SYS_MOUNT:
		make_mount(samples, size, &state);
		break;
	case MPOL_SYS_FSCONFIG:
		add_all(&values, 63);
		make_product(samples, 1, &values, 0, &none, &state);
		break;
	case MPOL_SYS_MOVE_PAGES:
		add_all(&values, 1);
		make_product(samples, 3, &values, 0, &none, &state);
		break;
	case MPOL_SYS_SET_MEMPOLICY_HOME_NODE:
	case MPOL_SYS_GET_MEMPOLICY:
	case MPOL_SYS_MIGRATE_PAGES:
		for (i = 0; i < 8; i++)
			add_sample(samples, &state);
		add_sample(samples, &state)->args[0] = 0;
		break;
	case MPOL_SYS_COUNT:
		abort();
	}
}

const struct seccomp_data *space_samples(uint32_t call, enum space_size size, size_t *ret_n)
{
	static struct samples made[MPOL_SYS_COUNT][SPACE_SIZES];
	struct samples *samples = &made[call][size];

	if (!samples->n)
		make_samples(samples, call, size);
	*ret_n = samples->n;
	return samples->data;
}

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

bool space_agrees(const struct mpol_rules *rules, const struct abi_family *family,
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
