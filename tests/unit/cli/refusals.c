/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command line refuses, and with which sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "words.h"

static void an_option_of_another_subcommand_names_it(void **state)
{
	(void)state;
	REFUSED(-EINVAL, "'explain' has no option '--cgroup' ('run' has it)", "explain",
		"--cgroup=yes");
}

static void an_unknown_option_names_the_nearest(void **state)
{
	(void)state;
	REFUSED(-EINVAL, "unknown option '--bes-effort' (did you mean '--best-effort'?)",
		"--bes-effort", "nodes", "ls");
	REFUSED(-EINVAL, "unknown option '--profil' (did you mean '--profile'?)", "--profil=x",
		"ls");
	REFUSED(-EINVAL, "unknown option '--zzz'", "--zzz", "ls");
	REFUSED(-EINVAL, "unknown option '-Z'", "-Z", "ls");
	REFUSED(-EINVAL, "unknown option '-Z'", "-qZ", "ls");
	REFUSED(-EINVAL, "unknown option '--'", "--=x", "ls");
	REFUSED(-EINVAL, "unknown option '--?[2J'", "--\033[2J", "ls");
}

static void no_option_is_abbreviated(void **state)
{
	char word[64];
	size_t i, n;

	(void)state;
	for (i = 0; i < n_option_rows; i++)
		for (n = 1; n < strlen(option_rows[i].name); n++) {
			snprintf(word, sizeof(word), "--%.*s", (int)n, option_rows[i].name);
			/* one option's name may begin another's: --log, --log-format */
			if (strcmp(word, "--log") != 0)
				assert_int_equal(PARSE(word, "x", "ls"), -EINVAL);
			snprintf(word, sizeof(word), "--%sx", option_rows[i].name);
			assert_int_equal(PARSE(word, "x", "ls"), -EINVAL);
		}
}

static void an_option_of_another_subcommand_is_said_to_be_one(void **state)
{
	(void)state;
	REFUSED(-EINVAL, "'doctor' has no option '-p' ('run' has it)", "doctor", "-p", "x");
	REFUSED(-EINVAL, "'explain' has no option '--audit' ('run' has it)", "explain", "--audit");
	REFUSED(-EINVAL, "'run' has no option '--json' ('doctor' has it)", "--json", "ls");
	REFUSED(-EINVAL, "'profile show' has no option '--json' ('doctor' has it)", "profile",
		"show", "--json", "x");
}

static void a_value_is_there_where_it_must_be_and_only_there(void **state)
{
	(void)state;
	REFUSED(-EINVAL, "'-p' needs a value: PROFILE", "-p");
	REFUSED(-EINVAL, "'--status-fd' needs a value: N", "-q", "--status-fd");
	REFUSED(-EINVAL, "'--log' needs a value: WHERE ('--' ends the options)", "-p", "x", "--log",
		"--", "ls");
	REFUSED(-EINVAL, "'--audit' takes no value", "--audit=yes", "ls");
	REFUSED(-EINVAL, "'--audit' takes no value", "--audit=", "ls");
	REFUSED(-EINVAL, "'-p' has an empty value where there must be PROFILE", "-p", "", "ls");
	REFUSED(-EINVAL, "'--deny' has an empty value where there must be RULE[=ANSWER]",
		"--deny=", "ls");
	REFUSED(-EINVAL, "'--keep-caps' has an empty value where there must be LIST",
		"--keep-caps=", "ls");
}

#define MECHANISMS " (there are lsm, fmod_ret, seccomp, notify, launcher, kprobe)"

static void a_wrong_value_says_what_is_right(void **state)
{
	(void)state;
	REFUSED(-EINVAL, "--mechanism: unknown mechanism 'secomp' (did you mean 'seccomp'?)",
		"--mechanism", "lsm,secomp", "ls");
	REFUSED(-EINVAL, "--mechanism: unknown mechanism ''" MECHANISMS, "--mechanism", "lsm,",
		"ls");
	REFUSED(-EINVAL, "--mechanism: unknown mechanism ''" MECHANISMS, "--mechanism", ",", "ls");
	REFUSED(-EINVAL,
		"--best-effort: unknown rule 'other' (there are modes, mode-flags, mbind-flags, "
		"nodes, home-node, get-mempolicy, mount, files, cpuset, pages.migrate, pages.move)",
		"--best-effort", "other", "ls");
	REFUSED(-EINVAL, "--best-effort: unknown rule 'node' (did you mean 'nodes'?)",
		"--best-effort", "node", "ls");
	REFUSED(-EINVAL, "--no-new-privs: 'ls' is not auto or yes (say --no-new-privs=yes)",
		"--no-new-privs", "ls");
	REFUSED(-EINVAL, "--audit: 'maybe' is not on or off", "layer", "update", "web",
		"--audit=maybe");
	REFUSED(-EINVAL, "--status-fd: '-1' is not the number of a file descriptor", "--status-fd",
		"-1", "ls");
	REFUSED(-EINVAL, "--status-fd: '3x' is not the number of a file descriptor",
		"--status-fd=3x", "ls");
	REFUSED(-EINVAL, "--status-fd: '2147483648' is not the number of a file descriptor",
		"--status-fd=2147483648", "ls");
	assert_int_equal(PARSE("--status-fd=2147483647", "ls"), 0);
}

