/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refusal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * libbpf has no other way to tell which program of an object it was: "prog 'NAME': BPF program
 * load".
 */
#define BEFORE "prog '"
#define AFTER "': BPF program load failed"

int refusal_of_log(const char *log, char *ret, size_t size)
{
	const char *at, *end, *name = NULL;
	size_t length = 0;

	for (at = strstr(log, BEFORE); at; at = strstr(at, BEFORE)) {
		at += sizeof(BEFORE) - 1;
		end = strchr(at, '\'');
		if (!end || strncmp(end, AFTER, sizeof(AFTER) - 1) != 0)
			continue;
		name = at;
		length = (size_t)(end - at);
	}
	if (!name || !length || length >= size)
		return -ENOENT;
	memcpy(ret, name, length);
	ret[length] = '\0';
	return 0;
}

int refusal_add(struct resident_load_report *report, const char *section, const char *why)
{
	struct resident_refusal *refused = &report->refused[report->n_refused];
	size_t i;

	for (i = 0; i < report->n_refused; i++)
		if (strcmp(report->refused[i].section, section) == 0)
			return -EEXIST;
	if (report->n_refused == RESIDENT_REFUSED_MAX)
		return -E2BIG;
	(void)snprintf(refused->section, sizeof(refused->section), "%s", section);
	(void)snprintf(refused->why, sizeof(refused->why), "%s", why);
	report->n_refused++;
	return 0;
}
