/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_cmd.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "answer.h"
#include "attach_cmd.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "enforce/beside.h"
#include "front.h"
#include "layer/client.h"
#include "layer/layer_resident.h"
#include "layer/names.h"
#include "layer_metrics.h"
#include "layer_show.h"
#include "profile_cmd.h"
#include "run/live.h"
#include "run_cmd.h"
#include "watch_options.h"

/* A plan of a layer, which is covered and holds something that can be changed. */
static int make_plan(const struct options *options, uint32_t backends, struct front *front,
		     struct fault *fault)
{
	int r = front_make_by(options, 0, backends, front, fault);

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
	bool watched, kernel_log;
	struct watch watch;
	int r;

	r = live_options(options, &request, &fault);
	request.name = options->layer;
	if (r == 0)
		r = layer_name_check(options->layer, &fault);
	if (r == 0)
		r = make_plan(options, 0, &front, &fault);
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

static const char *wanted_audit(const struct layer_state *state)
{
	return state->policy.rules.flags & MPOL_RULES_AUDIT ? "auditing" : "enforcing";
}

/* What stands in the way of an update, in people's words. */
static void say_modify_failed(const char *layer, int r, const struct layer_state *state,
			      struct fault *fault)
{
	if (r == -EBUSY) {
		fault_hint(fault,
			   "start them again under a layer that restricts it from the start");
		fault_set(fault, r,
			  "layer '%s' stays as it was: the new policy restricts something that "
			  "the filters of %llu running process%s cannot see",
			  layer, (unsigned long long)state->members,
			  state->members == 1 ? "" : "es");
	} else if (r == -EPERM) {
		fault_hint(fault, "change it from outside the layer");
		fault_set(fault, r, "layer '%s' stays as it was: %s", layer, live_error_text(r));
	} else {
		fault_set(fault, r, "cannot change layer '%s': %s", layer, live_error_text(r));
	}
}

/*
 * The kernel keeps the rules, the ticket the rest: its title, and what happens at a launch. Who
 * changed the layer by a ticket without a name leaves the others as they are.
 */
static void remember(const char *layer, const struct ticket *ticket,
		     const struct layer_policy *policy)
{
	struct ticket anew = *ticket;
	__u32 deciders = policy->deciders ? policy->deciders : ticket->policy.deciders;

	anew.policy = *policy;
	anew.policy.deciders = deciders;
	if (strncmp(layer, "fd:", 3) != 0)
		(void)layer_name_refresh(layer, &anew);
}

static int modify(const char *layer, const struct ticket *ticket, struct wire_request *request,
		  struct fault *fault)
{
	struct layer_state state = {.generation = 0};
	int r = layer_modify(ticket, request, &state);

	if (r < 0)
		say_modify_failed(layer, r, &state, fault);
	return r;
}

int cmd_layer_update(const struct options *options)
{
	static const __u32 audit[] = {
		[AUDIT_AS_IS] = WIRE_AUDIT_AS_IS,
		[AUDIT_ON] = WIRE_AUDIT_ON,
		[AUDIT_OFF] = WIRE_AUDIT_OFF,
	};
	_cleanup_(front_done) struct front front = {.policy = NULL};
	struct fault fault = {.line = 0};
	struct wire_request request;
	struct layer_state state;
	struct ticket ticket;
	int r;

	if (!options->n_sources && options->audit_switch == AUDIT_AS_IS) {
		fault_set(&fault, -EINVAL, "'layer update' needs -p, --deny or --audit");
		return cmd_fail(&fault);
	}
	r = front_ticket(options->layer, TICKET_MODIFY, &ticket, &fault);
	if (r < 0)
		return cmd_fail(&fault);
	wire_request_init(&request, options->n_sources ? WIRE_UPDATE : WIRE_AUDIT);
	request.audit = audit[options->audit_switch];
	if (options->n_sources) {
		/* Only what holds it can hold what it shall be. */
		r = layer_query(&ticket, &state);
		if (r < 0) {
			say_modify_failed(options->layer, r, &state, &fault);
			return cmd_fail(&fault);
		}
		r = make_plan(options, live_backends(&ticket, &state.policy), &front, &fault);
		if (r < 0)
			return cmd_fail(&fault);
		live_policy(&front.plan, false, &request.policy);
		layer_sources_from(front.policy, request.policy.title, &request.sources);
	}
	if (modify(options->layer, &ticket, &request, &fault) < 0)
		return cmd_fail(&fault);
	if (options->n_sources && ticket.kind == TICKET_RESIDENT)
		remember(options->layer, &ticket, &request.policy);
	return 0;
}

struct rekey {
	const char *layer;
	const struct ticket *ticket;
	struct wire_request request;
	struct fault *fault;
};

static int rekey(void *data)
{
	struct rekey *how = data;

	return modify(how->layer, how->ticket, &how->request, how->fault);
}

int cmd_layer_rekey(const struct options *options)
{
	struct fault fault = {.line = 0};
	struct ticket ticket, anew;
	struct layer_keys keys;
	struct rekey how = {options->layer, &ticket, .fault = &fault};
	int r;

	if (layer_name_check(options->layer, &fault) < 0)
		return cmd_fail(&fault); /* of an fd nobody would get to know the new keys */
	r = front_ticket(options->layer, TICKET_MODIFY, &ticket, &fault);
	if (r < 0)
		return cmd_fail(&fault);
	r = layer_keys_make(&keys);
	if (r < 0) {
		fault_set(&fault, r, "cannot make keys: %s", strerror(-r));
		return cmd_fail(&fault);
	}
	wire_request_init(&how.request, WIRE_REKEY);
	how.request.install = keys.install;
	how.request.modify = keys.modify;
	anew = ticket;
	anew.rights = TICKET_INSTALL | TICKET_MODIFY;
	anew.install = keys.install;
	anew.modify = keys.modify;
	r = layer_name_replace(options->layer, &anew, rekey, &how, &fault);
	return r < 0 ? cmd_fail(&fault) : 0;
}

int cmd_layer_remove(const struct options *options)
{
	struct fault fault = {.line = 0};
	struct wire_request request;
	struct ticket ticket;

	if (front_ticket(options->layer, TICKET_MODIFY, &ticket, &fault) < 0)
		return cmd_fail(&fault);
	wire_request_init(&request, WIRE_REMOVE);
	if (modify(options->layer, &ticket, &request, &fault) < 0)
		return cmd_fail(&fault);
	if (strncmp(options->layer, "fd:", 3) != 0 && layer_name_remove(options->layer, &fault) < 0)
		return cmd_fail(&fault);
	return 0;
}

static void free_names(char **names, size_t n)
{
	while (n)
		free(names[--n]);
	free(names);
}

/* Of a name that could be read: what holds it says. */
static int look(const char *name, struct ticket *ret_ticket, struct layer_state *ret,
		struct fault *fault)
{
	int r;

