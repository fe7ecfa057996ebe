/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this kernel, this container and this user can do: facts, found once, mostly by trying. Plain
 * data, so that the plan can be tested on hosts that were made up.
 */
#ifndef MPOLRUN_HOST_H
#define MPOLRUN_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/names.h"
#include "mpol_abi.h"
#include "profile/profile.h"
#include "verdict.h"

enum mechanism {
	MECH_LSM,
	MECH_FMOD_RET,
	MECH_SECCOMP,
	MECH_NOTIFY,
	MECH_LAUNCHER,
	MECH_COUNT,
};

#define MECH_BIT(mechanism) (UINT32_C(1) << (mechanism))
#define MECH_ALL (MECH_BIT(MECH_COUNT) - 1)

/* enum mechanism <-> "lsm", "fmod_ret", "seccomp", "notify", "launcher". */
extern const struct name mechanism_names[MECH_COUNT];

/* Whether a thing is to be had here, and if not why and what would change that. */
struct ability {
	bool ready;
	char why[160]; /* not ready: "kernel lacks CONFIG_FUNCTION_ERROR_INJECTION" */
	char fix[160]; /* what to do about it, or "" if nothing can be done here */
};

/* Things that cells of the plan's table ask for. */
enum host_feature {
	HOST_HOOK = 1 << 0, /* the kernel has the set_mempolicy LSM hook */
	HOST_ERROR_INJECTION = 1 << 1, /* fmod_ret reaches syscall entries */
	HOST_BPF_LSM = 1 << 2, /* bpf is in lsm= */
	HOST_NO_PREEMPT = 1 << 3, /* known not to preempt itself: preempt=none or voluntary */
	HOST_RESIDENT = 1 << 4, /* our BPF programs are loaded and answer */
	HOST_LISTENER_FREE = 1 << 5, /* no seccomp listener above us: USER_NOTIF can be had */
};

/* What a call answered that was made with arguments no kernel accepts. */
struct host_call {
	bool tried;
	int blocked; /* 0: it reached the kernel; else the errno that something above answers */
	bool absent; /* ENOSYS, and this kernel simply does not have it */
};

#define HOST_ABIS_MAX 128

struct host {
	char kernel[65]; /* release */
	char machine[65]; /* x86_64 */
	uid_t uid;
	bool container; /* pid 1 is not the machine's, as far as one can see */
	bool no_new_privs; /* we already run under it */
	uint32_t filters; /* seccomp filters above us; 0 also where the kernel does not say */
	uint64_t capabilities; /* effective */
	__u64 nodes[MPOL_NODES_WORDS]; /* with memory, of the machine */
	__u64 nodes_allowed[MPOL_NODES_WORDS]; /* of those, what our cpuset lets us use */
	bool numa; /* the kernel is built with NUMA */

	bool bind_tried;
	int bind; /* 0: a task can bind here now; else the errno that it got */
	struct host_call call[MPOL_SYS_COUNT];

	struct ability mechanism[MECH_COUNT];
	struct ability resident;
	struct ability cgroup; /* can we make a cgroup of our own? */
	uint32_t features; /* enum host_feature */
	char preempt[16]; /* "none", "voluntary", "full", "lazy", "rt" or "unknown" */
	char abis[HOST_ABIS_MAX]; /* for people: "x86_64 i386; x32 refused whole" */

	bool carries; /* this task runs under a memory policy that is not the default */
	struct start_policy carried;

	char mpol_mount[256]; /* a mount point whose files get a policy, or "" */
	struct start_policy mpol_mount_policy;
	char cpuset_writable[256]; /* a cpuset.mems that the target could write, or "" */
};

/* What to find out: each costs system calls, and a launch pays only for what its policy asks. */
enum host_ask {
	ASK_MECHANISMS = 1 << 0, /* features and abilities */
	ASK_CARRIED = 1 << 1,
	ASK_MOUNTS = 1 << 2,
	ASK_CPUSET = 1 << 3,
	ASK_TRIALS = 1 << 4, /* bind and call[]: forks a child */
	ASK_DETAILS = 1 << 5, /* what only doctor shows */
	ASK_ALL = (1 << 6) - 1,
};

/*
 * Fill in @ret. Phase: before anything was changed in this process; leaves it as it was. Any user.
 * What cannot be found out is not an error: it is a thing that is not to be had, with its reason.
 * @ask is a mask of enum host_ask; the name, uid, capabilities and nodes are always there.
 */
void host_probe(uint32_t ask, struct host *ret);

#endif
