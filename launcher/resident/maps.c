/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "events_abi.h"
#include "pins.h"
#include "resident_bpf.skel.h"

/* Nodes that the machine can ever have; all that a mask has room for where it does not say. */
static uint32_t nodes_words(void)
{
	__u64 nodes[MPOL_NODES_WORDS];
	uint32_t words = MPOL_NODES_WORDS;
	char text[256] = "";
	FILE *f = fopen("/sys/devices/system/node/possible", "re");

	if (!f)
		return words;
	if (fgets(text, sizeof(text), f)) {
		text[strcspn(text, "\n")] = '\0';
		if (text_to_bitmap(text, nodes, MPOL_NODES_WORDS) == 0)
			while (words > 1 && !nodes[words - 1])
				words--;
	}
	(void)fclose(f);
	return words;
}

int maps_prepare(struct resident_bpf *skeleton, const struct control_limits *limits,
		 struct fault *fault)
{
	struct bpf_map *map;
	char path[PINS_PATH_MAX];
	int r = 0;

	skeleton->rodata->nodes_words = nodes_words();
	bpf_object__for_each_map(map, skeleton->obj)
	{
		const char *name = bpf_map__name(map);
		_cleanup_close_ int fd = -EBADF;

		if (map == skeleton->maps.data_attached)
			name = "attached"; /* no name of a pin has a dot */
		else if (map == skeleton->maps.data_telling)
			name = "telling";
		else if (bpf_map__is_internal(map) || map == skeleton->maps.scratch)
			continue;
		if (map == skeleton->maps.cgroup_layers && !bpf_map__autocreate(map))
			continue;
		(void)snprintf(path, sizeof(path), PINS_MAPS "/%s", name);
		fd = bpf_obj_get(path);
		if (map == skeleton->maps.cgroup_layers) {
			r = 0; /* as many as there are cgroups */
		} else if (fd >= 0) {
			struct bpf_map_info info = {.type = 0};
			__u32 size = sizeof(info);

			r = bpf_obj_get_info_by_fd(fd, &info, &size);
			if (r == 0)
				r = bpf_map__set_max_entries(map, info.max_entries);
		} else if (map == skeleton->maps.allowed) {
			r = bpf_map__set_max_entries(map, limits->layers * RESIDENT_STRIPES);
		} else if (map == skeleton->maps.members) {
			r = bpf_map__set_max_entries(map, limits->members);
		} else if (map != skeleton->maps.control && map != skeleton->maps.sieve &&
			   map != skeleton->maps.data_attached &&
			   map != skeleton->maps.data_telling && map != skeleton->maps.events) {
			r = bpf_map__set_max_entries(map, limits->layers);
		}
		if (r == 0)
			r = bpf_map__set_pin_path(map, path);
		if (r == 0 && map == skeleton->maps.layers)
			skeleton->rodata->layers_mask = bpf_map__max_entries(map) - 1;
		if (r < 0)
			return fault_set(fault, r, "map %s: %s", name, strerror(-r));
	}
	return 0;
}
