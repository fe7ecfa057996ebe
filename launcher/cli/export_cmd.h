/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_EXPORT_CMD_H
#define MPOLRUN_EXPORT_CMD_H

#include "options.h"

/* mpolrun profile export --format FORMAT [--merge BASE] PROFILE. Returns the exit status. */
int cmd_profile_export(const struct options *options);

#endif
