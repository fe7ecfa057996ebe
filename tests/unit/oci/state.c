/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a runtime says of a container, and what its maker may say in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "oci/state.h"

static struct oci_state state;
static struct fault fault;

static int parse(const char *text)
{
	memset(&state, 0x5a, sizeof(state));
	memset(&fault, 0, sizeof(fault));
	return oci_state_parse(text, strlen(text), &state, &fault);
}

#define REFUSED(words, text)                                         \
	do {                                                         \
		struct oci_state before;                             \
		assert_int_equal(parse(text), -EINVAL);              \
		assert_non_null(strstr(fault.what, words));          \
		memset(&before, 0x5a, sizeof(before));               \
		assert_memory_equal(&state, &before, sizeof(state)); \
	} while (0)

#define HEAD "{\"ociVersion\":\"1.0\",\"id\":\"c1\",\"bundle\":\"/b\","

/* As crun 1.8.1 and runc 1.1.5 write them. */
static void states_of_runtimes_are_read(void **unused)
{
	(void)unused;
	assert_int_equal(
		parse("{\"ociVersion\":\"1.0\",\"id\":\"c1\",\"pid\":113,\"root\":\"rootfs\","
		      "\"bundle\":\"/tmp/b\",\"status\":\"created\",\"annotations\":{"
		      "\"mpolrun.profile\":\"nobind\",\"x\":\"y\"}}\n"),
		0);
	assert_int_equal(state.phase, OCI_STARTING);
	assert_string_equal(state.id, "c1");
	assert_string_equal(state.bundle, "/tmp/b");
	assert_int_equal(state.pid, 113);
	assert_true(state.annotated);
	assert_string_equal(state.profile, "nobind");
	assert_int_equal(parse("{\"ociVersion\":\"1.0.2-dev\",\"id\":\"c1\",\"status\":\"stopped\","
			       "\"bundle\":\"/tmp/b\"}"),
			 0);
	assert_int_equal(state.phase, OCI_STOPPED);
	assert_int_equal(
		parse("{\"id\":\"c1\",\"pid\":0,\"status\":\"stopped\",\"bundle\":\"/b\"}"), 0);
	assert_int_equal(parse(HEAD "\"status\":\"creating\",\"pid\":1}"), 0);
	assert_false(state.annotated);
	assert_string_equal(state.profile, "");
	assert_int_equal(parse(HEAD "\"status\":\"creating\",\"pid\":1,\"annotations\":null}"), 0);
	assert_false(state.annotated);
	assert_int_equal(parse(HEAD "\"status\":\"creating\",\"pid\":1,\"annotations\":{}}"), 0);
	assert_true(state.annotated);
}

static void what_is_no_state_is_refused(void **unused)
{
	(void)unused;
	REFUSED("is not a JSON object", "");
	REFUSED("is not a JSON object", "null");
	REFUSED("is not a JSON object", "[1]");
	REFUSED("is not a JSON object", HEAD "\"status\":\"creating\",\"pid\":1} x");
	REFUSED("is not a JSON object", HEAD "\"status\":\"creating\",\"pid\":1");
	REFUSED("is not a JSON object", HEAD "\"status\":\"creating\",\"pid\":1,\"x\":\"\xff\"}");
	REFUSED("has no 'status'", HEAD "\"pid\":1}");
	REFUSED("has no 'pid'", HEAD "\"status\":\"creating\"}");
	REFUSED("has no 'id'", "{\"bundle\":\"/b\",\"status\":\"creating\",\"pid\":1}");
	REFUSED("has no 'bundle'", "{\"id\":\"x\",\"status\":\"creating\",\"pid\":1}");
	REFUSED("out of range", HEAD "\"status\":\"creating\",\"pid\":0}");
	REFUSED("out of range", HEAD "\"status\":\"creating\",\"pid\":-1}");
	REFUSED("out of range", HEAD "\"status\":\"creating\",\"pid\":2147483648}");
	REFUSED("out of range", HEAD "\"status\":\"creating\",\"pid\":99999999999999999999}");
	REFUSED("is not an int", HEAD "\"status\":\"creating\",\"pid\":1.0}");
	REFUSED("too late", HEAD "\"status\":\"running\",\"pid\":1}");
	REFUSED("too late", HEAD "\"status\":\"\",\"pid\":1}");
	REFUSED("is not an object", HEAD "\"status\":\"creating\",\"pid\":1,\"annotations\":\"\"}");
	REFUSED("has a NUL", HEAD "\"status\":\"creat\\u0000ing\",\"pid\":1}");
}

