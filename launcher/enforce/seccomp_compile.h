/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules -> a classic BPF program that gives the same answers as mpol_verdict() over mpol_decode(),
 * for every ABI that the architecture's kernel offers. Pure; the unit tests prove the equality.
 */
#ifndef MPOLRUN_SECCOMP_COMPILE_H
#define MPOLRUN_SECCOMP_COMPILE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verdict.h"

/* A family of ABIs that one kernel serves, named by its native audit architecture. */
struct abi {
	const char *name; /* "x86_64", "i386", "x32"; several may share an audit_arch */
	uint32_t audit_arch; /* what seccomp_data.arch says */
	uint32_t number_bit; /* or'ed into every number: 0x40000000 for x32, else 0 */
	bool decoded; /* false: calls that some rule refuses are refused whole, with ENOSYS */
	int number[MPOL_SYS_COUNT]; /* without number_bit; -1: the ABI does not have the call */
	int seccomp; /* the number of seccomp(2), likewise */
};

struct abi_family {
	uint32_t native; /* AUDIT_ARCH_X86_64 */
	const struct abi *abis;
	size_t n;
};

/* The family of @audit_arch, or NULL: we do not know that architecture, and must refuse. */
const struct abi_family *abi_family_find(uint32_t audit_arch);

/* The one that this program was built for, and the ABI that it calls the kernel by. */
const struct abi_family *abi_family_native(void);
const struct abi *abi_native(void);

#define SECCOMP_PROGRAM_MAX 512

/* The calls of which some rule speaks: 1 << enum mpol_syscall. Pure. */
uint32_t seccomp_calls(const struct mpol_rules *rules);

/*
 * Compile @rules for @family into @buf (room for SECCOMP_PROGRAM_MAX instructions). *ret_len is 0
 * where the rules take nothing away that a filter could see: then there is nothing to install.
 *
 * Arch and number are looked at before any argument, so that the kernel's action cache answers for
 * every other call. An architecture that is not in the family gets ENOSYS for everything, or where
 * the rules refuse nothing (they only audit, or MPOL_RULES_AUDIT is set) a line in the audit log.
 * Rules that a filter cannot see (nodes, files, cpuset; an empty preferred mask) are left out: the
 * plan must not have given them to it.
 *   -EINVAL  an answer that is none: a kind we do not know, or an errno of 0 (our bug)
 *   -E2BIG   the program would be longer than SECCOMP_PROGRAM_MAX (our bug)
 */
int seccomp_compile(const struct mpol_rules *rules, const struct abi_family *family,
		    struct sock_filter *buf, size_t *ret_len);

/*
 * Four errnos (1 to 4095): what seccomp(2) called with SECCOMP_SEAL_OP + 0 to 3, which no kernel
 * knows, answers under a sealed program.
 */
#define SECCOMP_SEAL_PARTS 4
#define SECCOMP_SEAL_OP 0x4d504f4cu

struct seccomp_seal {
	uint16_t part[SECCOMP_SEAL_PARTS]; /* part[0] == 0: no seal */
};

/*
 * The same for the kernel that we run on, with a seal. Who installs the program and then gets its
 * seal knows that it is there, whatever a filter above answered to the installation. -EOPNOTSUPP
 * where abi_family_native() has no answer.
 */
int seccomp_compile_sealed(const struct mpol_rules *rules, const struct seccomp_seal *seal,
			   struct sock_filter *buf, size_t *ret_len);

#endif
