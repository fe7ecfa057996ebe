/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the supervisor says to whoever connects. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "supervisor_parts.h"

/* Looked at when a tree is launched; nothing of notify's holds them later. */
#define GROUPS_OF_LAUNCH (GROUP_BIT(GROUP_FILES) | GROUP_BIT(GROUP_CPUSET))

static int reply(struct supervisor *supervisor, struct connection *connection, int error,
		 bool with_state)
{
	struct wire_reply answer = {
		.magic = WIRE_MAGIC, .version = WIRE_VERSION, .type = WIRE_STATE, .error = error};

	if (with_state) {
		supervisor_state(supervisor, &answer.state);
		if (connection->joining)
			answer.state.resident = supervisor->resident.install;
		if (!ticket_key_is_zero(&supervisor->resident.install))
			(void)layer_resident_count(&supervisor->resident.install, &answer.state);
		if (connection->wants_processes)
			answer.state.n_processes = (__u32)supervisor_processes(
				supervisor, answer.state.process, LAYER_PROCESSES);
		if (ticket_key_is_zero(&supervisor->resident.install) && error == -EBUSY)
			answer.state.members = supervisor_processes(supervisor, NULL, 0);
	}
	/* Non-blocking: who does not read its answer does without. */
	return wire_send(connection->fd, &answer, sizeof(answer), -EBADF);
}

/* As reply(), and stay connected for what comes next. */
static int reply_and_stay(struct supervisor *supervisor, struct connection *connection)
{
	int r = reply(supervisor, connection, 0, true);

	return r < 0 ? r : 1;
}

/*
 * A member never changes a layer that it is under, whatever keys it has read from somebody's files.
 *
 * In a Landlock scope it could not connect to us. Otherwise the number of its seccomp filters
 * tells: it is inherited and never falls, so who is under fewer than any member is none. The pid is
 * that of the peer for as long as @pidfd lives: the kernel wrote it on the proof, after we had
 * opened that, so it is no pid of a process that ended and was followed by a harmless one.
 */
static int check_no_member(struct supervisor *supervisor, const struct connection *connection,
			   pid_t prover)
{
	struct pollfd gone = {.fd = connection->pidfd, .events = POLLIN};
	uint32_t filters;
	bool outside;

	if (prover != connection->pid)
		return -EPERM;
	pthread_rwlock_rdlock(&supervisor->lock);
	outside = supervisor->state.launches == 0 || supervisor->state.scoped;
	pthread_rwlock_unlock(&supervisor->lock);
	if (outside)
		return 0;
	if (connection->pid <= 0 || connection->pidfd < 0)
		return -EPERM;
	if (process_filters(connection->pid, &filters) < 0 || filters >= supervisor->least_filters)
		return -EPERM;
	return poll(&gone, 1, 0) == 0 ? 0 : -EPERM;
}

static int check_update(const struct supervisor *supervisor, const struct wire_request *request)
{
	const struct layer_state *state = &supervisor->state;
	const struct layer_policy *policy = &request->policy;
	__u32 looked_at = layer_policy_restricted(&state->policy.rules) | policy->by_resident;
	struct mpol_rules rules;

	if (request->generation && request->generation != state->generation)
		return -ESTALE;
	if (request->type != WIRE_UPDATE)
		return 0;
	if (policy->deciders && ticket_key_is_zero(&supervisor->resident.modify))
		return -EOPNOTSUPP;
	if (state->launches == 0)
		return 0;
	layer_policy_of_others(policy, &rules);
	if (seccomp_calls(&rules) & ~state->calls)
		return -EBUSY;
	return policy->must & GROUPS_OF_LAUNCH & ~looked_at ? -EBUSY : 0;
}

/* Both parts or none: what may fail, the resident's, comes first. Under the lock, for writing. */
static int put_policy(struct supervisor *supervisor, const struct layer_policy *policy)
{
	struct layer_policy changed = *policy;
	int r = 0;

	if (!ticket_key_is_zero(&supervisor->resident.modify)) {
		if (!changed.deciders) /* which restrict nothing then */
			changed.deciders = supervisor->state.policy.deciders;
		r = layer_resident_update(&supervisor->resident.modify, &changed, 0);
		/* The first process, who makes it, is not there yet. */
		if (r == -EKEYREJECTED)
			r = -EAGAIN;
	}
	if (r < 0)
		return r;
	supervisor->state.policy = changed;
	layer_policy_of_others(&changed, &supervisor->rules);
	if (supervisor->state.launches == 0)
		supervisor->state.calls = seccomp_calls(&supervisor->rules);
	return 0;
}

