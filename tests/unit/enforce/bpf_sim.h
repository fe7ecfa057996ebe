/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A simulator of the classic BPF that seccomp(2) runs, as far as our compiler uses it: what it does
 * not know is invalid to it. Written apart from the assembler, so that they share no mistake.
 */
#ifndef BPF_SIM_H
#define BPF_SIM_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * NULL where the kernel would take the program (read: net/core/filter.c:bpf_check_classic(),
 * kernel/seccomp.c:seccomp_check_filter()), else why not.
 */
const char *bpf_invalid(const struct sock_filter *code, size_t len);

/* NULL where nothing in a valid program is in vain, else what is. */
const char *bpf_untidy(const struct sock_filter *code, size_t len);

/* What a valid program returns. */
uint32_t bpf_run(const struct sock_filter *code, size_t len, const struct seccomp_data *data);

/*
 * Whether the kernel's action cache can answer "allow" for this number without running the program
 * (read: kernel/seccomp.c:seccomp_is_const_allow()): it reaches the allow from arch and number
 * alone.
 */
bool bpf_allows_by_number(const struct sock_filter *code, size_t len, uint32_t arch, int nr);

#endif
