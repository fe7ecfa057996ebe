/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every question of whether a kernel is built or has grown in this way or that, in one place. Each
 * says since which release the answer is always the same.
 */
#ifndef COMPAT_BPF_H
#define COMPAT_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "kernel_types.bpf.h"
#include "verdict.h"

typedef struct {
	unsigned long bits[1];
} nodemask_t;

/* As many bytes as CONFIG_NODES_SHIFT makes of it: 8 to 128. For ever. */
static __always_inline __u32 nodemask_size(void)
{
	__u32 size = bpf_core_type_size(nodemask_t);

	return size < MPOL_NODES_WORDS * 8 ? size : MPOL_NODES_WORDS * 8;
}

/*
 * Where a kernel was built with PREEMPT_DYNAMIC, this says how it is run: 0 none, 1 voluntary, 2
 * full, 3 lazy (6.13). No symbol elsewhere.
 */
extern const void preempt_dynamic_mode __ksym __weak;

static __always_inline bool preempt_dynamic_never(void)
{
	int mode = -1;

	if (!&preempt_dynamic_mode)
		return false;
	bpf_probe_read_kernel(&mode, sizeof(mode), &preempt_dynamic_mode);
	return mode == 0 || mode == 1;
}

/*
 * The capabilities: two words of 32 bits until 6.2, one of 64 since, on little-endian machines the
 * same 8 bytes.
 */
static __always_inline __u64 cred_capabilities(const struct cred *cred)
{
	__u64 caps = 0;

	bpf_probe_read_kernel(&caps, sizeof(caps),
			      (const char *)cred +
				      bpf_core_field_offset(struct cred, cap_effective));
	return caps;
}

#endif
