/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands whose work does not happen below us, or that need what no_new_privs takes. Pure. */
#ifndef MPOLRUN_ELSEWHERE_H
#define MPOLRUN_ELSEWHERE_H

#include <stdbool.h>

/* A sentence to warn with, or NULL. @argv ends in NULL; argv[0] with or without a folder. */
const char *elsewhere_warning(char *const *argv, bool no_new_privs);

#endif
