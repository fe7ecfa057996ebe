/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading what libmpol says in JSON. What is not there, or null, is "", 0, false or empty. */
#ifndef MPOLRUN_READ_H
#define MPOLRUN_READ_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* @text as an object, to json_object_put(); gives it up. NULL, or no JSON: NULL. */
struct json_object *read_json(char *text);

const char *read_text(struct json_object *object, const char *key);
bool read_is(struct json_object *object, const char *key, const char *text);
int64_t read_number(struct json_object *object, const char *key);
bool read_true(struct json_object *object, const char *key);

/* Whether @key is there at all. */
bool read_has(struct json_object *object, const char *key);

/* The object or array of @key, borrowed; NULL: none. */
struct json_object *read_object(struct json_object *object, const char *key);
struct json_object *read_array(struct json_object *object, const char *key, size_t *ret_n);

/* Whether the array @array of texts has @text. */
bool read_array_has(struct json_object *array, const char *text);

/* What holds @rule in @plan, of mpol_plan_json(): "seccomp"; "": nothing. */
const char *read_mechanism(struct json_object *plan, const char *rule);

#endif