	r = front_ticket(name, TICKET_INSTALL, ret_ticket, fault);
	if (r == 0) {
		r = layer_query(ret_ticket, ret);
		if (r < 0)
			fault_set(fault, r, "cannot ask layer '%s': %s", name, live_error_text(r));
	}
	return r;
}

/* "7 members", "1 launch": whichever is counted here. */
static const char *members_text(const struct layer_state *state, char *buf, size_t size)
{
	bool counted = state->policy.deciders;
	unsigned long long n = counted ? state->members : state->launches;

	snprintf(buf, size, "%llu %s%s", n, counted ? "member" : "launch",
		 n == 1    ? ""
		 : counted ? "s"
			   : "es");
	return buf;
}

int cmd_layer_list(const struct options *options)
{
	struct json_object *object = NULL, *array = NULL, *row;
	struct fault fault = {.line = 0};
	struct layer_state state;
	struct ticket ticket;
	char **names, text[48];
	size_t i, n;
	int r;

	r = layer_name_list(&names, &n);
	if (r < 0) {
		fault_set(&fault, r, "cannot list the layers: %s", strerror(-r));
		return cmd_fail(&fault);
	}
	if (options->list_format == LIST_OPENMETRICS) {
		layer_metrics(stdout, names, n);
		free_names(names, n);
		return 0;
	}
	if (options->json) {
		object = answer_new();
		array = json_object_new_array();
		json_object_object_add(object, "layers", array);
	}
	for (i = 0; i < n; i++) {
		r = look(names[i], &ticket, &state, &fault);
		if (array) {
			row = r < 0 ? json_object_new_object() : layer_json(&ticket, &state);
			json_object_object_add(row, "name", json_object_new_string(names[i]));
			json_object_array_add(array, row);
		} else if (r < 0) {
			printf("%-16s  %s\n", names[i],
			       r == -EACCES ? "not readable by us" : live_error_text(r));
		} else {
			printf("%-16s  %s  gen %llu  %s  %s  refused %llu\n", names[i],
			       state.policy.title, (unsigned long long)state.generation,
			       wanted_audit(&state), members_text(&state, text, sizeof(text)),
			       (unsigned long long)state.refused);
		}
	}
	free_names(names, n);
	answer_print(stdout, object);
	return 0;
}

int cmd_layer_show(const struct options *options)
{
	struct fault fault = {.line = 0};
	struct layer_state state;
	struct json_object *object;
	struct ticket ticket;
	char held[48], text[48];

	if (look(options->layer, &ticket, &state, &fault) < 0)
		return cmd_fail(&fault);
	if (options->json) {
		object = layer_json(&ticket, &state);
		json_object_object_add(object, "version", json_object_new_int(1));
		json_object_object_add(object, "name", json_object_new_string(options->layer));
		if (ticket.kind == TICKET_NOTIFY)
			json_object_object_add(object, "supervisor",
					       json_object_new_int64(ticket.server.pid));
		attach_json_cgroups(&ticket, object);
		answer_print(stdout, object);
		return 0;
	}
	printf("%s  %s  %s gen %llu  %s  %s\n", options->layer,
	       layer_mechanisms(&ticket, &state, held, sizeof(held)), state.policy.title,
	       (unsigned long long)state.generation, wanted_audit(&state),
	       members_text(&state, text, sizeof(text)));
	attach_print_cgroups(&ticket);
	layer_print_calls(&ticket, &state);
	return 0;
}
