/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a profile is read from, and from where not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/capabilities.h"
#include "folder.h"

static void a_name_is_looked_for_in_order(void **state)
{
	char own[128];

	(void)state;
	snprintf(own, sizeof(own), "%s/home/.config/mpolrun/profiles/nobind.yaml", folder);
	setenv("HOME", "home", 1);
	assert_string_equal(loaded("nobind"), "builtin:nobind");
	put("share/nobind.yaml", V);
	assert_string_equal(loaded("nobind"), "share/nobind.yaml");
	put("etc/nobind.yaml", V);
	assert_string_equal(loaded("nobind"), "etc/nobind.yaml");
	put(own, V);
	/* HOME is no absolute path here, and means nothing */
	assert_string_equal(loaded("nobind"), "etc/nobind.yaml");
	snprintf(own, sizeof(own), "%s/home", folder);
	setenv("HOME", own, 1);
	snprintf(own, sizeof(own), "%s/home/.config/mpolrun/profiles/nobind.yaml", folder);
	assert_string_equal(loaded("nobind"), own);
	/* XDG_CONFIG_HOME instead of ~/.config, where it is absolute */
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	assert_string_equal(loaded("nobind"), "etc/nobind.yaml");
	setenv("XDG_CONFIG_HOME", "relative", 1);
	assert_string_equal(loaded("nobind"), own);
	snprintf(own, sizeof(own), "%s/home/.config", folder);
	setenv("HOME", "/nonexistent", 1);
	setenv("XDG_CONFIG_HOME", own, 1);
	snprintf(own, sizeof(own), "%s/home/.config/mpolrun/profiles/nobind.yaml", folder);
	assert_string_equal(loaded("nobind"), own);

	assert_string_equal(loaded("builtin:nobind"), "builtin:nobind");
}

static void the_current_folder_is_never_searched(void **state)
{
	(void)state;
	put("nobind.yaml", "garbage");
	put("mine.yaml", V);
	assert_string_equal(loaded("nobind"), "builtin:nobind");
	must_fail("mine", -ENOENT,
		  "no profile is called 'mine' (a path has a slash or ends in .yaml: './mine')");
	assert_string_equal(loaded("mine.yaml"), "mine.yaml");
	assert_string_equal(loaded("./mine.yaml"), "./mine.yaml");
}

static void a_word_with_a_slash_or_the_ending_is_a_path(void **state)
{
	char path[128];

	(void)state;
	put("sub/plain", V);
	put("etc/plain.yaml", V);
	assert_string_equal(loaded("sub/plain"), "sub/plain");
	snprintf(path, sizeof(path), "%s/sub/plain", folder);
	assert_string_equal(loaded(path), path);
	must_fail("plain.yaml", -ENOENT,
		  "plain.yaml: cannot be opened: No such file or directory (a path is relative to "
		  "the current folder)");
	assert_string_equal(loaded("plain"), "etc/plain.yaml");
}

static void a_wrong_name_is_told_the_nearest_of_all_places(void **state)
{
	(void)state;
	must_fail("nobnd", -ENOENT, "no profile is called 'nobnd' (did you mean 'nobind'?)");
	must_fail("builtin:nobnd", -ENOENT,
		  "no profile 'nobnd' is built in (did you mean 'builtin:nobind'?)");
	put("etc/database.yaml", V);
	must_fail("databse", -ENOENT, "no profile is called 'databse' (did you mean 'database'?)");
	must_fail("builtin:databse", -ENOENT,
		  "no profile 'databse' is built in (mpolrun profile list shows what there is)");
	must_fail("elephant", -ENOENT,
		  "no profile is called 'elephant' (a path has a slash or ends in .yaml: "
		  "'./elephant')");
	must_fail("nobind,nonuma", -ENOENT,
		  "no profile is called 'nobind,nonuma' (each of several profiles has a -p of its "
		  "own)");
	must_fail("", -ENOENT,
		  "no profile is called '' (a path has a slash or ends in .yaml: './')");
}

