/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What runtimes write about a container that runs, and which one an id means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "oci/container.h"

static struct oci_container found;
static struct fault fault;
static char root[] = "/tmp/mpolrun-test-XXXXXX";

static int parse(enum oci_form form, const char *text)
{
	memset(&found, 0x5a, sizeof(found));
	memset(&fault, 0, sizeof(fault));
	return oci_container_parse(form, text, strlen(text), &found, &fault);
}

/* As crun 1.8.1 and runc 1.1.5 write them, and podman 4.3. */
static void files_of_runtimes_are_read(void **unused)
{
	(void)unused;
	assert_int_equal(parse(OCI_FORM_CRUN,
			       "{\"pid\": 113,\"process-start-time\": 88,\"cgroup-path\": \"/ctr\","
			       "\"scope\": null,\"rootfs\": \"r\",\"systemd-cgroup\": false}\n"),
			 0);
	assert_int_equal(found.pid, 113);
	assert_int_equal(found.started, 88);
	assert_string_equal(found.cgroup, "/ctr");
	assert_int_equal(parse(OCI_FORM_RUNC, "{\"id\":\"c1\",\"init_process_pid\":146,"
					      "\"init_process_start\":910,\"config\":{\"a\":[1]},"
					      "\"cgroup_paths\":{\"\":\"/sys/fs/cgroup/ctr\"}}"),
			 0);
	assert_int_equal(found.pid, 146);
	assert_int_equal(found.started, 910);
	assert_string_equal(found.cgroup, "/sys/fs/cgroup/ctr");
	assert_int_equal(parse(OCI_FORM_PODMAN, "4711"), 0);
	assert_int_equal(found.pid, 4711);
	assert_int_equal(parse(OCI_FORM_PODMAN, "4711\n"), 0);
	assert_string_equal(found.cgroup, "");
	assert_int_equal(found.started, 0);
}

static void what_no_runtime_writes_is_refused(void **unused)
{
	static const char *const numbers[] = {
		"", "\n", "-1", "1x", "1\n\n", "99999999999999999", "2147483648", " 1", "0x1"};
	size_t i;

	(void)unused;
	assert_int_equal(parse(OCI_FORM_CRUN, "{}"), -EINVAL);
	assert_int_equal(parse(OCI_FORM_CRUN, "{\"pid\": -1}"), -EINVAL);
	assert_int_equal(parse(OCI_FORM_CRUN, "{\"pid\": 1, \"process-start-time\": -1}"), -EINVAL);
	assert_int_equal(parse(OCI_FORM_CRUN, "{\"pid\": 1, \"cgroup-path\": \"x\"}"), -EINVAL);
	assert_int_equal(parse(OCI_FORM_CRUN, "{\"pid\": 1, \"cgroup-path\": \"/\\u0000\"}"),
			 -EINVAL);
	assert_int_equal(parse(OCI_FORM_RUNC, "{\"init_process_pid\": \"1\"}"), -EINVAL);
	assert_int_equal(parse(OCI_FORM_RUNC, "{\"init_process_pid\": 1, \"cgroup_paths\": []}"),
			 -EINVAL);
	assert_int_equal(
		parse(OCI_FORM_RUNC, "{\"init_process_pid\": 1, \"cgroup_paths\": {\"\": 1}}"),
		-EINVAL);
	for (i = 0; i < ELEMENTSOF(numbers); i++)
		assert_int_equal(parse(OCI_FORM_PODMAN, numbers[i]), -EINVAL);
}

static void put(const char *name, const char *file, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/userdata", root, name);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", root, name, file);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
}

static int find(const char *id)
{
	memset(&fault, 0, sizeof(fault));
	return oci_container_find(root, id, &found, &fault);
}

static void an_id_means_one_container(void **unused)
{
	(void)unused;
	put("web", "status", "{\"pid\": 1, \"cgroup-path\": \"/web\"}");
	put("web2", "state.json", "{\"init_process_pid\": 2}");
	put("web21", "userdata/pidfile", "3");
	put("db", "userdata/pidfile", "4");
	assert_int_equal(find("web"), 0); /* the whole, although others begin so */
	assert_int_equal(found.pid, 1);
	assert_non_null(strstr(found.file, "/web/status"));
	assert_int_equal(find("web2"), 0);
	assert_int_equal(found.pid, 2);
	assert_int_equal(find("web21"), 0);
	assert_int_equal(find("d"), 0);
	assert_int_equal(found.pid, 4);
	assert_int_equal(find("we"), -ENOTUNIQ);
	assert_non_null(strstr(fault.what, "'we' may be "));
	assert_int_equal(find("no"), -ENOENT);
	assert_non_null(strstr(fault.what, "no container 'no' in "));
	assert_int_equal(find(""), -EINVAL);
	assert_int_equal(find("../web"), -EINVAL);
	assert_int_equal(find("web/"), -EINVAL);
}

static void two_files_of_one_container_are_one(void **unused)
{
	(void)unused;
	put("pod", "userdata/pidfile", "5");
	put("pod", "status", "{\"pid\": 5, \"cgroup-path\": \"/pod\"}");
	assert_int_equal(find("pod"), 0);
	assert_string_equal(found.cgroup, "/pod");
	put("pod", "state.json", "{\"init_process_pid\": 6}");
	assert_int_equal(find("pod"), -ENOTUNIQ);
}

static void a_broken_file_is_named(void **unused)
{
	(void)unused;
	put("bad", "status", "{\"pid\": ");
	assert_int_equal(find("bad"), -EINVAL);
	assert_non_null(strstr(fault.file, "/bad/status"));
	/* and hides no other */
	assert_int_equal(find("web"), 0);
}

static int make_root(void **unused)
{
	(void)unused;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **unused)
{
	char command[64];

	(void)unused;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_runtimes_are_read),
		cmocka_unit_test(what_no_runtime_writes_is_refused),
		cmocka_unit_test(an_id_means_one_container),
		cmocka_unit_test(two_files_of_one_container_are_one),
		cmocka_unit_test(a_broken_file_is_named),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