/* It is a name below a runtime's folder, and a part of our sentences. */
static void an_id_is_a_name(void **unused)
{
	static const char *const good[] = {"c1", "A_b.c-1+", "0123456789abcdef", "_x"};
	static const char *const bad[] = {"", ".", "..", "a/b", "-x", "a b", "a\n", "\xc3\xa9"};
	char big[OCI_ID_SIZE + 1];
	size_t i;

	(void)unused;
	for (i = 0; i < ELEMENTSOF(good); i++)
		assert_int_equal(oci_id_check(good[i], &fault), 0);
	for (i = 0; i < ELEMENTSOF(bad); i++)
		assert_int_equal(oci_id_check(bad[i], &fault), -EINVAL);
	memset(big, 'x', sizeof(big));
	big[OCI_ID_SIZE] = '\0';
	assert_int_equal(oci_id_check(big, &fault), -EINVAL);
	big[OCI_ID_SIZE - 1] = '\0';
	assert_int_equal(oci_id_check(big, &fault), 0);
}

static void an_annotation_names_a_profile_and_no_file(void **unused)
{
	static const char *const good[] = {"nobind", "builtin:nobind", "db-2.x", "A", "y.yamlx"};
	static const char *const bad[] = {"",     "/x",       "a/b",        "..",
					  "a..b", "x.yaml",   ".yaml",      ".x",
					  "-",    "-p",       "fd:3",       "{}",
					  "a b",  "builtin:", "builtin:/x", "builtin:builtin:x",
					  "a\n",  "\033[2J",  "x:y"};
	char text[256], buf[OCI_PROFILE_SIZE];
	size_t i;

	(void)unused;
	for (i = 0; i < ELEMENTSOF(good); i++) {
		assert_int_equal(oci_profile_check(good[i], &fault), 0);
		snprintf(text, sizeof(text), "{\"annotations\":{\"mpolrun.profile\":\"%s\"}}",
			 good[i]);
		assert_int_equal(oci_config_profile(text, strlen(text), buf, &fault), 0);
		assert_string_equal(buf, good[i]);
	}
	for (i = 0; i < ELEMENTSOF(bad); i++) {
		memset(&fault, 0, sizeof(fault));
		assert_int_equal(oci_profile_check(bad[i], &fault), -EINVAL);
		assert_null(strpbrk(fault.what, "\n\033"));
	}
}

static int config(const char *text, char *buf)
{
	return oci_config_profile(text, strlen(text), buf, &fault);
}

static void a_configuration_may_have_no_annotations(void **unused)
{
	char buf[OCI_PROFILE_SIZE];

	(void)unused;
	assert_int_equal(config("{}", buf), 0);
	assert_string_equal(buf, "");
	assert_int_equal(config("{\"annotations\":{\"x\":\"/y\"}}", buf), 0);
	assert_string_equal(buf, "");
	assert_int_equal(config("{\"annotations\":{\"mpolrun.profile\":7}}", buf), -EINVAL);
	assert_int_equal(config("[]", buf), -EINVAL);
}

/* A container that has stopped is undone, whatever it says. */
static void annotations_do_not_stand_in_the_way_of_the_end(void **unused)
{
	(void)unused;
	assert_int_equal(parse(HEAD "\"status\":\"stopped\",\"annotations\":{\"mpolrun.profile\":"
				    "\"../x\"}}"),
			 0);
	REFUSED("is no profile's name", HEAD "\"status\":\"creating\",\"pid\":1,\"annotations\":{"
					     "\"mpolrun.profile\":\"../x\"}}");
}

static void every_container_has_a_layer_name_of_its_own(void **unused)
{
	char a[OCI_LAYER_SIZE], b[OCI_LAYER_SIZE], big[OCI_ID_SIZE];

	(void)unused;
	oci_layer_name("Web+1", "/b", a);
	assert_memory_equal(a, "oci-web-1-", 10);
	assert_int_equal(strspn(a, "abcdefghijklmnopqrstuvwxyz0123456789._-"), strlen(a));
	oci_layer_name("web-1", "/b", b);
	assert_string_not_equal(a, b);
	oci_layer_name("Web+1", "/c", b);
	assert_string_not_equal(a, b);
	oci_layer_name("Web+1", "/b", b);
	assert_string_equal(a, b);
	/* What is one of two texts is not one of the other. */
	oci_layer_name("ab", "c", a);
	oci_layer_name("a", "bc", b);
	assert_string_not_equal(a, b);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	oci_layer_name(big, "/b", a);
	assert_true(strlen(a) < OCI_LAYER_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_of_runtimes_are_read),
		cmocka_unit_test(what_is_no_state_is_refused),
		cmocka_unit_test(an_id_is_a_name),
		cmocka_unit_test(an_annotation_names_a_profile_and_no_file),
		cmocka_unit_test(a_configuration_may_have_no_annotations),
		cmocka_unit_test(annotations_do_not_stand_in_the_way_of_the_end),
		cmocka_unit_test(every_container_has_a_layer_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