static void a_profile_that_is_found_and_bad_is_not_passed_over(void **state)
{
	(void)state;
	put("etc/nobind.yaml", "version: 1\nmemploicy: {}\n");
	must_fail("nobind", -EINVAL,
		  "etc/nobind.yaml:2:1: unknown key 'memploicy' (did you mean 'mempolicy'?)");
	assert_int_equal(unlink("etc/nobind.yaml"), 0);
	assert_int_equal(symlink("nobind.yaml", "etc/nobind.yaml"), 0);
	must_fail("nobind", -ELOOP,
		  "etc/nobind.yaml: cannot be opened: Too many levels of symbolic links");
	assert_int_equal(unlink("etc/nobind.yaml"), 0);
	assert_int_equal(mkdir("etc/nobind.yaml", 0755), 0);
	must_fail("nobind", -EINVAL, "etc/nobind.yaml: is a directory, not a file");
	assert_int_equal(rmdir("etc/nobind.yaml"), 0);
	assert_string_equal(loaded("nobind"), "builtin:nobind");
}

static void a_missing_folder_is_passed_over(void **state)
{
	(void)state;
	discard("etc");
	put("etc", "a file");
	put("share/mine.yaml", V);
	assert_string_equal(loaded("mine"), "share/mine.yaml");
}

static void root_has_no_profiles_of_its_own(void **state)
{
	char own[128];

	(void)state;
	snprintf(own, sizeof(own), "%s/home", folder);
	setenv("HOME", own, 1);
	put("home/.config/mpolrun/profiles/mine.yaml", V);
	snprintf(own, sizeof(own), "%s/home/.config/mpolrun/profiles/mine.yaml", folder);
	assert_string_equal(loaded("mine"), own);
	caller.uid = caller.euid = 0;
	caller.permitted = ~0ull;
	must_fail("mine", -ENOENT,
		  "no profile is called 'mine' (a path has a slash or ends in .yaml: './mine')");
	assert_string_equal(loaded(own), own);
}

static void with_more_privileges_than_the_caller_only_names_count(void **state)
{
	char own[128];
	int i;

	(void)state;
	snprintf(own, sizeof(own), "%s/home", folder);
	setenv("HOME", own, 1);
	put("home/.config/mpolrun/profiles/mine.yaml", V);
	put("mine.yaml", V);
	put("etc/base.yaml", V);
	put("etc/ours.yaml", V "extends: [./base.yaml]\n");
	for (i = 0; i < 3; i++) {
		struct profile_set set = {0};

		caller.secure = i == 0;
		caller.euid = i == 1 ? 0 : 1000;
		caller.permitted = i == 2 ? 1ull << 40 : 0;
		assert_true(capabilities_exceed_caller());
		must_fail("mine", -ENOENT,
			  "no profile is called 'mine' (a path has a slash or ends in .yaml: "
			  "'./mine')");
		must_fail("./mine.yaml", -EPERM,
			  "a path cannot be read with more privileges than the caller has (use a "
			  "name, or give its text with '-p -')");
		must_fail("{extends: [./mine.yaml]}", -EPERM,
			  "inline:1:12: a path cannot be read with more privileges than the caller "
			  "has (use a name, or give its text with '-p -')");
		assert_string_equal(loaded("nobind"), "builtin:nobind");
		assert_string_equal(loaded("{mempolicy: {mount: deny}}"), "inline");
		must_load("ours", &set);
		assert_int_equal(set.n, 2);
		profile_set_done(&set);
	}
	caller.euid = 1000;
	caller.permitted = 0;
	assert_false(capabilities_exceed_caller());
	assert_string_equal(loaded("./mine.yaml"), "./mine.yaml");
	caller.uid = caller.euid = 0;
	caller.permitted = ~0ull;
	assert_false(capabilities_exceed_caller());
}

