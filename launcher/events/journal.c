/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "profile/keywords.h"

#define PRIORITY "4" /* warning */

static const char *const call_names[MPOL_SYS_COUNT] = {MPOL_SYSCALLS(MPOL_SYSCALL_NAME)};

struct message {
	char bytes[EVENT_LINE_MAX + 2048];
	size_t length;
};

/* A newline would end the field and begin another: what can hold one is made printable first. */
static void add(struct message *message, const char *name, const char *value)
{
	char clean[EVENT_LINE_MAX];
	int n;

	if (!value || !value[0])
		return;
	snprintf(clean, sizeof(clean), "%s", value);
	text_make_printable(clean);
	n = snprintf(message->bytes + message->length, sizeof(message->bytes) - message->length,
		     "%s=%s\n", name, clean);
	if (n > 0 && (size_t)n < sizeof(message->bytes) - message->length)
		message->length += (size_t)n;
	message->bytes[message->length] = '\0';
}

static void add_number(struct message *message, const char *name, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	add(message, name, text);
}

/* Behind "mpolrun: ", which the journal says itself. */
static void begin(struct message *message, char *line)
{
	line[strcspn(line, "\n")] = '\0';
	message->length = 0;
	add(message, "MESSAGE", strncmp(line, "mpolrun: ", 9) == 0 ? line + 9 : line);
	add(message, "PRIORITY", PRIORITY);
	add(message, "SYSLOG_IDENTIFIER", "mpolrun");
}

static int send_message(int socket, const struct message *message)
{
	ssize_t n;

	do
		n = send(socket, message->bytes, message->length, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int journal_send(int socket, const struct event *event)
{
	struct message message;
	char line[EVENT_LINE_MAX], text[40];
	int n = event_text(event, line, sizeof(line));

	if (n < 0)
		return n;
	begin(&message, line);
	add(&message, "MPOLRUN_LAYER", event->layer);
	add(&message, "MPOLRUN_VERDICT", event_verdict_names[event->verdict]);
	add(&message, "MPOLRUN_ANSWER", answer_text(event->answer, text, sizeof(text)));
	add(&message, "MPOLRUN_PROFILE", event->profile);
	if (event->line)
		add_number(&message, "MPOLRUN_LINE", event->line);
	if (event->rule < MPOL_RULE_COUNT)
		add(&message, "MPOLRUN_RULE", rule_name(event->rule, text, sizeof(text)));
	if (event->call < MPOL_SYS_COUNT)
		add(&message, "MPOLRUN_CALL", call_names[event->call]);
	if (event->pid)
		add_number(&message, "OBJECT_PID", event->pid);
	if (event->uid >= 0)
		add_number(&message, "MPOLRUN_UID", event->uid);
	add(&message, "MPOLRUN_COMM", event->comm);
	add(&message, "MPOLRUN_EXE", event->exe);
	add(&message, "MPOLRUN_CGROUP", event->cgroup);
	return send_message(socket, &message);
}

int journal_send_lost(int socket, const char *layer, uint64_t n)
{
	struct message message;
	char line[EVENT_LINE_MAX];

	(void)event_lost_text(layer, n, line, sizeof(line));
	begin(&message, line);
	add(&message, "MPOLRUN_LAYER", layer);
	add_number(&message, "MPOLRUN_LOST", (int64_t)n);
	return send_message(socket, &message);
}
