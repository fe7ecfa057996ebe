/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * supervisor-steps RUNS MPOLRUN: start a program under a live layer that a supervisor holds, have
 * the layer changed in the middle, and kill the supervisor with SIGKILL at its first system call,
 * then at a later one, and so on until the last, in RUNS runs or fewer. Steps are those of all
 * processes that mpolrun starts beside the command, the ones that only find something out too.
 *
 * The program asks for MPOL_BIND, which is refused before and after the change, and for
 * MPOL_INTERLEAVE, which is not. Whatever is killed, bind is never allowed; once a call went
 * unanswered no later one is allowed; and all that was started ends. Prints how many runs there
 * were, and what became of the command in them.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIND 2
#define INTERLEAVE 3
#define ROUNDS 4 /* before the change, and after it */
#define REPORT 9 /* the target's fds */
#define GO 8
#define TASKS 64
#define SECONDS 10 /* for one run */

#define CHECK(what)                           \
	do {                                  \
		if (!(what))                  \
			die(__LINE__, #what); \
	} while (0)

static unsigned long step; /* that is tried */
static char said[256]; /* by the target, in this run */
static char self[4096]; /* this program */

__attribute__((noreturn)) static void die(int line, const char *what)
{
	fprintf(stderr, "supervisor-steps:%d: step %lu: %s: %s (it said '%s')\n", line, step, what,
		strerror(errno), said);
	exit(1);
}

static void timed_out(int signal)
{
	(void)signal;
	errno = ETIMEDOUT;
	die(__LINE__, "something does not end");
}

/* 'b' or 'i': refused or allowed as the policy says; 'B': bind allowed; '-': unanswered. */
static void ask(void)
{
	unsigned long node0 = 1;
	char answers[2] = "-i";

	if (syscall(SYS_set_mempolicy, BIND, &node0, 64) == 0)
		answers[0] = 'B';
	else if (errno == EPERM)
		answers[0] = 'b';
	if (syscall(SYS_set_mempolicy, INTERLEAVE, &node0, 64) < 0)
		answers[1] = '-';
	CHECK(write(REPORT, answers, 2) == 2);
}

static int target(void)
{
	char go;
	int i;

	for (i = 0; i < ROUNDS; i++)
		ask();
	CHECK(write(REPORT, "u", 1) == 1);
	CHECK(read(GO, &go, 1) == 1);
	for (i = 0; i < ROUNDS; i++)
		ask();
	return 0;
}

struct run {
	const char *mpolrun;
	char name[32];
	pid_t command, change; /* 0: not started */
	int report, go; /* our ends */
	int status, change_status; /* as wait(2) has it */
	pid_t task[TASKS]; /* that were seen */
	unsigned char inside[TASKS]; /* a system call */
	int n;
	unsigned long calls;
	bool killed;
};

static int find(struct run *run, pid_t task)
{
	int i;

	for (i = 0; i < run->n; i++)
		if (run->task[i] == task)
			return i;
	CHECK(run->n < TASKS);
	run->task[run->n] = task;
	return run->n++;
}

/* A task's process. 0: it is gone. */
static pid_t process_of(pid_t task)
{
	char path[64], line[128];
	int process = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)task);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &process) == 1)
			break;
	if (f)
		fclose(f);
	return process;
}

static pid_t start_change(const struct run *run)
{
	pid_t pid = fork();
	int null;

	CHECK(pid >= 0);
	if (pid)
		return pid;
	null = open("/dev/null", O_RDWR);
	dup2(null, STDERR_FILENO);
	close(REPORT);
	execl(run->mpolrun, "mpolrun", "layer", "update", run->name, "-p", "nobind", "--deny",
	      "preferred", (char *)NULL);
	_exit(127);
}

