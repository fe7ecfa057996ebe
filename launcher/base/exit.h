/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Exit statuses. A command's own status is passed on as it is, so what mpolrun itself has to say is
 * where env(1), timeout(1) and docker-run(1) have it.
 */
#ifndef MPOLRUN_EXIT_H
#define MPOLRUN_EXIT_H

enum exit_status {
	EXIT_DIFFERENT = 1, /* profile diff: they differ; profile test: the call is refused */
	EXIT_NOT_COVERED = 3, /* explain: nothing here enforces some rule */
	EXIT_MPOLRUN = 125, /* mpolrun failed; the command did not run */
	EXIT_CANNOT_EXECUTE = 126, /* the command is there, but cannot be executed */
	EXIT_NOT_FOUND = 127, /* there is no such command */
};

#endif
