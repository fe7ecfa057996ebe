/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON that container runtimes write. Parts of it are chosen by whoever makes the container: its
 * size is bounded, its types are looked at, and what it says is quoted only through faults.
 */
#ifndef MPOLRUN_OCI_JSON_H
#define MPOLRUN_OCI_JSON_H

#include <json-c/json.h>
#include <stdint.h>

#include "base/fault.h"

static inline void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

#define OCI_TEXT_MAX (4 * 1024 * 1024)

/* All that @fd has to say; ends in NUL; the caller's. -EFBIG over OCI_TEXT_MAX, and of read(2). */
int oci_read_fd(int fd, char **ret, size_t *ret_len);

/* The same of a regular file; a symbolic link at its end is not followed. Also of open(2). */
int oci_read_file(const char *path, char **ret, size_t *ret_len);

/*
 * The one JSON object that @text is, called @what in the sentence; the caller's. Pure.
 *   -EINVAL  it is none, or something follows it;  -ENOMEM
 */
int oci_json_parse(const char *text, size_t len, const char *what, struct json_object **ret,
		   struct fault *fault);

/*
 * The string, number or object behind @key. A string has less than @size bytes and no NUL. Pure.
 *   -ENOENT  there is none, or null; without a sentence;  -EINVAL  of another type, or out of range
 */
int oci_json_string(struct json_object *object, const char *key, char *buf, size_t size,
		    struct fault *fault);
int oci_json_number(struct json_object *object, const char *key, int64_t min, int64_t max,
		    int64_t *ret, struct fault *fault);
int oci_json_object(struct json_object *object, const char *key, struct json_object **ret,
		    struct fault *fault);

#endif
