/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's types, as far as they are read: field by field, found in the running kernel by name.
 * Their order and whatever lies between does not matter.
 */
#ifndef KERNEL_TYPES_BPF_H
#define KERNEL_TYPES_BPF_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	unsigned int val;
} kuid_t;

struct user_namespace {
	struct user_namespace *parent;
	int level;
	kuid_t owner;
};

typedef struct {
	__u64 val; /* two halves of 32 bits before 6.3, in the same 8 bytes */
} kernel_cap_t;

struct cred {
	kuid_t uid;
	kernel_cap_t cap_effective;
	struct user_namespace *user_ns;
};

struct signal_struct {
	int nr_threads;
};

struct task_struct {
	unsigned long atomic_flags;
	struct signal_struct *signal;
	const struct cred *cred;
	int pid;
};

struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right, *rb_left;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct shared_policy {
	struct rb_root root;
};

struct mempolicy {
	unsigned short mode, flags;
	struct {
		unsigned long bits[1];
	} nodes;
};

struct sp_node {
	struct rb_node nd;
	struct mempolicy *policy;
};

struct super_block {
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
};

struct shmem_inode_info {
	struct shared_policy policy;
	struct inode vfs_inode;
};

struct ctl_table_header;

struct proc_inode {
	struct ctl_table_header *sysctl;
	struct inode vfs_inode;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
	struct inode *d_inode;
};

struct path {
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	struct path f_path;
	struct inode *f_inode;
};

struct file_system_type {
	const char *name;
};

struct fs_context {
	struct file_system_type *fs_type;
};

struct fs_parameter {
	const char *key;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

#endif
