/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/audit.h>

#include "abi_numbers.h"
#include "base/cleanup.h"
#include "seccomp_compile.h"

#define X32_BIT 0x40000000u

/*
 * Until Linux 5.4 x86_64 and x32 shared one table of calls: the kernel masked the x32 bit off and
 * looked the rest up, so that the numbers of x32's own entries (512 to 547) reached them without
 * the bit too, and 64-bit entries were reached with it. Both mixtures are rows of their own, never
 * decoded: later kernels answer ENOSYS to them, and nobody has a reason to use them.
 */
static const struct abi x86_abis[] = {
	{"x86_64", AUDIT_ARCH_X86_64, 0, true, ABI_NUMBERS_X86_64, ABI_SECCOMP_X86_64},
	{"i386", AUDIT_ARCH_I386, 0, true, ABI_NUMBERS_I386, ABI_SECCOMP_I386},
	{"x32", AUDIT_ARCH_X86_64, X32_BIT, false, ABI_NUMBERS_X32, ABI_SECCOMP_X32},
	{"x86_64 with x32's numbers", AUDIT_ARCH_X86_64, 0, false, ABI_NUMBERS_X32_OWN,
	 ABI_SECCOMP_X32_OWN},
	{"x32 with x86_64's numbers", AUDIT_ARCH_X86_64, X32_BIT, false, ABI_NUMBERS_X86_64_OWN,
	 ABI_SECCOMP_X86_64_OWN},
};

static const struct abi arm_abis[] = {
	{"aarch64", AUDIT_ARCH_AARCH64, 0, true, ABI_NUMBERS_AARCH64, ABI_SECCOMP_AARCH64},
	{"arm", AUDIT_ARCH_ARM, 0, true, ABI_NUMBERS_ARM, ABI_SECCOMP_ARM},
};

static const struct abi_family families[] = {
	{AUDIT_ARCH_X86_64, x86_abis, ELEMENTSOF(x86_abis)},
	{AUDIT_ARCH_AARCH64, arm_abis, ELEMENTSOF(arm_abis)},
};

const struct abi_family *abi_family_find(uint32_t audit_arch)
{
	size_t i;

	for (i = 0; i < ELEMENTSOF(families); i++)
		if (families[i].native == audit_arch)
			return &families[i];
	return NULL;
}

/* A 32-bit build belongs to the family of the 64-bit kernels that can run it. */
const struct abi *abi_native(void)
{
#if defined(__x86_64__) && !defined(__ILP32__)
	return &x86_abis[0];
#elif defined(__i386__)
	return &x86_abis[1];
#elif defined(__AARCH64EL__)
	return &arm_abis[0];
#elif defined(__ARMEL__)
	return &arm_abis[1];
#else
	return NULL;
#endif
}

const struct abi_family *abi_family_native(void)
{
	const struct abi *abi = abi_native();
	size_t i;

	for (i = 0; abi && i < ELEMENTSOF(families); i++)
		if (abi >= families[i].abis && abi < families[i].abis + families[i].n)
			return &families[i];
	return NULL;
}