static void subcommands_take_the_words_that_they_need(void **state)
{
	(void)state;
	REFUSED(-EINVAL, "no command to run", "run");
	REFUSED(-EINVAL, "no command to run", "-p", "nobind", "--");
	REFUSED(-EINVAL, "one argument too many for 'explain': 'ls' (a profile is named by -p ls)",
		"explain", "-p", "x", "ls");
	REFUSED(-EINVAL, "one argument too many for 'doctor': '--json'", "doctor", "--", "--json");
	REFUSED(-EINVAL, "'profile show' needs PROFILE", "profile", "show");
	REFUSED(-EINVAL, "'profile test' needs PROFILE CALL...", "profile", "test", "nobind");
	REFUSED(-EINVAL, "'profile diff' needs PROFILE PROFILE", "profile", "diff", "a");
	REFUSED(-EINVAL, "one argument too many for 'profile diff': 'c'", "profile", "diff", "a",
		"b", "c");
	REFUSED(-EINVAL, "options come before arguments: '--json'", "profile", "check", "x",
		"--json");
	assert_int_equal(PARSE("profile", "check", "--", "x", "--json"), 0);
	assert_int_equal(options.argc, 2);
}

static void too_many_profiles_are_refused_one_less_is_not(void **state)
{
	char *words[2 * MPOL_SOURCES_MAX + 5];
	size_t n = 0, i;

	(void)state;
	words[n++] = "mpolrun";
	for (i = 0; i < MPOL_SOURCES_MAX; i++) {
		words[n++] = "-p";
		words[n++] = "nobind";
	}
	words[n] = "ls";
	words[n + 1] = NULL;
	assert_int_equal(parse_words(words), 0);
	assert_int_equal(options.n_sources, MPOL_SOURCES_MAX);
	words[n++] = "--deny=bind";
	words[n] = "ls";
	words[n + 1] = NULL;
	assert_int_equal(parse_words(words), -E2BIG);
	assert_string_equal(sentence(), "more than 64 of --profile and --deny");
}

static void a_failed_parse_leaves_the_result_alone(void **state)
{
	struct options before;

	(void)state;
	memset(&before, 0x5a, sizeof(before));
	assert_int_equal(PARSE("-p", "nobind", "--audit", "--zzz"), -EINVAL);
	assert_memory_equal(&options, &before, sizeof(before));
}

static void a_verb_that_is_none_is_told_those_that_are(void **state)
{
	(void)state;
	REFUSED(-EINVAL, "'profile' needs a verb: see mpolrun profile --help", "profile");
	REFUSED(-EINVAL, "'profile' has no verb 'lsit' (did you mean 'list'?)", "profile", "lsit");
	REFUSED(-EINVAL, "'resident' has no verb 'foo' (its verbs are load, unload, status)",
		"resident", "foo");
	assert_int_equal(PARSE("layer", "foo"), -EINVAL);
	assert_non_null(strstr(sentence(), "its verbs are create, list, show, update, exec"));
	assert_non_null(strstr(sentence(), "remove"));
}

static void a_profile_without_p_is_told_how_to_be_named(void **state)
{
	(void)state;
	REFUSED(-EINVAL,
		"one argument too many for 'explain': 'nobind' (a profile is named by -p nobind)",
		"explain", "nobind");
	assert_int_equal(PARSE("explain", "-p", "nobind"), 0);
	REFUSED(-EINVAL, "one argument too many for 'doctor': 'nobind'", "doctor", "nobind");
}

static void help_of_what_there_is_not_is_refused(void **state)
{
	(void)state;
	REFUSED(-EINVAL, "there is no subcommand 'docter' (did you mean 'doctor'?)", "help",
		"docter");
	REFUSED(-EINVAL, "there is no subcommand 'elephant'", "help", "elephant");
	REFUSED(-EINVAL, "'profile' has no verb 'lsit' (did you mean 'list'?)", "help", "profile",
		"lsit");
	REFUSED(-EINVAL, "one argument too many for 'help': 'x'", "help", "profile", "list", "x");
	REFUSED(-EINVAL, "one argument too many for 'help': 'x'", "help", "doctor", "x");
}

/* It would run a program of that name, under another answer than was meant. */
static void an_answer_behind_deny_is_not_taken_for_the_command(void **state)
{
	(void)state;
	REFUSED(-EINVAL,
		"'EINVAL' would be the command to run (did you mean '--deny bind=EINVAL'? A "
		"program "
		"of that name follows '--')",
		"--deny", "bind", "EINVAL", "ls");
	assert_int_equal(PARSE("--deny=bind", "kill", "ls"), 0);
	assert_int_equal(PARSE("--deny", "bind", "--", "EINVAL", "ls"), 0);
	assert_string_equal(options.argv[0], "EINVAL");
	assert_int_equal(PARSE("--deny", "bind=EINVAL", "kill", "1"), 0);
	assert_string_equal(options.argv[0], "kill");
	assert_int_equal(PARSE("--deny", "bind", "-q", "kill", "1"), 0);
	assert_int_equal(PARSE("--deny", "bind", "ls"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_option_of_another_subcommand_names_it),
		cmocka_unit_test(an_unknown_option_names_the_nearest),
		cmocka_unit_test(no_option_is_abbreviated),
		cmocka_unit_test(an_option_of_another_subcommand_is_said_to_be_one),
		cmocka_unit_test(a_value_is_there_where_it_must_be_and_only_there),
		cmocka_unit_test(a_wrong_value_says_what_is_right),
		cmocka_unit_test(subcommands_take_the_words_that_they_need),
		cmocka_unit_test(too_many_profiles_are_refused_one_less_is_not),
		cmocka_unit_test(a_failed_parse_leaves_the_result_alone),
		cmocka_unit_test(a_verb_that_is_none_is_told_those_that_are),
		cmocka_unit_test(a_profile_without_p_is_told_how_to_be_named),
		cmocka_unit_test(help_of_what_there_is_not_is_refused),
		cmocka_unit_test(an_answer_behind_deny_is_not_taken_for_the_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