static int put_keys(struct supervisor *supervisor, const struct wire_request *request)
{
	struct layer_keys resident;
	int r = 0;

	if (!ticket_key_is_zero(&supervisor->resident.modify)) {
		r = layer_keys_make(&resident);
		if (r == 0)
			r = layer_resident_rekey(&supervisor->resident.modify, &resident);
		if (r == 0)
			supervisor->resident = resident;
	}
	if (r < 0)
		return r;
	supervisor->install = request->install;
	supervisor->modify = request->modify;
	return 0;
}

/* Who lives under it stays under it; nobody has a key any more. */
static int forget_keys(struct supervisor *supervisor)
{
	int r = ticket_key_make(&supervisor->install);

	if (r == 0)
		r = ticket_key_make(&supervisor->modify);
	if (r < 0)
		return r;
	if (!ticket_key_is_zero(&supervisor->resident.modify))
		(void)layer_resident_remove(&supervisor->resident.modify);
	supervisor->resident = (struct layer_keys){.install = {{0}}};
	supervisor->removed = true;
	return 0;
}

static int change(struct supervisor *supervisor, const struct wire_request *request)
{
	struct layer_state *state = &supervisor->state;
	struct layer_policy policy;
	int r;

	pthread_rwlock_wrlock(&supervisor->lock);
	r = check_update(supervisor, request);
	if (r == 0) {
		switch ((enum wire_type)request->type) {
		case WIRE_UPDATE:
		case WIRE_AUDIT:
			policy = request->type == WIRE_UPDATE ? request->policy : state->policy;
			policy.rules.flags = state->policy.rules.flags;
			wire_set_audit(&policy.rules, request->audit);
			r = put_policy(supervisor, &policy);
			break;
		case WIRE_REKEY:
			r = put_keys(supervisor, request);
			break;
		case WIRE_REMOVE:
			r = forget_keys(supervisor);
			break;
		case WIRE_JOIN:
		case WIRE_LISTENER:
		case WIRE_QUERY:
		case WIRE_PROOF:
		case WIRE_FOLLOW:
			break;
		}
	}
	if (r == 0) {
		state->generation++;
		state->policy.rules.generation = state->generation;
	}
	pthread_rwlock_unlock(&supervisor->lock);
	return r;
}

static int take_change(struct supervisor *supervisor, struct connection *connection,
		       const struct wire_request *request)
{
	struct wire_reply challenge = {
		.magic = WIRE_MAGIC, .version = WIRE_VERSION, .type = WIRE_CHALLENGE};
	int r;

	if (connection->pending)
		return -EPROTO;
	if (!ticket_key_equal(&request->key, &supervisor->modify))
		return reply(supervisor, connection, -EKEYREJECTED, false);
	do
		r = ticket_key_make(&connection->nonce);
	while (r == 0 && ticket_key_is_zero(&connection->nonce));
	if (r < 0)
		return r;
	connection->pending = malloc(sizeof(*connection->pending));
	if (!connection->pending)
		return -ENOMEM;
	*connection->pending = *request;
	if (connection->pid > 0)
		connection->pidfd = (int)syscall(SYS_pidfd_open, connection->pid, 0);
	challenge.nonce = connection->nonce;
	r = wire_send(connection->fd, &challenge, sizeof(challenge), -EBADF);
	return r < 0 ? r : 1;
}

static int take_proof(struct supervisor *supervisor, struct connection *connection,
		      const struct wire_request *request, pid_t sender)
{
	int r;

	if (!connection->pending || !ticket_key_equal(&request->nonce, &connection->nonce))
		return -EPROTO;
	r = check_no_member(supervisor, connection, sender);
	if (r == 0)
		r = change(supervisor, connection->pending);
	return reply(supervisor, connection, r, true);
}

/* ENOENT, of an id that cannot be, comes from a listener and from nothing else. */
static bool is_listener(int fd)
{
	__u64 id = UINT64_MAX;

	return fd >= 0 && ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) < 0 && errno == ENOENT;
}