static void only_regular_files_are_read_by_path(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket.yaml"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), pipes[2];
	char path[64], message[256];

	(void)state;
	/* A fifo without a writer would hold an open(2) for ever. */
	alarm(20);
	assert_int_equal(mkfifo("fifo.yaml", 0600), 0);
	must_fail("fifo.yaml", -EINVAL,
		  "fifo.yaml: is a pipe, not a file (read from it with '-p -' and a redirection)");
	must_fail("./sub", -EINVAL, "./sub: is a directory, not a file");
	must_fail("/dev/zero", -EINVAL, "/dev/zero: is a device, not a file");
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	must_fail("./socket.yaml", -EINVAL, "./socket.yaml: is a socket, not a file");
	close(fd);

	/* what <(...) becomes */
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", pipes[0]);
	snprintf(message, sizeof(message),
		 "%s: is a pipe, not a file (read from it with '-p fd:%d')", path, pipes[0]);
	must_fail(path, -EINVAL, message);
	close(pipes[0]);
	close(pipes[1]);
	put("regular.yaml", V);
	assert_string_equal(loaded("regular.yaml"), "regular.yaml");
	alarm(0);
}

static void an_fd_is_read_from_where_it_is_and_stays_open(void **state)
{
	static const char text[] = "garbage\n" V;
	char what[32], message[128];
	int pipes[2], fd;

	(void)state;
	put("file", text);
	fd = open("file", O_RDONLY | O_CLOEXEC);
	assert_int_equal(lseek(fd, strlen("garbage\n"), SEEK_SET), strlen("garbage\n"));
	snprintf(what, sizeof(what), "fd:%d", fd);
	assert_string_equal(loaded(what), what);
	assert_true(fcntl(fd, F_GETFD) >= 0);
	/* at its end now */
	snprintf(message, sizeof(message), "%s:1:1: the profile is empty (begin with 'version: 1')",
		 what);
	must_fail(what, -EINVAL, message);
	close(fd);
	snprintf(message, sizeof(message), "%s: is not open", what);
	must_fail(what, -EBADF, message);

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(write(pipes[1], V, strlen(V)), strlen(V));
	close(pipes[1]);
	snprintf(what, sizeof(what), "fd:%d", pipes[0]);
	assert_string_equal(loaded(what), what);
	close(pipes[0]);

	must_fail("fd:", -EINVAL, "'fd:' names no file descriptor (like fd:3)");
	must_fail("fd:-1", -EINVAL, "'fd:-1' names no file descriptor (like fd:3)");
	must_fail("fd:99999999999", -EINVAL,
		  "'fd:99999999999' names no file descriptor (like fd:3)");
}

static void a_slow_writer_is_waited_for(void **state)
{
	char what[32];
	int pipes[2];
	pid_t pid;

	(void)state;
	/* non-blocking, as whoever made it may have left it */
	assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
	pid = fork();
	if (pid == 0) {
		usleep(50000);
		if (write(pipes[1], "version", 7) != 7)
			_exit(1);
		usleep(50000);
		_exit(write(pipes[1], ": 1\n", 4) != 4);
	}
	close(pipes[1]);
	snprintf(what, sizeof(what), "fd:%d", pipes[0]);
	assert_string_equal(loaded(what), what);
	waitpid(pid, NULL, 0);
	close(pipes[0]);
}

static void standard_input_is_a_dash(void **state)
{
	int saved = dup(STDIN_FILENO), fd;

	(void)state;
	put("file", V "mempolicy: {mont: deny}\n");
	fd = open("file", O_RDONLY | O_CLOEXEC);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	must_fail("-", -EINVAL,
		  "standard input:2:13: unknown key 'mont' in 'mempolicy' (did you mean 'mount'?)");
	close(STDIN_FILENO);
	must_fail("-", -EBADF, "standard input: is not open");
	put("file", V);
	assert_int_equal(open("file", O_RDONLY), STDIN_FILENO);
	assert_string_equal(loaded("-"), "standard input");
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
}

