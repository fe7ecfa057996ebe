/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "under_filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int install(uint32_t listed, uint32_t others, const int *numbers, size_t n)
{
	struct sock_filter filter[FILTER_CALLS_MAX + 3];
	struct sock_fprog program = {.filter = filter};
	size_t i, at = 0;

	if (n > FILTER_CALLS_MAX)
		return -E2BIG;
	filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						    offsetof(struct seccomp_data, nr));
	for (i = 0; i < n; i++)
		filter[at++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)numbers[i], (uint8_t)(n - i), 0);
	filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, others);
	filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed);
	program.len = (unsigned short)at;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -errno : 0;
}

int filter_calls(uint32_t action, const int *numbers, size_t n)
{
	return install(action, SECCOMP_RET_ALLOW, numbers, n);
}

int filter_all_but(uint32_t action, const int *numbers, size_t n)
{
	return install(SECCOMP_RET_ALLOW, action, numbers, n);
}
