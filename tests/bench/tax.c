/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What calls that no rule speaks of pay: getppid(2) without a filter, under a filter of one
 * instruction that allows everything, and under the filter of the nobind profile.
 *
 *     bench-tax [--rounds N] [--bar RATIO] [MPOLRUN]
 *
 * Each round runs every variant once, in a fresh process, in an order that turns; what is compared
 * are the ratios within one round, so that a machine that slows down slows down both sides. With
 * the path of an mpolrun the loop is also run by `MPOLRUN -p nobind`. Prints JSON; with --bar the
 * exit status is 1 where the median of nobind to allow-all is above it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "enforce/seccomp_compile.h"
#include "policy/policy.h"
#include "profile/load.h"

#define BATCH \
	20000 /* calls; a few milliseconds, so that most batches meet no interrupt that counts */
#define BATCHES 15 /* per process; the fastest one counts */
#define ROUNDS_MAX 1000

enum variant {
	BARE,
	ALLOW_ALL,
	NOBIND,
	MPOLRUN,
	VARIANTS
};

static const char *const variant_names[VARIANTS] = {
	[BARE] = "bare",
	[ALLOW_ALL] = "allow_all",
	[NOBIND] = "nobind",
	[MPOLRUN] = "mpolrun",
};

static struct sock_filter allow_all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
static struct sock_filter nobind[SECCOMP_PROGRAM_MAX];
static size_t nobind_len;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The last step of every variant: nanoseconds per call on standard output. */
static int measure(void)
{
	double best = 0, start, ns;
	int batch, i;

	for (batch = 0; batch < BATCHES; batch++) {
		start = now();
		for (i = 0; i < BATCH; i++)
			syscall(SYS_getppid);
		ns = (now() - start) / BATCH;
		if (batch == 0 || ns < best)
			best = ns;
	}
	printf("%.3f\n", best);
	return 0;
}

/* The filter that a launch under builtin:nobind installs where seccomp is all that there is. */
static int compile_nobind(void)
{
	_cleanup_(cleanup_policy) struct policy *policy = NULL;
	struct profile_set set = {.n = 0};
	struct mpol_rules rules;
	struct fault fault = {.line = 0};
	char text[1024];
	int r;

	r = profile_load("builtin:nobind", &set, &fault);
	if (r == 0)
		r = policy_build(set.profiles, set.n, &policy, &fault);
	if (r < 0) {
		fprintf(stderr, "bench-tax: %s\n", fault_text(&fault, text, sizeof(text)));
		profile_set_done(&set);
		return r;
	}
	policy_rules_of(policy, UINT32_MAX, &rules);
	profile_set_done(&set);
	if (!abi_family_native())
		return -EOPNOTSUPP;
	return seccomp_compile(&rules, abi_family_native(), nobind, &nobind_len);
}

