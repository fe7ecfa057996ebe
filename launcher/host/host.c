/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "parts.h"
#include "procfs.h"

const struct name mechanism_names[MECH_COUNT] = {
	[MECH_LSM] = {"lsm", MECH_LSM},
	[MECH_FMOD_RET] = {"fmod_ret", MECH_FMOD_RET},
	[MECH_SECCOMP] = {"seccomp", MECH_SECCOMP},
	[MECH_NOTIFY] = {"notify", MECH_NOTIFY},
	[MECH_LAUNCHER] = {"launcher", MECH_LAUNCHER},
	[MECH_KPROBE] = {"kprobe", MECH_KPROBE},
};

const char *const host_call_names[MPOL_SYS_COUNT] = {MPOL_SYSCALLS(MPOL_SYSCALL_NAME)};

const char *host_answer_text(int answer, char *buf, size_t size)
{
	const char *name;

	if (answer == HOST_KILLED)
		name = "a kill";
	else if (answer == HOST_IGNORED)
		name = "a false success";
	else
		name = strerrorname_np(answer);
	if (name)
		(void)snprintf(buf, size, "%s", name);
	else
		(void)snprintf(buf, size, "errno %d", answer);
	return buf;
}

uint64_t host_capabilities(void)
{
	struct capabilities held;

	return capabilities_get(&held) < 0 ? 0 : held.effective;
}

static void host_basics(struct host *host)
{
	struct utsname uts;

	if (uname(&uts) == 0) {
		text_copy(host->kernel, sizeof(host->kernel), uts.release);
		text_copy(host->machine, sizeof(host->machine), uts.machine);
	}
	host->uid = geteuid();
	host->capabilities = host_capabilities();
	host->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	host->filtered = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0;
	/* Nothing to be had here: what it does is what this program does itself. */
	host->mechanism[MECH_LAUNCHER].ready = true;
}

/* The machine's own namespaces have inode numbers that never change (include/linux/proc_ns.h). */
#define PID_NAMESPACE_OF_THE_MACHINE 0xeffffffcu
#define CGROUP_NAMESPACE_OF_THE_MACHINE 0xeffffffbu

static bool in_namespace_of_its_own(const char *path, ino_t of_the_machine)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_ino != of_the_machine;
}

static void host_details(struct host *host, const char *mountinfo)
{
	_cleanup_free_ char *status = NULL;
	char number[16];

	host->container =
		in_namespace_of_its_own("/proc/self/ns/pid", PID_NAMESPACE_OF_THE_MACHINE) ||
		in_namespace_of_its_own("/proc/self/ns/cgroup", CGROUP_NAMESPACE_OF_THE_MACHINE) ||
		access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0;
	if (procfs_read("/proc/self/status", &status) == 0 &&
	    procfs_line(status, "Seccomp_filters:", number, sizeof(number)))
		host->filters = (uint32_t)strtoul(number, NULL, 10);
	host_cgroup(host, mountinfo);
}

void host_probe(uint32_t ask, struct host *ret)
{
	memset(ret, 0, offsetof(struct host, mpol_mount));
	text_copy(ret->preempt, sizeof(ret->preempt), "unknown");

	host_basics(ret);
	if (ask & (ASK_NODES | ASK_TRIALS))
		host_nodes(ret);
	if (ask & ASK_CARRIED)
		host_carried(ret);
	if (ask & (ASK_MOUNTS | ASK_CPUSET | ASK_DETAILS)) {
		_cleanup_free_ char *mountinfo = NULL;

		if (procfs_read("/proc/self/mountinfo", &mountinfo) < 0)
			ret->mounts_unseen = true;
		if (ask & ASK_MOUNTS)
			host_mounts(ret, mountinfo ? mountinfo : "");
		if (ask & ASK_CPUSET)
			host_cpuset(ret, mountinfo ? mountinfo : "");
		if (ask & ASK_DETAILS)
			host_details(ret, mountinfo ? mountinfo : "");
	}
	if (ask & ASK_TRIALS)
		host_trials(ret);
	if (ask & (ASK_TRIALS | ASK_LISTENER))
		host_listener(ret);
	if (ask & (ASK_MECHANISMS | ASK_KERNEL))
		host_mechanisms(ret);
	if (ask & ASK_KERNEL)
		host_kernel(ret);
	else
		ret->features_unlooked = HOST_KERNEL_FEATURES;
}
