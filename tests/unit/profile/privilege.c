/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the kernel's answer to "can we do more than our caller?" is understood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/capabilities.h"
#include "profile/load.h"

#define SOMEBODY 65534

/*
 * In a child that is no uid 0: 0 or 1, what capabilities_exceed_caller() says; 2 and more: no
 * answer.
 */
static int asked(bool keep_caps)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (keep_caps && getuid() == 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
			_exit(2);
		if (getuid() == 0 && (setresgid(SOMEBODY, SOMEBODY, SOMEBODY) < 0 ||
				      setresuid(SOMEBODY, SOMEBODY, SOMEBODY) < 0))
			_exit(3);
		else if (keep_caps && getuid() != SOMEBODY && unshare(CLONE_NEWUSER) < 0)
			_exit(4);
		_exit(capabilities_exceed_caller());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_user_with_a_capability_has_more_than_the_caller(void **state)
{
	(void)state;
	assert_int_equal(asked(true), 1);
}

static void a_plain_user_has_not(void **state)
{
	(void)state;
	assert_int_equal(asked(false), 0);
}

static void root_has_not_unless_it_is_effective_only(void **state)
{
	(void)state;
	assert_false(capabilities_exceed_caller());
	assert_int_equal(seteuid(SOMEBODY), 0);
	assert_true(capabilities_exceed_caller());
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(SOMEBODY), 0);
	assert_true(capabilities_exceed_caller());
	assert_int_equal(setegid(0), 0);
	assert_false(capabilities_exceed_caller());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_with_a_capability_has_more_than_the_caller),
		cmocka_unit_test(a_plain_user_has_not),
	};
	const struct CMUnitTest of_root[] = {
		cmocka_unit_test(root_has_not_unless_it_is_effective_only),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	if (getuid() == 0)
		failed += cmocka_run_group_tests(of_root, NULL, NULL);
	return failed;
}
