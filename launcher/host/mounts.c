/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mountinfo.h"
#include "parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Cut the next word off @rest; false if there is none. */
static bool next_field(struct mount_field *rest, struct mount_field *ret)
{
	const char *end;

	while (rest->length && *rest->text == ' ') {
		rest->text++;
		rest->length--;
	}
	if (!rest->length)
		return false;
	end = memchr(rest->text, ' ', rest->length);
	*ret = (struct mount_field){rest->text, end ? (size_t)(end - rest->text) : rest->length};
	rest->text += ret->length;
	rest->length -= ret->length;
	return true;
}

/*
 * 36 35 98:0 ROOT POINT rw,noatime master:1 - TYPE SOURCE rw,OPTIONS; some optional fields or none
 */
static bool mount_parse(struct mount_field line, struct mount *ret)
{
	struct mount_field field, *fields[] = {&field, &field, &field, &ret->root, &ret->point};
	const char *space;
	size_t i;

	for (i = 0; i < ELEMENTSOF(fields); i++)
		if (!next_field(&line, fields[i]))
			return false;
	do {
		if (!next_field(&line, &field))
			return false;
	} while (!mount_field_is(&field, "-"));
	if (!next_field(&line, &ret->type) || !line.length)
		return false;
	/*
	 * One blank, the source, which may be empty, one blank; an option may have blanks itself.
	 */
	ret->options = (struct mount_field){line.text + 1, line.length - 1};
	space = memchr(ret->options.text, ' ', ret->options.length);
	if (space) {
		ret->options.length -= (size_t)(space + 1 - ret->options.text);
		ret->options.text = space + 1;
	}
	return true;
}

bool mount_next(const char **text, struct mount *ret)
{
	while (**text) {
		struct mount_field line = {*text, strcspn(*text, "\n")};

		*text += line.length + ((*text)[line.length] == '\n');
		if (mount_parse(line, ret))
			return true;
	}
	return false;
}

bool mount_field_is(const struct mount_field *field, const char *word)
{
	return strlen(word) == field->length && memcmp(field->text, word, field->length) == 0;
}

/* "\040" and the like, as seq_path() and mangle() of the kernel write what would end a field. */
bool mount_field_text(const struct mount_field *field, char *buf, size_t size)
{
	const char *from = field->text, *end = from + field->length;
	size_t n;

	for (n = 0; from < end && n + 1 < size; n++) {
		if (end - from >= 4 && from[0] == '\\' && from[1] >= '0' && from[1] <= '3' &&
		    from[2] >= '0' && from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
			buf[n] = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
					(from[3] - '0'));
			from += 4;
		} else {
			buf[n] = *from++;
		}
	}
	buf[n] = '\0';
	return from == end;
}

bool mount_has_option(const struct mount *mount, const char *word)
{
	struct mount_field rest = mount->options;

	for (;;) {
		const char *comma = memchr(rest.text, ',', rest.length);
		struct mount_field option = {rest.text,
					     comma ? (size_t)(comma - rest.text) : rest.length};

		if (mount_field_is(&option, word))
			return true;
		if (!comma)
			return false;
		rest.text += option.length + 1;
		rest.length -= option.length + 1;
	}
}

/*
 * The value of mpol= in tmpfs options, which the kernel writes unescaped, commas of its node list
 * included ("mpol=bind:0,2-3,noswap"): it ends at the first comma with no digit behind it.
 */
static bool mpol_option(const struct mount_field *options, char *buf, size_t size)
{
	const char *all = options->text, *end = all + options->length, *value = all, *last;
	size_t length;

	do {
		value = memmem(value, (size_t)(end - value), "mpol=", 5);
		if (!value)
			return false;
		value += 5;
	} while (value - 5 > all && value[-6] != ',');
	for (last = value; last < end; last++)
		if (*last == ',' && !(last + 1 < end && last[1] >= '0' && last[1] <= '9'))
			break;
	length = (size_t)(last - value);
	if (length >= size) /* never: the kernel itself cuts it at 64 */
		length = size - 1;
	memcpy(buf, value, length);
	buf[length] = '\0';
	return true;
}

void host_mounts(struct host *host, const char *mountinfo)
{
	struct mount mount;
	char text[512];

	/* As nearly always, and there can be hundreds of mounts. */
	if (!strstr(mountinfo, "mpol="))
		return;
	while (mount_next(&mountinfo, &mount)) {
		struct start_policy policy = {0};
		struct host_mount *slot;
		size_t i;

		/* All that shmem.c serves; the options of others may say anything. */
		if (!mount_field_is(&mount.type, "tmpfs") &&
		    !mount_field_is(&mount.type, "devtmpfs") &&
		    !mount_field_is(&mount.type, "rootfs"))
			continue;
		if (!mpol_option(&mount.options, text, sizeof(text)))
			continue;
		if (start_policy_parse(text, &policy) < 0)
			policy = (struct start_policy){0};
		for (i = 0; i < host->n_mpol_mounts; i++)
			if (start_policy_equal(&host->mpol_mount[i].policy, &policy))
				break;
		if (i < host->n_mpol_mounts)
			continue;
		if (i == HOST_MOUNTS_MAX) {
			host->mpol_mounts_more = true;
			return;
		}
		slot = &host->mpol_mount[host->n_mpol_mounts++];
		(void)mount_field_text(&mount.point, slot->point, sizeof(slot->point));
		text_make_printable(slot->point); /* only ever shown */
		slot->policy = policy;
	}
}

int host_device_is_mounted(dev_t device)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	unsigned int of_major, of_minor;
	size_t size = 0;

	if (!f)
		return -errno;
	while (getline(&line, &size, f) > 0)
		if (sscanf(line, "%*u %*u %u:%u ", &of_major, &of_minor) == 2 &&
		    makedev(of_major, of_minor) == device)
			return 1;
	return 0;
}
