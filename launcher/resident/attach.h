/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layers on cgroups. What is attached to which cgroup is the resident's to know, in the kernel: by
 * its verbs alone a layer holds for a cgroup, since all programs look for its number. Where the
 * kernel lets a cgroup have programs of its own (lsm_cgroup), they are attached to it besides, get
 * the layers into its storage, and only then decide in place of the others. So whoever is killed in
 * the middle leaves a cgroup that is covered, and is covered by its number.
 *
 * As root, in any phase in which bpf(2) and the resident's pins can be reached. Where they cannot,
 * the number it is.
 */
#ifndef MPOLRUN_RESIDENT_ATTACH_H
#define MPOLRUN_RESIDENT_ATTACH_H

#include <stdint.h>

#include "resident_abi.h"

/* How it came out; for people, as nothing depends on it. */
struct attach_report {
	uint32_t programs; /* of RESIDENT_BY_CGROUP: those that the cgroup has of its own */
	int why; /* -errno, of what kept it from having them all; 0 where there are none to have */
};

/* The programs' names, which are those of their pins and of their hooks; NULL ends them. */
#define ATTACH_SECTION "lsm_cgroup/"
extern const struct attach_program {
	const char *hook;
	const char *name; /* as the kernel shows it */
	uint32_t program;
} attach_programs[];

/*
 * Attach a layer to @cgroup, an fd of its folder: by RESIDENT_ATTACH, of .key, or by
 * RESIDENT_CREATE_AND_ATTACH. The errnos of the verbs. *ret, unless NULL, is set on success.
 */
int resident_attach(enum resident_verb verb, const struct resident_request *request, int cgroup,
		    struct attach_report *ret);

/* End that of the layer of .key, or, if it is zero, of all. -ENOENT: it is not attached there. */
int resident_detach(const struct resident_request *request, int cgroup);

/* Give @cgroup, if it needs any, the programs that are pinned now, and take the others away. */
int resident_attach_again(int cgroup);

/* Take from @cgroup the programs of ours. */
void attach_forget(int cgroup);

/* What kept a cgroup from having programs of its own. */
const char *attach_why_text(int err);

#endif
