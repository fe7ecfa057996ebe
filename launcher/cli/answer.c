/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "answer.h"

#define JSON_VERSION 1

struct json_object *answer_new(void)
{
	struct json_object *object = json_object_new_object();

	if (object)
		json_object_object_add(object, "version", json_object_new_int(JSON_VERSION));
	return object;
}

void answer_print(FILE *out, struct json_object *object)
{
	if (!object)
		return;
	fprintf(out, "%s\n",
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							       JSON_C_TO_STRING_SPACED |
							       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}
