/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_RESIDENT_CMD_H
#define MPOLRUN_RESIDENT_CMD_H

#include "options.h"

/* mpolrun resident load, unload, status. Exit statuses. */
int cmd_resident_load(const struct options *options);
int cmd_resident_unload(const struct options *options);
int cmd_resident_status(
	const struct options *options); /* EXIT_DIFFERENT: none is loaded, or it is mute */

#endif
