/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same shape as that of seccomp_compile.c, with one body for all calls. */
#include "notify_compile.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "bpf_asm.h"

#define ANY_BITS UINT32_MAX
#define ARCHS_MAX 4
#define FLAGS_ARG 1 /* of seccomp(2) */

struct targets {
	uint32_t hand_over, unknown, allow, seccomp; /* labels */
};

static void dispatch_abi(struct bpf_asm *a, const struct abi *abi, uint32_t calls,
			 const struct targets *to)
{
	uint32_t call;

	for (call = 0; call < MPOL_SYS_COUNT; call++)
		if (abi->number[call] >= 0 && (calls >> call & 1))
			asm_jump(a, BPF_JEQ, (uint32_t)abi->number[call] | abi->number_bit,
				 abi->decoded ? to->hand_over : to->unknown, ASM_NEXT);
	if (abi->seccomp >= 0)
		asm_jump(a, BPF_JEQ, (uint32_t)abi->seccomp | abi->number_bit, to->seccomp,
			 ASM_NEXT);
}

static void dispatch_arch(struct bpf_asm *a, const struct abi_family *family, uint32_t audit_arch,
			  uint32_t calls, const struct targets *to)
{
	size_t i;

	asm_load(a, (uint32_t)offsetof(struct seccomp_data, nr), ANY_BITS);
	for (i = 0; i < family->n; i++)
		if (family->abis[i].audit_arch == audit_arch)
			dispatch_abi(a, &family->abis[i], calls, to);
	asm_return(a, SECCOMP_RET_ALLOW);
}

static bool first_of_arch(const struct abi_family *family, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (family->abis[i].audit_arch == family->abis[index].audit_arch)
			return false;
	return true;
}

int notify_compile(uint32_t calls, const struct abi_family *family, struct sock_filter *buf,
		   size_t *ret_len)
{
	bool little_endian = family->native & __AUDIT_ARCH_LE;
	struct bpf_asm a;
	struct targets to;
	struct {
		uint32_t audit_arch, label;
	} arch[ARCHS_MAX];
	size_t i, n = 0;

	asm_init(&a, buf);
	to = (struct targets){
		.hand_over = asm_pooled_return(&a, SECCOMP_RET_USER_NOTIF),
		.unknown = asm_pooled_return(&a, SECCOMP_RET_ERRNO | ENOSYS),
		.allow = asm_pooled_return(&a, SECCOMP_RET_ALLOW),
		.seccomp = asm_label(&a),
	};
	asm_load(&a, (uint32_t)offsetof(struct seccomp_data, arch), ANY_BITS);
	for (i = 0; i < family->n; i++) {
		if (!first_of_arch(family, i))
			continue;
		if (n == ARCHS_MAX)
			return -E2BIG;
		arch[n].audit_arch = family->abis[i].audit_arch;
		arch[n].label = asm_label(&a);
		asm_jump(&a, BPF_JEQ, arch[n].audit_arch, arch[n].label, ASM_NEXT);
		n++;
	}
	asm_return(&a, SECCOMP_RET_ERRNO | ENOSYS);
	for (i = 0; i < n; i++) {
		asm_here(&a, arch[i].label);
		dispatch_arch(&a, family, arch[i].audit_arch, calls, &to);
	}

	asm_here(&a, to.seccomp);
	asm_load(&a,
		 (uint32_t)(offsetof(struct seccomp_data, args) + FLAGS_ARG * sizeof(__u64) +
			    (little_endian ? 0 : sizeof(__u32))),
		 ANY_BITS);
	asm_jump(&a, BPF_JSET, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		 asm_pooled_return(&a, SECCOMP_RET_ERRNO | EBUSY), to.allow);
	return asm_finish(&a, ret_len);
}
