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

static __always_inline __u32 *levels_word(__u32 cls)
{
	return cls == RESIDENT_CLASS_ALL ? &attached.levels : &attached.by_number[cls];
}

/* One more cgroup at @level, or one less, whose attachments the programs of @cls look for. */
static __always_inline void level_count(__u32 cls, __u32 level, int n)
{
	level &= RESIDENT_LEVELS - 1;
	__sync_fetch_and_add(&attached.count[cls][level], n);
	if (n > 0)
		__sync_fetch_and_or(levels_word(cls), 1U << level);
}

/* By whoever runs alone: a level at which nothing is attached any more is not looked at. */
static __always_inline void level_forget(__u32 level)
{
	__u32 cls;

	level &= RESIDENT_LEVELS - 1;
#pragma clang loop unroll(full)
	for (cls = 0; cls < RESIDENT_CLASSES; cls++)
		if (!*(volatile __u32 *)&attached.count[cls][level])
			__sync_fetch_and_and(levels_word(cls), ~(1U << level));
}

/* Whether the programs of @cls have to look for a cgroup in @state. */
static __always_inline bool is_looked_for(__u32 state, __u32 cls)
{
	if (!(state & RESIDENT_CGROUP_USED))
		return false;
	return cls == RESIDENT_CLASS_ALL || !(state >> cls & 1);
}

/*
 * The state of @cgroup becomes @state, unless it has ended: the one before. Global, as the others
 * here, so that the verifier reads it once.
 */
__noinline __u32 cgroup_turn(struct resident_cgroup *cgroup, __u32 state)
{
	__u32 old = RESIDENT_CGROUP_GONE, cls, i;

	if (!cgroup)
		return old;
	/* Nobody comes before us but who ends it. */
	for (i = 0; i < 2; i++) {
		old = *(volatile __u32 *)&cgroup->state;
		if (old == RESIDENT_CGROUP_GONE)
			return old;
#pragma clang loop unroll(full)
		for (cls = 0; cls < RESIDENT_CLASSES; cls++)
			if (is_looked_for(state, cls) && !is_looked_for(old, cls))
				level_count(cls, cgroup->level, 1);
		if (__sync_val_compare_and_swap(&cgroup->state, old, state) == old)
			break;
#pragma clang loop unroll(full)
		for (cls = 0; cls < RESIDENT_CLASSES; cls++)
			if (is_looked_for(state, cls) && !is_looked_for(old, cls))
				level_count(cls, cgroup->level, -1);
	}
#pragma clang loop unroll(full)
	for (cls = 0; cls < RESIDENT_CLASSES; cls++)
		if (!is_looked_for(state, cls) && is_looked_for(old, cls))
			level_count(cls, cgroup->level, -1);
	return old;
}

/*
 * Take layer @id, or any if it is 0, out of a slot: 1 if it was there. Apart, or the verifier would
 * count them, and follow each number.
 */
__noinline int slot_clear(struct resident_cgroup *cgroup, __u32 slot, __u32 id)
{
	__u32 old;

	if (!cgroup || slot >= RESIDENT_STACK)
		return 0;
	old = *(volatile __u32 *)&cgroup->layer[slot];
	if (!old || (id && old != id) ||
	    __sync_val_compare_and_swap(&cgroup->layer[slot], old, 0) != old)
		return 0;
	layer_release(old);
	return 1;
}

/* From all slots: how many there were. Inline: the calls go as deep as they may. */
static __always_inline int slots_clear(struct resident_cgroup *cgroup, __u32 id)
{
	__u32 i, cleared = 0;

	for (i = 0; i < RESIDENT_STACK; i++)
		cleared += slot_clear(cgroup, i, id);
	return cleared;
}

static __always_inline bool slots_are_empty(const struct resident_cgroup *cgroup)
{
	__u32 i, any = 0;

	for (i = 0; i < RESIDENT_STACK; i++)
		any |= *(volatile __u32 *)&cgroup->layer[i];
	return !any;
}

/* The slot for layer @id, -EEXIST or -E2BIG. */
__noinline int slot_find(const struct resident_cgroup *cgroup, __u32 id)
{
	int i, found = -E2BIG;

	if (!cgroup)
		return -EAGAIN;
	for (i = 0; i < RESIDENT_STACK; i++) {
		__u32 there = *(volatile __u32 *)&cgroup->layer[i];

		if (there == id)
			return -EEXIST;
		if (!there && found < 0)
			found = i;
	}
	return found;
}

/*
 * What is attached to a cgroup that is removed goes, by whoever turns it first, and its entry after
 * that: the entry of another that comes into its place is not touched. Inline, as above.
 */
static __always_inline void cgroup_end(struct resident_cgroup *cgroup, __u64 key)
{
	if (cgroup_turn(cgroup, RESIDENT_CGROUP_GONE) == RESIDENT_CGROUP_GONE)
		return;
	slots_clear(cgroup, 0);
	bpf_map_delete_elem(&cgroups, &key);
}

