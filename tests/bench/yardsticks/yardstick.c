/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Run a command under one of the programs of yardsticks.bpf.c, or under none.
 *
 * Needs CAP_BPF and CAP_PERFMON. The programs mean every task on the machine,
 * those of lsm_cgroup every task in the cgroup: for virtual machines. They stay
 * attached until the command has ended, and the command does not inherit them
 * as fds, since every fd to close would be counted in its exit.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "yardsticks.skel.h"

enum {
	EXIT_OURS = 125,
	EXIT_CANNOT_EXECUTE = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_SIGNAL = 128,
};

static const char usage[] =
	"usage: yardstick none|lsm|fmod_ret [--] COMMAND [ARG...]\n"
	"       yardstick lsm_cgroup|cgroup_id CGROUP [--] COMMAND [ARG...]\n"
	"\n"
	"Run COMMAND where a minimal BPF program refuses MPOL_BIND: to every task, or to those in\n"
	"the folder CGROUP of a cgroup2 file system and below it, or, by cgroup_id, in that one\n"
	"alone. COMMAND is not moved there.\n";

static bool verbose;

static int log_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG && !verbose)
		return 0;

	return vfprintf(stderr, format, args);
}

/* Attach @prog to the cgroup that is the folder @path. The link is @prog's object's to destroy. */
static int attach_to_cgroup(const struct bpf_program *prog, const char *path,
			    struct bpf_link **ret_link)
{
	struct bpf_link *link;
	int fd, r;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	link = bpf_program__attach_cgroup(prog, fd);
	r = link ? 0 : -errno;
	close(fd);
	if (link)
		*ret_link = link;

	return r;
}

/* Tell the program that knows cgroups by their ids of the one that is the folder @path. */
static int mean(struct yardsticks *skel, const char *path)
{
	struct {
		struct file_handle handle;
		unsigned char room[MAX_HANDLE_SZ];
	} handle = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
	const uint32_t one = 1;
	uint64_t id;
	int mount;

	if (name_to_handle_at(AT_FDCWD, path, &handle.handle, &mount, 0) < 0)
		return -errno;
	memcpy(&id, handle.handle.f_handle, sizeof(id));
	return bpf_map_update_elem(bpf_map__fd(skel->maps.cgroups), &id, &one, BPF_ANY);
}

/* Load the programs of @mechanism, no others, and attach them. */
static int attach(struct yardsticks *skel, const char *mechanism, const char *cgroup)
{
	struct bpf_program *prog = NULL;
	size_t len = strlen(mechanism);
	int r;

	while ((prog = bpf_object__next_program(skel->obj, prog))) {
		const char *section = bpf_program__section_name(prog);
		bool wanted = !strncmp(section, mechanism, len) && section[len] == '/';

		if (prog == skel->progs.cgroup_id)
			wanted = !strcmp(mechanism, "cgroup_id");
		bpf_program__set_autoload(prog, wanted);
	}

	r = yardsticks__load(skel);
	if (!r && !strcmp(mechanism, "cgroup_id"))
		r = mean(skel, cgroup);
	if (r)
		return r;

	/* What was not loaded is not attached; lsm_cgroup cannot be attached without a cgroup. */
	if (strcmp(mechanism, "lsm_cgroup"))
		return yardsticks__attach(skel);

	return attach_to_cgroup(skel->progs.lsm_cgroup, cgroup, &skel->links.lsm_cgroup);
}

static int run(char *const argv[])
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0) {
		fprintf(stderr, "yardstick: cannot fork: %s\n", strerror(errno));
		return EXIT_OURS;
	}

	if (!pid) {
		execvp(argv[0], argv);
		fprintf(stderr, "yardstick: cannot execute %s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE);
	}

	/* Ctrl-C is for the command; what it makes of it is our answer too. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR) {
			fprintf(stderr, "yardstick: cannot wait: %s\n", strerror(errno));
			return EXIT_OURS;
		}
	}

	return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	const char *mechanism, *cgroup = NULL;
	struct yardsticks *skel = NULL;
	int i = 1, r;

	verbose = getenv("YARDSTICK_VERBOSE") != NULL;
	libbpf_set_print(log_libbpf);

	mechanism = i < argc ? argv[i++] : "";
	if (strcmp(mechanism, "none") && strcmp(mechanism, "lsm") &&
	    strcmp(mechanism, "lsm_cgroup") && strcmp(mechanism, "cgroup_id") &&
	    strcmp(mechanism, "fmod_ret")) {
		fputs(usage, stderr);
		return EXIT_OURS;
	}
	if (!strcmp(mechanism, "lsm_cgroup") || !strcmp(mechanism, "cgroup_id"))
		cgroup = i < argc ? argv[i++] : NULL;
	if (i < argc && !strcmp(argv[i], "--"))
		i++;
	if (i >= argc || (!cgroup && strstr(mechanism, "cgroup"))) {
		fputs(usage, stderr);
		return EXIT_OURS;
	}

	if (strcmp(mechanism, "none")) {
		skel = yardsticks__open();
		r = skel ? attach(skel, mechanism, cgroup) : -errno;
		if (r) {
			fprintf(stderr, "yardstick: cannot load and attach %s%s%s: %s\n", mechanism,
				cgroup ? " to " : "", cgroup ? cgroup : "", strerror(-r));
			yardsticks__destroy(skel);
			return EXIT_OURS;
		}
	}

	r = run(argv + i);
	yardsticks__destroy(skel);
	return r;
}
