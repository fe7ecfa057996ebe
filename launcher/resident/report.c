/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "pins.h"

#define PIN PINS_MAPS "/report"

static int report_open(void)
{
	_cleanup_close_ int fd = bpf_obj_get(PIN);
	struct bpf_map_info info = {.type = 0};
	__u32 size = sizeof(info);

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ||
	    info.value_size != sizeof(struct resident_load_report))
		return -ENOENT;
	return TAKE_FD(fd);
}

int report_keep(const struct resident_load_report *report)
{
	_cleanup_close_ int fd = report_open();
	const __u32 zero = 0;
	int r;

	if (fd < 0) {
		(void)unlink(PIN);
		fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "mpolrun_report", sizeof(zero),
				    sizeof(*report), 1, NULL);
		if (fd < 0)
			return fd;
		r = bpf_obj_pin(fd, PIN);
		if (r < 0)
			return r;
	}
	return bpf_map_update_elem(fd, &zero, report, BPF_ANY);
}

int report_read(struct resident_load_report *ret)
{
	_cleanup_close_ int fd = report_open();
	struct resident_load_report report;
	const __u32 zero = 0;
	int r;

	if (fd < 0)
		return fd;
	r = bpf_map_lookup_elem(fd, &zero, &report);
	if (r < 0)
		return r;
	/*
	 * Root's memory, and yet not ours: what is shown ends, and no count goes beyond its list.
	 */
	if (report.n_without > RESIDENT_PROGRAM_BITS || report.n_refused > RESIDENT_REFUSED_MAX)
		return -ENOENT;
	*ret = report;
	return 0;
}
