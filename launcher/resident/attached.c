/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attached.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "pins.h"
#include "sys_bpf.h"

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
	_cleanup_close_ int keys = sys_bpf_get(PINS_MAPS "/install_keys"), map = -EBADF;
	struct resident_cgroup cgroup;
	__u64 *from = NULL, id, last;
	__u32 layer = 0;
	int r;

	map = sys_bpf_get(PINS_MAPS "/cgroups");
	if (keys < 0 || map < 0)
		return keys < 0 ? keys : map;
	if (key && sys_bpf_lookup(keys, key, &layer) < 0)
		return -EKEYREJECTED;
	while (sys_bpf_next_key(map, from, &id) == 0) {
		last = id;
		from = &last;
		if (sys_bpf_lookup(map, &id, &cgroup) < 0 || !count_layer(&cgroup, layer))
			continue;
		r = f(id, data);
		if (r)
			return r;
	}
	return 0;
}

int resident_attached(uint32_t *ret)
{
	_cleanup_close_ int map = sys_bpf_get(PINS_MAPS "/attached");
	struct resident_attached attached;
	const __u32 zero = 0;
	uint32_t i, n = 0;
	int r;

	if (map < 0)
		return map;
	r = sys_bpf_lookup(map, &zero, &attached);
	if (r < 0)
		return r;
	for (i = 0; i < RESIDENT_LEVELS; i++)
		n += attached.count[RESIDENT_CLASS_ALL][i];
	*ret = n;
	return 0;
}
