/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

int oci_read_fd(int fd, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *text = NULL;
	size_t room = 0, len = 0;

	for (;;) {
		ssize_t n;

		if (len == room) {
			char *grown;

			if (room > OCI_TEXT_MAX)
				return -EFBIG;
			/* One more than is allowed, so that too much is noticed; and a NUL. */
			room = room ? room * 4 : 16 * 1024;
			if (room > OCI_TEXT_MAX)
				room = OCI_TEXT_MAX + 1;
			grown = realloc(text, room + 1);
			if (!grown)
				return -ENOMEM;
			text = grown;
		}
		n = read(fd, text + len, room - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	if (len > OCI_TEXT_MAX)
		return -EFBIG;
	text[len] = '\0';
	*ret = TAKE_PTR(text);
	*ret_len = len;
	return 0;
}

int oci_read_file(const char *path, char **ret, size_t *ret_len)
{
	_cleanup_close_ int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? oci_read_fd(fd, ret, ret_len) : -EINVAL;
}

int oci_json_parse(const char *text, size_t len, const char *what, struct json_object **ret,
		   struct fault *fault)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;
	bool whole;

	if (!tokener)
		return fault_set(fault, -ENOMEM, "no memory");
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, (int)len);
	whole = json_tokener_get_error(tokener) == json_tokener_success &&
		json_tokener_get_parse_end(tokener) == len;
	json_tokener_free(tokener);
	if (!whole || !json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		return fault_set(fault, -EINVAL, "%s is not a JSON object", what);
	}
	*ret = object;
	return 0;
}

/* -ENOENT: there is none. */
static int get(struct json_object *object, const char *key, enum json_type type,
	       struct json_object **ret, struct fault *fault)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !value)
		return -ENOENT;
	if (!json_object_is_type(value, type))
		return fault_set(fault, -EINVAL, "'%s' is not %s %s", key,
				 type == json_type_object || type == json_type_int ? "an" : "a",
				 json_type_to_name(type));
	*ret = value;
	return 0;
}

int oci_json_string(struct json_object *object, const char *key, char *buf, size_t size,
		    struct fault *fault)
{
	struct json_object *value;
	size_t len;
	int r = get(object, key, json_type_string, &value, fault);

	if (r < 0)
		return r;
	len = (size_t)json_object_get_string_len(value);
	if (len >= size)
		return fault_set(fault, -EINVAL, "'%s' has more than %zu bytes", key, size - 1);
	if (strlen(json_object_get_string(value)) != len)
		return fault_set(fault, -EINVAL, "'%s' has a NUL in it", key);
	memcpy(buf, json_object_get_string(value), len + 1);
	return 0;
}

int oci_json_number(struct json_object *object, const char *key, int64_t min, int64_t max,
		    int64_t *ret, struct fault *fault)
{
	struct json_object *value;
	int64_t number;
	int r = get(object, key, json_type_int, &value, fault);

	if (r < 0)
		return r;
	/* What does not fit is the largest there is, which is out of every range here. */
	number = json_object_get_int64(value);
	if (number < min || number > max)
		return fault_set(fault, -EINVAL, "'%s' is out of range", key);
	*ret = number;
	return 0;
}

int oci_json_object(struct json_object *object, const char *key, struct json_object **ret,
		    struct fault *fault)
{
	return get(object, key, json_type_object, ret, fault);
}
