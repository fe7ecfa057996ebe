/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same shape as that of seccomp_compile.c, with one body for all calls. */
#include "notify_compile.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "dispatch.h"

#define ANY_BITS UINT32_MAX
#define FLAGS_ARG 1 /* of seccomp(2) */

int notify_compile(uint32_t calls, const struct abi_family *family, struct sock_filter *buf,
		   size_t *ret_len)
{
	bool little_endian = family->native & __AUDIT_ARCH_LE;
	struct dispatch d = {.n = 0};
	uint32_t hand_over, unknown, seccomp, call;
	struct bpf_asm a;
	size_t i;
	int r = 0;

	asm_init(&a, buf);
	hand_over = asm_pooled_return(&a, SECCOMP_RET_USER_NOTIF);
	unknown = asm_pooled_return(&a, SECCOMP_RET_ERRNO | ENOSYS);
	seccomp = asm_label(&a);
	for (i = 0; i < family->n; i++) {
		const struct abi *abi = &family->abis[i];

		for (call = 0; r == 0 && call < MPOL_SYS_COUNT; call++)
			if (calls >> call & 1)
				r = dispatch_add(&d, abi, abi->number[call],
						 abi->decoded ? hand_over : unknown);
		if (r == 0)
			r = dispatch_add(&d, abi, abi->seccomp, seccomp);
	}
	if (r == 0)
		r = dispatch_emit(&a, &d, family, SECCOMP_RET_ERRNO | ENOSYS);
	if (r < 0)
		return r;

	asm_here(&a, seccomp);
	asm_load(&a,
		 (uint32_t)(offsetof(struct seccomp_data, args) + FLAGS_ARG * sizeof(__u64) +
			    (little_endian ? 0 : sizeof(__u32))),
		 ANY_BITS);
	asm_jump(&a, BPF_JSET, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		 asm_pooled_return(&a, SECCOMP_RET_ERRNO | EBUSY),
		 asm_pooled_return(&a, SECCOMP_RET_ALLOW));
	return asm_finish(&a, ret_len);
}
