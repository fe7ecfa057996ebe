/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The few calls of bpf(2) that a launch makes, without a library. 0, an fd that is the caller's, or
 * -errno.
 */
#ifndef MPOLRUN_RESIDENT_SYS_BPF_H
#define MPOLRUN_RESIDENT_SYS_BPF_H

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return r < 0 ? -errno : (int)r;
}

static inline int sys_bpf_get(const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	return sys_bpf(BPF_OBJ_GET, &attr);
}

static inline int sys_bpf_pin(int fd, const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.bpf_fd = (uint32_t)fd;
	attr.pathname = (uintptr_t)path;
	return sys_bpf(BPF_OBJ_PIN, &attr);
}

/* @value: what @cmd takes in the place of the value, the next key for BPF_MAP_GET_NEXT_KEY too. */
static inline int sys_bpf_element(enum bpf_cmd cmd, int map, const void *key, const void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	return sys_bpf(cmd, &attr);
}

static inline int sys_bpf_lookup(int map, const void *key, void *value)
{
	return sys_bpf_element(BPF_MAP_LOOKUP_ELEM, map, key, value);
}

static inline int sys_bpf_next_key(int map, const void *key, void *next)
{
	return sys_bpf_element(BPF_MAP_GET_NEXT_KEY, map, key, next);
}

static inline int sys_bpf_update(int map, const void *key, const void *value)
{
	return sys_bpf_element(BPF_MAP_UPDATE_ELEM, map, key, value);
}

/* Beside others; -EINVAL also if it is there already. */
static inline int sys_bpf_attach(int program, int cgroup)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_LSM_CGROUP;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	return sys_bpf(BPF_PROG_ATTACH, &attr);
}

/* As above, for as long as somebody has the link. */
static inline int sys_bpf_link(int program, int cgroup)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.target_fd = (uint32_t)cgroup;
	attr.link_create.attach_type = BPF_LSM_CGROUP;
	return sys_bpf(BPF_LINK_CREATE, &attr);
}

static inline int sys_bpf_detach(int program, int cgroup)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_LSM_CGROUP;
	return sys_bpf(BPF_PROG_DETACH, &attr);
}

/*
 * The ids of the lsm_cgroup programs of @cgroup: how many, at most @max. Of these the kernel says
 * nothing to those who do not ask for @flags, too.
 */
static inline int sys_bpf_query(int cgroup, uint32_t *ids, uint32_t *flags, uint32_t max)
{
	union bpf_attr attr;
	int r;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup;
	attr.query.attach_type = BPF_LSM_CGROUP;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_attach_flags = (uintptr_t)flags;
	attr.query.prog_cnt = max;
	r = sys_bpf(BPF_PROG_QUERY, &attr);
	return r < 0 ? r : (int)attr.query.prog_cnt;
}

static inline int sys_bpf_program_info(int program, struct bpf_prog_info *ret)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memset(ret, 0, sizeof(*ret));
	attr.info.bpf_fd = (uint32_t)program;
	attr.info.info_len = sizeof(*ret);
	attr.info.info = (uintptr_t)ret;
	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

static inline int sys_bpf_program_of_id(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

#endif
