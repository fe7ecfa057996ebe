/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one would write by hand to refuse MPOL_BIND, and nothing else, once per
 * mechanism that the kernel offers: no policy, no layers, no events, no state.
 *
 * The cost of mpolrun's own programs is stated as a multiple of, or as so many
 * instructions more than, the cost of these. They are yardsticks, not
 * protection: the fmod_ret ones leave the 32-bit entry points open and, like
 * all programs of their kind, are skipped by preempting kernels.
 *
 * Only UAPI headers are needed: the hook's arguments are scalars, and the
 * layout of struct pt_regs is part of the ptrace ABI, so nothing is relocated.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/mempolicy.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/set_mempolicy")
int BPF_PROG(lsm, unsigned long mode, unsigned short mode_flags, void *nodes, unsigned int flags,
	     int ret)
{
	if (ret)
		return ret;

	return mode == MPOL_BIND ? -EPERM : 0;
}

/*
 * Nothing at all: the least that a mount can cost, since the hook is called for each of its
 * options.
 */
SEC("lsm/fs_context_parse_param")
int BPF_PROG(lsm_mount)
{
	return 0;
}

SEC("lsm_cgroup/set_mempolicy")
int BPF_PROG(lsm_cgroup, unsigned long mode)
{
	/* 0 refuses with EPERM, 1 leaves the answer as it is. */
	return mode != MPOL_BIND;
}

/*
 * As systemd's RestrictFileSystems= does it: one program for the whole machine, that looks for the
 * caller's cgroup, and for no other, in a map of those that are meant.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, __u32);
} cgroups SEC(".maps");

SEC("lsm/set_mempolicy")
int BPF_PROG(cgroup_id, unsigned long mode, unsigned short mode_flags, void *nodes,
	     unsigned int flags, int ret)
{
	__u64 id;

	if (ret || mode != MPOL_BIND)
		return ret;

	id = bpf_get_current_cgroup_id();
	return bpf_map_lookup_elem(&cgroups, &id) ? -EPERM : 0;
}

/*
 * At a syscall entry the mode still carries its flags, and 32 bits that do not count. The answer is
 * a long: an int's -EPERM would arrive in user space as 4294967295, which is no error.
 */
static __always_inline long refuse_bind(unsigned int mode)
{
	return (mode & ~MPOL_MODE_FLAGS) == MPOL_BIND ? -EPERM : 0;
}

/* fmod_ret: anything but 0 is the syscall's answer, and the syscall is not run. */
SEC("fmod_ret/__x64_sys_mbind")
long BPF_PROG(fmod_ret_mbind, struct pt_regs *regs, long ret)
{
	return ret ? ret : refuse_bind(PT_REGS_PARM3(regs));
}

SEC("fmod_ret/__x64_sys_set_mempolicy")
long BPF_PROG(fmod_ret_set_mempolicy, struct pt_regs *regs, long ret)
{
	return ret ? ret : refuse_bind(PT_REGS_PARM1(regs));
}
