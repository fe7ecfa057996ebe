/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wrap.h"

#include <stdbool.h>
#include <string.h>

#define WIDTH 79 /* a terminal of 80 columns wraps after the 80th */

void wrap(FILE *out, const char *text, int column, int indent)
{
	bool first = true;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (!first && column + 1 + length > WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", length, text);
		first = false;
		column += length;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}
