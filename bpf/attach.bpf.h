/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs that attach a layer to a cgroup and detach it, and what happens when a cgroup goes. One
 * of them runs at a time; the end of a cgroup waits for nobody. So whoever takes a layer out of a
 * slot, which only one can, is the one who counts it.
 *
 * An attachment holds its layer as a member does: removed by its owner, it lives on where root
 * attached it.
 */
#ifndef ATTACH_BPF_H
#define ATTACH_BPF_H

#include "cgroup.bpf.h"
#include "request.bpf.h"

#define CSS_ONLINE 2
#define CGROUP2_MAGIC 0x63677270
#define S_IFDIR 0040000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	void *priv;
	__u64 id;
};

struct cgroup_subsys_state {
	unsigned int flags;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct cgroup_subsys_state self;
	int level;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct___files {
	struct files_struct *files;
};

struct inode___private {
	void *i_private;
};

#pragma clang attribute pop

/*
 * The cgroup whose folder the caller has open as @fd; NULL. What is behind an fd, only root may
 * ask.
 */
static __always_inline struct cgroup *cgroup_of_fd(__u32 fd)
{
	struct task_struct___files *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;
	struct kernfs_node *node;
	struct inode *inode;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	inode = BPF_CORE_READ(file, f_inode);
	if (BPF_CORE_READ(inode, i_sb, s_magic) != CGROUP2_MAGIC ||
	    (BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFDIR)
		return NULL;
	node = BPF_CORE_READ((struct inode___private *)inode, i_private);
	return BPF_CORE_READ(node, priv);
}

static __always_inline bool is_host_root(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct cred *cred = BPF_CORE_READ(task, cred);

	return BPF_CORE_READ(cred, user_ns, level) == 0 &&
	       (cred_capabilities(cred) >> CAP_SYS_ADMIN & 1);
}

static __always_inline bool attach_begin(void)
{
	return !__sync_lock_test_and_set(&attached.busy, 1);
}

static __always_inline void attach_end(void)
{
	__sync_lock_test_and_set(&attached.busy, 0);
}

static __always_inline void level_count(__u32 level, int n)
{
	level &= RESIDENT_LEVELS - 1;
	if (n > 0) {
		__sync_fetch_and_add(&attached.count[level], n);
		__sync_fetch_and_or(&attached.levels, 1U << level);
	} else {
		__sync_fetch_and_add(&attached.count[level], n);
	}
}

/* By whoever runs alone: a level at which nothing is attached any more is not looked at. */
static __always_inline void level_forget(__u32 level)
{
	level &= RESIDENT_LEVELS - 1;
	if (!*(volatile __u32 *)&attached.count[level])
		__sync_fetch_and_and(&attached.levels, ~(1U << level));
}

/*
 * Take layer @id, or any if it is 0, out of the slots of the cgroup that is called @key: how many
 * there were. Global, as the others here, so that the verifier reads it once.
 */
__noinline int slots_clear(__u64 key, __u32 id)
{
	struct resident_cgroup *cgroup = bpf_map_lookup_elem(&cgroups, &key);
	__u32 i, cleared = 0;

	if (!cgroup)
		return 0;
	for (i = 0; i < RESIDENT_STACK; i++) {
		__u32 old = *(volatile __u32 *)&cgroup->layer[i];

		if (!old || (id && old != id))
			continue;
		if (__sync_val_compare_and_swap(&cgroup->layer[i], old, 0) != old)
			continue;
		level_count(cgroup->level, -1);
		layer_release(old);
		cleared++;
	}
	return cleared;
}

__noinline int slot_fill(__u64 key, __u32 id)
{
	struct resident_cgroup *cgroup = bpf_map_lookup_elem(&cgroups, &key);
	__u32 i;

	if (!cgroup)
		return -EAGAIN;
	for (i = 0; i < RESIDENT_STACK; i++)
		if (*(volatile __u32 *)&cgroup->layer[i] == id)
			return -EEXIST;
	for (i = 0; i < RESIDENT_STACK; i++)
		if (!__sync_val_compare_and_swap(&cgroup->layer[i], 0, id)) {
			level_count(cgroup->level, 1);
			return 0;
		}
	return -E2BIG;
}

/* @address is that of the kernel's cgroup. */
__noinline int cgroup_attach(__u32 id, __u64 address)
{
	struct cgroup *cgroup = (void *)address;
	struct resident_cgroup none = {0};
	__u64 key = BPF_CORE_READ(cgroup, kn, id);
	int r;

	none.level = BPF_CORE_READ(cgroup, level);
	if (!none.level || none.level >= RESIDENT_LEVELS)
		return -ERANGE;
	r = bpf_map_update_elem(&cgroups, &key, &none, BPF_NOEXIST);
	if (r && r != -EEXIST)
		return -ENOSPC;
	r = layer_hold(id);
	if (r)
		return r;
	r = slot_fill(key, id);
	if (r) {
		layer_release(id);
		return r;
	}
	/*
	 * Removed while we did it: whoever takes this away looked before, or will look, or we do.
	 */
	if (!(BPF_CORE_READ(cgroup, self.flags) & CSS_ONLINE)) {
		slots_clear(key, 0);
		bpf_map_delete_elem(&cgroups, &key);
		return -ESTALE;
	}
	return RESIDENT_YES;
}

static __noinline int verb_attach(struct scratch *s)
{
	struct resident_control *control = control_get();
	__u32 id = layer_of_key(&s->request);
	struct resident_layer *layer = layer_place(id);
	struct cgroup *cgroup;
	int r;

	if (!is_host_root() || member_current())
		return -EPERM;
	if (!id || !layer || !control)
		return -EKEYREJECTED;
	r = deciders_check(control, layer->policy[layer->generation & 1].deciders);
	if (r)
		return r;
	cgroup = cgroup_of_fd(s->request.field);
	if (!cgroup)
		return -EBADF;
	if (!(BPF_CORE_READ(cgroup, self.flags) & CSS_ONLINE))
		return -ESTALE;
	if (!attach_begin())
		return -EAGAIN;
	r = cgroup_attach(id, (__u64)cgroup);
	attach_end();
	return r;
}

/* For who joins layer @id, or is about to, and wants it attached. */
static __always_inline int attach_too(struct scratch *s, __u32 id)
{
	struct cgroup *cgroup;
	int r;

	if (!s->request.field)
		return 0;
	if (!is_host_root())
		return -EPERM;
	cgroup = cgroup_of_fd(s->request.field - 1);
	if (!cgroup)
		return -EBADF;
	if (!attach_begin())
		return -EAGAIN;
	r = cgroup_attach(id, (__u64)cgroup);
	attach_end();
	return r < 0 ? r : 0;
}

/* As layer_join(), and attach it first where the request asks for that. */
static __always_inline int attach_and_join(struct scratch *s, __u32 id, __u32 uid)
{
	int r = attach_too(s, id);
	struct cgroup *cgroup;

	if (r)
		return r;
	r = layer_join(id, uid);
	if (!r || !s->request.field)
		return r;
	cgroup = cgroup_of_fd(s->request.field - 1);
	if (cgroup)
		slots_clear(BPF_CORE_READ(cgroup, kn, id), id);
	return r;
}

/*
 * The entry stays until the cgroup goes: its place is used again when something is attached anew.
 */
static __noinline int verb_detach(struct scratch *s)
{
	__u32 id = layer_of_key(&s->request), cleared;
	struct resident_cgroup *entry;
	struct cgroup *cgroup;
	__u64 key;

	if (!is_host_root() || member_current())
		return -EPERM;
	if (!id && key_is_set(&s->request.key))
		return -EKEYREJECTED;
	cgroup = cgroup_of_fd(s->request.field);
	if (!cgroup)
		return -EBADF;
	key = BPF_CORE_READ(cgroup, kn, id);
	if (!attach_begin())
		return -EAGAIN;
	entry = bpf_map_lookup_elem(&cgroups, &key);
	if (!entry) {
		attach_end();
		return -ENOENT;
	}
	cleared = slots_clear(key, id);
	level_forget(entry->level);
	attach_end();
	return cleared ? RESIDENT_YES | cleared : -ENOENT;
}

struct attached_count {
	__u32 id, n;
};

static long count_cgroup(void *map, __u64 *key, struct resident_cgroup *cgroup,
			 struct attached_count *count)
{
	__u32 i;

	for (i = 0; i < RESIDENT_STACK; i++)
		count->n += cgroup->layer[i] == count->id;
	return 0;
}

/* To how many cgroups layer @id is attached. */
static __noinline __u32 layer_cgroups(__u32 id)
{
	struct attached_count count = {.id = id};

	if (any_attached())
		bpf_for_each_map_elem(&cgroups, count_cgroup, &count, 0);
	return count.n;
}

/* Of the v2 hierarchy: in others the same numbers are of other cgroups. */
SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(resident_cgroup_rmdir, struct cgroup *cgroup)
{
	struct resident_cgroup *entry;
	__u32 level;
	__u64 key;

	if (BPF_CORE_READ(cgroup, root, hierarchy_id))
		return 0;
	key = BPF_CORE_READ(cgroup, kn, id);
	entry = bpf_map_lookup_elem(&cgroups, &key);
	if (!entry)
		return 0;
	level = entry->level;
	slots_clear(key, 0);
	bpf_map_delete_elem(&cgroups, &key);
	if (attach_begin()) {
		level_forget(level);
		attach_end();
	}
	return 0;
}

#endif
