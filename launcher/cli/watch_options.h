/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --log, --log-format and --summary: from words to what a supervisor is told to watch. */
#ifndef MPOLRUN_WATCH_OPTIONS_H
#define MPOLRUN_WATCH_OPTIONS_H

#include "enforce/watch.h"
#include "front_launch.h"

/*
 * What @options want to be told of a launch, or a layer, under @front: fills in @ret and says in
 * *ret_wanted whether a supervisor is to do that; and in *ret_kernel, whether the kernel's audit
 * log is. Opens the log. -errno with a sentence.
 */
int watch_options(const struct options *options, const struct front *front, struct watch *ret,
		  bool *ret_wanted, bool *ret_kernel, struct fault *fault);

#endif
