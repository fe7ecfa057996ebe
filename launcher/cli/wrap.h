/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_WRAP_H
#define MPOLRUN_WRAP_H

#include <stdio.h>

/*
 * Print @text, of words between blanks, from @column (where the line already is) on, and end the
 * line; what does not fit into 80 columns goes on in further lines, indented by @indent.
 */
void wrap(FILE *out, const char *text, int column, int indent);

#endif
