/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * live [--bar RATIO] MPOLRUN: what a live layer costs.
 * live update MECHANISM: nanoseconds of an update, by lsm, fmod_ret or notify.
 *
 * A call that its supervisor decides, against the same call under the least supervisor that there
 * can be, which answers CONTINUE to everything: medians of interleaved rounds, all on one CPU,
 * since where the scheduler puts the two sides of a call makes more of a difference than the two.
 * And how long it takes from the start of an update until every later call gets the new answer.
 * Exit status 1: over the bar.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <mpol.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 9
#define CALLS 20000
#define UPDATES 500

static void stay_on_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void die(const char *what)
{
	fprintf(stderr, "live: %s: %s\n", what, strerror(errno));
	exit(125);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Nanoseconds for one set_mempolicy(MPOL_DEFAULT), on standard output. */
static int measure_calls(void)
{
	double start;
	int i;

	for (i = 0; i < CALLS / 10; i++)
		if (syscall(SYS_set_mempolicy, 0, NULL, 0))
			die("set_mempolicy");
	start = now();
	for (i = 0; i < CALLS; i++)
		syscall(SYS_set_mempolicy, 0, NULL, 0);
	printf("%f\n", (now() - start) / CALLS);
	return 0;
}

static double run(char *const *argv)
{
	double ns = 0;
	int out[2], status;
	FILE *f;
	pid_t pid;

	if (pipe(out))
		die("pipe");
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		close(out[1]);
		execv(argv[0], argv);
		_exit(127);
	}
	close(out[1]);
	f = fdopen(out[0], "r");
	if (!f || fscanf(f, "%lf", &ns) != 1)
		die(argv[0]);
	fclose(f);
	if (waitpid(pid, &status, 0) != pid || status)
		die(argv[0]);
	return ns;
}

static void answer_all(int listener)
{
	struct seccomp_notif notif;
	struct seccomp_notif_resp response;

	for (;;) {
		memset(&notif, 0, sizeof(notif));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif) < 0)
			_exit(0);
		memset(&response, 0, sizeof(response));
		response.id = notif.id;
		response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
	}
}

/* Behind `floor`: a supervisor in a child, then the calls in this very process. */
static int floor_calls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_set_mempolicy, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};
	int listener;
	pid_t pid;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("prctl");
	listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (listener < 0)
		die("seccomp");
	pid = fork();
	if (pid == 0)
		answer_all(listener);
	close(listener);
	measure_calls();
	fflush(stdout);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

static void *serve(void *server)
{
	mpol_serve(server, -1);
	return NULL;
}

static uint32_t mechanism(const char *name)
{
	if (!strcmp(name, "lsm"))
		return MPOL_MECHANISM_LSM;
	if (!strcmp(name, "fmod_ret"))
		return MPOL_MECHANISM_FMOD_RET;
	return MPOL_MECHANISM_NOTIFY;
}

static struct mpol_plan *plan_of(const char *text, uint32_t by)
{
	struct mpol_policy *policy;
	struct mpol_plan *plan;

	if (mpol_policy_parse(text, strlen(text), "bench", MPOL_POLICY_INLINE, &policy, NULL) < 0 ||
	    mpol_plan_new(policy, by, MPOL_PLAN_LIVE, &plan, NULL) < 0)
		die(text);
	return plan;
}

/* A process under the layer, which says for every byte what an attempt to bind is answered. */
static pid_t start_member(int layer, int *ret_socket)
{
	struct mpol_child child;
	unsigned long node0 = 1;
	unsigned char answer;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || mpol_child_prepare(layer, 0, &child))
		die("mpol_child_prepare");
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		if (mpol_child_enter(&child))
			_exit(125);
		while (read(pair[1], &answer, 1) == 1) {
			answer = syscall(SYS_set_mempolicy, 2, &node0, 64) < 0
					 ? (unsigned char)errno
					 : 0;
			if (write(pair[1], &answer, 1) != 1)
				break;
		}
		_exit(0);
	}
	mpol_child_done(&child);
	close(pair[1]);
	*ret_socket = pair[0];
	return pid;
}

/* What is timed is the update; that the very next call gets the new answer is seen each time. */
static double measure_updates(const char *by)
{
	static const unsigned char answers[] = {EPERM, EINVAL};
	struct mpol_plan *plans[] = {
		plan_of("{mempolicy: {modes: {bind: EPERM}}}", mechanism(by)),
		plan_of("{mempolicy: {modes: {bind: EINVAL}}}", mechanism(by))};
	static double took[UPDATES];
	struct mpol_server *server;
	pthread_t thread;
	int layer, i, socket;
	pid_t pid;

	layer = mpol_layer_create(plans[0], &server);
	if (layer < 0 || (server && pthread_create(&thread, NULL, serve, server)))
		die("mpol_layer_create");
	pid = start_member(layer, &socket);
	for (i = 0; i < UPDATES; i++) {
		unsigned char answer = 0;
		double start = now();

		if (mpol_layer_update(layer, plans[i % 2], 0) < 0)
			die("mpol_layer_update");
		took[i] = now() - start;
		if (write(socket, "?", 1) != 1 || read(socket, &answer, 1) != 1 ||
		    answer != answers[i % 2])
			die("the answer after an update");
	}
	close(socket);
	waitpid(pid, NULL, 0);
	mpol_layer_remove(layer);
	return median(took, UPDATES);
}

int main(int argc, char **argv)
{
	double bar = 0, ours[ROUNDS], least[ROUNDS], ratio;
	char *self = "/proc/self/exe", path[4096];
	ssize_t n;
	int i;

	if (argc == 2 && !strcmp(argv[1], "calls"))
		return measure_calls();
	if (argc == 2 && !strcmp(argv[1], "floor"))
		return floor_calls();
	if (argc == 3 && !strcmp(argv[1], "update")) {
		/* Or it would be measured how long another CPU takes to wake up. */
		stay_on_one_cpu();
		printf("%.0f\n", measure_updates(argv[2]));
		return 0;
	}
	if (argc == 4 && !strcmp(argv[1], "--bar")) {
		bar = atof(argv[2]);
		argv += 2;
		argc -= 2;
	}
	n = readlink(self, path, sizeof(path) - 1);
	if (argc != 2 || n < 0) {
		fprintf(stderr, "usage: live [--bar RATIO] MPOLRUN\n");
		return 125;
	}
	path[n] = '\0';
	stay_on_one_cpu();
	for (i = 0; i < ROUNDS; i++) {
		least[i] = run((char *const[]){path, "floor", NULL});
		ours[i] = run((char *const[]){argv[1], "--live", "-p", "builtin:nobind", "--", path,
					      "calls", NULL});
	}
	ratio = median(ours, ROUNDS) / median(least, ROUNDS);
	printf("a decided call: %.0f ns, %.2f times the least supervisor's %.0f ns\n",
	       median(ours, ROUNDS), ratio, median(least, ROUNDS));
	printf("an update: %.1f us until every later call gets the new answer\n",
	       measure_updates("notify") / 1000);
	return bar > 0 && ratio > bar;
}
