/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "read.h"

static void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

static struct json_object *event_new(const char *name)
{
	struct json_object *event = json_object_new_object();

	if (!event)
		return NULL;
	json_object_object_add(event, "version", json_object_new_int(1));
	json_object_object_add(event, "event", json_object_new_string(name));
	json_object_object_add(event, "pid", json_object_new_int((int)getpid()));
	return event;
}

/* One line, one write(2): readers of a pipe see it whole. */
static int write_all(int fd, const char *line)
{
	size_t done = 0, length = strlen(line);

	while (done < length) {
		ssize_t n = write(fd, line + done, length - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

/*
 * A reader that went away, or a limit on the file, is an errno to us; what the command does on
 * these signals stays its own affair.
 */
static int event_write(int fd, struct json_object *event)
{
	_cleanup_free_ char *line = NULL;
	const char *text = json_object_to_json_string_ext(event, JSON_C_TO_STRING_PLAIN);
	struct sigaction ignore = {.sa_handler = SIG_IGN}, pipe, xfsz;
	int r;

	if (!text || asprintf(&line, "%s\n", text) < 0)
		return -ENOMEM;
	if (sigaction(SIGPIPE, &ignore, &pipe) < 0 || sigaction(SIGXFSZ, &ignore, &xfsz) < 0)
		return -errno;
	r = write_all(fd, line);
	if (sigaction(SIGPIPE, &pipe, NULL) < 0 || sigaction(SIGXFSZ, &xfsz, NULL) < 0)
		return -errno;
	return r;
}

int status_open(int fd, struct fault *fault)
{
	int mode = fcntl(fd, F_GETFL);

	/* What fills the place of a closed standard file is no file to write to. */
	if (mode < 0 || (mode & O_PATH) || (mode & O_ACCMODE) == O_RDONLY)
		return fault_set(fault, -EBADF,
				 "--status-fd: file descriptor %d is not open for writing", fd);
	if (fd > STDERR_FILENO && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return fault_set(fault, -errno, "--status-fd %d: %m", fd);
	return 0;
}

int status_covered(int fd, struct json_object *plan)
{
	_cleanup_(cleanup_json) struct json_object *event = event_new("covered");
	struct json_object *restricted, *rules;
	size_t n, i;

	if (!event)
		return -ENOMEM;
	json_object_object_add(event, "profile", json_object_new_string(read_text(plan, "title")));
	json_object_object_add(event, "audit", json_object_new_boolean(read_true(plan, "audit")));
	rules = json_object_new_object();
	json_object_object_add(event, "rules", rules);
	restricted = read_array(plan, "restricted", &n);
	for (i = 0; i < n; i++) {
		const char *rule = json_object_get_string(json_object_array_get_idx(restricted, i));
		const char *by = read_mechanism(plan, rule);

		json_object_object_add(rules, rule, by[0] ? json_object_new_string(by) : NULL);
	}
	return event_write(fd, event);
}

int status_exec(int fd, const char *command)
{
	_cleanup_(cleanup_json) struct json_object *event = event_new("exec");

	if (!event)
		return -ENOMEM;
	json_object_object_add(event, "command", json_object_new_string(command));
	return event_write(fd, event);
}

int status_failed(int fd, const char *what, int exit_status)
{
	_cleanup_(cleanup_json) struct json_object *event = event_new("failed");

	if (!event)
		return -ENOMEM;
	json_object_object_add(event, "what", json_object_new_string(what));
	json_object_object_add(event, "status", json_object_new_int(exit_status));
	return event_write(fd, event);
}
