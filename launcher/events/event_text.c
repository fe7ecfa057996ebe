/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "base/text.h"
#include "event.h"
#include "profile/keywords.h"

const char *const event_verdict_names[EVENT_KILLED + 1] = {
	[EVENT_ALLOWED] = "allowed", [EVENT_AUDITED] = "audited", [EVENT_IGNORED] = "ignored",
	[EVENT_REFUSED] = "refused", [EVENT_KILLED] = "killed",
};

static const char *const call_names[MPOL_SYS_COUNT] = {MPOL_SYSCALLS(MPOL_SYSCALL_NAME)};

/* A text that grows up to its room, and no further. */
struct line {
	char *buf;
	size_t size, length;
};

static void __attribute__((format(printf, 2, 3))) add(struct line *line, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->buf + line->length, line->size - line->length, format, args);
	va_end(args);
	if (n > 0)
		line->length += (size_t)n < line->size - line->length
					? (size_t)n
					: line->size - line->length - 1;
}

/*
 * The words of the bits that are set, each behind @separator but the first; what has none as a
 * number.
 */
static void add_bits(struct line *line, const struct keyword *keyword, uint32_t bits,
		     const char *separator)
{
	const char *before = separator[0] == '|' ? separator : "";
	uint32_t left = bits;
	size_t i;

	for (i = 0; i < keyword->n_words; i++) {
		const struct name *word = &keyword->words[i];

		if (!(bits >> word->value & 1))
			continue;
		add(line, "%s%s", before, word->alias);
		before = "|";
		left &= ~(UINT32_C(1) << word->value);
	}
	if (left)
		add(line, "%s%#x", before, left);
}

static void add_nodes(struct line *line, const struct event *event)
{
	char list[256];

	if (!event->nodes_known)
		add(line, ", nodes ?");
	else if (bitmap_is_empty(event->nodes, MPOL_NODES_WORDS))
		add(line, ", no nodes");
	else
		add(line, ", nodes %s%s",
		    text_from_bitmap(event->nodes, MPOL_NODES_WORDS, list, sizeof(list)),
		    event->nodes_exact ? "" : " claimed");
}

static void add_setting(struct line *line, const struct event *event)
{
	const struct keyword *modes = &keywords[GROUP_MODES];
	uint32_t mode = event->mode & ~MPOL_ABI_MODE_FLAGS;
	const struct name *name = NULL;
	size_t i;

	for (i = 0; i < modes->n_words; i++)
		if ((uint32_t)modes->words[i].value == mode)
			name = &modes->words[i];
	if (name)
		add(line, "%s", name->alias);
	else
		add(line, "%u", mode);
	add_bits(line, &keywords[GROUP_MODE_FLAGS],
		 (event->mode & MPOL_ABI_MODE_FLAGS) >> MPOL_ABI_FLAG_SHIFT, "|");
	add_nodes(line, event);
	if (event->mbind_flags) {
		add(line, ", ");
		add_bits(line, &keywords[GROUP_MBIND_FLAGS], event->mbind_flags, "");
	}
}

/* What came through a call that is none of ours. */
static void add_other(struct line *line, const struct event *event)
{
	if (event->rule == MPOL_RULE_FILES)
		add(line, "a file with a memory policy");
	else if (event->rule == MPOL_RULE_CPUSET)
		add(line, "cpuset.mems open for writing");
	else
		add(line, "a call of an unknown ABI");
}

static void add_call(struct line *line, const struct event *event)
{
	if (event->call >= MPOL_SYS_COUNT) {
		add_other(line, event);
		return;
	}
	add(line, "%s(", call_names[event->call]);
	switch ((enum mpol_syscall)event->call) {
	case MPOL_SYS_MBIND:
	case MPOL_SYS_SET_MEMPOLICY:
		add_setting(line, event);
		break;
	case MPOL_SYS_SET_MEMPOLICY_HOME_NODE:
		add(line, "node %llu", (unsigned long long)event->argument);
		break;
	case MPOL_SYS_MIGRATE_PAGES:
		add(line, "pid %d", (int)event->argument);
		break;
	case MPOL_SYS_MOVE_PAGES:
		add(line, "%llu page%s, %s", (unsigned long long)event->argument,
		    event->argument == 1 ? "" : "s", event->moves ? "nodes" : "query");
		break;
	case MPOL_SYS_MOUNT:
	case MPOL_SYS_FSCONFIG:
		add(line, "an option string");
		break;
	case MPOL_SYS_GET_MEMPOLICY:
	case MPOL_SYS_COUNT:
		break;
	}
	add(line, ")");
}

const char *event_call_text(const struct event *event, char *buf, size_t size)
{
	struct line line = {.buf = buf, .size = size};

	buf[0] = '\0';
	add_call(&line, event);
	return buf;
}

const char *event_time_text(const struct timespec *time, char *buf, size_t size)
{
	char day[24] = "";
	struct tm tm;

	if (!gmtime_r(&time->tv_sec, &tm) || !strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm))
		day[0] = '\0';
	snprintf(buf, size, "%s.%03ldZ", day, time->tv_nsec / 1000000);
	return buf;
}

static void add_caller(struct line *line, const struct event *event)
{
	add(line, " by %s[", event->comm[0] ? event->comm : "?");
	if (event->pid)
		add(line, "%d", (int)event->pid);
	else
		add(line, "?");
	if (event->tid != event->pid)
		add(line, "/%d", (int)event->tid);
	add(line, "]");
}

static void add_decision(struct line *line, const struct event *event)
{
	char name[40], answer[24];

	if (event->rule < MPOL_RULE_COUNT) {
		rule_name(event->rule, name, sizeof(name));
		add(line, " (%s", event->profile);
		if (event->line)
			add(line, ":%u", event->line);
		add(line, event->profile[0] ? " %s)" : "%s of a profile not known)", name);
	}
	answer_text(event->answer, answer, sizeof(answer));
	if (event->verdict == EVENT_AUDITED && MPOL_ANSWER_KIND(event->answer) > MPOL_AUDIT)
		add(line, ": would be %s", answer);
	else if (event->verdict == EVENT_REFUSED)
		add(line, ": %s", answer);
}

/* What people look for first, and behind it what they look for then. */
int event_text(const struct event *event, char *buf, size_t size)
{
	struct line line = {.buf = buf, .size = size - 1}; /* room for the newline */
	char when[32];

	buf[0] = '\0';
	add(&line, "mpolrun: %s%s%s ", event->layer, event->layer[0] ? ": " : "",
	    event_verdict_names[event->verdict]);
	add_call(&line, event);
	add_caller(&line, event);
	add_decision(&line, event);
	add(&line, "; %s", event_time_text(&event->time, when, sizeof(when)));
	if (event->uid >= 0)
		add(&line, " uid %lld", (long long)event->uid);
	add(&line, " exe %s cgroup %s", event->exe[0] ? event->exe : "?",
	    event->cgroup[0] ? event->cgroup : "?");
	add(&line, " abi %s", event->abi ? event->abi : "?");
	text_make_printable(buf);
	memcpy(buf + line.length, "\n", 2);
	return (int)line.length + 1;
}

int event_lost_text(const char *layer, uint64_t n, char *buf, size_t size)
{
	struct line line = {.buf = buf, .size = size - 1};

	buf[0] = '\0';
	add(&line,
	    "mpolrun: %s%s%llu event%s lost: the log was not read in time, or could not be written",
	    layer, layer[0] ? ": " : "", (unsigned long long)n, n == 1 ? "" : "s");
	text_make_printable(buf);
	memcpy(buf + line.length, "\n", 2);
	return (int)line.length + 1;
}
