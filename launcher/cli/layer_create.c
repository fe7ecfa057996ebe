/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mpolrun layer create: a supervisor beside us, or here, or none where the resident holds all. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/exit.h"
#include "enforce/beside.h"
#include "front.h"
#include "front_launch.h"
#include "layer/layer_resident.h"
#include "layer/names.h"
#include "layer_cmd.h"
#include "run/live.h"
#include "run_cmd.h"
#include "watch_options.h"

/* A plan of a layer, which is covered and holds something that can be changed. */
static int make_plan(const struct options *options, struct front *front, struct fault *fault)
{
	int r = front_make(options, 0, front, fault);

	if (r < 0)
		return r;
	if (!front->plan.covered) {
		front_say_not_covered(&front->plan, fault);
		return -EOPNOTSUPP;
	}
	return 0;
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

static int serve_here(const struct layer_policy *policy, const struct live_request *request,
		      struct fault *fault)
{
	_cleanup_(cleanup_supervisor) struct supervisor *supervisor = NULL;
	struct layer_keys keys;
	struct ticket ticket;
	int r = 0;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fault_set(fault, -errno, "prctl(PR_SET_DUMPABLE): %m");
	if (policy->deciders) {
		r = layer_keys_make(&keys);
		if (r == 0)
			r = layer_resident_create(policy, &keys);
	}
	if (r == 0) {
		r = supervisor_new(policy, policy->deciders ? &keys : NULL, SUPERVISOR_PERSISTENT,
				   &supervisor, &ticket);
		if (r < 0 && policy->deciders)
			(void)layer_resident_remove(&keys.modify);
	}
	if (r == 0 && request->watch)
		r = supervisor_watch(supervisor, request->watch);
	if (r < 0)
		return fault_set(fault, r, "cannot hold a layer: %s", live_error_text(r));
	r = live_publish(request, &ticket, fault);
	if (r < 0)
		return r;
	say_ready();
	r = beside_serve(supervisor);
	(void)layer_name_remove(request->name, NULL);
	return r < 0 ? fault_set(fault, r, "cannot serve: %s", strerror(-r)) : 0;
}

/* Until SIGTERM, which finds no need to wait for members, or until somebody else has removed it. */
static int wait_for_end(const char *name)
{
	const struct timespec look_again = {.tv_sec = 1};
	struct ticket ticket;
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigaddset(&term, SIGINT);
	if (sigprocmask(SIG_BLOCK, &term, NULL) < 0)
		return -errno;
	say_ready();
	while (sigtimedwait(&term, NULL, &look_again) < 0)
		if (layer_name_open(name, TICKET_MODIFY, &ticket, NULL) == -ENOENT)
			return 0;
	/* Who has rekeyed it has put the new keys there. */
	return layer_name_open(name, TICKET_MODIFY, &ticket, NULL) == 0 ? live_remove(&ticket) : 0;
}

static int create(const struct options *options, const struct layer_policy *policy,
		  const struct live_request *request, struct fault *fault)
{
	struct ticket ticket;
	int r;

	r = live_create(policy, request->watch, &ticket);
	if (r < 0)
		return fault_set(fault, r, "cannot make layer '%s': %s", request->name,
				 live_error_text(r));
	r = live_publish(request, &ticket, fault);
	if (r < 0) {
		(void)live_remove(&ticket);
		return r;
	}
	if (!options->foreground)
		return 0;
	r = wait_for_end(request->name);
	(void)layer_name_remove(request->name, NULL);
	return r < 0 ? fault_set(fault, r, "cannot remove layer '%s': %s", request->name,
				 live_error_text(r))
		     : 0;
}

int cmd_layer_create(const struct options *options)
{
	_cleanup_(front_done) struct front front = {.policy = NULL};
	struct fault fault = {.line = 0};
	struct live_request request;
	struct layer_policy policy;
	bool watched = false, kernel_log = false;
	struct watch watch;
	int r;

	r = front_live(options, &request, &fault);
	request.name = options->layer;
	if (r == 0)
		r = layer_name_check(options->layer, &fault);
	if (r == 0)
		r = make_plan(options, &front, &fault);
	if (r == 0)
		r = watch_options(options, &front, &watch, &watched, &kernel_log, &fault);
	if (r < 0)
		return cmd_fail(&fault);
	if (watched)
		request.watch = &watch;
	live_policy(&front.plan, options->audit, &policy);
	r = options->foreground && !live_by_resident_alone(&policy)
		    ? serve_here(&policy, &request, &fault)
		    : create(options, &policy, &request, &fault);
	return r < 0 ? cmd_fail(&fault) : 0;
}
