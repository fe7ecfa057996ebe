/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caps.h"

#include <errno.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "base/capabilities.h"
#include "base/cleanup.h"
#include "base/names.h"
#include "base/proc.h"

/* Newer than the headers of some distributions that we build on. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static const struct name droppable[] = {
	{"sys_admin", CAP_SYS_ADMIN, "cap_sys_admin", NULL},
	{"bpf", CAP_BPF, "cap_bpf", NULL},
	{"perfmon", CAP_PERFMON, "cap_perfmon", NULL},
	{"sys_module", CAP_SYS_MODULE, "cap_sys_module", NULL},
	{"sys_rawio", CAP_SYS_RAWIO, "cap_sys_rawio", NULL},
	{"sys_boot", CAP_SYS_BOOT, "cap_sys_boot", NULL},
	{"sys_ptrace", CAP_SYS_PTRACE, "cap_sys_ptrace", NULL},
	{"mac_admin", CAP_MAC_ADMIN, "cap_mac_admin", NULL},
	{"mknod", CAP_MKNOD, "cap_mknod", NULL},
};

#define MASK(cap) (UINT64_C(1) << (cap))

int caps_to_drop(const char *keep, uint64_t *ret, struct fault *fault)
{
	_cleanup_free_ char *words = NULL;
	char *word, *rest;
	uint64_t drop = 0;
	size_t i;

	for (i = 0; i < ELEMENTSOF(droppable); i++)
		drop |= MASK(droppable[i].value);

	words = strdup(keep ? keep : "");
	if (!words)
		return -ENOMEM;
	for (word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		const struct name *found;
		const char *nearest;
		char all[128], *c;

		for (c = word; *c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c - 'A' + 'a');
		found = name_find(droppable, ELEMENTSOF(droppable), word);
		if (found) {
			drop &= ~MASK(found->value);
			continue;
		}
		nearest = name_nearest(droppable, ELEMENTSOF(droppable), word);
		if (nearest)
			fault_hint(fault, "did you mean '%s'?", nearest);
		else
			fault_hint(fault, "those dropped, and so to be kept by name, are %s",
				   caps_text(UINT64_MAX, all, sizeof(all)));
		return fault_set(fault, -EINVAL,
				 "--keep-caps: '%s' is not a capability that is dropped", word);
	}
	*ret = drop;
	return 0;
}

static bool has(cap_t caps, cap_flag_t set, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;

	return cap_get_flag(caps, cap, set, &value) == 0 && value == CAP_SET;
}

static void cleanup_cap(cap_t *caps)
{
	if (*caps)
		cap_free(*caps);
}

static int clear_in(uint64_t drop, const cap_flag_t *sets, size_t n_sets)
{
	_cleanup_(cleanup_cap) cap_t caps = cap_get_proc();
	bool changed = false;
	size_t i, k;

	if (!caps)
		return -errno;
	for (i = 0; i < ELEMENTSOF(droppable); i++) {
		cap_value_t cap = droppable[i].value;

		if (!(drop & MASK(cap)) || !CAP_IS_SUPPORTED(cap))
			continue;
		for (k = 0; k < n_sets; k++) {
			if (!has(caps, sets[k], cap))
				continue;
			if (cap_set_flag(caps, sets[k], 1, &cap, CAP_CLEAR) < 0)
				return -errno;
			changed = true;
		}
	}
	if (changed && cap_set_proc(caps) < 0)
		return -errno;
	return 0;
}

/* Asked anew each time: a filter above may have answered in the kernel's place. */
static bool held(uint64_t caps)
{
	struct capabilities now;

	if (capabilities_get(&now) < 0)
		return true;
	return (now.permitted | now.effective | now.inheritable) & caps;
}

int caps_forbid(uint64_t drop)
{
	static const cap_flag_t inheritable[] = {CAP_INHERITABLE};
	_cleanup_(cleanup_cap) cap_t caps = NULL;
	bool setpcap;
	size_t i;

	/* The ambient ones are held too, and the bounding set is for who holds CAP_SETPCAP. */
	if (!held(drop | MASK(CAP_SETPCAP)))
		return 0;
	caps = cap_get_proc();
	if (!caps)
		return -errno;
	setpcap = has(caps, CAP_EFFECTIVE, CAP_SETPCAP);
	for (i = 0; i < ELEMENTSOF(droppable); i++) {
		cap_value_t cap = droppable[i].value;

		if (!(drop & MASK(cap)) || !CAP_IS_SUPPORTED(cap))
			continue;
		/*
		 * Ambient first: it is lowered with the inheritable set, but not on every kernel.
		 */
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, cap, 0, 0) < 0)
			return -errno;
		if (setpcap && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1 &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -errno;
	}
	return clear_in(drop, inheritable, ELEMENTSOF(inheritable));
}

int caps_drop(uint64_t drop)
{
	static const cap_flag_t sets[] = {CAP_PERMITTED, CAP_EFFECTIVE};
	int r;

	if (!held(drop))
		return 0;
	r = clear_in(drop, sets, ELEMENTSOF(sets));
	if (r < 0)
		return r;
	return held(drop) ? -EPROTO : 0;
}

bool caps_are_out_of_bounds(uint64_t caps)
{
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *line = NULL;
	unsigned long long bounding;
	size_t size = 0;

	if (proc_fopen_self("status", &f) < 0)
		return false;
	while (getline(&line, &size, f) > 0)
		if (sscanf(line, "CapBnd: %llx", &bounding) == 1)
			return !(bounding & caps);
	return false;
}

const char *caps_text(uint64_t mask, char *buf, size_t size)
{
	size_t length = 0, i;

	buf[0] = '\0';
	for (i = 0; i < ELEMENTSOF(droppable); i++)
		if (mask & MASK(droppable[i].value) && length < size)
			length += (size_t)snprintf(buf + length, size - length, "%s%s",
						   length ? " " : "", droppable[i].name);
	return buf;
}
