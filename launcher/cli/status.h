/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --status-fd: JSON lines for whoever started us. */
#ifndef MPOLRUN_STATUS_H
#define MPOLRUN_STATUS_H

#include <json-c/json.h>

#include "base/fault.h"

/*
 * Check that @fd is open and can be written, and see to it that the command does not inherit it,
 * unless it is one of the standard ones, which a command must not find closed. -EBADF, or -errno of
 * fcntl(2), with a sentence.
 */
int status_open(int fd, struct fault *fault);

/*
 * {"version":1,"event":"covered",...}: the policy is enforced (or, under audit, reported) from here
 * on, and by what, as @plan, of mpol_plan_json(), says. "exec": the command is executed next; the
 * fd's end then means that it was, and "failed" that it was not. -ENOMEM, or -errno of write(2): a
 * reader that went away.
 */
int status_covered(int fd, struct json_object *plan);
int status_exec(int fd, const char *command);
int status_failed(int fd, const char *what, int exit_status);

#endif
