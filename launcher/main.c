/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/exit.h"
#include "cli/attach_cmd.h"
#include "cli/doctor.h"
#include "cli/events_cmd.h"
#include "cli/explain.h"
#include "cli/export_cmd.h"
#include "cli/layer_cmd.h"
#include "cli/learn_cmd.h"
#include "cli/oci_hook_cmd.h"
#include "cli/oom_cmd.h"
#include "cli/options.h"
#include "cli/profile_cmd.h"
#include "cli/resident_cmd.h"
#include "cli/run_cmd.h"

/* In the order of enum command; NULL: options_parse() never lets it through to here. */
static int (*const commands[COMMAND_COUNT])(const struct options *) = {
	[COMMAND_RUN] = cmd_run,
	[COMMAND_DOCTOR] = cmd_doctor,
	[COMMAND_EXPLAIN] = cmd_explain,
	[COMMAND_PROFILE_LIST] = cmd_profile_list,
	[COMMAND_PROFILE_SHOW] = cmd_profile_show,
	[COMMAND_PROFILE_CHECK] = cmd_profile_check,
	[COMMAND_PROFILE_TEST] = cmd_profile_test,
	[COMMAND_PROFILE_DIFF] = cmd_profile_diff,
	[COMMAND_PROFILE_EXPORT] = cmd_profile_export,
	[COMMAND_LEARN] = cmd_learn,
	[COMMAND_EVENTS] = cmd_events,
	[COMMAND_OOM] = cmd_oom,
	[COMMAND_RESIDENT_LOAD] = cmd_resident_load,
	[COMMAND_RESIDENT_UNLOAD] = cmd_resident_unload,
	[COMMAND_RESIDENT_STATUS] = cmd_resident_status,
	[COMMAND_LAYER_CREATE] = cmd_layer_create,
	[COMMAND_LAYER_LIST] = cmd_layer_list,
	[COMMAND_LAYER_SHOW] = cmd_layer_show,
	[COMMAND_LAYER_UPDATE] = cmd_layer_update,
	[COMMAND_LAYER_EXEC] = cmd_run,
	[COMMAND_LAYER_REKEY] = cmd_layer_rekey,
	[COMMAND_LAYER_REMOVE] = cmd_layer_remove,
	[COMMAND_LAYER_ATTACH] = cmd_layer_attach,
	[COMMAND_LAYER_DETACH] = cmd_layer_detach,
	[COMMAND_OCI_HOOK] = cmd_oci_hook,
};

/*
 * Where 0, 1 or 2 is closed, the next file that we open would become it, and a message would be
 * written into a profile. What fills the hole answers EBADF to reads and writes, as the closed one
 * would, exists in the emptiest root, and is gone at execve(2).
 */
static int fill_standard_files(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/", O_PATH | O_CLOEXEC) < 0)
			return -errno;
	return 0;
}

int main(int argc, char **argv)
{
	struct fault fault = {.line = 0};
	struct options options;
	int status;

	if (fill_standard_files() < 0)
		return EXIT_MPOLRUN;
	/* A command would run as the file's owner, under a profile of the caller's choice. */
	if (geteuid() != getuid() || getegid() != getgid()) {
		fault_set(&fault, -EPERM, "mpolrun is not made to be setuid or setgid");
		return cmd_fail(&fault);
	}
	if (options_parse(argc, argv, &options, &fault) < 0)
		return cmd_fail(&fault);
	if (options.show != SHOW_NOTHING)
		status = options_show(&options);
	else
		status = commands[options.command](&options);

	/* A report that was cut short (a full disk, a closed pipe) is no report. */
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fault_set(&fault, -errno, "cannot write to standard output: %m");
		return cmd_fail(&fault);
	}
	return status;
}
