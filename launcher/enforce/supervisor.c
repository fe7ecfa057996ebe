/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "supervisor_parts.h"

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void connection_end(struct connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	if (connection->pidfd >= 0)
		close(connection->pidfd);
	free(connection->pending);
	*connection = (struct connection){.fd = -EBADF, .pidfd = -EBADF};
}

void supervisor_free(struct supervisor *supervisor)
{
	size_t i;

	if (!supervisor)
		return;
	for (i = 0; i < CONNECTIONS_MAX; i++)
		connection_end(&supervisor->connection[i]);
	supervisor_tell_no_more(supervisor);
	if (!ticket_key_is_zero(&supervisor->resident.modify))
		(void)layer_resident_remove(&supervisor->resident.modify);
	event_log_end(supervisor->log);
	if (supervisor->socket >= 0)
		close(supervisor->socket);
	if (supervisor->ended >= 0)
		close(supervisor->ended);
	pthread_mutex_destroy(&supervisor->followers_lock);
	pthread_rwlock_destroy(&supervisor->lock);
	free(supervisor);
}

/*
 * Listen at a name that nobody can guess. The pid that peers see is that of the caller of
 * listen(2).
 */
static int open_socket(struct ticket_server *server)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	struct ticket_key random;
	static const int on = 1;
	socklen_t len;
	int r;

	if (fd < 0)
		return -errno;
	r = ticket_key_make(&random);
	if (r < 0)
		return r;
	memcpy(server->address, random.byte, sizeof(server->address));
	len = wire_address(server->address, &address);
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, CONNECTIONS_MAX) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* Members are told from others by what /proc says, so it has to be that of our pid namespace. */
static int find_self(struct ticket_server *server)
{
	char link[16] = "", pid[16];

	server->pid = (__u32)getpid();
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (readlink("/proc/self", link, sizeof(link) - 1) < 0 || strcmp(link, pid) != 0)
		return -EHOSTUNREACH;
	return process_started(getpid(), (uint64_t *)&server->started) < 0 ? -EHOSTUNREACH : 0;
}

