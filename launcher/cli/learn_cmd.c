/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learn_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "end_as.h"
#include "front.h"
#include "launch.h"
#include "run_cmd.h"

/* The profile that is there already. *ret, the caller's, stays NULL where there is none. */
static int read_merged(const struct options *options, char **ret, size_t *ret_len,
		       struct fault *fault)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *from = NULL;
	struct mpol_error err = {.what = ""};
	char name[32];
	int r;

	if (!options->widen)
		return 0;
	fd = open(options->output, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	r = fd < 0 ? -errno : 0;
	(void)snprintf(name, sizeof(name), "fd:%d", fd);
	if (r == 0)
		r = mpol_profile_text(name, ret, ret_len, &from, &err);
	return r < 0 ? fault_set(fault, r, "cannot read '%s': %s", options->output, strerror(-r))
		     : 0;
}

/* A new file beside @path, which takes its place when it is whole. The caller's. */
static int open_beside(const char *path, char *buf, size_t size, FILE **ret)
{
	_cleanup_close_ int fd = -EBADF;
	FILE *file;

	if ((size_t)snprintf(buf, size, "%s.new-%d", path, (int)getpid()) >= size)
		return -ENAMETOOLONG;
	fd = open(buf, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	file = fdopen(fd, "w");
	if (!file)
		return -errno;
	(void)TAKE_FD(fd);
	*ret = file;
	return 0;
}

static bool is_no_file(const char *path)
{
	struct stat st;

	return strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

/* Before the run, which may be a long one: could it be written? */
static int check_output(const char *path, struct fault *fault)
{
	char beside[4096];
	FILE *file;
	int r;

	if (is_no_file(path))
		return 0;
	r = open_beside(path, beside, sizeof(beside), &file);
	if (r < 0)
		return fault_set(fault, r, "cannot write '%s': %s", path, strerror(-r));
	fclose(file);
	(void)unlink(beside);
	return 0;
}

static int flush_written(FILE *file)
{
	return fflush(file) == EOF || ferror(file) ? -EIO : 0;
}

static int close_written(FILE *file)
{
	int r = flush_written(file);

	if (fclose(file) == EOF && r == 0)
		r = -errno;
	return r;
}

/* To a pipe, a device, or standard output, as it is. */
static int write_direct(const char *path, const char *text)
{
	FILE *file;

	if (strcmp(path, "-") == 0) {
		(void)fputs(text, stdout);
		return flush_written(stdout);
	}
	file = fopen(path, "we");
	if (!file)
		return -errno;
	(void)fputs(text, file);
	return close_written(file);
}

static int write_beside(const char *path, const char *text)
{
	char beside[4096];
	FILE *file;
	int r;

	r = open_beside(path, beside, sizeof(beside), &file);
	if (r < 0)
		return r;
	(void)fputs(text, file);
	r = close_written(file);
	if (r == 0 && rename(beside, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(beside);
	return r;
}

static int write_profile(const char *path, const char *text, struct fault *fault)
{
	int r = is_no_file(path) ? write_direct(path, text) : write_beside(path, text);

	return r < 0 ? fault_set(fault, r, "cannot write '%s': %s", path, strerror(-r)) : 0;
}

/* What says how a launch is to be, under a profile that lets everything go on, and tells of it. */
static struct options learning_options(const struct options *options)
{
	struct options learning = *options;

	learning.sources[0] =
		(struct option_source){.kind = SOURCE_PROFILE, .text = MPOL_LEARN_PROFILE};
	learning.n_sources = 1;
	learning.mechanisms = MPOL_MECHANISM_SECCOMP;
	learning.summary = true;
	return learning;
}

/* In the process above: the run is over. */
static void finish(const struct options *options, struct mpol_outcome *outcome)
	__attribute__((noreturn));

static void finish(const struct options *options, struct mpol_outcome *outcome)
{
	struct mpol_end end = {.size = sizeof(end)};
	struct fault fault = {.line = 0};
	char *text;
	int r;

	(void)mpol_outcome_end(outcome, &end);
	/* What was never executed has told nothing. */
	if (WIFEXITED(end.status) && WEXITSTATUS(end.status) >= EXIT_MPOLRUN && !end.told) {
		fprintf(stderr, "mpolrun: nothing was learned: '%s' is as it was\n",
			options->output);
		end_as(end.status);
	}
	r = mpol_outcome_profile(outcome, &text);
	if (r < 0)
		fault_set(&fault, r, "no profile: %s", strerror(-r));
	else
		r = write_profile(options->output, text, &fault);
	if (r < 0)
		_exit(cmd_fail(&fault));
	end_as(end.status);
}

static int prepare(const struct options *options, struct mpol_plan **ret_plan,
		   struct mpol_launch **ret, struct fault *fault)
{
	const struct options learning = learning_options(options);
	_cleanup_free_ char *merge = NULL;
	struct mpol_error err = {.what = ""};
	size_t length = 0;
	int r;

	r = read_merged(options, &merge, &length, fault);
	if (r == 0)
		r = front_plan(&learning, MPOL_PLAN_LAUNCH | MPOL_PLAN_UNTOLD, ret_plan, fault);
	if (r == 0)
		r = launch_prepare(&learning, *ret_plan, ret, fault);
	if (r < 0)
		return r;
	r = mpol_launch_learn(*ret, merge, length, options->output, &err);
	if (r < 0)
		return front_fault(r, &err, fault);
	return check_output(options->output, fault);
}

int cmd_learn(const struct options *options)
{
	struct mpol_outcome *outcome = NULL;
	struct mpol_launch *launch = NULL;
	struct fault fault = {.line = 0};
	struct mpol_plan *plan = NULL;
	int r = 0;

	if (!options->output)
		r = fault_set(&fault, -EINVAL, "'learn' needs -o FILE");
	else if (capabilities_exceed_caller() && strcmp(options->output, "-") != 0)
		r = fault_set(&fault, -EPERM,
			      "mpolrun has more privileges than you, and writes no file: say -o -");
	if (r == 0)
		r = prepare(options, &plan, &launch, &fault);
	if (r == 0)
		r = launch_above(launch, &outcome, &fault);
	if (r < 0)
		return cmd_fail(&fault);
	if (r > 0)
		finish(options, outcome);
	return launch_execute(options, plan, launch);
}
