/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "layer_resident.h"
#include "base/process.h"

#define ANSWER_SECONDS 10
#define FOLLOW_PIPE (1 << 20)
#define CHANGES 1000 /* tries, where others change it all the time */

/*
 * The address could be taken by anybody once the supervisor is gone; by a member, who would then be
 * sent keys and listeners. Its pid together with its time of start cannot: the pid comes from the
 * kernel, of whoever called listen(2).
 */
static int check_server(int socket, const struct ticket_server *server)
{
	struct ucred peer = {.pid = 0};
	socklen_t len = sizeof(peer);
	uint64_t started;
	int r;

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return -errno;
	if (peer.pid <= 0)
		return -EHOSTUNREACH;
	if ((__u32)peer.pid != server->pid)
		return -EOWNERDEAD;
	r = process_started(peer.pid, &started);
	if (r == -EIO)
		return -EHOSTUNREACH;
	return r < 0 || started != server->started ? -EOWNERDEAD : 0;
}

static bool is_alive(const struct ticket_server *server)
{
	uint64_t started;

	return process_started((pid_t)server->pid, &started) == 0 && started == server->started;
}

/*
 * Whom a supervisor puts out to make room for others hears nothing, as of one that has ended. But
 * names are swept away only of what has ended.
 */
static int not_answered(const struct ticket *ticket, int r)
{
	return r == -EOWNERDEAD && is_alive(&ticket->server) ? -ETIMEDOUT : r;
}

static int connect_to(const struct ticket *ticket, int *ret)
{
	static const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	_cleanup_close_ int fd = -EBADF;
	struct sockaddr_un address;
	socklen_t len;
	int r;

	if (ticket->kind != TICKET_NOTIFY)
		return -EOPNOTSUPP;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	len = wire_address(ticket->server.address, &address);
	if (connect(fd, (struct sockaddr *)&address, len) < 0) {
		if (errno == EAGAIN)
			return -ETIMEDOUT;
		if (errno != ECONNREFUSED)
			return errno == EPERM ? -EPERM : -EHOSTUNREACH;
		/* Nobody there: gone, or in another network namespace? */
		return is_alive(&ticket->server) ? -EHOSTUNREACH : -EOWNERDEAD;
	}
	r = check_server(fd, &ticket->server);
	if (r < 0)
		return r;
	*ret = TAKE_FD(fd);
	return 0;
}

static int receive_reply(int socket, struct wire_reply *ret)
{
	struct wire_reply reply;
	struct wire_with with = {.fd = -EBADF};
	ssize_t n = wire_receive(socket, &reply, sizeof(reply), 0, &with);

	if (n >= 0 && with.fd >= 0)
		close(with.fd);
	if (n == -EAGAIN)
		return -ETIMEDOUT;
	if (n == 0 || n == -ECONNRESET)
		return -EOWNERDEAD;
	if (n < 0)
		return (int)n;
	if (wire_reply_check(&reply, (size_t)n) < 0)
		return -EPROTO;
	*ret = reply;
	return 0;
}

static int send_request(int socket, const struct wire_request *request, int fd)
{
	int r = wire_send(socket, request, sizeof(*request), fd);

	if (r == -EPIPE || r == -ECONNRESET)
		return -EOWNERDEAD;
	return r == -EAGAIN ? -ETIMEDOUT : r;
}

static int ask(int socket, const struct wire_request *request, struct layer_state *ret)
{
	struct wire_reply reply;
	int r;

	r = send_request(socket, request, -EBADF);
	if (r == 0)
		r = receive_reply(socket, &reply);
	if (r < 0)
		return r;
	if (reply.type != WIRE_STATE)
		return -EPROTO;
	if (ret && reply.state.generation)
		*ret = reply.state;
	return reply.error;
}

/* In people's terms a resident that is gone has forgotten its layers, as a supervisor has. */
static int resident_error(int r)
{
	return r == -ENODEV ? -EOWNERDEAD : r;
}

static int query_over(int socket, const struct ticket *ticket, __u32 flags, struct layer_state *ret)
{
	struct wire_request request;

	wire_request_init(&request, WIRE_QUERY);
	request.flags = flags;
	request.key = ticket->rights & TICKET_INSTALL ? ticket->install : ticket->modify;
	return not_answered(ticket, ask(socket, &request, ret));
}

static int query(const struct ticket *ticket, __u32 flags, struct layer_state *ret)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (ticket->kind == TICKET_RESIDENT)
		return resident_error(layer_resident_query(ticket, ret));
	r = connect_to(ticket, &fd);
	return r < 0 ? r : query_over(fd, ticket, flags, ret);
}

int layer_query_over(int socket, const struct ticket *ticket)
{
	return query_over(socket, ticket, 0, NULL);
}

int layer_query(const struct ticket *ticket, struct layer_state *ret)
{
	return query(ticket, 0, ret);
}

int layer_processes(const struct ticket *ticket, struct layer_state *ret, pid_t *pids, size_t max,
		    size_t *ret_n)
{
	struct layer_state state;
	size_t n = 0, i;
	int r;

	r = query(ticket, WIRE_PROCESSES, &state);
	if (r == 0 && ticket->kind == TICKET_RESIDENT) {
		*ret = state;
		return layer_resident_processes(ticket->rights & TICKET_INSTALL ? &ticket->install
										: &ticket->modify,
						ticket->owner, pids, max, ret_n);
	}
	if (r < 0)
		return r;
	for (i = 0; i < state.n_processes && i < LAYER_PROCESSES && n < max; i++)
		pids[n++] = (pid_t)state.process[i];
	*ret = state;
	*ret_n = state.n_processes;
	return 0;
}

