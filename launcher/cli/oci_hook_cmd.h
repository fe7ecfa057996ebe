/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_OCI_HOOK_CMD_H
#define MPOLRUN_OCI_HOOK_CMD_H

#include "options.h"

/*
 * mpolrun oci-hook [--audit] [--best-effort RULE,...] [PROFILE]: what a container runtime runs, as
 * root, at createRuntime and poststop, with the container's state on standard input. An exit
 * status; any but 0 keeps the container from being started.
 */
int cmd_oci_hook(const struct options *options);

#endif
