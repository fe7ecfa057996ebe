/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A container that runs, by its id: what crun, runc and podman write about theirs below /run. Any
 * phase; reads files, changes nothing.
 */
#ifndef MPOLRUN_OCI_CONTAINER_H
#define MPOLRUN_OCI_CONTAINER_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"

/* Who keeps what in which form. */
enum oci_form {
	OCI_FORM_CRUN, /* ID/status */
	OCI_FORM_RUNC, /* ID/state.json */
	OCI_FORM_PODMAN, /* ID/userdata/pidfile, of podman's or CRI-O's storage */
	OCI_FORMS,
};

struct oci_container {
	char file[PATH_MAX]; /* that says so */
	pid_t pid;
	uint64_t started; /* in clock ticks since boot, as /proc/PID/stat has it; 0: not said */
	/* "/machine.slice/...", below the mount of the v2 hierarchy or with it; "": not said */
	char cgroup[PATH_MAX];
};

/* Take @text for such a file; .file is left alone. Pure. -EINVAL with a sentence. */
int oci_container_parse(enum oci_form form, const char *text, size_t len, struct oci_container *ret,
			struct fault *fault);

/*
 * Find the container that is called @id, or whose id alone begins with it, in the folder @root, or
 * where @root is NULL in those that runtimes use for root. Nothing is asked of the process.
 *   -EINVAL   no id, or a file that is not what its runtime would write
 *   -ENOENT   there is none;  -ENOTUNIQ  it may be one of several
 */
int oci_container_find(const char *root, const char *id, struct oci_container *ret,
		       struct fault *fault);

#endif
