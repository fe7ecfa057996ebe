/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `layer show --watch`: a layer, once a second, until it ends or somebody has seen enough. */
#ifndef MPOLRUN_LAYER_WATCH_H
#define MPOLRUN_LAYER_WATCH_H

#include "options.h"

/* Of options->layer. On a terminal each picture takes the place of the last one. -errno */
int layer_watch(const struct options *options, struct fault *fault);

#endif
