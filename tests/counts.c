/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In programs of `./bootstrap coverage` only: which lines ran is written where a process ends
 * without exit(3), or may never get there. gcc's own runtime writes it at exit(3), and at the calls
 * of the exec family that it knows; supervisors and probes leave by _exit(2) or are killed.
 */
#include <poll.h>
#include <signal.h>
#include <stdnoreturn.h>
#include <time.h>
#include <unistd.h>

/* Of gcc's runtime; not there in what is built without counting. */
void __gcov_dump(void) __attribute__((weak));
void __gcov_reset(void) __attribute__((weak));

noreturn void __real__exit(int status);
int __real_raise(int sig);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
int __real_sigwaitinfo(const sigset_t *set, siginfo_t *info);
int __real_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout);

noreturn void __wrap__exit(int status);
int __wrap_raise(int sig);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_sigwaitinfo(const sigset_t *set, siginfo_t *info);
int __wrap_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout);

/* Written counts are added to the file's, so they begin anew. */
static void write_counts(void)
{
	if (!__gcov_dump || !__gcov_reset)
		return;
	__gcov_dump();
	__gcov_reset();
}

/*
 * Who waits may be killed next; but it takes a hundred files, and who is asked ten times in a
 * moment has to answer in time.
 */
static void write_counts_now_and_then(void)
{
	static struct timespec last;
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return;
	if ((now.tv_sec - last.tv_sec) * 1000 + (now.tv_nsec - last.tv_nsec) / 1000000 < 200)
		return;
	write_counts();
	(void)clock_gettime(CLOCK_MONOTONIC, &last);
}

void __wrap__exit(int status)
{
	write_counts();
	__real__exit(status);
}

int __wrap_raise(int sig)
{
	write_counts();
	return __real_raise(sig);
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	if (timeout)
		write_counts_now_and_then();
	return __real_poll(fds, n, timeout);
}

int __wrap_sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	write_counts_now_and_then();
	return __real_sigwaitinfo(set, info);
}

int __wrap_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	write_counts_now_and_then();
	return __real_sigtimedwait(set, info, timeout);
}