int supervisor_new(const struct layer_policy *policy, const struct layer_keys *resident,
		   unsigned int flags, struct supervisor **ret, struct ticket *ret_ticket)
{
	_cleanup_(cleanup_supervisor) struct supervisor *supervisor = NULL;
	struct ticket_server server = {.zero = 0};
	pthread_rwlockattr_t attributes;
	size_t i;
	int r;

	supervisor = calloc(1, sizeof(*supervisor));
	if (!supervisor)
		return -ENOMEM;
	supervisor->socket = -EBADF;
	supervisor->ended = -EBADF;
	pthread_mutex_init(&supervisor->followers_lock, NULL);
	for (i = 0; i < CONNECTIONS_MAX; i++)
		supervisor->connection[i] = (struct connection){.fd = -EBADF, .pidfd = -EBADF};
	/* Readers come without a pause under load: a writer must not wait for one. */
	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	r = -pthread_rwlock_init(&supervisor->lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
	if (r < 0)
		return r;

	supervisor->family = abi_family_native();
	if (!supervisor->family)
		return -EOPNOTSUPP;
	supervisor->persistent = flags & SUPERVISOR_PERSISTENT;
	supervisor->state.persistent = supervisor->persistent;
	supervisor->state.generation = 1;
	supervisor->state.policy = *policy;
	supervisor->state.policy.rules.generation = 1;
	layer_policy_of_others(policy, &supervisor->rules);
	supervisor->state.calls = seccomp_calls(&supervisor->rules);
	r = find_self(&server);
	if (r == 0)
		r = ticket_key_make(&supervisor->install);
	if (r == 0)
		r = ticket_key_make(&supervisor->modify);
	if (r < 0)
		return r;
	supervisor->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (supervisor->ended < 0)
		return -errno;
	supervisor->socket = open_socket(&server);
	if (supervisor->socket < 0)
		return supervisor->socket;
	ticket_of_server(&server, &supervisor->install, &supervisor->modify, ret_ticket);
	if (resident)
		supervisor->resident = *resident;
	*ret = TAKE_PTR(supervisor);
	return 0;
}

int supervisor_watch(struct supervisor *supervisor, const struct watch *watch)
{
	int r = 0;

	supervisor->watch = *watch;
	supervisor->state.watch = watch->fixed ? LAYER_COUNTS_NO_ALLOWED : 0;
	if (watch->log.kind != LOG_NOWHERE)
		r = event_log_new(&watch->log, watch->layer, &supervisor->log);
	return r < 0 ? r : supervisor_tell_of_resident(supervisor);
}

void supervisor_state(struct supervisor *supervisor, struct layer_state *ret)
{
	/* For writing, so that nobody counts meanwhile. */
	pthread_rwlock_wrlock(&supervisor->lock);
	*ret = supervisor->state;
	pthread_rwlock_unlock(&supervisor->lock);
	if (supervisor->log)
		ret->lost = event_log_lost(supervisor->log);
}

void supervisor_halt(struct supervisor *supervisor, struct layer_state *ret)
{
	/* Whoever wants to decide waits for the lock, until the process has ended. */
	pthread_rwlock_wrlock(&supervisor->lock);
	*ret = supervisor->state;
	if (supervisor->log)
		ret->lost = event_log_lost(supervisor->log);
}

static bool is_stranger(const struct connection *connection)
{
	return connection->uid != geteuid() && connection->uid != 0;
}

/* Who has shown nothing goes before who has, strangers before our own, then the older one. */
static bool goes_before(const struct connection *a, const struct connection *b)
{
	if (a->joining != b->joining)
		return b->joining;
	if (is_stranger(a) != is_stranger(b))
		return is_stranger(a);
	return a->since < b->since;
}

/* A place for a connection; where there is none, somebody has to go. */
static struct connection *find_place(struct supervisor *supervisor)
{
	struct connection *first = &supervisor->connection[0];
	size_t i;

	for (i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &supervisor->connection[i];

		if (connection->fd < 0)
			return connection;
		if (goes_before(connection, first))
			first = connection;
	}
	connection_end(first);
	return first;
}

static int add_connection(struct supervisor *supervisor, int fd, bool joining)
{
	_cleanup_close_ int mine = fd;
	struct connection *connection = find_place(supervisor);
	struct ucred peer = {.pid = 0};
	socklen_t len = sizeof(peer);
	static const int on = 1;

	if (setsockopt(mine, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    getsockopt(mine, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return -errno;
	*connection = (struct connection){
		.fd = TAKE_FD(mine),
		.pidfd = -EBADF,
		.uid = peer.uid,
		.pid = peer.pid,
		.since = now(),
		.joining = joining,
	};
	return 0;
}

int supervisor_adopt(struct supervisor *supervisor, int socket)
{
	return add_connection(supervisor, socket, true);
}

static void accept_one(struct supervisor *supervisor)
{
	int fd = accept4(supervisor->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		(void)add_connection(supervisor, fd, false);
}

/* A file is taken from those alone who have shown a key, or show it with this message. */
static bool may_bring_a_file(struct supervisor *supervisor, const struct connection *connection)
{
	struct wire_request request;
	ssize_t n;

	if (connection->joining)
		return true;
	n = recv(connection->fd, &request, sizeof(request), MSG_PEEK | MSG_DONTWAIT);
	return n >= 0 && wire_request_check(&request, (size_t)n) == 0 &&
	       request.type == WIRE_FOLLOW &&
	       connection_may_follow(supervisor, connection, &request) == 0;
}

static void hear(struct supervisor *supervisor, struct connection *connection)
{
	struct wire_request request;
	struct wire_with with = {.fd = -EBADF};
	ssize_t n;

	if (may_bring_a_file(supervisor, connection))
		n = wire_receive(connection->fd, &request, sizeof(request), MSG_DONTWAIT, &with);
	else
		n = wire_receive_no_fd(connection->fd, &request, sizeof(request), MSG_DONTWAIT,
				       &with);
	if (n == -EAGAIN)
		return;
	if (n <= 0 || connection_talk(supervisor, connection, &request, (size_t)n, &with) <= 0) {
		if (with.fd >= 0)
			close(with.fd);
		connection_end(connection);
	}
}

static bool is_over(struct supervisor *supervisor)
{
	bool trees;
	size_t i;

	pthread_rwlock_rdlock(&supervisor->lock);
	trees = supervisor->state.launches > 0;
	pthread_rwlock_unlock(&supervisor->lock);
	if (trees || (supervisor->persistent && !supervisor->removed))
		return false;
	for (i = 0; i < CONNECTIONS_MAX; i++)
		if (supervisor->connection[i].fd >= 0 && supervisor->connection[i].joining)
			return false;
	return true;
}

/* Returns how long to wait for the next one, in milliseconds; -1: there is none. */
static int end_the_silent(struct supervisor *supervisor)
{
	time_t time = now();
	int wait = -1;
	size_t i;

	for (i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &supervisor->connection[i];

		if (connection->fd < 0 || connection->joining)
			continue;
		if (time - connection->since > PATIENCE_SECONDS)
			connection_end(connection);
		else
			wait = 1000;
	}
	return wait;
}

int supervisor_serve(struct supervisor *supervisor, int stop)
{
	struct pollfd ready[3 + CONNECTIONS_MAX];
	uint64_t ended;
	size_t i;
	int wait;

	while (!is_over(supervisor)) {
		wait = end_the_silent(supervisor);
		ready[0] = (struct pollfd){.fd = supervisor->socket, .events = POLLIN};
		ready[1] = (struct pollfd){.fd = supervisor->ended, .events = POLLIN};
		ready[2] = (struct pollfd){.fd = stop, .events = POLLIN};
		/* poll(2) leaves negative fds alone. */
		for (i = 0; i < CONNECTIONS_MAX; i++)
			ready[3 + i] = (struct pollfd){.fd = supervisor->connection[i].fd,
						       .events = POLLIN};
		if (poll(ready, ELEMENTSOF(ready), wait) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		for (i = 0; i < CONNECTIONS_MAX; i++)
			if (ready[3 + i].revents)
				hear(supervisor, &supervisor->connection[i]);
		if (ready[1].revents)
			(void)!read(supervisor->ended, &ended, sizeof(ended));
		if (ready[2].revents) {
			supervisor->persistent = false;
			stop = -EBADF;
		}
		if (ready[0].revents)
			accept_one(supervisor);
	}
	return 0;
}
