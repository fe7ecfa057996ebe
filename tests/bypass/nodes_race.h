/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BYPASS_NODES_RACE_H
#define BYPASS_NODES_RACE_H

#include "route.h"

/*
 * set_mempolicy(2) over and over, while another thread takes node 1 out of @mask and puts it back:
 * who looks at the caller's memory may see another mask than the kernel then reads. It took hold
 * where node 1 is in the policy once.
 */
void nodes_race(const struct route *route, unsigned long *mask, struct outcome *out);

#endif
