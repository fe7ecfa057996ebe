/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learn_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/cleanup.h"
#include "enforce/above.h"
#include "events/learn.h"
#include "front.h"
#include "front_launch.h"
#include "profile/keywords.h"
#include "profile/load.h"
#include "run/run.h"
#include "run_cmd.h"

/* What a run teaches nothing about, and what the file that takes its place would not say. */
static const char *what_is_not_learned(const struct profile *profile)
{
	static const enum rule_group groups[] = {GROUP_NODES, GROUP_GET_MEMPOLICY, GROUP_FILES,
						 GROUP_CPUSET};
	size_t i;

	for (i = 0; i < ELEMENTSOF(groups); i++)
		if (MPOL_ANSWER_KIND(profile->rule[keywords[groups[i]].slot].answer) > MPOL_AUDIT)
			return keywords[groups[i]].name;
	if (profile->start.set || profile->inherited != START_UNSAID)
		return "start";
	return profile->best_effort ? "best-effort" : NULL;
}

/* The profile that is there already. *ret stays NULL where there is none. */
static int load_merged(const struct options *options, struct profile **ret, struct fault *fault)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *text = NULL;
	const char *lost;
	size_t length = 0;
	int r;

	if (!options->widen)
		return 0;
	fd = open(options->output, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	r = fd < 0 ? -errno : profile_read_fd(fd, &text, &length);
	if (r < 0)
		return fault_set(fault, r, "cannot read '%s': %s", options->output, strerror(-r));
	r = profile_parse(text, length, options->output, 0, ret, fault);
	if (r < 0)
		return r;
	lost = what_is_not_learned(*ret);
	if ((*ret)->n_extends)
		r = fault_set(fault, -EINVAL, "'%s' extends other profiles: it was not learned",
			      options->output);
	else if (lost)
		r = fault_set(fault, -EINVAL,
			      "'%s' says '%s', which cannot be learned and would be lost: let a "
			      "profile that extends the learned one say it",
			      options->output, lost);
	return r;
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

static int close_written(FILE *file)
{
	int r = fflush(file) == EOF || ferror(file) ? -EIO : 0;

	if (file != stdout && fclose(file) == EOF && r == 0)
		r = -errno;
	return r;
}

static int write_profile(const char *path, const struct learner *learner, int status,
			 const struct profile *merge, struct fault *fault)
{
	bool direct = is_no_file(path);
	char beside[4096];
	FILE *file = NULL;
	int r = 0;

	if (!direct)
		r = open_beside(path, beside, sizeof(beside), &file);
	else
		file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	if (r == 0 && !file)
		r = -errno;
	if (r == 0) {
		learner_write(file, learner, status, merge);
		r = close_written(file);
		if (r == 0 && !direct && rename(beside, path) < 0)
			r = -errno;
		if (r < 0 && !direct)
			(void)unlink(beside);
	}
	return r < 0 ? fault_set(fault, r, "cannot write '%s': %s", path, strerror(-r)) : 0;
}

/* Under a profile that lets everything go on, and tells of it. */
static int make_front(const struct options *options, struct front *ret, struct fault *fault)
{
	struct options learning = *options;

	learning.sources[0] = (struct option_source){.kind = SOURCE_PROFILE, .text = LEARN_PROFILE};
	learning.n_sources = 1;
	learning.mechanisms = MECH_BIT(MECH_SECCOMP);
	learning.summary = true;
	if (front_make(&learning, 0, ret, fault) < 0)
		return -EINVAL;
	if (!ret->plan.covered) {
		front_say_not_covered(&ret->plan, fault);
		return -EOPNOTSUPP;
	}
	if (!(ret->host.features & HOST_LISTENER_FREE))
		return fault_set(fault, -EBUSY,
				 "calls cannot be watched: a seccomp listener above us leaves no "
				 "room for another");
	return 0;
}

/* In the process above: the run is over. */
static void finish(const struct options *options, const struct learner *learner,
		   const struct profile *merge, int status)
{
	bool failed = WIFEXITED(status) && WEXITSTATUS(status) >= EXIT_MPOLRUN;
	struct fault fault = {.line = 0};

	/* What was never executed has told nothing. */
	if (failed && !learner->tasks)
		fprintf(stderr, "mpolrun: nothing was learned: '%s' is as it was\n",
			options->output);
	else if (write_profile(options->output, learner, status, merge, &fault) < 0)
		_exit(cmd_fail(&fault));
	above_exit(status);
}

int cmd_learn(const struct options *options)
{
	static struct front front;
	static struct learner learner;
	static struct live_above above;
	static struct watch watch = {.log = {.fd = -EBADF}, .fixed = true, .seen = learner_add};
	_cleanup_(cleanup_profile) struct profile *merge = NULL;
	struct fault fault = {.line = 0};
	struct run_request request = {
		.plan = &front.plan,
		.host = &front.host,
		.argv = options->argv,
		.keep_fds = options->keep_fds,
		.keep_all_caps = options->keep_caps && !options->keep_caps_list,
		.keep_caps = options->keep_caps_list,
		.no_new_privs = (enum no_new_privs)options->no_new_privs,
		.live = {.ticket_fd = -EBADF, .watch = &watch},
		.status_fd = -EBADF,
		.verbosity = options->verbosity,
	};
	struct layer_policy policy;
	struct above_end end;
	int status, r = 0;

	if (!options->output)
		r = fault_set(&fault, -EINVAL, "'learn' needs -o FILE");
	else if (capabilities_exceed_caller() && strcmp(options->output, "-") != 0)
		r = fault_set(&fault, -EPERM,
			      "mpolrun has more privileges than you, and writes no file: say -o -");
	if (r == 0)
		r = load_merged(options, &merge, &fault);
	if (r == 0)
		r = check_output(options->output, &fault);
	if (r == 0)
		r = make_front(options, &front, &fault);
	if (r < 0)
		return cmd_fail(&fault);

	learner_init(&learner);
	watch.arg = &learner;
	live_policy_of_launch(&request.live, &front.plan, &policy);
	r = above_run(&policy, &watch, &above.socket, &above.ticket, &end);
	if (r < 0) {
		fault_set(&fault, r, "cannot start a supervisor: %s", live_error_text(r));
		return cmd_fail(&fault);
	}
	if (r > 0)
		finish(options, &learner, merge, end.status);
	request.live.above = &above;
	status = run(&request, &fault);
	if (status)
		cmd_fail(&fault);
	return status;
}
