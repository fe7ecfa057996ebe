/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cgroup/memory.h"
#include "cgroup/place.h"
#include "front_launch.h"
#include "layer/client.h"
#include "layer_show.h"
#include "read.h"
#include "profile/keywords.h"
#include "run/live.h"
#include "watch_events.h"
#ifdef HAVE_RESIDENT
#include "resident/attached.h"
#endif

#define PROCESSES_MAX 4096
#define LOOKS 10 /* for events, each second */
#define CLEAR "\033[H\033[J"

struct watching {
	const struct options *options;
	struct ticket ticket;
	struct watch_events events;
	uint64_t counted; /* refused or audited, the last time */
	struct node_memory nodes[MPOL_NODES_MAX];
	uint64_t kib[MPOL_NODES_MAX];
	struct watch_node node[MPOL_NODES_MAX];
	pid_t pids[PROCESSES_MAX];
};

static volatile sig_atomic_t stopped;
static struct termios before;
static bool changed;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* q is to be read when it is pressed, and not shown. */
static void open_terminal(void)
{
	struct termios now;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) < 0)
		return;
	now = before;
	now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	changed = tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0;
}

static void close_terminal(void)
{
	if (changed)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/*
 * A second, or until somebody has seen enough. What there is to be told of is taken in all the
 * while: it is kept for us in little room.
 */
static int pause_for_a_second(struct watching *watching)
{
	struct pollfd keys = {.fd = changed ? STDIN_FILENO : -1, .events = POLLIN};
	int i, r = 0;
	char key;

	for (i = 0; i < LOOKS && r == 0 && !stopped; i++) {
		if (poll(&keys, 1, 1000 / LOOKS) == 1 &&
		    (read(STDIN_FILENO, &key, 1) != 1 || key == 'q'))
			stopped = 1;
		r = watch_events_read(&watching->events);
	}
	return r;
}

#ifdef HAVE_RESIDENT
static int add_cgroup(uint64_t id, void *data)
{
	struct watching *watching = data;
	_cleanup_close_ int fd = -EBADF;
	char path[PATH_MAX];
	int r = cgroup_path_of_id(id, path, sizeof(path));

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = memory_of_cgroup(fd, watching->kib);
	return r < 0 ? r : 0;
}

/* Where it is attached to cgroups, and we are root, those know best. Whether they do. */
static bool memory_of_cgroups(struct watching *watching)
{
	const struct ticket *ticket = &watching->ticket;
	struct resident_key key;
	__u64 n = 0;

	if (ticket->kind != TICKET_RESIDENT || geteuid() != 0 ||
	    layer_resident_cgroups(ticket, &n) < 0 || !n)
		return false;
	memcpy(&key, &ticket->install, sizeof(key));
	return resident_cgroups(&key, add_cgroup, watching) == 0;
}
#else
static bool memory_of_cgroups(struct watching *watching)
{
	(void)watching;
	return false;
}
#endif

static void look_at_memory(struct watching *watching, size_t n, bool known, struct watch_view *view)
{
	size_t i;

	memset(watching->kib, 0, sizeof(watching->kib));
	if (memory_of_nodes(watching->nodes) < 0)
		return;
	view->memory_known = memory_of_cgroups(watching);
	if (!view->memory_known && known) {
		memset(watching->kib, 0, sizeof(watching->kib));
		view->memory_known = true;
		for (i = 0; i < n && i < PROCESSES_MAX; i++)
			view->n_unseen += memory_of_process(watching->pids[i], watching->kib) < 0;
		view->n_unseen += n > PROCESSES_MAX ? n - PROCESSES_MAX : 0;
	}
	for (i = 0; i < MPOL_NODES_MAX; i++)
		if (watching->nodes[i].there)
			watching->node[view->n_nodes++] = (struct watch_node){
				.node = (unsigned int)i,
				.ours = watching->kib[i],
				.free = watching->nodes[i].free,
				.total = watching->nodes[i].total,
			};
	view->node = watching->node;
}

/* Those that its supervisor has counted, before it has told us of one. */
static size_t rows_by_rule(const struct layer_state *state, struct watch_row rows[WATCH_ROWS])
{
	struct watch_row row = {.n = 0};
	size_t n = 0;
	__u32 rule;

	for (rule = 0; rule < MPOL_RULE_COUNT && n < WATCH_ROWS; rule++) {
		if (!state->refused_by[rule])
			continue;
		row.n = state->refused_by[rule];
		rule_name(rule, row.what, sizeof(row.what));
		rows[n++] = row;
	}
	return n;
}

static int show(struct watching *watching)
{
	struct watch_view view = {.name = watching->options->layer, .keys = changed};
	struct watch_row rows[WATCH_ROWS];
	struct json_object *layer = NULL;
	char held[48], members[48];
	struct layer_state state;
	uint64_t counted;
	size_t n = 0;
	bool known;
	int r;

	r = layer_processes(&watching->ticket, &state, watching->pids, PROCESSES_MAX, &n);
	known = r == 0;
	if (r == -ENOTSUP)
		r = layer_query(&watching->ticket, &state);
	if (r < 0)
		return r;
	look_at_memory(watching, n, known, &view);
	r = watch_events_read(&watching->events);
	if (r < 0)
		return r;
	view.lost = state.lost + watching->events.lost + watching->events.missing;
	if (watching->events.calls.n) {
		view.n_rows = watch_calls_rows(&watching->events.calls, rows);
		view.others = watching->events.calls.others;
	} else {
		view.n_rows = rows_by_rule(&state, rows);
	}
	r = layer_look(watching->options->layer, &layer, NULL);
	if (r < 0)
		return r;
	view.row = rows;
	view.held = layer_mechanisms_text(layer, held, sizeof(held));
	view.members = layer_members(layer, members, sizeof(members));
	json_object_put(layer);
	view.title = state.policy.title;
	view.generation = state.generation;
	view.audit = state.policy.rules.flags & MPOL_RULES_AUDIT;
	view.refused = state.refused + state.killed;
	view.audited = state.audited;
	view.ignored = state.ignored;
	counted = view.refused + view.audited;
	view.rate = counted - watching->counted;
	watching->counted = counted;
	if (isatty(STDOUT_FILENO))
		fputs(CLEAR, stdout);
	watch_print(stdout, &view);
	if (!isatty(STDOUT_FILENO))
		fputc('\n', stdout);
	return fflush(stdout) == EOF ? -errno : 0;
}

/* It is gone, or what held it is. */
static bool is_end(int r)
{
	return r == -EOWNERDEAD || r == -EKEYREJECTED || r == -ENODEV || r == -ENOENT;
}

/* With the right to change it, where we have that: who has it is told of all its events. */
static int find(const struct options *options, struct ticket *ret, struct fault *fault)
{
	struct ticket both;
	int r;

	if (options->json) {
		fault_hint(fault, "layer list --format openmetrics is for machines");
		return fault_set(fault, -EINVAL,
				 "--watch is for people, and does not go with --json");
	}
	r = front_ticket(options->layer, TICKET_INSTALL, ret, fault);
	if (r == 0 && front_ticket(options->layer, TICKET_MODIFY, &both, NULL) == 0 &&
	    both.rights & TICKET_INSTALL)
		*ret = both;
	return r;
}

int layer_watch(const struct options *options, struct fault *fault)
{
	const struct sigaction action = {.sa_handler = stop};
	_cleanup_free_ struct watching *watching = calloc(1, sizeof(*watching));
	const struct ticket *ticket;
	struct layer_state state;
	int r;

	if (!watching)
		return fault_set(fault, -ENOMEM, "out of memory");
	watching->options = options;
	ticket = &watching->ticket;
	r = find(options, &watching->ticket, fault);
	if (r < 0)
		return r;
	r = layer_query(ticket, &state);
	if (r < 0)
		return fault_set(fault, r, "cannot ask layer '%s': %s", options->layer,
				 live_error_text(r));
	watching->counted = state.refused + state.killed + state.audited;
	watch_events_begin(options->layer, ticket, &watching->events);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	open_terminal();
	while (r == 0 && !stopped) {
		r = show(watching);
		if (r == 0)
			r = pause_for_a_second(watching);
	}
	close_terminal();
	watch_events_done(&watching->events);
	if (r == 0 || is_end(r))
		return 0;
	return fault_set(fault, r, "cannot watch layer '%s': %s", options->layer,
			 live_error_text(r));
}
