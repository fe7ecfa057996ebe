/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An enforcer: one mechanism's part of a launch, in two steps. One file per mechanism exports one
 * table; run/ walks them in the order of `enforcers`.
 */
#ifndef MPOLRUN_ENFORCER_H
#define MPOLRUN_ENFORCER_H

#include <linux/filter.h>

#include "base/fault.h"
#include "layer/layer_resident.h"
#include "plan/plan.h"
#include "resident.h"
#include "seccomp_compile.h"

/* The part of a live layer. */
struct notify_enforcement {
	struct sock_filter filter[SECCOMP_PROGRAM_MAX];
	size_t filter_len;
	__u32 calls; /* 1 << enum mpol_syscall: those that the filter hands over */
	bool fixed; /* the layer is a static one, that is watched */
	int socket; /* to the supervisor that waits for the listener; see notify_open() */
};

/* What prepare() leaves for enter(): plain data, nothing to free. */
struct enforcement {
	struct resident_enforcement resident;
	enum mechanism resident_entered_by; /* and not once more for the others of it */
	uint32_t counts; /* as in struct watch; set before prepare() */
	struct seccomp_seal seal; /* of the filter; none: enter() takes the kernel at its word */
	bool kernel_log; /* the kernel's audit log is told of what the filter does not allow */
	size_t filter_len; /* 0: none */
	struct sock_filter filter[SECCOMP_PROGRAM_MAX];
	struct notify_enforcement notify; /* of no content until notify's prepare() */
};

struct enforcer {
	enum mechanism mechanism;
	/*
	 * Work out what will be installed. Phase: before anything in this process was changed; may
	 * allocate and fail with a sentence. @audit: refuse nothing, report instead.
	 */
	int (*prepare)(const struct plan *plan, bool audit, struct enforcement *enforcement,
		       struct fault *fault);
	/*
	 * Install it on the calling thread. Phase: the very last one before execve(2), with
	 * no_new_privs or CAP_SYS_ADMIN. Async-signal-safe. -errno; half-entered never happens.
	 */
	int (*enter)(const struct enforcement *enforcement);
	/* What an errno of enter() means here, as a sentence; NULL: what strerror(3) says. */
	const char *(*why)(int err);
};

extern const struct enforcer lsm_enforcer;
extern const struct enforcer fmod_ret_enforcer;
extern const struct enforcer kprobe_enforcer;
extern const struct enforcer seccomp_enforcer;
extern const struct enforcer notify_enforcer;

/* The rules that the plan gave to seccomp. -EOPNOTSUPP on a processor whose calls are not known. */
int seccomp_rules(const struct plan *plan, bool audit, struct mpol_rules *ret, struct fault *fault);

/*
 * In the place of seccomp's prepare(): refusals are decided by a supervisor, who can tell of them,
 * and calls that are allowed by the filter as ever. Then notify_open(), and both notify and seccomp
 * are entered.
 */
int notify_prepare_watched(const struct plan *plan, bool audit, struct enforcement *enforcement,
			   struct fault *fault);

/*
 * Make ready to enter a live layer whose supervisor waits at @socket for a listener of @calls, in
 * the place of those that prepare() took from the plan. Before this process is changed. -errno
 */
int notify_open(struct enforcement *enforcement, __u32 calls, int socket);

/*
 * Let the layer in the resident that will be made have @keys; or join the one of @install instead.
 */
void resident_make(struct enforcement *enforcement, const struct layer_keys *keys);
void resident_join(struct enforcement *enforcement, const struct ticket_key *install, __u32 owner,
		   __u64 generation);

#endif
