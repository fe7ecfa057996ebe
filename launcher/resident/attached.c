/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attached.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "pins.h"

/* Three commands of bpf(2): who asks for no more needs no library. -errno. */
static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	int r = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : r;
}

static int open_map(const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	return bpf(BPF_OBJ_GET, &attr);
}

static int look_up(int map, const void *key, void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (__u32)map;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	return bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

static int next_key(int map, const void *key, void *next)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (__u32)map;
	attr.key = (uintptr_t)key;
	attr.next_key = (uintptr_t)next;
	return bpf(BPF_MAP_GET_NEXT_KEY, &attr);
}

/* Its attachments of layer @id; 0: of all. */
static uint32_t count_layer(const struct resident_cgroup *cgroup, uint32_t id)
{
	uint32_t i, n = 0;

	for (i = 0; i < RESIDENT_STACK; i++)
		n += id ? cgroup->layer[i] == id : cgroup->layer[i] != 0;
	return n;
}

int resident_cgroups(const struct resident_key *key, int (*f)(uint64_t id, void *data), void *data)
{
	_cleanup_close_ int keys = open_map(PINS_MAPS "/install_keys"), map = -EBADF;
	struct resident_cgroup cgroup;
	__u64 *from = NULL, id, last;
	__u32 layer = 0;
	int r;

	map = open_map(PINS_MAPS "/cgroups");
	if (keys < 0 || map < 0)
		return keys < 0 ? keys : map;
	if (key && look_up(keys, key, &layer) < 0)
		return -EKEYREJECTED;
	while (next_key(map, from, &id) == 0) {
		last = id;
		from = &last;
		if (look_up(map, &id, &cgroup) < 0 || !count_layer(&cgroup, layer))
			continue;
		r = f(id, data);
		if (r)
			return r;
	}
	return 0;
}

int resident_attached(uint32_t *ret)
{
	_cleanup_close_ int map = open_map(PINS_MAPS "/attached");
	struct resident_attached attached;
	const __u32 zero = 0;
	uint32_t i, n = 0;
	int r;

	if (map < 0)
		return map;
	r = look_up(map, &zero, &attached);
	if (r < 0)
		return r;
	for (i = 0; i < RESIDENT_LEVELS; i++)
		n += attached.count[RESIDENT_CLASS_ALL][i];
	*ret = n;
	return 0;
}