static int take_listener(struct supervisor *supervisor, struct connection *connection,
			 const struct wire_request *request, struct wire_with *with)
{
	struct layer_state *state = &supervisor->state;
	uint32_t filters = 1;
	bool first;
	int r;

	if (!connection->joining || !is_listener(with->fd))
		return -EPROTO;
	/* It is not the connection's pid: who joins is a child of who asked. */
	if (with->pid <= 0 || process_filters(with->pid, &filters) < 0 || filters == UINT32_MAX)
		filters = 1; /* then whoever is under any filter may be a member */
	pthread_rwlock_rdlock(&supervisor->lock);
	first = state->launches == 0;
	r = seccomp_calls(&supervisor->rules) & ~request->calls ? -ESTALE : 0;
	pthread_rwlock_unlock(&supervisor->lock);
	/* Who sent it waits, and is under the resident's part by now. */
	if (r == 0)
		supervisor_find_resident(supervisor);
	if (r == 0)
		r = tree_start(supervisor, TAKE_FD(with->fd), with->pid);
	if (r == 0) {
		pthread_rwlock_wrlock(&supervisor->lock);
		state->calls = first ? request->calls : state->calls & request->calls;
		state->scoped = (first || state->scoped) && (request->flags & WIRE_SCOPED);
		pthread_rwlock_unlock(&supervisor->lock);
		if (first || filters < supervisor->least_filters)
			supervisor->least_filters = filters;
	}
	return reply(supervisor, connection, r, true);
}

int connection_may_follow(const struct supervisor *supervisor, const struct connection *connection,
			  const struct wire_request *request)
{
	if (ticket_key_equal(&request->key, &supervisor->modify))
		return 0;
	if (!ticket_key_equal(&request->key, &supervisor->install))
		return -EKEYREJECTED;
	return connection->uid == geteuid() || connection->uid == 0 ? 0 : -EACCES;
}

static int take_follower(struct supervisor *supervisor, struct connection *connection,
			 const struct wire_request *request, struct wire_with *with)
{
	char name[EVENT_NAME_MAX];
	struct stat st;
	int flags, r;

	r = connection_may_follow(supervisor, connection, request);
	if (r < 0)
		return reply(supervisor, connection, r, false);
	if (with->fd < 0)
		return -EPROTO;
	/* A pipe: what else there is might ask who we are, and not who opened it. */
	flags = fcntl(with->fd, F_GETFL);
	if (flags < 0 || (flags & O_ACCMODE) != O_WRONLY || fstat(with->fd, &st) < 0 ||
	    !S_ISFIFO(st.st_mode))
		return -EPROTO;
	snprintf(name, sizeof(name), "%.*s", (int)sizeof(name) - 1, request->policy.title);
	r = supervisor_follow(supervisor, with->fd, request->flags & WIRE_JSON, name);
	if (r == 0)
		TAKE_FD(with->fd);
	return reply(supervisor, connection, r, true);
}

static int talk(struct supervisor *supervisor, struct connection *connection,
		const struct wire_request *request, struct wire_with *with)
{
	switch ((enum wire_type)request->type) {
	case WIRE_JOIN:
		if (!ticket_key_equal(&request->key, &supervisor->install))
			return reply(supervisor, connection, -EKEYREJECTED, false);
		connection->joining = true;
		return reply_and_stay(supervisor, connection);
	case WIRE_LISTENER:
		return take_listener(supervisor, connection, request, with);
	case WIRE_QUERY:
		if (!ticket_key_equal(&request->key, &supervisor->install) &&
		    !ticket_key_equal(&request->key, &supervisor->modify))
			return reply(supervisor, connection, -EKEYREJECTED, false);
		supervisor_find_resident(supervisor);
		connection->wants_processes = request->flags & WIRE_PROCESSES;
		return reply(supervisor, connection, 0, true);
	case WIRE_UPDATE:
	case WIRE_AUDIT:
	case WIRE_REKEY:
	case WIRE_REMOVE:
		return take_change(supervisor, connection, request);
	case WIRE_PROOF:
		return take_proof(supervisor, connection, request, with->pid);
	case WIRE_FOLLOW:
		return take_follower(supervisor, connection, request, with);
	}
	return -EPROTO;
}

int connection_talk(struct supervisor *supervisor, struct connection *connection, const void *bytes,
		    size_t len, struct wire_with *with)
{
	int r = wire_request_check(bytes, len);

	if (r < 0)
		r = reply(supervisor, connection, -EPROTO, false);
	else
		r = talk(supervisor, connection, bytes, with);
	if (with->fd >= 0)
		close(TAKE_FD(with->fd));
	return r;
}
