/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "summary.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/text.h"
#include "profile/keywords.h"

#define COLUMNS 80

void summary_init(struct summary *summary)
{
	memset(summary, 0, sizeof(*summary));
	pthread_mutex_init(&summary->lock, NULL);
	clock_gettime(CLOCK_REALTIME, &summary->started);
}

/* The same to somebody who asks what is refused, and to whom. */
static bool is_alike(const struct event *a, const struct event *b)
{
	return a->verdict == b->verdict && a->answer == b->answer && a->call == b->call &&
	       a->rule == b->rule && a->mode == b->mode && a->mbind_flags == b->mbind_flags &&
	       a->pid == b->pid && strcmp(a->comm, b->comm) == 0 &&
	       memcmp(a->nodes, b->nodes, sizeof(a->nodes)) == 0;
}

void summary_add(void *arg, const struct event *event)
{
	struct summary *summary = arg;
	size_t i;

	pthread_mutex_lock(&summary->lock);
	for (i = 0; i < summary->n_rows; i++)
		if (!summary->row[i].counted && is_alike(&summary->row[i].first, event))
			break;
	if (i < summary->n_rows) {
		summary->row[i].n++;
	} else if (i < SUMMARY_ROWS) {
		summary->row[i] = (struct summary_row){.first = *event, .n = 1};
		summary->n_rows++;
	} else {
		summary->others++;
	}
	pthread_mutex_unlock(&summary->lock);
}

void summary_add_counted(struct summary *summary, const struct event *event, uint64_t n)
{
	pthread_mutex_lock(&summary->lock);
	if (summary->n_rows < SUMMARY_ROWS)
		summary->row[summary->n_rows++] =
			(struct summary_row){.first = *event, .n = n, .counted = true};
	else
		summary->others += n;
	pthread_mutex_unlock(&summary->lock);
}

uint64_t summary_total(struct summary *summary)
{
	uint64_t n;
	size_t i;

	pthread_mutex_lock(&summary->lock);
	n = summary->others;
	for (i = 0; i < summary->n_rows; i++)
		n += summary->row[i].n;
	pthread_mutex_unlock(&summary->lock);
	return n;
}

static int more_first(const void *a, const void *b)
{
	const struct summary_row *x = a, *y = b;

	return x->n < y->n ? 1 : x->n > y->n ? -1 : 0;
}

/* "3 s", "1h02m" */
static const char *duration(time_t seconds, char *buf, size_t size)
{
	if (seconds < 60)
		snprintf(buf, size, "%lld s", (long long)seconds);
	else if (seconds < 3600)
		snprintf(buf, size, "%lldm%02llds", (long long)seconds / 60,
			 (long long)seconds % 60);
	else
		snprintf(buf, size, "%lldh%02lldm", (long long)seconds / 3600,
			 (long long)seconds / 60 % 60);
	return buf;
}

static void print_row(FILE *out, const struct summary *summary, const struct summary_row *row)
{
	const struct event *event = &row->first;
	char call[512], who[96], where[EVENT_PATH_MAX + 16] = "", answer[24], line[1024], after[24];

	if (row->counted) {
		rule_name(event->rule, call, sizeof(call));
		snprintf(who, sizeof(who), "by whom is not known");
	} else {
		event_call_text(event, call, sizeof(call));
		snprintf(who, sizeof(who), "%s[%d], first after %s",
			 event->comm[0] ? event->comm : "?", (int)event->pid,
			 duration(event->time.tv_sec - summary->started.tv_sec, after,
				  sizeof(after)));
	}
	if (event->line)
		snprintf(where, sizeof(where), "%s:%u", event->profile, event->line);
	else
		snprintf(where, sizeof(where), "%s", event->profile);
	snprintf(line, sizeof(line), "  %s %-7llu %s %s  %s  %s",
		 event_verdict_names[event->verdict], (unsigned long long)row->n, call,
		 answer_text(event->answer, answer, sizeof(answer)), who, where);
	text_make_printable(line);
	fprintf(out, "%s\n", line);
}

static void print_memory(FILE *out, const struct summary_memory *memory, uint64_t peak_kib)
{
	int column, length, i;
	char text[48];

	column = fprintf(out, "  peak MiB");
	for (i = 0; memory->looks && i < MPOL_NODES_MAX; i++) {
		if (!memory->there[i] && !memory->kib[i])
			continue;
		length = snprintf(text, sizeof(text), "  node%d %llu", i,
				  (unsigned long long)(memory->kib[i] + 1023) / 1024);
		if (column + length > COLUMNS)
			column = fprintf(out, "\n          ") - 1;
		column += fprintf(out, "%s", text);
	}
	length = snprintf(text, sizeof(text), "  largest process %llu",
			  (unsigned long long)(peak_kib + 1023) / 1024);
	fprintf(out, "%s%s\n", column + length > COLUMNS ? "\n          " : "", text);
	if (memory->looks)
		fprintf(out, "  by node as seen in %llu look%s, up to one a second\n",
			(unsigned long long)memory->looks, memory->looks == 1 ? "" : "s");
	else
		fprintf(out, "  by node not seen\n");
}

void summary_print(FILE *out, struct summary *summary, const char *title, int status,
		   const uint64_t *allowed, uint64_t lost, uint64_t peak_kib)
{
	struct timespec now;
	char took[24];
	size_t i;

	pthread_mutex_lock(&summary->lock);
	clock_gettime(CLOCK_REALTIME, &now);
	qsort(summary->row, summary->n_rows, sizeof(summary->row[0]), more_first);
	if (WIFSIGNALED(status))
		fprintf(out, "mpolrun: signal %d", WTERMSIG(status));
	else
		fprintf(out, "mpolrun: exit %d", WEXITSTATUS(status));
	fprintf(out, " after %s, %s\n",
		duration(now.tv_sec - summary->started.tv_sec, took, sizeof(took)), title);
	for (i = 0; i < summary->n_rows; i++)
		print_row(out, summary, &summary->row[i]);
	if (summary->others)
		fprintf(out, "  others  %llu\n", (unsigned long long)summary->others);
	if (!summary->n_rows)
		fprintf(out, "  nothing was refused\n");
	if (allowed)
		fprintf(out, "  allowed %llu", (unsigned long long)*allowed);
	else
		fprintf(out, "  allowed not counted");
	fprintf(out, "  events lost %llu\n", (unsigned long long)lost);
	print_memory(out, &summary->memory, peak_kib);
	pthread_mutex_unlock(&summary->lock);
}
