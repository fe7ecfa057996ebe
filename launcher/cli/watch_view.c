/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch_view.h"

#include <string.h>

#include "base/text.h"

#define COLUMNS 80
#define BAR 30

static unsigned long long mib(uint64_t kib)
{
	return (kib + 512) / 1024;
}

/* A name that somebody chose must not move the cursor, nor a line be longer than the screen. */
static void print_line(FILE *out, char *line, const char *right)
{
	size_t length;

	text_make_printable(line);
	length = strlen(line);
	if (right && length + 2 + strlen(right) <= COLUMNS)
		fprintf(out, "%s%*s\n", line, (int)(COLUMNS - length), right);
	else
		fprintf(out, "%.*s\n", COLUMNS, line);
}

static void print_node(FILE *out, const struct watch_view *view, const struct watch_node *node)
{
	uint64_t total = node->total ? node->total : 1;
	uint64_t ours = view->memory_known ? node->ours : 0, used = total - node->free;
	size_t mine, others, i;
	char bar[BAR + 1], text[128], what[32] = "?";

	if (ours > used) /* shared, and counted for each */
		used = ours < total ? ours : total;
	mine = (size_t)(ours * BAR / total);
	if (mine > BAR)
		mine = BAR;
	others = (size_t)(used * BAR / total);
	for (i = 0; i < BAR; i++)
		bar[i] = i < mine ? '#' : i < others ? '=' : '-';
	bar[BAR] = '\0';
	if (view->memory_known)
		snprintf(what, sizeof(what), "%llu", mib(ours));
	snprintf(text, sizeof(text), "node %u |%s|  %.16s %s  free %llu  of %llu MiB", node->node,
		 bar, view->name, what, mib(node->free), mib(total));
	print_line(out, text, NULL);
}

static void print_row(FILE *out, const struct watch_row *row)
{
	char text[256];
	size_t i, length;

	length = (size_t)snprintf(text, sizeof(text), "  %-22s", row->what);
	if (!row->n_who)
		length += (size_t)snprintf(text + length, sizeof(text) - length, " %llu",
					   (unsigned long long)row->n);
	for (i = 0; i < row->n_who && length < sizeof(text); i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s %llu %s[%d]",
					   i ? " " : "", (unsigned long long)row->who[i].n,
					   row->who[i].comm, row->who[i].pid);
	print_line(out, text, NULL);
}

void watch_print(FILE *out, const struct watch_view *view)
{
	char text[512];
	size_t i;

	snprintf(text, sizeof(text), "%s  %s  %.200s gen %llu  %s  %s", view->name, view->held,
		 view->title, (unsigned long long)view->generation,
		 view->audit ? "auditing" : "enforcing", view->members);
	print_line(out, text, view->keys ? "every 1s q quit" : NULL);
	for (i = 0; i < view->n_nodes; i++)
		print_node(out, view, &view->node[i]);
	if (view->n_unseen)
		fprintf(out, "not looked at: the memory of %zu process%s\n", view->n_unseen,
			view->n_unseen == 1 ? "" : "es");
	snprintf(text, sizeof(text), "%s %llu/s, %llu total   ignored %llu   lost %llu",
		 view->audit ? "audited" : "refused", (unsigned long long)view->rate,
		 (unsigned long long)(view->audit ? view->audited : view->refused),
		 (unsigned long long)view->ignored, (unsigned long long)view->lost);
	print_line(out, text, NULL);
	for (i = 0; i < view->n_rows; i++)
		print_row(out, &view->row[i]);
	if (view->others)
		fprintf(out, "  %-22s %llu\n", "others", (unsigned long long)view->others);
	for (i = 0; i < view->n_bound; i++) {
		snprintf(text, sizeof(text), "bound before, not undone: %s[%d] %s",
			 view->bound[i].name, view->bound[i].pid, view->bound[i].what);
		print_line(out, text, NULL);
	}
	if (view->more_bound)
		fprintf(out, "bound before, not undone: %zu more\n", view->more_bound);
}
