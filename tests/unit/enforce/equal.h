/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Assertions of the tests here; they fail the test that calls them. */
#ifndef EQUAL_H
#define EQUAL_H

#include "agree.h"

/* The families that we know: AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64. */
#define N_FAMILIES 2
extern const uint32_t families[N_FAMILIES];

/* Compile for a family; the program must be valid, with nothing in vain. Returns its length. */
size_t compile_checked(const struct mpol_rules *rules, uint32_t family, struct sock_filter *code);

/*
 * For all families. With MPOLRUN_TEST_EXHAUSTIVE in the environment every rule set is asked about
 * the whole space, whatever @size says: minutes instead of seconds.
 */
void assert_equal_to_verdict(const struct mpol_rules *rules, enum space_size size);

#endif
