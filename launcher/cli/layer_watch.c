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
#include "front.h"
#include "layer_show.h"
#include "read.h"
#include "watch_events.h"

#define PROCESSES_MAX 4096
#define LOOKS 10 /* for events, each second */
#define BOUND_EACH 5 /* seconds: who holds a policy of before is looked for */
#define CLEAR "\033[H\033[J"

struct watching {
	const struct options *options;
	int layer; /* borrowed */
	struct watch_events events;
	bool looked; /* and .counted so many, refused or audited, the last time */
	uint64_t counted;
	struct node_memory nodes[MPOL_NODES_MAX];
	uint64_t kib[MPOL_NODES_MAX];
	struct watch_node node[MPOL_NODES_MAX];
	struct json_object *bound; /* as was found last; NULL: nothing was */
	struct watch_bound bound_row[WATCH_BOUND];
	uint64_t generation; /* when it was, and */
	unsigned int since; /* how many pictures ago */
	int32_t pids[PROCESSES_MAX];
};

static void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

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

/* Where it is attached to cgroups, and we are root, those know best. Whether they do. */
static bool memory_of_cgroups(struct watching *watching, struct json_object *layer)
{
	size_t n, i;
	struct json_object *cgroups = read_array(layer, "cgroups", &n);

	for (i = 0; i < n; i++) {
		const char *path = json_object_get_string(json_object_array_get_idx(cgroups, i));
		_cleanup_close_ int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || memory_of_cgroup(fd, watching->kib) < 0)
			return false;
	}
	return n > 0;
}

static void look_at_memory(struct watching *watching, struct json_object *layer, size_t n,
			   bool known, struct watch_view *view)
{
	size_t i;

	memset(watching->kib, 0, sizeof(watching->kib));
	if (memory_of_nodes(watching->nodes) < 0)
		return;
	view->memory_known = memory_of_cgroups(watching, layer);
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
static size_t rows_by_rule(struct json_object *layer, struct watch_row rows[WATCH_ROWS])
{
	struct json_object *rules = read_object(layer, "rules");
	struct watch_row row = {.n = 0};
	size_t n = 0;

	json_object_object_foreach(rules, name, rule)
	{
		row.n = (uint64_t)read_number(rule, "calls");
		if (!row.n || n == WATCH_ROWS)
			continue;
		snprintf(row.what, sizeof(row.what), "%s", name);
		rows[n++] = row;
	}
	return n;
}

static void fill_in(struct watching *watching, struct json_object *layer, struct watch_view *view)
{
	uint64_t counted;

	view->title = read_text(layer, "profile");
	view->generation = (uint64_t)read_number(layer, "generation");
	view->audit = read_true(layer, "audit");
	view->refused = (uint64_t)(read_number(layer, "refused") + read_number(layer, "killed"));
	view->audited = (uint64_t)read_number(layer, "audited");
	view->ignored = (uint64_t)read_number(layer, "ignored");
	view->lost = (uint64_t)read_number(layer, "events-lost") + watching->events.lost;
	counted = view->refused + view->audited;
	view->rate = watching->looked ? counted - watching->counted : 0;
	watching->counted = counted;
	watching->looked = true;
}

/*
 * To know that takes the maps of all processes. So not each time, but whenever the layer has been
 * changed: what it refuses now may be held.
 */
static void look_for_bound(struct watching *watching, uint64_t generation)
{
	char *json = NULL;

	if (watching->bound && watching->generation == generation && ++watching->since < BOUND_EACH)
		return;
	json_object_put(watching->bound);
	watching->bound = NULL;
	watching->generation = generation;
	watching->since = 0;
	if (mpol_layer_bound_json(watching->layer, &json) == 0)
		watching->bound = read_json(json);
}

static void show_bound(struct watching *watching, struct watch_view *view)
{
	size_t n, i;
	struct json_object *processes = read_array(watching->bound, "processes", &n);

	for (i = 0; i < n && i < WATCH_BOUND; i++) {
		struct json_object *process = json_object_array_get_idx(processes, i);
		struct watch_bound *row = &watching->bound_row[i];

		snprintf(row->name, sizeof(row->name), "%s", read_text(process, "name"));
		row->pid = (int)read_number(process, "pid");
		row->what = read_text(process, "bound");
	}
	view->bound = watching->bound_row;
	view->n_bound = i;
	view->more_bound = n - i;
}

static int show(struct watching *watching)
{
	struct watch_view view = {.name = watching->options->layer, .keys = changed};
	_cleanup_(cleanup_json) struct json_object *layer = NULL;
	struct watch_row rows[WATCH_ROWS];
	char held[48], members[48];
	char *json = NULL;
	size_t n = 0;
	bool known;
	int r;

	r = mpol_layer_processes(watching->layer, watching->pids, PROCESSES_MAX, &n);
	known = r == 0;
	if (r < 0 && r != -ENOTSUP)
		return r;
	r = watch_events_read(&watching->events);
	if (r == 0)
		r = mpol_layer_json(watching->layer, &json);
	if (r < 0)
		return r;
	layer = read_json(json);
	if (!layer)
		return -ENOMEM;
	look_at_memory(watching, layer, n, known, &view);
	fill_in(watching, layer, &view);
	look_for_bound(watching, view.generation);
	show_bound(watching, &view);
	if (watching->events.calls.n) {
		view.n_rows = watch_calls_rows(&watching->events.calls, rows);
		view.others = watching->events.calls.others;
	} else {
		view.n_rows = rows_by_rule(layer, rows);
	}
	view.row = rows;
	view.held = layer_mechanisms_text(layer, held, sizeof(held));
	view.members = layer_members(layer, members, sizeof(members));
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

int layer_watch(const struct options *options, struct fault *fault)
{
	const struct sigaction action = {.sa_handler = stop};
	_cleanup_free_ struct watching *watching = calloc(1, sizeof(*watching));
	_cleanup_close_ int layer = -EBADF;
	int r = 0;

	if (!watching)
		return fault_set(fault, -ENOMEM, "out of memory");
	if (options->json) {
		fault_hint(fault, "layer list --format openmetrics is for machines");
		return fault_set(fault, -EINVAL,
				 "--watch is for people, and does not go with --json");
	}
	watching->options = options;
	/* With the right to change it, where we have that: who has it is told of all its events. */
	watching->layer = layer = front_layer_of_all(options->layer, fault);
	if (layer < 0)
		return layer;
	watch_events_begin(layer, options->layer, &watching->events);
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
	json_object_put(watching->bound);
	if (r == 0 || (is_end(r) && watching->looked))
		return 0;
	return fault_set(fault, r, "cannot watch layer '%s': %s", options->layer, mpol_strerror(r));
}
