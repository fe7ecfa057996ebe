/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a container runtime does with libmpol:
 *
 *	runtime PROFILE NEW-PROFILE UID COMMAND [ARG...]
 *
 * It makes a live layer of PROFILE, gives a process of user UID a ticket that can only put
 * processes under it, lets that process try to change the layer (it must not) and run COMMAND under
 * it twice; between the two the layer gets NEW-PROFILE.
 */
#include <errno.h>
#include <mpol.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct mpol_server *server;
static int stop[2];

static void fail(const char *what, int r, const struct mpol_error *err)
{
	fprintf(stderr, "runtime: %s: %s%s%s\n", what, strerror(-r),
		err && err->what[0] ? ": " : "", err ? err->what : "");
	exit(125);
}

static void *serve(void *unused)
{
	int r = mpol_serve(server, stop[0]);

	(void)unused;
	if (r < 0)
		fail("mpol_serve", r, NULL);
	return NULL;
}

static void send_fd(int socket, int fd)
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

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(socket, &message, 0) != 1)
		fail("sendmsg", -errno, NULL);
}

static int receive_fd(int socket)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message))
		fail("recvmsg", -errno, NULL);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static struct mpol_plan *plan_of(const char *profile)
{
	struct mpol_policy *policy;
	struct mpol_error err = {.what = ""};
	struct mpol_plan *plan;
	int r;

	r = mpol_policy_load(profile, &policy, &err);
	if (r == 0)
		r = mpol_plan_new(policy, 0, MPOL_PLAN_LIVE, &plan, &err);
	if (r < 0)
		fail(profile, r, &err);
	mpol_policy_unref(policy);
	return plan;
}

static int run(int layer, char **argv)
{
	struct mpol_child child;
	int status, r;
	pid_t pid;

	r = mpol_child_prepare(layer, 0, &child);
	if (r < 0)
		fail("mpol_child_prepare", r, NULL);
	pid = fork();
	if (pid == 0) {
		if (mpol_child_enter(&child) < 0)
			_exit(125);
		execvp(argv[0], argv);
		_exit(127);
	}
	mpol_child_done(&child);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		fail("fork", -errno, NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The other user: all that it ever has is the ticket. */
static void be_the_other(int socket, uid_t uid, const struct mpol_plan *plan, char **argv)
{
	int layer = receive_fd(socket);
	char go;

	if (setgid(uid) < 0 || setuid(uid) < 0)
		fail("setuid", -errno, NULL);
	printf("change: %s\n", strerror(-mpol_layer_update(layer, plan, 0)));
	printf("widen: %s\n",
	       strerror(-mpol_layer_restrict(layer, MPOL_RIGHT_INSTALL | MPOL_RIGHT_MODIFY)));
	fflush(stdout);
	printf("before: %d\n", run(layer, argv));
	fflush(stdout);
	if (write(socket, "n", 1) != 1 || read(socket, &go, 1) != 1)
		fail("the runtime", -EPIPE, NULL);
	printf("after: %d\n", run(layer, argv));
	fflush(stdout);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct mpol_plan *plan, *next;
	struct mpol_info info = {.size = sizeof(info)};
	int layer, narrow, pair[2], r;
	pthread_t thread;
	char ready;
	pid_t pid;

	if (argc < 5) {
		fprintf(stderr, "usage: runtime PROFILE NEW-PROFILE UID COMMAND [ARG...]\n");
		return 125;
	}
	plan = plan_of(argv[1]);
	next = plan_of(argv[2]);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || pipe(stop) < 0)
		fail("socketpair", -errno, NULL);
	pid = fork(); /* before there is a thread */
	if (pid == 0) {
		close(pair[0]);
		be_the_other(pair[1], (uid_t)atoi(argv[3]), next, argv + 4);
	}
	close(pair[1]);

	layer = mpol_layer_create(plan, &server);
	if (layer < 0)
		fail("mpol_layer_create", layer, NULL);
	/* What the resident holds alone needs nobody to serve it. */
	r = server ? pthread_create(&thread, NULL, serve, NULL) : 0;
	if (r)
		fail("pthread_create", -r, NULL);
	narrow = mpol_layer_restrict(layer, MPOL_RIGHT_INSTALL);
	if (narrow < 0)
		fail("mpol_layer_restrict", narrow, NULL);
	send_fd(pair[0], narrow);
	if (read(pair[0], &ready, 1) != 1)
		fail("the other process", -EPIPE, NULL);
	r = mpol_layer_update(layer, next, 0);
	if (r < 0)
		fail("mpol_layer_update", r, NULL);
	if (write(pair[0], "g", 1) != 1 || waitpid(pid, NULL, 0) < 0)
		fail("the other process", -errno, NULL);

	r = mpol_layer_info(layer, &info);
	if (r < 0)
		fail("mpol_layer_info", r, NULL);
	printf("generation %llu, refused %llu\n", (unsigned long long)info.generation,
	       (unsigned long long)info.refused);
	if (server) {
		close(stop[1]); /* which makes the other end readable */
		pthread_join(thread, NULL);
		mpol_server_free(server);
	} else {
		r = mpol_layer_remove(layer);
		if (r < 0)
			fail("mpol_layer_remove", r, NULL);
	}
	mpol_plan_free(next);
	mpol_plan_free(plan);
	close(narrow);
	close(layer);
	return 0;
}
