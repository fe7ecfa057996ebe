/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a launch finds already there: made by a prober that then becomes mpolrun. */
#ifndef BYPASS_BEFORE_H
#define BYPASS_BEFORE_H

#include <stdbool.h>

/* Whether @option is one of these; else the caller's. @argv is that of the whole program. */
bool before_knows(const char *option);

/* Do it, then exec the rest of @argv. Returns an exit status if either fails. */
int before_run(int argc, char **argv);

#endif
