/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs at build time: prints the profiles given as arguments as C source: each as text, to be
 * shown, and as a function that makes what the parser makes of that text, so that a launch need not
 * parse it. Usage: embed FILE.yaml...
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile.h"

/* Octal escapes end after three digits, whatever follows. */
static void print_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text >= ' ' && *text <= '~' && !strchr("\"\\?", *text))
			putchar(*text);
		else
			printf("\\%03o", (unsigned char)*text);
	}
	putchar('"');
}

static void print_place(const char *what, struct place place)
{
	printf("\tprofile->%s = (struct place){%u, %u};\n", what, place.line, place.column);
}

static void print_nodes(const char *what, const __u64 *nodes)
{
	size_t i;

	for (i = 0; i < MPOL_NODES_WORDS; i++)
		if (nodes[i])
			printf("\tprofile->%s[%zu] = %#llx;\n", what, i,
			       (unsigned long long)nodes[i]);
}

static void print_function(size_t which, const struct profile *profile)
{
	size_t i;

	printf("static int make_%zu(struct profile *profile)\n{\n", which);
	for (i = 0; i < MPOL_RULE_COUNT; i++) {
		const struct setting *setting = &profile->rule[i];

		if (setting->set)
			printf("\tprofile_answer(profile, %zu, %u, (struct place){%u, %u});\n", i,
			       setting->answer, setting->place.line, setting->place.column);
	}
	print_nodes("nodes_refused", profile->nodes_refused);
	printf("\tprofile->best_effort = %#x;\n", profile->best_effort);
	printf("\tprofile->inherited = %d;\n", (int)profile->inherited);
	print_place("inherited_place", profile->inherited_place);
	printf("\tprofile->start.set = %d;\n", profile->start.set);
	printf("\tprofile->start.mode = %#x;\n", profile->start.mode);
	print_nodes("start.nodes", profile->start.nodes);
	print_place("start.place", profile->start.place);
	if (profile->description) {
		printf("\tprofile->description = strdup(");
		print_string(profile->description);
		printf(");\n\tif (!profile->description)\n\t\treturn -ENOMEM;\n");
	}
	for (i = 0; i < profile->n_extends; i++) {
		printf("\tif (profile_extend(profile, ");
		print_string(profile->extends[i]);
		printf(", (struct place){%u, %u}) < 0)\n\t\treturn -ENOMEM;\n",
		       profile->extends_place[i].line, profile->extends_place[i].column);
	}
	printf("\treturn 0;\n}\n\n");
}

static int embed(size_t which, const char *path)
{
	_cleanup_(cleanup_profile) struct profile *profile = NULL;
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	struct fault fault = {.line = 0};
	char text[PROFILE_SIZE_MAX], why[640];
	size_t len;

	if (!f) {
		perror(path);
		return -errno;
	}
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	if (profile_parse(text, len, path, 0, &profile, &fault) < 0) {
		fprintf(stderr, "embed: %s\n", fault_text(&fault, why, sizeof(why)));
		return -EINVAL;
	}
	printf("static const char text_%zu[] =\n\t", which);
	print_string(text);
	printf(";\n\n");
	print_function(which, profile);
	return 0;
}

/* "nobind" of "profiles/nobind.yaml" */
static void print_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	printf("\"%.*s\"", (int)strcspn(name, "."), name);
}

int main(int argc, char **argv)
{
	int i;

	printf("#include <errno.h>\n#include <string.h>\n\n"
	       "#include \"profile/build.h\"\n#include \"profile/load.h\"\n\n");
	for (i = 1; i < argc; i++)
		if (embed((size_t)i, argv[i]) < 0)
			return 1;
	printf("const struct profile_builtin profile_builtins[] = {\n");
	for (i = 1; i < argc; i++) {
		printf("\t{");
		print_name(argv[i]);
		printf(", text_%d, sizeof(text_%d) - 1, make_%d},\n", i, i, i);
	}
	printf("};\nconst size_t n_profile_builtins = %d;\n", argc - 1);
	return fflush(stdout) == EOF || ferror(stdout);
}
