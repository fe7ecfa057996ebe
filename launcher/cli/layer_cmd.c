/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_cmd.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "answer.h"
#include "base/cleanup.h"
#include "base/exit.h"
#include "enforce/beside.h"
#include "front.h"
#include "layer/client.h"
#include "layer/names.h"
#include "layer_show.h"
#include "profile_cmd.h"
#include "run/live.h"
#include "run_cmd.h"

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
	struct ticket ticket;
	int r;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fault_set(fault, -errno, "prctl(PR_SET_DUMPABLE): %m");
	r = supervisor_new(policy, SUPERVISOR_PERSISTENT, &supervisor, &ticket);
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

static int serve_beside(const struct layer_policy *policy, const struct live_request *request,
			struct fault *fault)
{
	_cleanup_close_ int socket = -EBADF;
	struct wire_request remove;
	struct ticket ticket;
	int r;

	r = beside_start(policy, SUPERVISOR_PERSISTENT, &socket, &ticket);
	if (r < 0)
		return fault_set(fault, r, "cannot start a supervisor: %s", live_error_text(r));
	r = live_publish(request, &ticket, fault);
	if (r < 0) {
		wire_request_init(&remove, WIRE_REMOVE);
		(void)layer_modify(&ticket, &remove, NULL);
	}
	return r;
}

int cmd_layer_create(const struct options *options)
{
	_cleanup_(front_done) struct front front = {.policy = NULL};
	struct fault fault = {.line = 0};
	struct live_request request;
	struct layer_policy policy;
	int r;

	r = live_options(options, &request, &fault);
	request.name = options->layer;
	if (r == 0)
		r = layer_name_check(options->layer, &fault);
	if (r == 0)
		r = make_plan(options, &front, &fault);
	if (r < 0)
		return cmd_fail(&fault);
	live_policy(&front.plan, options->audit, &policy);
	r = options->foreground ? serve_here(&policy, &request, &fault)
				: serve_beside(&policy, &request, &fault);
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
			  "the filters of %u running launch%s cannot see",
			  layer, state->launches, state->launches == 1 ? "" : "es");
	} else if (r == -EPERM) {
		fault_hint(fault, "change it from outside the layer");
		fault_set(fault, r, "layer '%s' stays as it was: %s", layer, live_error_text(r));
	} else {
		fault_set(fault, r, "cannot change layer '%s': %s", layer, live_error_text(r));
	}
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
		r = make_plan(options, &front, &fault);
		if (r < 0)
			return cmd_fail(&fault);
		live_policy(&front.plan, false, &request.policy);
	}
	return modify(options->layer, &ticket, &request, &fault) < 0 ? cmd_fail(&fault) : 0;
}

int cmd_layer_rekey(const struct options *options)
{
	struct fault fault = {.line = 0};
	struct wire_request request;
	struct ticket ticket, anew;
	int r;

	if (layer_name_check(options->layer, &fault) < 0)
		return cmd_fail(&fault); /* of an fd nobody would get to know the new keys */
	r = front_ticket(options->layer, TICKET_MODIFY, &ticket, &fault);
	if (r < 0)
		return cmd_fail(&fault);
	wire_request_init(&request, WIRE_REKEY);
	r = ticket_key_make(&request.install);
	if (r == 0)
		r = ticket_key_make(&request.modify);
	if (r < 0) {
		fault_set(&fault, r, "cannot make keys: %s", strerror(-r));
		return cmd_fail(&fault);
	}
	if (modify(options->layer, &ticket, &request, &fault) < 0)
		return cmd_fail(&fault);
	ticket_of_server(&ticket.server, &request.install, &request.modify, &anew);
	return layer_name_replace(options->layer, &anew, &fault) < 0 ? cmd_fail(&fault) : 0;
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

/* Of a name that could be read: what its supervisor says. */
static int look(const char *name, struct layer_state *ret, __u32 *ret_pid, struct fault *fault)
{
	struct ticket ticket;
	int r;

	r = front_ticket(name, TICKET_INSTALL, &ticket, fault);
	if (r == 0) {
		*ret_pid = ticket.server.pid;
		r = layer_query(&ticket, ret);
		if (r < 0)
			fault_set(fault, r, "cannot ask layer '%s': %s", name, live_error_text(r));
	}
	return r;
}

int cmd_layer_list(const struct options *options)
{
	struct json_object *object = NULL, *array = NULL, *row;
	struct fault fault = {.line = 0};
	struct layer_state state;
	__u32 pid;
	char **names;
	size_t i, n;
	int r;

	r = layer_name_list(&names, &n);
	if (r < 0) {
		fault_set(&fault, r, "cannot list the layers: %s", strerror(-r));
		return cmd_fail(&fault);
	}
	if (options->json) {
		object = answer_new();
		array = json_object_new_array();
		json_object_object_add(object, "layers", array);
	}
	for (i = 0; i < n; i++) {
		r = look(names[i], &state, &pid, &fault);
		if (array) {
			row = r < 0 ? json_object_new_object() : layer_json(&state);
			json_object_object_add(row, "name", json_object_new_string(names[i]));
			json_object_array_add(array, row);
		} else if (r < 0) {
			printf("%-16s  %s\n", names[i],
			       r == -EACCES ? "not readable by us" : live_error_text(r));
		} else {
			printf("%-16s  %s  gen %llu  %s  %u launch%s\n", names[i],
			       state.policy.title, (unsigned long long)state.generation,
			       wanted_audit(&state), state.launches,
			       state.launches == 1 ? "" : "es");
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
	__u32 pid;

	if (look(options->layer, &state, &pid, &fault) < 0)
		return cmd_fail(&fault);
	if (options->json) {
		object = layer_json(&state);
		json_object_object_add(object, "version", json_object_new_int(1));
		json_object_object_add(object, "name", json_object_new_string(options->layer));
		json_object_object_add(object, "supervisor", json_object_new_int64(pid));
		answer_print(stdout, object);
		return 0;
	}
	printf("%s  notify  %s gen %llu  %s  %u launch%s\n", options->layer, state.policy.title,
	       (unsigned long long)state.generation, wanted_audit(&state), state.launches,
	       state.launches == 1 ? "" : "es");
	layer_print_calls(&state);
	return 0;
}
