/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts in JSON: names of files and arguments are bytes, JSON is UTF-8. NULL: no memory. */
#ifndef MPOLRUN_JSON_H
#define MPOLRUN_JSON_H

#include <json-c/json.h>

/* A string that may be shown. */
struct json_object *json_text(const char *text);

/* A text that is not there, or empty, is null, so that the key is always there. */
void json_add_text(struct json_object *object, const char *key, const char *text);

void json_add_number(struct json_object *object, const char *key, int64_t number);

/* Written over several lines, to free(3); @object is given up. -ENOMEM, where it is NULL too. */
int json_write(struct json_object *object, char **ret);

#endif
