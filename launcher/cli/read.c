/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "read.h"

#include <stdlib.h>
#include <string.h>

struct json_object *read_json(char *text)
{
	struct json_object *object = text ? json_tokener_parse(text) : NULL;

	free(text);
	return object;
}

struct json_object *read_object(struct json_object *object, const char *key)
{
	struct json_object *field = NULL;

	json_object_object_get_ex(object, key, &field);
	return field;
}

const char *read_text(struct json_object *object, const char *key)
{
	const char *text = json_object_get_string(read_object(object, key));

	return text ? text : "";
}

bool read_is(struct json_object *object, const char *key, const char *text)
{
	return strcmp(read_text(object, key), text) == 0;
}

int64_t read_number(struct json_object *object, const char *key)
{
	return json_object_get_int64(read_object(object, key));
}

bool read_true(struct json_object *object, const char *key)
{
	return json_object_get_boolean(read_object(object, key));
}

bool read_has(struct json_object *object, const char *key)
{
	return json_object_object_get_ex(object, key, NULL);
}

struct json_object *read_array(struct json_object *object, const char *key, size_t *ret_n)
{
	struct json_object *array = read_object(object, key);

	*ret_n = array ? json_object_array_length(array) : 0;
	return array;
}

bool read_array_has(struct json_object *array, const char *text)
{
	size_t n = array ? json_object_array_length(array) : 0, i;

	for (i = 0; i < n; i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(array, i)), text) == 0)
			return true;
	return false;
}

const char *read_mechanism(struct json_object *plan, const char *rule)
{
	size_t n, i;
	struct json_object *rows = read_array(plan, "rules", &n), *row;

	for (i = 0; i < n; i++) {
		row = json_object_array_get_idx(rows, i);
		if (read_is(row, "rule", rule))
			return read_text(row, "mechanism");
	}
	return "";
}
