/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elsewhere.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* They ask a daemon or another machine to do the work, and that is not our child. */
static const struct {
	const char *name;
	const char *instead;
} elsewhere[] = {
	{"docker", "its daemon starts the container; put mpolrun in as the entrypoint instead"},
	{"nerdctl", "containerd starts the container; put mpolrun in as the entrypoint instead"},
	{"kubectl", "the node starts the container; put mpolrun in as the entrypoint instead"},
	{"systemd-run", "systemd starts the command; say systemd-run ... mpolrun ... instead"},
	{"srun", "slurmd starts the tasks; say srun ... mpolrun ... instead"},
	{"sbatch", "slurmd starts the job; use mpolrun inside the script instead"},
	{"at", "atd starts the job; use mpolrun inside the job instead"},
	{"batch", "atd starts the job; use mpolrun inside the job instead"},
	{"ssh", "sshd starts the command; say ssh HOST mpolrun ... instead"},
	{"machinectl", "systemd starts the command; use mpolrun inside instead"},
};

/* They change user, which no_new_privs forbids. */
static const char *const setuid_programs[] = {"sudo", "su", "doas", "pkexec", "runuser", "newgrp"};

/* systemd-run --scope asks for a cgroup alone, and starts the command itself. */
static bool stays_here(const char *name, char *const *argv)
{
	if (strcmp(name, "systemd-run") != 0)
		return false;
	while (*++argv && strcmp(*argv, "--") != 0)
		if (strcmp(*argv, "--scope") == 0)
			return true;
	return false;
}

const char *elsewhere_warning(char *const *argv, bool no_new_privs)
{
	static char text[160]; /* one warning a run */
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];
	size_t i;

	if (stays_here(name, argv))
		return NULL;
	for (i = 0; i < ELEMENTSOF(elsewhere); i++)
		if (strcmp(name, elsewhere[i].name) == 0) {
			snprintf(text, sizeof(text), "%s does its work outside this layer: %s",
				 name, elsewhere[i].instead);
			return text;
		}
	for (i = 0; no_new_privs && i < ELEMENTSOF(setuid_programs); i++)
		if (strcmp(name, setuid_programs[i]) == 0) {
			snprintf(text, sizeof(text),
				 "%s cannot change user under no_new_privs; say %s ... mpolrun ... "
				 "instead",
				 name, name);
			return text;
		}
	return NULL;
}
