/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hosts.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>

#include "base/cleanup.h"

#define SAY(field, text) ((void)snprintf(field, sizeof(field), "%s", text))
#define CAP(cap) (UINT64_C(1) << (cap))

static void ability(struct ability *ability, const char *why, const char *fix)
{
	ability->ready = !why;
	SAY(ability->why, why ? why : "");
	SAY(ability->fix, fix ? fix : "");
}

/* An ordinary user on a distribution's kernel from 5.x on: seccomp, nothing else. */
static void plain(struct host *host)
{
	size_t i;

	SAY(host->kernel, "made-up");
	SAY(host->machine, "x86_64");
	host->uid = 1000;
	host->numa = true;
	host->nodes[0] = 3;
	host->nodes_allowed[0] = 3;
	host->bind_tried = true;
	for (i = 0; i < MPOL_SYS_COUNT; i++)
		host->call[i].tried = true;
	host->features = HOST_LISTENER_FREE | HOST_ACTION_NOTIFY | HOST_ACTION_LOG |
			 HOST_ACTION_KILL_PROCESS;
	ability(&host->mechanism[MECH_SECCOMP], NULL, NULL);
	ability(&host->mechanism[MECH_LAUNCHER], NULL, NULL);
	ability(&host->mechanism[MECH_NOTIFY], "notify is not in this release", NULL);
	ability(&host->mechanism[MECH_LSM], "no set_mempolicy hook in this kernel", NULL);
	ability(&host->mechanism[MECH_FMOD_RET], "kernel lacks CONFIG_FUNCTION_ERROR_INJECTION",
		NULL);
	ability(&host->resident, "the resident is not loaded", "sudo mpolrun resident load");
	SAY(host->preempt, "voluntary");
}

static void debian_12(struct host *host)
{
	plain(host);
	host->features |= HOST_BPF_LSM | HOST_NO_PREEMPT;
}

static void debian_12_resident(struct host *host)
{
	debian_12(host);
	host->features |= HOST_RESIDENT;
	ability(&host->resident, NULL, NULL);
}

/* Error injection, but bpf is not in lsm=. */
static void ubuntu_2404_resident(struct host *host)
{
	plain(host);
	host->features |= HOST_ERROR_INJECTION | HOST_NO_PREEMPT | HOST_RESIDENT;
	ability(&host->resident, NULL, NULL);
	ability(&host->mechanism[MECH_FMOD_RET], NULL, NULL);
}

static void ubuntu_preempt_full(struct host *host)
{
	ubuntu_2404_resident(host);
	host->features &= ~(uint32_t)HOST_NO_PREEMPT;
	SAY(host->preempt, "full");
}

static void arch_preempt_full(struct host *host)
{
	ubuntu_preempt_full(host);
	host->features |= HOST_BPF_LSM;
}

static void patched_kernel_root(struct host *host)
{
	plain(host);
	host->uid = 0;
	host->capabilities = CAP(CAP_SYS_ADMIN) | CAP(CAP_SETPCAP);
	host->features |=
		HOST_HOOK | HOST_BPF_LSM | HOST_NO_PREEMPT | HOST_ERROR_INJECTION | HOST_RESIDENT;
	ability(&host->resident, NULL, NULL);
	ability(&host->mechanism[MECH_LSM], NULL, NULL);
	ability(&host->mechanism[MECH_FMOD_RET], NULL, NULL);
	host->carries = true;
	host->carried = (struct start_policy){.set = true, .mode = 2, .nodes = {1}};
}

/* Its seccomp profile refuses every call of ours without CAP_SYS_NICE. */
static void docker_default(struct host *host)
{
	static const int gated[] = {MPOL_SYS_MBIND,         MPOL_SYS_SET_MEMPOLICY,
				    MPOL_SYS_GET_MEMPOLICY, MPOL_SYS_MIGRATE_PAGES,
				    MPOL_SYS_MOVE_PAGES,    MPOL_SYS_MOUNT,
				    MPOL_SYS_FSCONFIG};
	size_t i;

	plain(host);
	host->uid = 0;
	host->container = true;
	host->filtered = true;
	host->filters = 1;
	host->bind = EPERM;
	host->carries_unknown = EPERM;
	for (i = 0; i < ELEMENTSOF(gated); i++)
		host->call[gated[i]].blocked = EPERM;
	host->move_query.blocked = EPERM;
}

static void runtime_owns_a_listener(struct host *host)
{
	plain(host);
	host->container = true;
	host->filtered = true;
	host->features &= ~(uint32_t)HOST_LISTENER_FREE;
}

static void rhel_9(struct host *host)
{
	plain(host);
	host->features |= HOST_BPF_LSM | HOST_ERROR_INJECTION | HOST_NO_PREEMPT;
	ability(&host->mechanism[MECH_FMOD_RET], "the resident is not loaded", NULL);
}

/* One node, no NUMA to speak of, cpuset delegated to the user by a careless hand. */
static void wsl_2(struct host *host)
{
	plain(host);
	host->nodes[0] = 1;
	host->nodes_allowed[0] = 1;
	SAY(host->cpuset_writable, "/sys/fs/cgroup/user.slice/cpuset.mems");
	ability(&host->resident, "the resident is not loaded", "sudo mpolrun resident load");
}

static void no_seccomp(struct host *host)
{
	plain(host);
	host->features = 0;
	ability(&host->mechanism[MECH_SECCOMP], "kernel lacks CONFIG_SECCOMP_FILTER", NULL);
}

/* Linux 4.9: seccomp without SECCOMP_RET_LOG and SECCOMP_RET_KILL_PROCESS. */
static void old_kernel(struct host *host)
{
	plain(host);
	host->features = HOST_LISTENER_FREE;
}

const struct made_up_host made_up_hosts[] = {
	{"debian-12", debian_12},
	{"debian-12-resident", debian_12_resident},
	{"ubuntu-24.04-resident", ubuntu_2404_resident},
	{"ubuntu-preempt-full", ubuntu_preempt_full},
	{"arch-preempt-full", arch_preempt_full},
	{"patched-kernel-root", patched_kernel_root},
	{"docker-default", docker_default},
	{"runtime-owns-a-listener", runtime_owns_a_listener},
	{"rhel-9", rhel_9},
	{"wsl-2", wsl_2},
	{"no-seccomp", no_seccomp},
	{"linux-4.9", old_kernel},
};
const size_t n_made_up_hosts = ELEMENTSOF(made_up_hosts);
