/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fork bomb that is told when to go off: lines of processes, each of which forks the next and
 * ends. Whoever is alive in a line when the time comes tries the route.
 */
#ifndef BYPASS_BOMB_H
#define BYPASS_BOMB_H

#include "from.h"

/* They run until the caller ends, or bomb_stop(). 0 or -errno. */
int bomb_start(void);
void bomb_stop(void);

/* Have one of each line try it: one that gets through is one too many. */
from_fn from_bomb;

#endif
