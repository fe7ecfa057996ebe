/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a profile brings with it: `extends`, how deep and how many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"

static void a_version_is_due_in_files_and_not_inline(void **state)
{
	(void)state;
	put("mine.yaml", "mempolicy: {mount: deny}\n");
	must_fail("mine.yaml", -EINVAL,
		  "mine.yaml:1:1: the profile does not say its version (begin with 'version: 1')");
	assert_string_equal(loaded("{mempolicy: {mount: deny}}"), "inline");
	must_fail("{mempolicy: {mont: deny}}", -EINVAL,
		  "inline:1:14: unknown key 'mont' in 'mempolicy' (did you mean 'mount'?)");
	must_fail("{version: 2}", -ENOTSUP,
		  "inline:1:11: needs a newer mpolrun: this one reads version 1");
}

static void extends_follows_the_profile_that_says_it(void **state)
{
	static const char *const order[] = {"./sub/a.yaml", "./sub/b.yaml", "./sub/../c.yaml",
					    "builtin:nobind"};
	struct profile_set set = {0};
	size_t i;

	(void)state;
	/* b and c are relative to a; b.yaml beside us is another one */
	put("sub/a.yaml", V "extends: [b.yaml, nobind]\n");
	put("sub/b.yaml", V "extends: [../c.yaml]\n");
	put("b.yaml", "garbage");
	put("c.yaml", V);
	must_load("./sub/a.yaml", &set);
	assert_int_equal(set.n, ELEMENTSOF(order));
	for (i = 0; i < set.n; i++)
		assert_string_equal(set.profiles[i]->name, order[i]);
	profile_set_done(&set);

	/* what an inline text names is relative to where we are */
	must_load("{extends: [c.yaml, 'builtin:nobind']}", &set);
	assert_int_equal(set.n, 3);
	assert_string_equal(set.profiles[1]->name, "c.yaml");
	profile_set_done(&set);

	/* and what a name led to has a folder too */
	put("etc/team.yaml", V "extends: [./parts/x.yaml]\n");
	assert_int_equal(mkdir("etc/parts", 0755), 0);
	put("etc/parts/x.yaml", V);
	must_load("team", &set);
	assert_string_equal(set.profiles[1]->name, "etc/./parts/x.yaml");
	profile_set_done(&set);
}

static void the_built_in_container_brings_nobind_quiet(void **state)
{
	struct profile_set set = {0};

	(void)state;
	must_load("container", &set);
	assert_int_equal(set.n, 2);
	assert_string_equal(set.profiles[0]->name, "builtin:container");
	assert_string_equal(set.profiles[1]->name, "builtin:nobind-quiet");
	profile_set_done(&set);
}

static void a_fault_behind_extends_is_told_where_it_is(void **state)
{
	(void)state;
	put("a.yaml", V "extends:\n  - nobnd\n");
	must_fail("a.yaml", -ENOENT,
		  "a.yaml:3:5: no profile is called 'nobnd' (did you mean 'nobind'?)");
	put("a.yaml", V "extends: [nobind, ./gone.yaml]\n");
	must_fail("a.yaml", -ENOENT,
		  "a.yaml:2:19: './gone.yaml' cannot be opened: No such file or directory (a path "
		  "in 'extends' is relative to the file that says it)");
	put("a.yaml", V "extends: [./sub]\n");
	must_fail("./a.yaml", -EINVAL, "./a.yaml:2:11: '././sub' is a directory, not a file");
	put("a.yaml", V "extends: ['fd:3']\n");
	must_fail("a.yaml", -EINVAL, "a.yaml:2:11: 'extends' takes names and paths, not 'fd:3'");
	put("a.yaml", V "extends: [\"-\"]\n");
	must_fail("a.yaml", -EINVAL, "a.yaml:2:11: 'extends' takes names and paths, not '-'");
	put("a.yaml", V "extends: ['{version: 1}']\n");
	must_fail("a.yaml", -EINVAL,
		  "a.yaml:2:11: 'extends' takes names and paths, not '{version: 1}'");
	put("a.yaml", V "extends: [b.yaml]\n");
	put("b.yaml", V "start: {inherited: rest}\n");
	must_fail("a.yaml", -EINVAL,
		  "b.yaml:2:20: unknown word 'rest' for 'inherited' (did you mean 'reset'?)");
}