static int install(struct sock_filter *code, size_t len)
{
	const struct sock_fprog program = {.len = (unsigned short)len, .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return -errno;
	return 0;
}

static void run_variant(enum variant variant, const char *mpolrun)
{
	static const char self[] = "/proc/self/exe";
	char path[4096];
	ssize_t n;
	int r = 0;

	n = readlink(self, path, sizeof(path) - 1);
	if (n < 0)
		return;
	path[n] = '\0';
	if (variant == ALLOW_ALL)
		r = install(allow_all, ELEMENTSOF(allow_all));
	else if (variant == NOBIND)
		r = install(nobind, nobind_len);
	if (r < 0) {
		fprintf(stderr, "bench-tax: cannot install a filter: %s\n", strerror(-r));
		return;
	}
	if (variant == MPOLRUN)
		execl(mpolrun, mpolrun, "-q", "-p", "builtin:nobind", "--", path, "--measure",
		      NULL);
	else
		execl(path, path, "--measure", NULL);
	fprintf(stderr, "bench-tax: cannot run %s: %s\n", variant == MPOLRUN ? mpolrun : path,
		strerror(errno));
}

static int time_variant(enum variant variant, const char *mpolrun, double *ret)
{
	_cleanup_fclose_ FILE *output = NULL;
	int fds[2], status;
	double ns;
	pid_t pid;

	if (pipe(fds) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		run_variant(variant, mpolrun);
		_exit(127);
	}
	close(fds[1]);
	output = fdopen(fds[0], "r");
	if (pid < 0 || !output)
		return -errno;
	if (fscanf(output, "%lf", &ns) != 1)
		ns = 0;
	if (waitpid(pid, &status, 0) != pid || status != 0 || ns <= 0)
		return -EIO;
	*ret = ns;
	return 0;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Sorts @values. */
static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_size);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static double print_ratio(double ns[VARIANTS][ROUNDS_MAX], size_t rounds, enum variant of,
			  enum variant to, bool last)
{
	double ratio[ROUNDS_MAX], middle;
	size_t i;

	for (i = 0; i < rounds; i++)
		ratio[i] = ns[of][i] / ns[to][i];
	middle = median(ratio, rounds);
	printf("    \"%s/%s\": {\"median\": %.4f, \"quartiles\": [%.4f, %.4f]}%s\n",
	       variant_names[of], variant_names[to], middle, ratio[rounds / 4],
	       ratio[rounds - 1 - rounds / 4], last ? "" : ",");
	return middle;
}

static int compare(size_t rounds, double bar, const char *mpolrun)
{
	static double ns[VARIANTS][ROUNDS_MAX], sorted[ROUNDS_MAX];
	size_t n_variants = mpolrun ? VARIANTS : MPOLRUN, i, v;
	double tax, whole = 0;
	int r;

	for (i = 0; i < rounds; i++)
		for (v = 0; v < n_variants; v++) {
			enum variant variant = (enum variant)((i + v) % n_variants);

			r = time_variant(variant, mpolrun, &ns[variant][i]);
			if (r < 0) {
				fprintf(stderr, "bench-tax: the %s variant failed: %s\n",
					variant_names[variant], strerror(-r));
				return 125;
			}
		}

	printf("{\n  \"version\": 1,\n  \"call\": \"getppid\",\n  \"rounds\": %zu,\n", rounds);
	printf("  \"instructions\": %zu,\n  \"ns\": {", nobind_len);
	for (v = 0; v < n_variants; v++) {
		memcpy(sorted, ns[v], sizeof(sorted));
		printf("%s\"%s\": %.2f", v ? ", " : "", variant_names[v], median(sorted, rounds));
	}
	printf("},\n  \"ratio\": {\n");
	print_ratio(ns, rounds, ALLOW_ALL, BARE, false);
	tax = print_ratio(ns, rounds, NOBIND, ALLOW_ALL, !mpolrun);
	if (mpolrun)
		whole = print_ratio(ns, rounds, MPOLRUN, ALLOW_ALL, true);
	printf("  }\n}\n");
	return bar > 0 && (tax > bar || whole > bar);
}

int main(int argc, char **argv)
{
	const char *mpolrun = NULL;
	unsigned long rounds = 31;
	double bar = 0;
	cpu_set_t cpu;
	int i;

	if (argc == 2 && !strcmp(argv[1], "--measure"))
		return measure();
	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--rounds") && i + 1 < argc)
			rounds = strtoul(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--bar") && i + 1 < argc)
			bar = strtod(argv[++i], NULL);
		else if (argv[i][0] != '-' && !mpolrun)
			mpolrun = argv[i];
		else
			rounds = 0;
	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench-tax [--rounds 1..%d] [--bar RATIO] [MPOLRUN]\n",
			ROUNDS_MAX);
		return 125;
	}
	if (compile_nobind() < 0)
		return 125;
	/* One processor for all: they may not be equally fast. */
	CPU_ZERO(&cpu);
	CPU_SET((size_t)sched_getcpu(), &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	return compare(rounds, bar, mpolrun);
}
