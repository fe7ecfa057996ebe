/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs at build time, on the build machine: prints the system call numbers of every ABI that abi.c
 * describes, as initialisers. libseccomp knows them for all architectures, whatever the headers of
 * the machine that we are built on and for; asking it here keeps it out of the program.
 */
#include <seccomp.h>
#include <stdio.h>

#include "verdict.h"

#define SECCOMP MPOL_SYS_COUNT /* not decided by rules: behind those that are */
#define CALLS (MPOL_SYS_COUNT + 1)

static const char *const call_names[CALLS] = {[SECCOMP] = "seccomp",
					      MPOL_SYSCALLS(MPOL_SYSCALL_NAME)};

enum {
	X86_64,
	I386,
	X32,
	AARCH64,
	ARM,
	ABI_COUNT
};

static const struct {
	const char *name;
	uint32_t arch;
	uint32_t number_bit;
} abis[ABI_COUNT] = {
	[X86_64] = {"X86_64", SCMP_ARCH_X86_64, 0}, [I386] = {"I386", SCMP_ARCH_X86, 0},
	[X32] = {"X32", SCMP_ARCH_X32, 0x40000000}, [AARCH64] = {"AARCH64", SCMP_ARCH_AARCH64, 0},
	[ARM] = {"ARM", SCMP_ARCH_ARM, 0},
};

/* What @numbers has where it differs from @others, -1 where it does not. */
static void print_difference(const char *name, const int *numbers, const int *others)
{
	int call;

	printf("#define ABI_NUMBERS_%s {", name);
	for (call = 0; call < MPOL_SYS_COUNT; call++)
		printf(" %d,", numbers[call] != others[call] ? numbers[call] : -1);
	printf(" }\n#define ABI_SECCOMP_%s %d\n", name,
	       numbers[SECCOMP] != others[SECCOMP] ? numbers[SECCOMP] : -1);
}

int main(void)
{
	int numbers[ABI_COUNT][CALLS];
	int abi, call, number;

	printf("/* Made by abi_numbers.c from libseccomp's tables, in the order of enum "
	       "mpol_syscall. */\n");
	for (abi = 0; abi < ABI_COUNT; abi++) {
		printf("#define ABI_NUMBERS_%s {", abis[abi].name);
		for (call = 0; call < CALLS; call++) {
			number =
				seccomp_syscall_resolve_name_arch(abis[abi].arch, call_names[call]);
			if (number < 0) {
				const struct scmp_version *v = seccomp_version();

				/* A hole here would be a call that the filter lets through. */
				fprintf(stderr,
					"abi_numbers: libseccomp %u.%u.%u does not know the number "
					"of %s "
					"on %s; build with a newer libseccomp\n",
					v->major, v->minor, v->micro, call_names[call],
					abis[abi].name);
				return 1;
			}
			numbers[abi][call] = (int)((uint32_t)number & ~abis[abi].number_bit);
			if (call < MPOL_SYS_COUNT)
				printf(" %d,", numbers[abi][call]);
		}
		printf(" }\n#define ABI_SECCOMP_%s %d\n", abis[abi].name, numbers[abi][SECCOMP]);
	}
	print_difference("X32_OWN", numbers[X32], numbers[X86_64]);
	print_difference("X86_64_OWN", numbers[X86_64], numbers[X32]);
	return 0;
}
