/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resident's programs: each decodes what its hook is given, and asks. Which of them are loaded
 * is decided by trial, for each: launcher/resident/load.c.
 *
 * A program that leaves a call alone answers 0, and the next program, or the kernel's own function,
 * goes on; also for hooks whose own "nothing to say" is another number.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "verbs.bpf.h"
#include "cgroup_hooks.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define FMODE_WRITE 2
#define PTRACE_MODE_ATTACH 2
#define PROC_SUPER_MAGIC 0x9fa0
#define CGROUP_SUPER_MAGIC 0x27e0eb
#define CGROUP2_SUPER_MAGIC 0x63677270
#define DEBUGFS_MAGIC 0x64626720
#define TRACEFS_MAGIC 0x74726163
#define BPF_FS_MAGIC 0xcafe4a11

/*
 * Both kinds of a program that a security hook has: only one of the two is ever loaded for most.
 * None looks at the answer of an earlier program, which the trampoline hands it: it is 0, or we
 * would not run.
 */
#define HOOK(hook, lsm_bit, fmod_bit, params, ...)               \
	static __always_inline long hook(__u32 program, params); \
	SEC("lsm/" #hook)                                        \
	long BPF_PROG(lsm_##hook, params)                        \
	{                                                        \
		if (nobody_is_there())                           \
			return 0;                                \
		return bounded(hook(lsm_bit, __VA_ARGS__));      \
	}                                                        \
	SEC("fmod_ret/security_" #hook)                          \
	long BPF_PROG(fmod_##hook, params)                       \
	{                                                        \
		if (nobody_is_there())                           \
			return 0;                                \
		return bounded(hook(fmod_bit, __VA_ARGS__));     \
	}                                                        \
	static __always_inline long hook(__u32 program, params)

#define PARAMS(...) __VA_ARGS__

/* Verbs. Not lsm: such a program cannot answer a positive number. */
SEC("fmod_ret/security_task_prctl")
int BPF_PROG(resident_prctl, int option, unsigned long arg2, unsigned long arg3, unsigned long arg4)
{
	return option == RESIDENT_PRCTL ? verb(arg2, arg3, arg4) : 0;
}

/* Identity. */
HOOK(task_alloc, 0, 0, PARAMS(struct task_struct *task), task)
{
	/* What is there was left by an earlier task at this address. */
	member_forget((__u64)task);
	return member_inherit((__u64)task);
}

/*
 * Not for threads of io_uring, which have what they got at task_alloc. The child has not run yet.
 */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(resident_fork, struct task_struct *parent, struct task_struct *child)
{
	if (member_current() && !member_find((__u64)child))
		member_inherit((__u64)child);
	return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(resident_free, struct task_struct *task)
{
	member_forget((__u64)task);
	return 0;
}

/*
 * A fork that fails behind task_alloc ends in the security hook of a task's end, and not in the
 * tracepoint. The address is taken as a number, which the sieve calculates with: for most that end,
 * it is all that is looked at.
 */
static __always_inline void task_free(unsigned long long *ctx)
{
	__u64 task = 0;

	bpf_get_func_arg(ctx, 0, &task);
	if (member_is_possible(task))
		member_forget(task);
}

SEC("lsm/task_free")
int lsm_task_free(unsigned long long *ctx)
{
	task_free(ctx);
	return 0;
}

SEC("fentry/security_task_free")
int fentry_task_free(unsigned long long *ctx)
{
	task_free(ctx);
	return 0;
}

/* Which tasks are members: a line with the thread id of each. For unloading. */
SEC("iter/task")
int resident_members(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct seq_file *seq = ctx->meta->seq;

	if (task && member_find((__u64)task))
		BPF_SEQ_PRINTF(seq, "%d\n", task->pid);
	return 0;
}

/* Memory policies, where the kernel asks with its own copy of everything. */
static __always_inline long set_mempolicy(unsigned long long *ctx, __u32 program)
{
	struct resident_member *member = member_current();
	__u64 mode;

	if (is_free(member, program))
		return 0;
	/* The flags also carry bits of the kernel's own. */
	mode = (__u32)ctx[0] | (ctx[1] & MPOL_ABI_MODE_FLAGS);
	return decide_at(member, program, MPOL_ACT_SET, SETTING(mode, ctx[3]), NODES_OF(ctx));
}

SEC("lsm/set_mempolicy")
long lsm_set_mempolicy(unsigned long long *ctx)
{
	return bounded(set_mempolicy(ctx, RESIDENT_LSM_SET));
}

SEC("fmod_ret/security_set_mempolicy")
long fmod_set_mempolicy(unsigned long long *ctx)
{
	return bounded(set_mempolicy(ctx, RESIDENT_FMOD_SET));
}

/*
 * A policy for all files of a tmpfs. The hook is called for each option of any mount: so most is
 * apart, and needs no registers saved for those who are free.
 */
static __noinline long mount_option(unsigned long long *ctx, const struct resident_member *member,
				    __u32 program)
{
	if (!is_mpol_of_tmpfs((void *)ctx[0], (void *)ctx[1]))
		return 0;
	return bounded(decide(member, program, MPOL_ACT_MOUNT, 0));
}

static __always_inline long mount_hook(unsigned long long *ctx, __u32 program)
{
	const struct resident_member *member;

	if (nobody_is_there())
		return 0;
	member = member_current();
	return is_free(member, program) ? 0 : bounded(mount_option(ctx, member, program));
}

SEC("lsm/fs_context_parse_param")
long lsm_fs_context_parse_param(unsigned long long *ctx)
{
	return mount_hook(ctx, RESIDENT_LSM_MOUNT);
}

SEC("fmod_ret/security_fs_context_parse_param")
long fmod_fs_context_parse_param(unsigned long long *ctx)
{
	return mount_hook(ctx, RESIDENT_FMOD_MOUNT);
}

static __always_inline void name_read(const struct file *file, char *ret, __u32 size)
{
	bpf_probe_read_kernel_str(ret, size, BPF_CORE_READ(file, f_path.dentry, d_name.name));
}

static __always_inline bool is_sysctl(struct inode *inode)
{
	struct proc_inode *proc =
		(void *)inode - bpf_core_field_offset(struct proc_inode, vfs_inode);

	return BPF_CORE_READ(proc, sysctl);
}

/* A policy that a file has already; a write to a cpuset; and what would end our own enforcement. */
HOOK(file_open, RESIDENT_LSM_FILES, RESIDENT_FMOD_FILES, PARAMS(struct file *file), file)
{
	struct resident_member *member = member_current();
	char name[16] = {0};
	bool write;

	if (is_free(member, program))
		return 0;
	write = file->f_mode & FMODE_WRITE;
	switch (file->f_inode->i_sb->s_magic) {
	case TMPFS_MAGIC:
		if ((file->f_inode->i_mode & S_IFMT) != S_IFREG)
			return 0;
		return decide_file(member, (__u64)BPF_CORE_READ(file, f_inode), program);
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
		if (!write)
			return 0;
		name_read(file, name, sizeof(name));
		if (!TEXT_IS(name, "cpuset.mems") && !TEXT_IS(name, "mems"))
			return 0;
		return decide(member, program, MPOL_ACT_CPUSET, 0);
	case PROC_SUPER_MAGIC:
		if (!write || !is_guarded(member))
			return 0;
		name_read(file, name, sizeof(name));
		/* Services change those of the network, for example. */
		if (!member)
			return TEXT_IS(name, "ftrace_enabled") ? -EPERM : 0;
		return is_sysctl(file->f_inode) || TEXT_IS(name, "sysrq-trigger") ? -EPERM : 0;
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case BPF_FS_MAGIC:
		return write && is_guarded(member) ? -EPERM : 0;
	default:
		return 0;
	}
}

static __always_inline long file_use(struct file *file, __u32 program)
{
	struct resident_member *member = member_current();
	struct inode *inode;

	if (is_free(member, program) || !file)
		return 0;
	inode = BPF_CORE_READ(file, f_inode);
	if (BPF_CORE_READ(inode, i_sb, s_magic) != TMPFS_MAGIC ||
	    (BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFREG)
		return 0;
	return decide_file(member, (__u64)inode, program);
}

HOOK(file_receive, RESIDENT_LSM_FILES, RESIDENT_FMOD_FILES, PARAMS(struct file *file), file)
{
	return file_use(file, program);
}

HOOK(mmap_file, RESIDENT_LSM_FILES, RESIDENT_FMOD_FILES, PARAMS(struct file *file), file)
{
	return file_use(file, program);
}

/*
 * migrate_pages(2) asks here, for any process, itself included. move_pages(2) does too, but only
 * for others, and also if it is no more than a query: it is decided at its entry. Which of the two
 * it is says the number of the system call, of whatever ABI: none of these numbers is the other's
 * in another one.
 */
static __always_inline bool is_move_pages(void)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &regs->orig_rax);
	switch ((__u32)number) {
	case 279: /* x86_64 */
	case 533 | 0x40000000: /* x32 */
	case 317: /* i386 */
		return true;
	default:
		return false;
	}
}

HOOK(task_movememory, RESIDENT_LSM_MIGRATE, RESIDENT_FMOD_MIGRATE, PARAMS(struct task_struct *task),
     task)
{
	struct resident_member *member = member_current();

	if (is_free(member, program) || is_move_pages())
		return 0;
	return decide(member, program, MPOL_ACT_MIGRATE, 0);
}

/* Members load, open and detach no programs. */
HOOK(bpf, 0, 0, PARAMS(int cmd), cmd)
{
	return is_guarded(member_current()) ? -EPERM : 0;
}

/*
 * What keeps the programs attached are names in a bpf file system, which belong to root, with or
 * without a capability. So members take none away, make none and move none, nor do they let others
 * in.
 */
static __always_inline long names_change(struct inode *folder)
{
	struct resident_member *member = member_current();

	if (!member && !any_attached())
		return 0;
	if (BPF_CORE_READ(folder, i_sb, s_magic) != BPF_FS_MAGIC)
		return 0;
	return is_guarded(member) ? -EPERM : 0;
}

HOOK(inode_unlink, 0, 0, PARAMS(struct inode *folder), folder)
{
	return names_change(folder);
}

HOOK(inode_rmdir, 0, 0, PARAMS(struct inode *folder), folder)
{
	return names_change(folder);
}

HOOK(inode_rename, 0, 0, PARAMS(struct inode *folder), folder)
{
	return names_change(folder);
}

HOOK(inode_mkdir, 0, 0, PARAMS(struct inode *folder), folder)
{
	return names_change(folder);
}

HOOK(inode_symlink, 0, 0, PARAMS(struct inode *folder), folder)
{
	return names_change(folder);
}

/* The last argument but one is the dentry: some kernels have a mount's ids before it. */
static __always_inline long inode_setattr(unsigned long long *ctx)
{
	__u64 dentry = 0;

	if (!member_current() && !any_attached())
		return 0;
	bpf_get_func_arg(ctx, bpf_get_func_arg_cnt(ctx) - 2, &dentry);
	return names_change(BPF_CORE_READ((struct dentry *)dentry, d_inode));
}

SEC("lsm/inode_setattr")
long lsm_inode_setattr(unsigned long long *ctx)
{
	return bounded(inode_setattr(ctx));
}

SEC("fmod_ret/security_inode_setattr")
long fmod_inode_setattr(unsigned long long *ctx)
{
	return bounded(inode_setattr(ctx));
}

/* Nor do they act through those who are free: the other must be under all that we are under. */
HOOK(ptrace_access_check, 0, 0, PARAMS(struct task_struct *child, unsigned int mode), child, mode)
{
	struct resident_member *mine, *other;
	__u32 i;

	if (!(mode & PTRACE_MODE_ATTACH))
		return 0;
	mine = member_current();
	if (!mine)
		return 0;
	other = member_find((__u64)child);
	if (!other || other->depth < mine->depth)
		return -EPERM;
	for (i = 0; i < RESIDENT_STACK; i++) {
		if (i >= mine->depth)
			break;
		if (mine->layer[i] != other->layer[i])
			return -EPERM;
	}
	return 0;
}

/*
 * The entries of the system calls, which some kernels let us decide: registers only, so whatever is
 * behind a pointer is not seen. Those of i386 have their arguments in other ones.
 */
static __always_inline long entry(struct resident_member *member, const struct pt_regs *regs,
				  __u32 syscall, __u32 program, bool i386)
{
	struct mpol_call call;
	__u64 args[6];

	if (i386) {
		args[0] = (__u32)regs->rbx;
		args[1] = (__u32)regs->rcx;
		args[2] = (__u32)regs->rdx;
		args[3] = (__u32)regs->rsi;
		args[4] = (__u32)regs->rdi;
		args[5] = (__u32)regs->rbp;
	} else {
		args[0] = regs->rdi;
		args[1] = regs->rsi;
		args[2] = regs->rdx;
		args[3] = regs->r10;
		args[4] = regs->r8;
		args[5] = regs->r9;
	}
	mpol_decode(syscall, args, &call);
	return decide(member, program, call.act, SETTING(call.mode, call.mbind_flags));
}

#define ENTRY(prefix, call, syscall, program, i386)                          \
	SEC("fmod_ret/" #prefix #call)                                       \
	long BPF_PROG(entry##prefix##call, const struct pt_regs *regs)       \
	{                                                                    \
		struct resident_member *member = member_current();           \
		if (is_free(member, program))                                \
			return 0;                                            \
		return bounded(entry(member, regs, syscall, program, i386)); \
	}

/*
 * By kprobe, which runs with preemption off. The function's own first argument is where the
 * registers of the system call are.
 */
static __always_inline int probe(struct pt_regs *ctx, __u32 syscall, __u32 program, bool i386)
{
	struct resident_member *member = member_current();
	struct pt_regs regs;
	long answer;

	if (is_free(member, program))
		return 0;
	/* Without them nobody can tell what is asked for. */
	if (bpf_probe_read_kernel(&regs, sizeof(regs), (void *)PT_REGS_PARM1(ctx)))
		answer = -EPERM;
	else
		answer = bounded(entry(member, &regs, syscall, program, i386));
	if (answer)
		bpf_override_return(ctx, answer);
	return 0;
}

#define PROBE(prefix, call, syscall, program, i386)        \
	SEC("kprobe/" #prefix #call)                       \
	int probe##prefix##call(struct pt_regs *ctx)       \
	{                                                  \
		return probe(ctx, syscall, program, i386); \
	}

#define ENTRIES(call, syscall, fmod_ret, kprobe)                                  \
	ENTRY(__x64_sys_, call, syscall, fmod_ret, false) /* and x32 */           \
	ENTRY(__ia32_sys_, call, syscall, fmod_ret, true)                         \
	ENTRY(__ia32_compat_sys_, call, syscall, fmod_ret, true) /* until 5.15 */ \
	PROBE(__x64_sys_, call, syscall, kprobe, false)                           \
	PROBE(__ia32_sys_, call, syscall, kprobe, true)                           \
	PROBE(__ia32_compat_sys_, call, syscall, kprobe, true)

RESIDENT_ENTRIES(ENTRIES)
