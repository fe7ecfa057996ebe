/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tickets NUMBER MECHANISM: make a layer that MECHANISM (lsm, fmod_ret, notify, seccomp) holds,
 * narrow its ticket, pass that over a socket, close and remove all, NUMBER times. Exit status 1 if
 * a file is left open or memory has grown, 77 where MECHANISM is not to be had.
 */
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <mpol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WARM_UP 200
#define GROWTH_MAX (256 * 1024) /* bytes: what the allocator keeps for itself */

static void die(const char *what, int r)
{
	fprintf(stderr, "tickets: %s: %s\n", what, strerror(-r));
	exit(1);
}

static int pass(int pair[2], int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.room = {0}};
	struct iovec iov = {.iov_base = "T", .iov_len = 1};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	char byte;
	int passed;

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(pair[0], &message, 0) != 1)
		die("sendmsg", -errno);
	iov.iov_base = &byte;
	if (recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message))
		die("recvmsg", -errno);
	memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(passed));
	return passed;
}

static int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (!dir || closedir(dir) < 0)
		die("/proc/self/fd", -errno);
	return n;
}

static void once(const struct mpol_plan *plan, int pair[2])
{
	struct mpol_info info = {.size = sizeof(info)};
	struct mpol_server *server = NULL;
	int layer, narrow, passed, r;

	layer = mpol_layer_create(plan, &server);
	if (layer < 0)
		die("mpol_layer_create", layer);
	narrow = mpol_layer_restrict(layer, MPOL_RIGHT_INSTALL);
	if (narrow < 0)
		die("mpol_layer_restrict", narrow);
	passed = pass(pair, narrow);
	if (mpol_layer_restrict(passed, MPOL_RIGHT_MODIFY) != -EACCES)
		die("a right came back", -EPERM);
	/* Nobody answers for a layer that is not served. */
	r = server ? 0 : mpol_layer_info(passed, &info);
	if (r < 0)
		die("mpol_layer_info", r);
	if (server)
		mpol_server_free(server);
	else if (info.mechanisms != MPOL_MECHANISM_SECCOMP && (r = mpol_layer_remove(layer)) < 0)
		die("mpol_layer_remove", r);
	close(passed);
	close(narrow);
	close(layer);
}

static struct mpol_plan *plan_by(const char *name)
{
	static const char text[] = "{mempolicy: {modes: {bind: EPERM}}}";
	static const struct {
		const char *name;
		uint32_t bit;
	} known[] = {
		{"lsm", MPOL_MECHANISM_LSM},
		{"fmod_ret", MPOL_MECHANISM_FMOD_RET},
		{"seccomp", MPOL_MECHANISM_SECCOMP},
		{"notify", MPOL_MECHANISM_NOTIFY},
	};
	struct mpol_policy *policy;
	struct mpol_plan *plan;
	size_t i;
	int r;

	for (i = 0; i < sizeof(known) / sizeof(known[0]) && strcmp(known[i].name, name) != 0; i++)
		;
	if (i == sizeof(known) / sizeof(known[0]))
		exit(2);
	r = mpol_policy_parse(text, strlen(text), "tickets", MPOL_POLICY_INLINE, &policy, NULL);
	if (r < 0)
		die(text, r);
	r = mpol_plan_new(policy, known[i].bit,
			  known[i].bit == MPOL_MECHANISM_SECCOMP ? 0 : MPOL_PLAN_LIVE, &plan, NULL);
	if (r == -EOPNOTSUPP)
		exit(77);
	if (r < 0)
		die("mpol_plan_new", r);
	mpol_policy_unref(policy);
	return plan;
}

int main(int argc, char **argv)
{
	struct mpol_plan *plan;
	int pair[2], files = 0, i;
	size_t used = 0;

	if (argc != 3)
		return 2;
	plan = plan_by(argv[2]);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair", -errno);
	for (i = -WARM_UP; i < atoi(argv[1]); i++) {
		if (i == 0) {
			files = open_files();
			used = mallinfo2().uordblks;
		}
		once(plan, pair);
	}
	if (open_files() != files)
		die("files are left open", -EMFILE);
	if (mallinfo2().uordblks > used + GROWTH_MAX)
		die("memory has grown", -ENOMEM);
	mpol_plan_free(plan);
	return 0;
}
