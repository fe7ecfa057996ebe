/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a mount can bring with it: a memory policy for all the files of a tmpfs. */
#ifndef MOUNTS_BPF_H
#define MOUNTS_BPF_H

#include <bpf/bpf_core_read.h>

#include "kernel_types.bpf.h"

/* Whether @found begins with the @size bytes of @text, its end included. */
static __always_inline bool text_is(const char *found, const char *text, __u32 size)
{
	__u32 i;

	for (i = 0; i < size; i++)
		if (found[i] != text[i])
			return false;
	return true;
}
#define TEXT_IS(found, text) text_is(found, text, sizeof(text))

/* The option mpol=, of a file system that knows it. */
static __always_inline bool is_mpol_of_tmpfs(struct fs_context *fc, struct fs_parameter *param)
{
	char key[8] = {0}, type[12] = {0};

	bpf_probe_read_kernel_str(key, sizeof(key), BPF_CORE_READ(param, key));
	if (!TEXT_IS(key, "mpol"))
		return false;
	bpf_probe_read_kernel_str(type, sizeof(type), BPF_CORE_READ(fc, fs_type, name));
	return TEXT_IS(type, "tmpfs") || TEXT_IS(type, "devtmpfs");
}

#endif
