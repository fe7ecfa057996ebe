/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A filter may hand the call to a supervisor that never answers. */
#define CHILD_SECONDS 5

void *child_share(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void child_unshare(void *shared, size_t size)
{
	if (shared)
		munmap(shared, size);
}

/* Whoever started us may have left signals ignored or blocked; then nothing would end the child. */
static void signals_to_default(void)
{
	static const int signals[] = {SIGALRM, SIGSYS, SIGSEGV};
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		signal(signals[i], SIG_DFL);
		sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int child_run(void (*f)(void *shared), void *shared)
{
	int status;
	pid_t pid;

	/* Not fork(): no handlers that libraries registered, and no signal when the child ends. */
	pid = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		signals_to_default();
		alarm(CHILD_SECONDS);
		/* No core file of a child that was meant to die. */
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		f(shared);
		_exit(0);
	}
	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
