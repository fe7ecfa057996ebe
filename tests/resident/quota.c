/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * quota OWNER-MAX MEMBERS-MAX: users who fill all that is theirs with members harm themselves. As
 * root, on a resident that was loaded on a machine of few tasks, as it says of itself, and with
 * nobody in it.
 */
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include "check.h"

#define HOSTILE 2001
#define ALLY 2002
#define OTHER 2003

static int owner_max, members_max;

struct crowd {
	pid_t leader;
	int members; /* with the leader */
};

static void become(uid_t uid)
{
	CHECK(setresuid(uid, uid, uid) == 0);
}

static int join_own(void)
{
	struct resident_request request = nobind(31);

	no_new_privs();
	return resident_call(RESIDENT_CREATE_AND_JOIN, &request);
}

/* Members of @uid, as many as there can be; they stay. */
static struct crowd fill(uid_t uid)
{
	struct crowd crowd = {.members = 1};
	int report[2];
	pid_t pid;

	CHECK(pipe(report) == 0);
	crowd.leader = fork();
	CHECK(crowd.leader >= 0);
	if (crowd.leader == 0) {
		CHECK(setpgid(0, 0) == 0);
		become(uid);
		ANSWERS(0, join_own());
		while ((pid = fork()) > 0)
			crowd.members++;
		if (pid < 0) {
			CHECK(errno == EAGAIN);
			CHECK(bind_is_refused());
			CHECK(write(report[1], &crowd.members, sizeof(int)) == sizeof(int));
		}
		pause();
		_exit(0);
	}
	CHECK(read(report[0], &crowd.members, sizeof(int)) == sizeof(int));
	close(report[0]);
	close(report[1]);
	return crowd;
}

static void end(const struct crowd *crowd)
{
	CHECK(kill(-crowd->leader, SIGKILL) == 0);
	CHECK(waitpid(crowd->leader, NULL, 0) == crowd->leader);
}

static uid_t as;
static int expected;

/* Somebody joins, and has a child, or is told why not. */
static void joins_and_forks(void)
{
	pid_t pid;
	int status;

	become(as);
	ANSWERS(expected, join_own());
	if (expected < 0) {
		/* Nothing but the join is lost. */
		CHECK(!bind_is_refused());
	}
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(bind_is_refused() == (expected == 0) ? 0 : 1);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void joins_from_a_user_namespace(void)
{
	become(as);
	CHECK(unshare(CLONE_NEWUSER) == 0);
	ANSWERS(expected, join_own());
}

static void expect(int answer, uid_t uid, void (*f)(void))
{
	as = uid;
	expected = answer;
	in_child(f);
}

/* What was theirs is theirs again once it has ended, which is a moment later. */
static void comes_back(uid_t uid)
{
	int i, status = 1;

	for (i = 0; i < 100 && status; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			become(uid);
			_exit(join_own() < 0);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		usleep(50000);
	}
	CHECK(status == 0);
}

static void a_crowd_harms_its_owner_alone(void)
{
	struct crowd hostile = fill(HOSTILE);

	ANSWERS(owner_max, hostile.members);
	expect(-EDQUOT, HOSTILE, joins_and_forks);
	expect(-EDQUOT, HOSTILE, joins_from_a_user_namespace);
	expect(0, OTHER, joins_and_forks);
	expect(0, OTHER, joins_from_a_user_namespace);
	expect(0, 0, joins_and_forks);
	end(&hostile);
	comes_back(HOSTILE);
}

static void two_crowds_leave_root_its_part(void)
{
	struct crowd hostile = fill(HOSTILE), ally = fill(ALLY);

	CHECK(hostile.members + ally.members < members_max);
	expect(-ENOSPC, OTHER, joins_and_forks);
	expect(0, 0, joins_and_forks);
	end(&hostile);
	comes_back(OTHER);
	end(&ally);
	comes_back(ALLY);
}

static const struct test tests[] = {
	TEST(a_crowd_harms_its_owner_alone, 0),
	TEST(two_crowds_leave_root_its_part, 0),
};

int main(int argc, char **argv)
{
	const struct rlimit many = {100000, 100000};

	CHECK(argc > 2);
	owner_max = atoi(argv[1]);
	members_max = atoi(argv[2]);
	CHECK(owner_max > 0 && members_max > owner_max);
	/* What ends a crowd must be the resident. */
	CHECK(setrlimit(RLIMIT_NPROC, &many) == 0);
	return run_tests(tests, sizeof(tests) / sizeof(tests[0]));
}
