/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The source of source.c with other folders, and with a caller of our choice, since neither /etc
 * nor our own user id are a test's to change; in a folder of its own. After cmocka.h.
 */
#ifndef TEST_PROFILE_FOLDER_H
#define TEST_PROFILE_FOLDER_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capabilities.h"

static struct {
	uid_t uid, euid;
	unsigned long secure;
	uint64_t permitted;
} caller;

static inline int caller_capabilities(struct capabilities *ret)
{
	*ret = (struct capabilities){.permitted = caller.permitted};
	return 0;
}

bool test_exceed_caller(void);

#define FOLDER_ADMIN "etc"
#define FOLDER_VENDOR "share"
#define getuid() caller.uid
#define geteuid() caller.euid
#define getauxval(type) ((type) == AT_SECURE ? caller.secure : 0)
#define capabilities_get(ret) caller_capabilities(ret)
#define capabilities_exceed_caller test_exceed_caller
#include "base/privileged.c"
#include "profile/source.c"
#undef capabilities_get
#undef getauxval
#undef geteuid
#undef getuid

#include "parse.h"

#define V "version: 1\n"

static char folder[] = "/tmp/mpolrun-load-XXXXXX";

static inline void put_bytes(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static inline void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static inline void discard(const char *what)
{
	char command[64];
	pid_t pid = fork();

	snprintf(command, sizeof(command), "%s", what);
	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", command, NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static inline int begin(void **state)
{
	static const char *const folders[] = {"etc",
					      "share",
					      "home",
					      "home/.config",
					      "home/.config/mpolrun",
					      "home/.config/mpolrun/profiles",
					      "sub"};
	size_t i;

	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return -1;
	for (i = 0; i < ELEMENTSOF(folders); i++)
		if (mkdir(folders[i], 0755) < 0)
			return -1;
	caller.uid = caller.euid = 1000;
	caller.secure = 0;
	caller.permitted = 0;
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", folder, 1);
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	if (chdir("/") < 0)
		return -1;
	discard(folder);
	return 0;
}

static inline void must_load(const char *what, struct profile_set *set)
{
	struct fault fault = {0};
	char text[1024];

	if (profile_load(what, set, &fault) < 0)
		fail_msg("%s: %s", what, fault_text(&fault, text, sizeof(text)));
}

/* The name of the profile that @what leads to. */
static inline const char *loaded(const char *what)
{
	static char name[512];
	struct profile_set set = {0};

	must_load(what, &set);
	snprintf(name, sizeof(name), "%s", set.profiles[0]->name);
	profile_set_done(&set);
	return name;
}

static inline void must_fail(const char *what, int err, const char *message)
{
	struct profile_set set = {0};
	struct fault fault = {.hint = "left over"};
	char text[1024];

	assert_int_equal(profile_load(what, &set, &fault), err);
	assert_int_equal(set.n, 0);
	assert_string_equal(fault_text(&fault, text, sizeof(text)), message);
	assert_int_equal(profile_load(what, &set, NULL), err);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)

#endif
