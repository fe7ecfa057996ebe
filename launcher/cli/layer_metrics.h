/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_LAYER_METRICS_H
#define MPOLRUN_LAYER_METRICS_H

#include <stddef.h>
#include <stdio.h>

/*
 * The counters of @n layers in the OpenMetrics text format, for a node exporter's textfile
 * folder. A layer that does not answer, or is not ours to ask, has no samples; nor has what is
 * not counted.
 */
void layer_metrics(FILE *out, char *const *names, size_t n);

#endif
