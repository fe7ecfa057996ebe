/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch_calls.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void count_caller(struct watch_kind *kind, const char *comm, int pid)
{
	char name[sizeof(kind->who[0].comm)];
	size_t i;

	snprintf(name, sizeof(name), "%s", comm);
	for (i = 0; i < kind->n_who; i++)
		if (kind->who[i].pid == pid && strcmp(kind->who[i].comm, name) == 0)
			break;
	if (i == WATCH_CALLERS)
		return; /* counted in the kind all the same */
	if (i == kind->n_who) {
		kind->who[i] = (struct watch_who){.pid = pid};
		memcpy(kind->who[i].comm, name, sizeof(name));
		kind->n_who++;
	}
	kind->who[i].n++;
}

/* "bind nodes 0": the rule that decided, short, and what was asked for. */
void watch_calls_count(struct watch_calls *calls, const char *rule, const char *nodes,
		       const char *comm, int pid)
{
	static const char modes[] = "modes.";
	char what[sizeof(calls->kind[0].what)];
	size_t i;

	if (strncmp(rule, modes, strlen(modes)) == 0)
		rule += strlen(modes);
	snprintf(what, sizeof(what), "%.30s%s%.26s", rule, nodes[0] ? " nodes " : "", nodes);
	for (i = 0; i < calls->n; i++)
		if (strcmp(calls->kind[i].what, what) == 0)
			break;
	if (i == WATCH_ROWS) {
		calls->others++;
		return;
	}
	if (i == calls->n) {
		memset(&calls->kind[i], 0, sizeof(calls->kind[i]));
		memcpy(calls->kind[i].what, what, sizeof(what));
		calls->n++;
	}
	calls->kind[i].n++;
	count_caller(&calls->kind[i], comm, pid);
}

static int more_callers(const void *a, const void *b)
{
	const struct watch_who *x = a, *y = b;

	return x->n < y->n ? 1 : x->n > y->n ? -1 : x->pid - y->pid;
}

static int more_rows(const void *a, const void *b)
{
	const struct watch_row *x = a, *y = b;

	return x->n < y->n ? 1 : x->n > y->n ? -1 : strcmp(x->what, y->what);
}

size_t watch_calls_rows(const struct watch_calls *calls, struct watch_row ret[WATCH_ROWS])
{
	struct watch_who sorted[WATCH_CALLERS];
	size_t i;

	for (i = 0; i < calls->n; i++) {
		const struct watch_kind *kind = &calls->kind[i];

		memcpy(sorted, kind->who, sizeof(sorted));
		qsort(sorted, kind->n_who, sizeof(*sorted), more_callers);
		ret[i] = (struct watch_row){.n = kind->n};
		memcpy(ret[i].what, kind->what, sizeof(ret[i].what));
		ret[i].n_who = kind->n_who < WATCH_WHO ? kind->n_who : WATCH_WHO;
		memcpy(ret[i].who, sorted, ret[i].n_who * sizeof(*sorted));
	}
	qsort(ret, calls->n, sizeof(*ret), more_rows);
	return calls->n;
}