static void start_command(struct run *run)
{
	int report[2], go[2];

	CHECK(pipe2(report, O_CLOEXEC) == 0 && pipe2(go, O_CLOEXEC) == 0);
	run->command = fork();
	CHECK(run->command >= 0);
	if (run->command == 0) {
		int null = open("/dev/null", O_RDWR);

		/* Out of the way first: any of them may have one of the two numbers. */
		null = fcntl(null, F_DUPFD, 20);
		report[1] = fcntl(report[1], F_DUPFD, 20);
		go[0] = fcntl(go[0], F_DUPFD, 20);
		CHECK(dup2(report[1], REPORT) == REPORT && dup2(go[0], GO) == GO);
		close(report[1]);
		close(go[0]);
		dup2(null, STDERR_FILENO);
		close(null);
		CHECK(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
		execl(run->mpolrun, "mpolrun", "--mechanism", "notify", "--name", run->name, "-p",
		      "nobind", "--best-effort", "files,cpuset,mount", "--", self, (char *)NULL);
		_exit(127);
	}
	close(report[1]);
	close(go[0]);
	run->report = report[0];
	run->go = go[1];
	CHECK(fcntl(run->report, F_SETFL, O_NONBLOCK) == 0);
}

/* What the target says; when it waits for the change, that is started. */
static void hear(struct run *run)
{
	size_t length = strlen(said);
	ssize_t n = read(run->report, said + length, sizeof(said) - 1 - length);

	if (n > 0)
		said[length + (size_t)n] = '\0';
	if (!run->change && strchr(said, 'u'))
		run->change = start_change(run);
}

/* A traced task has stopped. */
static void stopped(struct run *run, pid_t task, int status)
{
	int known = run->n, at = find(run, task), signal = WSTOPSIG(status);
	pid_t process;

	if (signal == (SIGTRAP | 0x80)) {
		run->inside[at] = !run->inside[at];
		signal = 0;
		/* On the way in, and on the way out of the same one, by turns. */
		if (task != run->command)
			run->calls += run->inside[at];
		if (task != run->command && !run->killed && run->calls >= step / 2 &&
		    run->inside[at] == !(step % 2)) {
			process = process_of(task);
			if (process && process != run->command) {
				CHECK(kill(process, SIGKILL) == 0);
				run->killed = true;
			}
		}
	} else if (signal == SIGTRAP || (signal == SIGSTOP && at == known)) {
		signal = 0; /* an execve, a fork; the first stop of one */
	}
	/* Who was killed meanwhile is gone. */
	(void)ptrace(PTRACE_SYSCALL, task, 0, signal);
	if (task == run->command)
		hear(run);
}

#define OPTIONS                                                                                 \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	 PTRACE_O_TRACECLONE)

/* One run, until all that was started has ended. */
static void run_once(struct run *run)
{
	int status;
	pid_t pid;

	said[0] = '\0';
	start_command(run);
	CHECK(waitpid(run->command, &status, 0) == run->command && WIFSTOPPED(status));
	CHECK(ptrace(PTRACE_SETOPTIONS, run->command, 0, OPTIONS) == 0);
	find(run, run->command);
	CHECK(ptrace(PTRACE_SYSCALL, run->command, 0, 0) == 0);
	alarm(SECONDS);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			stopped(run, pid, status);
		} else if (pid == run->change) {
			run->change_status = status;
			CHECK(write(run->go, "g", 1) == 1);
		} else if (pid == run->command) {
			run->status = status;
			hear(run);
		}
	}
	CHECK(errno == ECHILD);
	alarm(0);
	close(run->report);
	close(run->go);
}

/* What must be so, whatever was killed. Returns whether the target ran. */
static bool look(const struct run *run)
{
	const char *unanswered = strchr(said, '-');

	CHECK(!strchr(said, 'B'));
	CHECK(WIFEXITED(run->status));
	if (!said[0]) {
		CHECK(WEXITSTATUS(run->status) == 125);
		return false;
	}
	CHECK(WEXITSTATUS(run->status) == 0);
	CHECK(strlen(said) == 4 * ROUNDS + 1);
	CHECK(!unanswered || !strpbrk(unanswered, "bi"));
	CHECK(WIFEXITED(run->change_status));
	return true;
}

int main(int argc, char **argv)
{
	unsigned long runs, last, every, refused = 0, cut = 0, whole = 0;
	struct sigaction alarmed = {.sa_handler = timed_out};
	struct run first = {.calls = 0};
	int i;

	if (argc < 3)
		return target();
	runs = strtoul(argv[1], NULL, 10);
	CHECK(runs > 0 && sigaction(SIGALRM, &alarmed, NULL) == 0);
	signal(SIGPIPE, SIG_IGN);
	CHECK(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);

	/* Left alone: allowed is what may be, and it tells how many steps there are. */
	step = (unsigned long)-1;
	first.mpolrun = argv[2];
	snprintf(first.name, sizeof(first.name), "steps-%d", (int)getpid());
	run_once(&first);
	for (i = 0; i < 2 * ROUNDS; i++)
		CHECK(memcmp(said + 2 * i + (i >= ROUNDS), "bi", 2) == 0);
	CHECK(WIFEXITED(first.change_status) && WEXITSTATUS(first.change_status) == 0);
	last = 2 * first.calls;
	every = (last + runs - 1) / runs;
	every += !(every % 2); /* odd: both sides of calls are tried */
	for (step = 2; step <= last; step += every) {
		struct run run = {.mpolrun = argv[2]};

		snprintf(run.name, sizeof(run.name), "steps-%d-%lu", (int)getpid(), step);
		run_once(&run);
		if (!look(&run))
			refused++;
		else if (strchr(said, '-'))
			cut++;
		else
			whole++;
	}
	printf("%lu steps, every %lu tried: refused %lu, cut %lu, whole %lu\n", last, every,
	       refused, cut, whole);
	/* Each of them is to be seen, or it is not the supervisor that is killed. */
	CHECK(refused && cut);
	return 0;
}
