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
	MECH_KPROBE,
	MECH_COUNT,
};

#define MECH_BIT(mechanism) (UINT32_C(1) << (mechanism))
#define MECH_ALL (MECH_BIT(MECH_COUNT) - 1)

/* Those of the resident. */
#define MECHS_RESIDENT (MECH_BIT(MECH_LSM) | MECH_BIT(MECH_FMOD_RET) | MECH_BIT(MECH_KPROBE))

/* What gets through a program of kprobe, in words for all who show one. */
#define KPROBE_WINDOW                                                         \
	"a call gets through while bpf(2) is preempted at a map on its CPU, " \
	"and wherever another program traces the function"

/* enum mechanism <-> "lsm", "fmod_ret", "seccomp", "notify", "launcher", "kprobe". */
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
	HOST_ACTION_NOTIFY = 1 << 6, /* seccomp knows SECCOMP_RET_USER_NOTIF (5.0) */
	HOST_ACTION_LOG = 1 << 7, /* SECCOMP_RET_LOG (4.14); older kernels kill instead */
	HOST_ACTION_KILL_PROCESS = 1 << 8, /* SECCOMP_RET_KILL_PROCESS (4.14) */
};

/* The features that ASK_KERNEL is needed for; without it they are off, which then says nothing. */
#define HOST_KERNEL_FEATURES (HOST_HOOK | HOST_ERROR_INJECTION | HOST_BPF_LSM | HOST_NO_PREEMPT)

/*
 * Answers that are no errno, in the same int: what a filter above does instead of returning one. No
 * errno is that high.
 */
#define HOST_KILLED 0x10000 /* the caller dies by SIGSYS */
#define HOST_IGNORED 0x10001 /* success is reported, and nothing is done */

/* "EPERM", "a kill", "a false success": into @buf, which is returned. 24 bytes suffice. */
const char *host_answer_text(int answer, char *buf, size_t size);

/* What a call answered that was made with arguments no kernel accepts. */
struct host_call {
	bool tried;
	/* 0: it reached the kernel; else what something above answers, see HOST_KILLED */
	int blocked;
	bool absent; /* ENOSYS, and this kernel simply does not have it */
};

/* The system calls of host.call[] as people write them. */
extern const char *const host_call_names[MPOL_SYS_COUNT];

/* A mount of tmpfs whose files get a memory policy. */
struct host_mount {
	char point[256]; /* as this mount namespace sees it; cut short if longer */
	struct start_policy policy; /* .set is false: one that we cannot read */
};

/* Mounts with different policies that are remembered; of those with equal ones the first. */
#define HOST_MOUNTS_MAX 8

#define HOST_ABIS_MAX 128

struct host {
	char kernel[65]; /* release */
	char machine[65]; /* x86_64 */
	uid_t uid;
	bool container; /* pid 1 is not the machine's, as far as one can see */
	bool no_new_privs; /* we already run under it */
	bool filtered; /* a seccomp filter is above us */
	uint32_t filters; /* how many (ASK_DETAILS); 0 also where the kernel does not say */
	uint64_t capabilities; /* effective */
	__u64 nodes[MPOL_NODES_WORDS]; /* with memory, of the machine */
	__u64 nodes_allowed[MPOL_NODES_WORDS]; /* of those, what our cpuset lets us use */
	bool numa; /* the kernel is built with NUMA */

	bool bind_tried;
	int bind; /* 0: a task can bind here now; else what it got, see HOST_KILLED */
	struct host_call call[MPOL_SYS_COUNT];
	struct host_call move_query; /* move_pages(2) without nodes, which call[] has with */

	struct ability mechanism[MECH_COUNT];
	struct ability resident;
	uint32_t resident_lacks; /* enum resident_program that a loaded one is without */
	struct ability cgroup; /* can we make a cgroup of our own? */
	uint32_t features; /* enum host_feature */
	/* of HOST_KERNEL_FEATURES: nobody asked, ASK_KERNEL was left out */
	uint32_t features_unlooked;
	uint32_t features_unknown; /* of HOST_KERNEL_FEATURES: asked for, and nobody says */
	char preempt[16]; /* "none", "voluntary", "full", "lazy", "rt" or "unknown" */
	char abis[HOST_ABIS_MAX]; /* for people: "x86_64 i386; x32 refused whole" */

	bool carries; /* this task runs under a memory policy that is not the default */
	struct start_policy carried;
	/* not 0: it cannot be asked, get_mempolicy(2) answers this (HOST_KILLED) */
	int carries_unknown;

	/* /proc/self/mountinfo could not be read: nothing known of mpol_mount */
	bool mounts_unseen;
	/* there are more policies than we have room for: take them for the worst */
	bool mpol_mounts_more;
	/*
	 * A cpuset of cgroup v1, which a task may enter without a right over the cgroups between:
	 * one that is writable may lie anywhere, and was not looked for.
	 */
	bool cpuset_v1;
	/* A cpuset.mems that the target could write, for people, or "". */
	char cpuset_writable[256];

	size_t n_mpol_mounts;
	/* Last, since what is not filled is not even cleared: a launch pays for each page. */
	struct host_mount mpol_mount[HOST_MOUNTS_MAX];
};

/* What to find out: each costs system calls, and a launch pays only for what its policy asks. */
enum host_ask {
	/*
	 * Is seccomp to be had, with which actions: some system calls. The in-kernel mechanisms are
	 * said not to be ready, without the kernel's part in that.
	 */
	ASK_MECHANISMS = 1 << 0,
	ASK_CARRIED = 1 << 1, /* one system call; a child where a filter is above us */
	ASK_MOUNTS = 1 << 2, /* reads /proc/self/mountinfo */
	/*
	 * Reads that and /proc/self/cgroup, and looks at our cgroup; where only a read-only mount,
	 * or the lack of one, stands in the way, a child tries whether it can mount anew.
	 */
	ASK_CPUSET = 1 << 3,
	/* bind, call[], abis, HOST_LISTENER_FREE: forks children; and the nodes */
	ASK_TRIALS = 1 << 4,
	/*
	 * HOST_KERNEL_FEATURES, preempt, and why not: reads the kernel's symbols and configuration,
	 * some 50 ms. A launch asks for it only when it has to say why a rule is not covered.
	 */
	ASK_KERNEL = 1 << 5,
	ASK_DETAILS = 1 << 6, /* what only doctor shows: container, filters, cgroup */
	ASK_NODES = 1 << 7, /* numa, nodes, nodes_allowed: reads two small files */
	/* HOST_LISTENER_FREE alone, for a live layer: forks one child. */
	ASK_LISTENER = 1 << 8,
	ASK_ALL = (1 << 9) - 1,
};

/*
 * Whether a file system with this device number is in /proc/self/mountinfo: 1, 0, or -errno of
 * reading it.
 */
int host_device_is_mounted(dev_t device);

/*
 * Fill in @ret. Phase: before anything was changed in this process; leaves it as it was. Any user.
 * Whatever could leave a trace here, or could be answered by a filter above with a kill, is done in
 * a child that sends no SIGCHLD.
 *
 * What cannot be found out is not an error: it is a thing that is not to be had, with its reason.
 * @ask is a mask of enum host_ask; kernel, machine, uid, capabilities, no_new_privs and filtered
 * are always there.
 */
void host_probe(uint32_t ask, struct host *ret);

#endif
