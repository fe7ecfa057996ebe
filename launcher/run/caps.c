/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

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
		char *c, all[128];

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

bool caps_spare_nnp(uint64_t effective)
{
	return (effective & MASK(CAP_SYS_ADMIN)) && (effective & MASK(CAP_SETPCAP));
}

struct sets {
	uint64_t effective, permitted, inheritable;
};

/*
 * capget(2) writes what it says, so that a filter above which answers in its place is found out: what
 * is effective is permitted, or nothing was written.
 */
static int sets_get(struct sets *ret)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{UINT32_MAX, 0, 0},
									{UINT32_MAX, 0, 0}};

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	if ((data[0].effective & ~data[0].permitted) || (data[1].effective & ~data[1].permitted))
		return -EPROTO;
	ret->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	ret->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	ret->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
	return 0;
}

static int sets_set(const struct sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{(uint32_t)sets->effective, (uint32_t)sets->permitted, (uint32_t)sets->inheritable},
		{(uint32_t)(sets->effective >> 32), (uint32_t)(sets->permitted >> 32),
		 (uint32_t)(sets->inheritable >> 32)},
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int caps_forbid(uint64_t drop)
{
	struct sets sets;
	size_t i;
	int r = sets_get(&sets);

	if (r < 0)
		return r;
	for (i = 0; i < ELEMENTSOF(droppable); i++) {
		unsigned long cap = (unsigned long)droppable[i].value;

		if (!(drop & MASK(cap)))
			continue;
		/* Ambient first: it is lowered with the inheritable set, but not on every kernel. */
		if ((sets.inheritable & MASK(cap)) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, cap, 0, 0) < 0)
			return -errno;
		/* One that this kernel does not know is not in the set. */
		if ((sets.effective & MASK(CAP_SETPCAP)) &&
		    prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1 &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -errno;
	}
	if (!(sets.inheritable & drop))
		return 0;
	sets.inheritable &= ~drop;
	return sets_set(&sets);
}

int caps_drop(uint64_t drop)
{
	struct sets sets;
	int r = sets_get(&sets);

	if (r == 0 && (sets.permitted & drop)) {
		sets.effective &= ~drop;
		sets.permitted &= ~drop;
		r = sets_set(&sets);
		if (r == 0)
			r = sets_get(&sets);
	}
	if (r < 0)
		return r;
	return ((sets.permitted | sets.inheritable) & drop) ? -EPROTO : 0;
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
