/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose word on our capabilities is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../host/under_filter.h"
#include "base/capabilities.h"
#include "base/cleanup.h"

static void they_are_what_proc_says(void **state)
{
	_cleanup_fclose_ FILE *status = fopen("/proc/self/status", "re");
	unsigned long long inheritable = 0, permitted = 0, effective = 0;
	struct capabilities held;
	char line[256];
	int n = 0;

	(void)state;
	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		n += sscanf(line, "CapInh: %llx", &inheritable) == 1 ||
		     sscanf(line, "CapPrm: %llx", &permitted) == 1 ||
		     sscanf(line, "CapEff: %llx", &effective) == 1;
	assert_int_equal(n, 3);
	assert_int_equal(capabilities_get(&held), 0);
	assert_int_equal(held.inheritable, inheritable);
	assert_int_equal(held.permitted, permitted);
	assert_int_equal(held.effective, effective);
}

/*
 * What capabilities_get() says, as a positive number, below a filter that does @action to
 * capget(2).
 */
static int error_under(uint32_t action)
{
	const int capget[] = {SYS_capget};
	struct capabilities held = {.permitted = 42};
	pid_t pid = fork();
	int status, r;

	if (pid == 0) {
		if (filter_calls(action, capget, ELEMENTSOF(capget)) < 0)
			_exit(255);
		r = capabilities_get(&held);
		_exit(held.permitted == 42 && !held.effective ? -r : 254);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_filter_that_answers_for_the_kernel_is_found_out(void **state)
{
	(void)state;
	assert_int_equal(error_under(SECCOMP_RET_ERRNO | EPERM), EPERM);
	assert_int_equal(error_under(SECCOMP_RET_ERRNO | 0), EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_what_proc_says),
		cmocka_unit_test(a_filter_that_answers_for_the_kernel_is_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
