/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <zlib.h>

#include "base/cleanup.h"

/* Read until the end; @read_some is read(2)-like but returns -errno. */
static int read_all(ssize_t (*read_some)(void *from, char *buf, size_t size), void *from,
		    char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t room = 0, length = 0;

	for (;;) {
		ssize_t n;

		/* One byte more than is used: the NUL. */
		if (length + 1 >= room) {
			size_t more = room ? room * 2 : 16384;
			char *grown;

			if (length >= PROCFS_MAX)
				return -EFBIG;
			grown = realloc(text, more);
			if (!grown)
				return -ENOMEM;
			text = grown;
			room = more;
		}
		n = read_some(from, text + length, room - length - 1);
		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	text[length] = '\0';
	*ret = TAKE_PTR(text);
	return 0;
}

static ssize_t read_plain(void *from, char *buf, size_t size)
{
	ssize_t n = read(*(int *)from, buf, size);

	return n < 0 ? -errno : n;
}

int procfs_read(const char *path, char **ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	return read_all(read_plain, &fd, ret);
}

static ssize_t read_gz(void *from, char *buf, size_t size)
{
	int n = gzread(from, buf, (unsigned int)size);

	return n < 0 ? -EIO : n;
}

int procfs_read_gz(const char *path, char **ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	gzFile gz;
	int r;

	if (fd < 0)
		return -errno;
	gz = gzdopen(fd, "r");
	if (!gz)
		return -ENOMEM;
	(void)TAKE_FD(fd); /* gzclose() closes it */
	r = read_all(read_gz, gz, ret);
	gzclose(gz);
	return r;
}

bool procfs_line(const char *text, const char *key, char *buf, size_t size)
{
	size_t key_length = strlen(key);

	while (*text) {
		size_t length = strcspn(text, "\n");

		if (length >= key_length && memcmp(text, key, key_length) == 0) {
			text += key_length;
			length -= key_length;
			while (length && (*text == ' ' || *text == '\t')) {
				text++;
				length--;
			}
			while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
				length--;
			if (length >= size)
				return false;
			memcpy(buf, text, length);
			buf[length] = '\0';
			return true;
		}
		text += length + (text[length] == '\n');
	}
	return false;
}