static void more_than_64_kib_is_refused_wherever_it_comes_from(void **state)
{
	_cleanup_free_ char *text = malloc(PROFILE_SIZE_MAX + 2);
	char what[32], message[64];
	int fd;

	(void)state;
	memset(text, '#', PROFILE_SIZE_MAX + 1);
	text[PROFILE_SIZE_MAX + 1] = '\0';
	memcpy(text, V, strlen(V));
	put_bytes("big.yaml", text, PROFILE_SIZE_MAX + 1);
	must_fail("big.yaml", -EFBIG, "big.yaml: is larger than 64 KiB");
	put_bytes("etc/big.yaml", text, PROFILE_SIZE_MAX + 1);
	must_fail("big", -EFBIG, "etc/big.yaml: is larger than 64 KiB");
	/* a source without an end is not read to it */
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	snprintf(what, sizeof(what), "fd:%d", fd);
	snprintf(message, sizeof(message), "%s: is larger than 64 KiB", what);
	must_fail(what, -EFBIG, message);
	close(fd);
	text[0] = '{';
	must_fail(text, -EFBIG, "inline: is larger than 64 KiB");

	text[0] = 'v';
	put_bytes("big.yaml", text, PROFILE_SIZE_MAX);
	assert_string_equal(loaded("big.yaml"), "big.yaml");
}

static void a_list_has_each_name_once_and_where_it_is_found(void **state)
{
	struct profile_entry *entries = NULL;
	size_t n = 0, i, found = 0;

	(void)state;
	put("etc/nobind.yaml", V);
	put("share/nobind.yaml", V);
	put("share/zebra.yaml", V);
	put("share/readme.txt", "no profile");
	put("share/.yaml", "no name");
	assert_int_equal(mkdir("etc/folder.yaml", 0755), 0);
	assert_int_equal(profile_list(&entries, &n), 0);
	assert_int_equal(n, n_profile_builtins + 1);
	for (i = 0; i < n; i++) {
		if (i)
			assert_true(strcmp(entries[i - 1].name, entries[i].name) < 0);
		/* each leads to where a look-up leads */
		assert_string_equal(loaded(entries[i].name), entries[i].from);
		if (strcmp(entries[i].name, "nobind") == 0) {
			assert_string_equal(entries[i].from, "etc/nobind.yaml");
			found++;
		}
		if (strcmp(entries[i].name, "zebra") == 0) {
			assert_string_equal(entries[i].from, "share/zebra.yaml");
			found++;
		}
		if (strcmp(entries[i].name, "container") == 0) {
			assert_string_equal(entries[i].from, "builtin:container");
			found++;
		}
	}
	assert_int_equal(found, 3);
	profile_list_free(entries, n);
}

static void a_text_is_shown_as_it_stands(void **state)
{
	char *text = NULL, *from = NULL;
	struct fault fault = {0};
	size_t len = 0;

	(void)state;
	put("etc/odd.yaml", "# odd\r\n" V);
	assert_int_equal(profile_text("odd", &text, &len, &from, &fault), 0);
	assert_string_equal(text, "# odd\r\n" V);
	assert_int_equal(len, strlen(text));
	assert_string_equal(from, "etc/odd.yaml");
	free(text);
	free(from);
	assert_int_equal(profile_text("nobnd", &text, &len, &from, &fault), -ENOENT);
	assert_string_equal(fault.hint, "did you mean 'nobind'?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_name_is_looked_for_in_order),
		IN_FOLDER(the_current_folder_is_never_searched),
		IN_FOLDER(a_word_with_a_slash_or_the_ending_is_a_path),
		IN_FOLDER(a_wrong_name_is_told_the_nearest_of_all_places),
		IN_FOLDER(a_profile_that_is_found_and_bad_is_not_passed_over),
		IN_FOLDER(a_missing_folder_is_passed_over),
		IN_FOLDER(root_has_no_profiles_of_its_own),
		IN_FOLDER(with_more_privileges_than_the_caller_only_names_count),
		IN_FOLDER(only_regular_files_are_read_by_path),
		IN_FOLDER(an_fd_is_read_from_where_it_is_and_stays_open),
		IN_FOLDER(a_slow_writer_is_waited_for),
		IN_FOLDER(standard_input_is_a_dash),
		IN_FOLDER(more_than_64_kib_is_refused_wherever_it_comes_from),
		IN_FOLDER(a_list_has_each_name_once_and_where_it_is_found),
		IN_FOLDER(a_text_is_shown_as_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
