/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The most memory that all descendants of this process have on each node, as seen now and then. */
#ifndef MPOLRUN_PEAKS_H
#define MPOLRUN_PEAKS_H

#include "events/summary.h"

struct peaks;

/*
 * Begin to look: soon, later every second, and never more than a tenth of the time. Makes a
 * thread, in which all signals are blocked. Who was left by its parent is a descendant still where
 * this process is their subreaper. -ENOMEM, -EAGAIN; -ENOENT: the kernel tells of no nodes
 */
int peaks_begin(struct peaks **ret);

/*
 * What was seen. A look that takes long, at somebody who is stuck, is not waited for: its thread is
 * left behind until the process ends. NULL is fine: nothing was.
 */
void peaks_end(struct peaks *peaks, struct summary_memory *ret);

#endif
