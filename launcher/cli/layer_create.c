/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mpolrun layer create: served by a process beside us, or here, or by the resident alone. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/exit.h"
#include "base/group.h"
#include "front.h"
#include "layer_cmd.h"
#include "run_cmd.h"

static void cleanup_server(struct mpol_server **server)
{
	mpol_server_free(*server);
}

/* sd_notify(3): without a service manager there is nobody to tell. */
static void say_ready(void)
{
	static const char ready[] = "READY=1";
	const char *path = secure_getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = -EBADF;
	size_t length;

	if (!path || !path[0] || strlen(path) >= sizeof(address.sun_path))
		return;
	length = strlen(path);
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)!sendto(fd, ready, strlen(ready), MSG_NOSIGNAL, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

/* Its name, and where its ticket is to go besides; all or nothing. */
static int publish(const struct options *options, const struct front_owner *owner, int layer,
		   struct fault *fault)
{
	struct mpol_error err = {.what = ""};
	int r;

	r = mpol_layer_name(layer, options->layer, owner->mode, owner->group, &err);
	if (r < 0)
		return front_fault(r, &err, fault);
	r = options->ticket_fd >= 0 ? mpol_layer_hand_out(layer, options->ticket_fd) : 0;
	if (r == 0)
		return 0;
	(void)mpol_layer_unname(options->layer, NULL);
	return fault_set(fault, r, "--ticket-fd %d: %s", options->ticket_fd, strerror(-r));
}

/* What ends us, from before anybody is told that we are there. */
static int hold_signals(bool serves, sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	if (!serves)
		sigaddset(ret, SIGINT);
	return sigprocmask(SIG_BLOCK, ret, NULL) < 0 ? -errno : 0;
}

/* Until SIGTERM, or until it was removed. */
static int serve(struct mpol_server *server, const sigset_t *term)
{
	_cleanup_close_ int stop = signalfd(-1, term, SFD_CLOEXEC | SFD_NONBLOCK);

	return stop < 0 ? -errno : mpol_serve(server, stop);
}

/* Until SIGTERM, which finds no need to wait for members, or until somebody else has removed it. */
static int wait_for_end(const char *name, const sigset_t *term)
{
	const struct timespec look_again = {.tv_sec = 1};
	int r;

	while (sigtimedwait(term, NULL, &look_again) < 0) {
		r = mpol_layer_open(name, MPOL_RIGHT_MODIFY, NULL);
		if (r == -ENOENT)
			return 0;
		if (r >= 0)
			close(r);
	}
	/* Who has rekeyed it has put the new keys there. */
	r = mpol_layer_remove_name(name, NULL);
	return r == -ENOENT ? 0 : r;
}

/* Here, for a service: in this process, or in none where the resident holds it all. */
static int stay(const struct options *options, const struct front_owner *owner,
		const struct mpol_plan *plan, const struct mpol_log *log, struct fault *fault)
{
	_cleanup_(cleanup_server) struct mpol_server *server = NULL;
	struct mpol_error err = {.what = ""};
	_cleanup_close_ int layer = -EBADF;
	sigset_t term;
	int r;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fault_set(fault, -errno, "prctl(PR_SET_DUMPABLE): %m");
	r = layer = mpol_layer_create(plan, &server);
	if (r < 0)
		return fault_set(fault, r, "cannot hold a layer: %s", mpol_strerror(r));
	r = server && log ? mpol_server_log(server, log, &err) : 0;
	if (r < 0)
		front_fault(r, &err, fault);
	else if ((r = hold_signals(server, &term)) < 0)
		fault_set(fault, r, "sigprocmask: %s", strerror(-r));
	else
		r = publish(options, owner, layer, fault);
	if (r < 0) {
		if (!server)
			(void)mpol_layer_remove(layer);
		return r;
	}
	say_ready();
	r = server ? serve(server, &term) : wait_for_end(options->layer, &term);
	if (server)
		(void)mpol_layer_unname(options->layer, NULL);
	return r < 0 ? fault_set(fault, r, "cannot hold layer '%s': %s", options->layer,
				 mpol_strerror(r))
		     : 0;
}

static int start(const struct options *options, const struct front_owner *owner,
		 const struct mpol_plan *plan, const struct mpol_log *log, struct fault *fault)
{
	struct mpol_error err = {.what = ""};
	_cleanup_close_ int layer = -EBADF;
	int r;

	layer = mpol_layer_start(plan, log, &err);
	if (layer < 0) {
		front_fault(layer, &err, fault);
		return fault_set(fault, layer, "cannot make layer '%s': %s", options->layer,
				 err.what);
	}
	r = publish(options, owner, layer, fault);
	if (r < 0)
		(void)mpol_layer_remove(layer);
	return r;
}

int cmd_layer_create(const struct options *options)
{
	const struct mpol_log log = {
		.size = sizeof(log),
		.format = (uint32_t)options->log_format,
		.where = options->log,
		.layer = options->layer,
	};
	_cleanup_(front_plan_done) struct mpol_plan *plan = NULL;
	struct fault fault = {.line = 0};
	struct front_owner owner;
	int r;

	r = front_owner(options, &owner, &fault);
	if (r == 0 && options->log_format != MPOL_LOG_TEXT && !options->log)
		r = fault_set(&fault, -EINVAL,
			      "--log-format says how --log writes; there is no --log");
	if (r == 0)
		r = front_plan(options, 0, &plan, &fault);
	if (r == 0)
		r = (options->foreground ? stay : start)(options, &owner, plan,
							 options->log ? &log : NULL, &fault);
	return r < 0 ? cmd_fail(&fault) : 0;
}
