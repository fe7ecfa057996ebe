/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A member that traces another and turns a harmless call into set_mempolicy(2) under way: after the
 * filters might have looked (at-entry), or after the tracee's own filter stopped it (at-seccomp).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oracle.h"
#include "route.h"

#ifdef __x86_64__

#define PAGE 4096ul

/* The tracee's arguments are those of set_mempolicy already; only the number is harmless. */
static void tracee(const struct route *route, struct outcome *out)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};
	unsigned long *mask = low_alloc(PAGE);
	char *page = low_alloc(PAGE);
	struct seen seen;
	long ret;

	if (!mask || !page || ptrace(PTRACE_TRACEME, 0, 0, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		outcome_absent(out, errno, "PTRACE_TRACEME");
		_exit(0);
	}
	*mask = 1ul << oracle_target();
	if (route->arg[0])
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	raise(SIGSTOP);
	ret = syscall(SYS_getppid, route->arg[1], mask, 33ul);
	ret = ret < 0 ? -errno : ret;
	seen = oracle_look(page, true);
	snprintf(out->note, sizeof(out->note), "%s", seen_text(&seen));
	/* The call keeps its harmless number if nobody changed it: then it returns a pid. */
	if (ret > 0)
		outcome_absent(out, ESRCH, "the tracer changed nothing");
	else
		outcome_judge(out, ret, seen.mode == (int)route->arg[1]);
	_exit(0);
}

void traced(const struct route *route, struct outcome *out)
{
	int request = route->arg[0] ? PTRACE_CONT : PTRACE_SYSCALL, status;
	struct user_regs_struct regs;
	pid_t pid = fork();

	if (pid < 0) {
		outcome_absent(out, errno, "fork");
		return;
	}
	if (!pid)
		tracee(route, out);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return;
	ptrace(PTRACE_SETOPTIONS, pid, 0,
	       PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	while (!ptrace(request, pid, 0, 0) && waitpid(pid, &status, 0) == pid &&
	       WIFSTOPPED(status)) {
		if (ptrace(PTRACE_GETREGS, pid, 0, &regs) || regs.orig_rax != SYS_getppid)
			continue;
		regs.orig_rax = SYS_set_mempolicy;
		ptrace(PTRACE_SETREGS, pid, 0, &regs);
		request = PTRACE_CONT;
	}
}

#else

void traced(const struct route *route, struct outcome *out)
{
	(void)route;
	outcome_absent(out, ENOSYS, "no register access here");
}

#endif