/* @address is that of the kernel's cgroup. Entries are made here alone, by one at a time. */
__noinline int cgroup_attach(__u32 id, __u64 address)
{
	struct cgroup *cgroup = (void *)address;
	struct resident_cgroup none = {0}, *entry;
	__u64 key = BPF_CORE_READ(cgroup, kn, id);
	int slot, r;

	none.level = BPF_CORE_READ(cgroup, level);
	if (!none.level || none.level >= RESIDENT_LEVELS)
		return -ERANGE;
	r = bpf_map_update_elem(&cgroups, &key, &none, BPF_NOEXIST);
	if (r && r != -EEXIST)
		return -ENOSPC;
	entry = bpf_map_lookup_elem(&cgroups, &key);
	if (!entry)
		return -ESTALE;
	slot = slot_find(entry, id);
	if (slot < 0)
		return slot;
	r = layer_hold(id);
	if (r)
		return r;
	/* From now on found by its number, also what its own programs decided on before. */
	if (cgroup_turn(entry, RESIDENT_CGROUP_USED) != RESIDENT_CGROUP_GONE) {
		entry->version++;
		__sync_lock_test_and_set(&entry->layer[slot & (RESIDENT_STACK - 1)], id);
	} else {
		layer_release(id);
		return -ESTALE;
	}
	if (BPF_CORE_READ(cgroup, self.flags) & CSS_ONLINE)
		return RESIDENT_YES;
	/*
	 * Removed while we did it. Whoever ends it may have looked at that slot before; the entry
	 * is nobody else's while we run.
	 */
	cgroup_end(entry, key);
	slots_clear(entry, id);
	level_forget(none.level);
	return -ESTALE;
}

static __always_inline int attach_alone(__u32 id, struct cgroup *cgroup)
{
	int r;

	if (!(BPF_CORE_READ(cgroup, self.flags) & CSS_ONLINE))
		return -ESTALE;
	if (!attach_begin())
		return -EAGAIN;
	r = cgroup_attach(id, (__u64)cgroup);
	attach_end();
	return r;
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
	return cgroup ? attach_alone(id, cgroup) : -EBADF;
}

int request_check(struct scratch *s);

/* A layer that lives as long as it is attached, or has members. */
static __noinline int verb_create_and_attach(struct scratch *s)
{
	struct cgroup *cgroup;
	long id;
	int r;

	if (!is_host_root() || member_current())
		return -EPERM;
	r = request_check(s);
	if (r)
		return r;
	cgroup = cgroup_of_fd(s->request.field);
	if (!cgroup)
		return -EBADF;
	id = layer_make(&s->request, owner_current(), true, true);
	if (id < 0)
		return id;
	r = attach_alone(id, cgroup);
	layer_release(id);
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
	int r = -ENOENT;
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
	if (entry && (*(volatile __u32 *)&entry->state & RESIDENT_BY_CGROUP)) {
		r = -EBUSY;
	} else if (entry) {
		cleared = slots_clear(entry, id);
		entry->version++;
		if (cleared && slots_are_empty(entry))
			cgroup_turn(entry, 0);
		level_forget(entry->level);
		if (cleared)
			r = RESIDENT_YES | cleared;
	}
	attach_end();
	return r;
}

/*
 * Of the programs of its own that a cgroup has, which of them decide there, and nobody else does: a
 * set of RESIDENT_BY_CGROUP. Where that is not none, of what was attached by then (.part).
 */
static __noinline int verb_hand_over(struct scratch *s)
{
	__u32 programs = s->request.deciders;
	struct resident_cgroup *entry;
	struct cgroup *cgroup;
	int r = RESIDENT_YES;
	__u64 key;

	if (!is_host_root() || member_current())
		return -EPERM;
	if (programs & ~RESIDENT_BY_CGROUP)
		return -EBADMSG;
	cgroup = cgroup_of_fd(s->request.field);
	if (!cgroup)
		return -EBADF;
	key = BPF_CORE_READ(cgroup, kn, id);
	if (!attach_begin())
		return -EAGAIN;
	entry = bpf_map_lookup_elem(&cgroups, &key);
	if (!entry || !(*(volatile __u32 *)&entry->state & RESIDENT_CGROUP_USED))
		r = -ENOENT;
	else if (programs && entry->version != s->request.part)
		r = -ESTALE;
	else if (cgroup_turn(entry, RESIDENT_CGROUP_USED | programs) == RESIDENT_CGROUP_GONE)
		r = -ENOENT;
	else
		level_forget(entry->level);
	attach_end();
	return r;
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
	cgroup_end(entry, key);
	if (attach_begin()) {
		level_forget(level);
		attach_end();
	}
	return 0;
}

#endif
