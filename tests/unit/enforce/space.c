/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "space.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "verdict.h"

#define HIGH (UINT64_C(1) << 32)

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

/*
 * What has a meaning in all combinations; every bit and the odd values once, but not in every
 * company.
 */
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
