/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mountinfo.h"
#include "parts.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* "\040" and the like, as seq_path() and mangle() of the kernel write what would end a field. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' &&
		    text[2] <= '7' && text[3] >= '0' && text[3] <= '7') {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/*
 * The options of the file system: the last field that starts as they do. Not simply the last field,
 * since tmpfs writes "mpol=weighted interleave:0" with a bare blank, nor the third one behind the dash,
 * since the source before them may be empty.
 */
static char *find_options(char *text)
{
	char *ret = NULL, *field;

	for (field = text; field; field = strchr(field, ' ')) {
		field += *field == ' ';
		if ((strncmp(field, "rw", 2) == 0 || strncmp(field, "ro", 2) == 0) &&
		    (field[2] == ',' || field[2] == ' ' || field[2] == '\0'))
			ret = field;
	}
	return ret;
}

/* 36 35 98:0 ROOT POINT rw,noatime master:1 - TYPE SOURCE rw,OPTIONS; some optional fields or none */
static bool mount_parse(struct mount *ret)
{
	char *save = NULL, *field, *fields[5];
	size_t n;

	field = strtok_r(ret->line, " ", &save);
	for (n = 0; n < ELEMENTSOF(fields); n++) {
		if (!field)
			return false;
		fields[n] = field;
		field = strtok_r(NULL, " ", &save);
	}
	while (field && strcmp(field, "-") != 0)
		field = strtok_r(NULL, " ", &save);
	ret->root = fields[3];
	ret->point = fields[4];
	ret->type = strtok_r(NULL, " ", &save);
	ret->options = find_options(save);
	if (!ret->type || !ret->options)
		return false;
	unescape(ret->root);
	unescape(ret->point);
	unescape(ret->options);
	return true;
}

bool mount_next(const char **text, struct mount *ret)
{
	while (**text) {
		size_t length = strcspn(*text, "\n"), kept = length;

		if (kept >= sizeof(ret->line))
			kept = sizeof(ret->line) - 1;
		memcpy(ret->line, *text, kept);
		ret->line[kept] = '\0';
		*text += length + ((*text)[length] == '\n');
		if (mount_parse(ret))
			return true;
	}
	return false;
}

bool mount_has_option(const struct mount *mount, const char *word)
{
	const char *option = mount->options;
	size_t length = strlen(word);

	for (;;) {
		size_t n = strcspn(option, ",");

		if (n == length && memcmp(option, word, n) == 0)
			return true;
		if (!option[n])
			return false;
		option += n + 1;
	}
}

/*
 * The value of mpol= in tmpfs options, which the kernel writes unescaped, commas of its node list
 * included ("mpol=bind:0,2-3,noswap"): it ends at the first comma with no digit behind it.
 */
static bool mpol_option(const char *options, char *buf, size_t size)
{
	const char *value, *end;
	size_t length;

	for (value = options; strncmp(value, "mpol=", 5) != 0; value++) {
		value = strchr(value, ',');
		if (!value)
			return false;
	}
	value += 5;
	for (end = value; *end; end++)
		if (*end == ',' && !(end[1] >= '0' && end[1] <= '9'))
			break;
	length = (size_t)(end - value);
	if (length >= size) /* never: the kernel itself cuts it at 64 */
		length = size - 1;
	memcpy(buf, value, length);
	buf[length] = '\0';
	return true;
}

static bool same_policy(const struct start_policy *a, const struct start_policy *b)
{
	return a->set == b->set && a->mode == b->mode &&
	       memcmp(a->nodes, b->nodes, sizeof(a->nodes)) == 0;
}

void host_mounts(struct host *host, const char *mountinfo)
{
	struct mount mount;
	char text[512];

	while (mount_next(&mountinfo, &mount)) {
		struct start_policy policy = {0};
		struct host_mount *slot;
		size_t i;

		/* All that shmem.c serves; the options of others may say anything. */
		if (strcmp(mount.type, "tmpfs") != 0 && strcmp(mount.type, "devtmpfs") != 0 &&
		    strcmp(mount.type, "rootfs") != 0)
			continue;
		if (!mpol_option(mount.options, text, sizeof(text)))
			continue;
		if (start_policy_parse(text, &policy) < 0)
			policy = (struct start_policy){0};
		for (i = 0; i < host->n_mpol_mounts; i++)
			if (same_policy(&host->mpol_mount[i].policy, &policy))
				break;
		if (i < host->n_mpol_mounts)
			continue;
		if (i == HOST_MOUNTS_MAX) {
			host->mpol_mounts_more = true;
			return;
		}
		slot = &host->mpol_mount[host->n_mpol_mounts++];
		SAY(slot->point, "%s", mount.point);
		slot->policy = policy;
	}
}