static void extends_that_goes_round_is_refused(void **state)
{
	(void)state;
	put("a.yaml", V "extends: [a.yaml]\n");
	must_fail("a.yaml", -ELOOP, "a.yaml:2:11: 'extends' goes round: a.yaml -> a.yaml");
	put("a.yaml", V "extends: [b.yaml]\n");
	put("b.yaml", V "extends: [nobind, ./c.yaml]\n");
	put("c.yaml", V "extends: [sub/../b.yaml]\n");
	must_fail("a.yaml", -ELOOP,
		  "./c.yaml:2:11: 'extends' goes round: b.yaml -> ./c.yaml -> ./sub/../b.yaml");
	/* by another name it is the same file */
	assert_int_equal(symlink("a.yaml", "link.yaml"), 0);
	put("a.yaml", V "extends: [link.yaml]\n");
	must_fail("a.yaml", -ELOOP, "a.yaml:2:11: 'extends' goes round: a.yaml -> link.yaml");
	put("etc/nobind.yaml", V "extends: [nobind]\n");
	must_fail("nobind", -ELOOP,
		  "etc/nobind.yaml:2:11: 'extends' goes round: etc/nobind.yaml -> etc/nobind.yaml");
	/* the built-in one of the same name is another */
	put("etc/nobind.yaml", V "extends: ['builtin:nobind']\n");
	assert_string_equal(loaded("nobind"), "etc/nobind.yaml");
}

static void what_is_reached_twice_is_loaded_once(void **state)
{
	struct profile_set set = {0};

	(void)state;
	put("a.yaml", V "extends: [b.yaml, c.yaml, nobind, 'builtin:nobind']\n");
	put("b.yaml", V "extends: [d.yaml, nobind]\n");
	put("c.yaml", V "extends: [d.yaml]\n");
	put("d.yaml", V);
	must_load("a.yaml", &set);
	assert_int_equal(set.n, 5);
	profile_set_done(&set);
}

static void chain(unsigned int n)
{
	char path[32], text[64];
	unsigned int i;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "p%u.yaml", i);
		snprintf(text, sizeof(text), V "extends: [p%u.yaml]\n", i + 1);
		put(path, text);
	}
	snprintf(path, sizeof(path), "p%u.yaml", n);
	put(path, V);
}

static void extends_goes_sixteen_deep_and_no_deeper(void **state)
{
	struct profile_set set = {0};

	(void)state;
	chain(PROFILE_DEPTH_MAX);
	must_load("p0.yaml", &set);
	assert_int_equal(set.n, PROFILE_DEPTH_MAX + 1);
	profile_set_done(&set);
	chain(PROFILE_DEPTH_MAX + 1);
	must_fail("p0.yaml", -ELOOP, "p16.yaml:2:11: 'extends' goes deeper than 16 profiles");
}

/* all.yaml with @n others below it. */
static void many(unsigned int n)
{
	FILE *f = fopen("all.yaml", "w");
	char path[32];
	unsigned int i;

	fputs(V "extends:\n", f);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "m%u.yaml", i);
		put(path, V);
		fprintf(f, "- %s\n", path);
	}
	fclose(f);
}

static void sixty_four_profiles_and_no_more(void **state)
{
	struct profile_set set = {0};
	struct fault fault = {0};
	char text[512];

	(void)state;
	many(PROFILE_SET_MAX - 1);
	must_load("all.yaml", &set);
	assert_int_equal(set.n, PROFILE_SET_MAX);
	/* full, and left as it is */
	assert_int_equal(profile_load("nobind", &set, &fault), -E2BIG);
	assert_int_equal(set.n, PROFILE_SET_MAX);
	assert_string_equal(fault.what, "more than 64 profiles");
	profile_set_done(&set);

	must_load("nobind", &set);
	assert_int_equal(profile_load("all.yaml", &set, &fault), -E2BIG);
	assert_string_equal(fault_text(&fault, text, sizeof(text)),
			    "all.yaml:65:3: more than 64 profiles");
	assert_int_equal(set.n, 1);
	must_load("container", &set);
	assert_int_equal(set.n, 3);
	profile_set_done(&set);
	many(PROFILE_SET_MAX);
	must_fail("all.yaml", -EINVAL, "all.yaml:66:3: more than 64 profiles");
}

/* Not that it could parse: that the way there holds. Always the same bytes. */
static void random_bytes_are_no_profile(void **state)
{
	unsigned char bytes[4096];
	uint32_t seed = 1, i, round;

	(void)state;
	for (round = 0; round < 200; round++) {
		struct profile_set set = {0};
		struct fault fault = {0};

		for (i = 0; i < sizeof(bytes); i++) {
			seed = (uint32_t)((uint64_t)seed * 1664525u + 1013904223u);
			bytes[i] = (unsigned char)(seed >> 24);
		}
		put_bytes("random.yaml", bytes, round * 20 + 10);
		assert_int_equal(profile_load("random.yaml", &set, &fault), -EINVAL);
		assert_true(fault.line > 0 && fault.column > 0 && fault.what[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_version_is_due_in_files_and_not_inline),
		IN_FOLDER(extends_follows_the_profile_that_says_it),
		IN_FOLDER(the_built_in_container_brings_nobind_quiet),
		IN_FOLDER(a_fault_behind_extends_is_told_where_it_is),
		IN_FOLDER(extends_that_goes_round_is_refused),
		IN_FOLDER(what_is_reached_twice_is_loaded_once),
		IN_FOLDER(extends_goes_sixteen_deep_and_no_deeper),
		IN_FOLDER(sixty_four_profiles_and_no_more),
		IN_FOLDER(random_bytes_are_no_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
