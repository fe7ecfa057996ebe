/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

int fault_set(struct fault *fault, int err, const char *format, ...)
{
	va_list ap;

	if (!fault)
		return err;
	va_start(ap, format);
	vsnprintf(fault->what, sizeof(fault->what), format, ap);
	va_end(ap);
	text_make_printable(fault->what);
	return err;
}

void fault_hint(struct fault *fault, const char *format, ...)
{
	va_list ap;

	if (!fault)
		return;
	va_start(ap, format);
	vsnprintf(fault->hint, sizeof(fault->hint), format, ap);
	va_end(ap);
	text_make_printable(fault->hint);
}

void fault_place(struct fault *fault, const char *file, uint32_t line, uint32_t column)
{
	if (!fault)
		return;
	snprintf(fault->file, sizeof(fault->file), "%s", file ? file : "");
	text_make_printable(fault->file);
	fault->line = line;
	fault->column = column;
}

const char *fault_text(const struct fault *fault, char *buf, size_t size)
{
	char place[320] = "";

	if (fault->file[0] && fault->line && fault->column)
		snprintf(place, sizeof(place), "%s:%u:%u: ", fault->file, fault->line,
			 fault->column);
	else if (fault->file[0] && fault->line)
		snprintf(place, sizeof(place), "%s:%u: ", fault->file, fault->line);
	else if (fault->file[0])
		snprintf(place, sizeof(place), "%s: ", fault->file);

	if (fault->hint[0])
		snprintf(buf, size, "%s%s (%s)", place, fault->what, fault->hint);
	else
		snprintf(buf, size, "%s%s", place, fault->what);
	return buf;
}