int layer_join(const struct ticket *ticket, struct layer_state *ret, int *ret_socket)
{
	_cleanup_close_ int fd = -EBADF;
	struct wire_request request;
	int r;

	if (!(ticket->rights & TICKET_INSTALL))
		return -EACCES;
	r = connect_to(ticket, &fd);
	if (r < 0)
		return r;
	wire_request_init(&request, WIRE_JOIN);
	request.key = ticket->install;
	r = not_answered(ticket, ask(fd, &request, ret));
	if (r < 0)
		return r;
	*ret_socket = TAKE_FD(fd);
	return 0;
}

int layer_follow(const struct ticket *ticket, const char *name, bool json, int *ret)
{
	_cleanup_close_ int fd = -EBADF, reads = -EBADF, writes = -EBADF;
	struct wire_request request;
	struct wire_reply reply;
	int ends[2], r;

	r = connect_to(ticket, &fd);
	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	reads = ends[0];
	writes = ends[1];
	/* Room for more than a moment of many; the usual will do. */
	(void)fcntl(reads, F_SETPIPE_SZ, FOLLOW_PIPE);
	wire_request_init(&request, WIRE_FOLLOW);
	request.key = ticket->rights & TICKET_MODIFY ? ticket->modify : ticket->install;
	request.flags = json ? WIRE_JSON : 0;
	snprintf(request.policy.title, sizeof(request.policy.title), "%s", name);
	r = send_request(fd, &request, writes);
	if (r == 0)
		r = receive_reply(fd, &reply);
	if (r == 0)
		r = reply.type == WIRE_STATE ? reply.error : -EPROTO;
	if (r == 0)
		*ret = TAKE_FD(reads);
	return not_answered(ticket, r);
}

int layer_hand_over(int socket, int listener, __u32 calls, bool scoped)
{
	struct wire_request request;
	struct wire_reply reply;
	int r;

	wire_request_init(&request, WIRE_LISTENER);
	request.calls = calls;
	request.flags = scoped ? WIRE_SCOPED : 0;
	r = send_request(socket, &request, listener);
	if (r == 0)
		r = receive_reply(socket, &reply);
	if (r < 0)
		return r;
	return reply.type == WIRE_STATE ? reply.error : -EPROTO;
}

/*
 * What stays of the policy in force is read first, and must not have been changed when it is
 * written.
 */
static int change_resident(const struct ticket *ticket, const struct wire_request *request)
{
	bool whole = request->type == WIRE_UPDATE;
	struct layer_policy policy = request->policy;
	struct layer_state state;
	__u64 generation;
	int r, i;

	if (whole && request->audit != WIRE_AUDIT_AS_IS && policy.deciders) {
		wire_set_audit(&policy.rules, request->audit);
		return layer_resident_update(&ticket->modify, &policy, request->generation);
	}
	for (i = 0; i < CHANGES; i++) {
		r = layer_resident_query(ticket, &state);
		if (r < 0)
			return r;
		generation = request->generation ? request->generation : state.generation;
		policy = whole ? request->policy : state.policy;
		policy.rules.flags = state.policy.rules.flags;
		wire_set_audit(&policy.rules, request->audit);
		if (!policy.deciders) /* which restrict nothing then */
			policy.deciders = state.policy.deciders;
		r = layer_resident_update(&ticket->modify, &policy, generation);
		if (r != -ESTALE || request->generation)
			return r;
	}
	return r;
}

static int modify_resident(const struct ticket *ticket, const struct wire_request *request,
			   struct layer_state *ret)
{
	const struct layer_keys keys = {request->install, request->modify};
	int r = -EPROTO;

	switch ((enum wire_type)request->type) {
	case WIRE_UPDATE:
	case WIRE_AUDIT:
		r = change_resident(ticket, request);
		if (ret && (r == 0 || r == -ESTALE))
			(void)layer_resident_query(ticket, ret);
		break;
	case WIRE_REKEY:
		r = layer_resident_rekey(&ticket->modify, &keys);
		break;
	case WIRE_REMOVE:
		r = layer_resident_remove(&ticket->modify);
		break;
	case WIRE_JOIN:
	case WIRE_LISTENER:
	case WIRE_QUERY:
	case WIRE_PROOF:
	case WIRE_FOLLOW:
		break;
	}
	return resident_error(r);
}

int layer_modify(const struct ticket *ticket, struct wire_request *request, struct layer_state *ret)
{
	_cleanup_close_ int fd = -EBADF;
	struct wire_request proof;
	struct wire_reply reply;
	int r;

	if (!(ticket->rights & TICKET_MODIFY))
		return -EACCES;
	if (ticket->kind == TICKET_RESIDENT)
		return modify_resident(ticket, request, ret);
	r = connect_to(ticket, &fd);
	if (r < 0)
		return r;
	request->key = ticket->modify;
	r = send_request(fd, request, -EBADF);
	if (r == 0)
		r = receive_reply(fd, &reply);
	if (r < 0)
		return not_answered(ticket, r);
	if (reply.type == WIRE_STATE) {
		if (ret && reply.state.generation)
			*ret = reply.state;
		return reply.error ? reply.error : -EPROTO;
	}
	wire_request_init(&proof, WIRE_PROOF);
	proof.nonce = reply.nonce;
	return not_answered(ticket, ask(fd, &proof, ret));
}
