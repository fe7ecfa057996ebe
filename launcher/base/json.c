/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"

struct json_object *json_text(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);

	if (!copy)
		return NULL;
	text_make_printable(copy);
	return json_object_new_string(copy);
}

void json_add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text && text[0] ? json_text(text) : NULL);
}

void json_add_number(struct json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

int json_write(struct json_object *object, char **ret)
{
	const char *text;
	char *copy;

	if (!object)
		return -ENOMEM;
	text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_SPACED |
							      JSON_C_TO_STRING_NOSLASHESCAPE);
	copy = text ? strdup(text) : NULL;
	json_object_put(object);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}
