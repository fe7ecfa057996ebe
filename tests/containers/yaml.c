/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * containers-yaml: print the YAML documents on standard input as one JSON array, so that tests in
 * Python's standard library can look at manifests. Plain true, false and numbers keep their type;
 * everything else is text. What is no YAML, a key that is there twice, and aliases are errors.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static void fail(const yaml_node_t *node, const char *what)
{
	fprintf(stderr, "containers-yaml: line %zu: %s\n", node->start_mark.line + 1, what);
	exit(1);
}

static struct json_object *scalar(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;
	char *end;
	long number;

	if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return json_object_new_string(text);
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return json_object_new_boolean(text[0] == 't');
	number = strtol(text, &end, 10);
	return *text && !*end ? json_object_new_int64(number) : json_object_new_string(text);
}

static struct json_object *convert(yaml_document_t *document, yaml_node_t *node, int depth)
{
	struct json_object *object;
	const yaml_node_pair_t *pair;
	const yaml_node_item_t *item;

	if (depth > 50)
		fail(node, "too deep, or an alias that goes round");
	switch (node->type) {
	case YAML_SCALAR_NODE:
		return scalar(node);
	case YAML_SEQUENCE_NODE:
		object = json_object_new_array();
		for (item = node->data.sequence.items.start; item < node->data.sequence.items.top;
		     item++)
			json_object_array_add(
				object, convert(document, yaml_document_get_node(document, *item),
						depth + 1));
		return object;
	case YAML_MAPPING_NODE:
		object = json_object_new_object();
		for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
		     pair++) {
			yaml_node_t *key = yaml_document_get_node(document, pair->key);
			const char *name = (const char *)key->data.scalar.value;

			if (key->type != YAML_SCALAR_NODE ||
			    json_object_object_get_ex(object, name, NULL))
				fail(key, "a key that is no text, or is there twice");
			json_object_object_add(
				object, name,
				convert(document, yaml_document_get_node(document, pair->value),
					depth + 1));
		}
		return object;
	case YAML_NO_NODE:
		break;
	}
	fail(node, "nothing");
	return NULL;
}

int main(void)
{
	struct json_object *all = json_object_new_array();
	yaml_document_t document;
	yaml_parser_t parser;
	yaml_node_t *root;

	if (!yaml_parser_initialize(&parser))
		return 2;
	yaml_parser_set_input_file(&parser, stdin);
	for (;;) {
		if (!yaml_parser_load(&parser, &document)) {
			fprintf(stderr, "containers-yaml: line %zu: %s\n",
				parser.problem_mark.line + 1, parser.problem);
			return 1;
		}
		root = yaml_document_get_root_node(&document);
		if (!root)
			break;
		json_object_array_add(all, convert(&document, root, 0));
		yaml_document_delete(&document);
	}
	yaml_document_delete(&document);
	yaml_parser_delete(&parser);
	puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
	return 0;
}
