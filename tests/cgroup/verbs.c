/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layers that are attached to cgroups: who may attach, what is covered and what no more, as root in
 * a guest with the v2 hierarchy at /sys/fs/cgroup.
 */
#include <linux/sched.h>
#include <sched.h>

#include "check.h"

#define A TOP "/attach-a"
#define AB A "/b"
#define ABC AB "/c"
#define SIBLING TOP "/attach-sibling"

static struct resident_request layer;

static void make(uint64_t seed)
{
	layer = nobind(seed);
	ANSWERS(0, resident_call(RESIDENT_CREATE, &layer));
}

static int at(enum resident_verb verb, struct resident_key key, const char *path)
{
	struct resident_request request = by_key(key);
	int fd = open_folder(path), r;

	request.field = (uint32_t)fd;
	r = resident_call(verb, &request);
	close(fd);
	return r;
}

static int attach(const char *path)
{
	return at(RESIDENT_ATTACH, layer.install, path);
}

static int detach(const char *path)
{
	return at(RESIDENT_DETACH, layer.install, path);
}

static int ask(enum resident_field field)
{
	struct resident_request request = by_key(layer.install);

	request.field = field;
	return resident_call(RESIDENT_QUERY, &request);
}

static void make_cgroups(void)
{
	CHECK(mkdir(A, 0755) == 0 && mkdir(AB, 0755) == 0 && mkdir(SIBLING, 0755) == 0);
}

static void remove_cgroups(void)
{
	remove_cgroup(AB);
	remove_cgroup(A);
	remove_cgroup(SIBLING);
}

static void workloads_that_run_are_covered_and_let_go(void)
{
	struct workload inside, below, beside;

	make(2);
	make_cgroups();
	inside = start(A);
	below = start(AB);
	beside = start(SIBLING);
	ANSWERS(EINVAL, binds(&inside));
	ANSWERS(0, attach(A));
	ANSWERS(1, ask(RESIDENT_CGROUPS));
	ANSWERS(EPERM, binds(&inside));
	ANSWERS(EINVAL, answer(&inside, INTERLEAVE));
	ANSWERS(EPERM, binds(&below));
	ANSWERS(EINVAL, binds(&beside));
	CHECK(!bind_is_refused());
	ANSWERS(2, ask(RESIDENT_REFUSED));
	/* Put in by somebody else, moved out again. */
	move_to(AB, beside.pid);
	ANSWERS(EPERM, binds(&beside));
	move_to(SIBLING, beside.pid);
	ANSWERS(EINVAL, binds(&beside));
	ANSWERS(0, attach(SIBLING));
	ANSWERS(2, ask(RESIDENT_CGROUPS));
	ANSWERS(EPERM, binds(&beside));
	ANSWERS(1, detach(A));
	ANSWERS(EINVAL, binds(&inside));
	ANSWERS(EINVAL, binds(&below));
	ANSWERS(EPERM, binds(&beside));
	ANSWERS(1, detach(SIBLING));
	ANSWERS(EINVAL, binds(&beside));
	ANSWERS(-ENOENT, detach(SIBLING));
	ANSWERS(-ENOENT, detach(TOP));
	ANSWERS(0, ask(RESIDENT_CGROUPS));
	end(&inside);
	end(&below);
	end(&beside);
	remove_cgroups();
}

static void cgroups_made_later_are_covered(void)
{
	struct workload w;

	make(3);
	make_cgroups();
	ANSWERS(0, attach(A));
	CHECK(mkdir(ABC, 0755) == 0);
	w = start(ABC);
	ANSWERS(EPERM, binds(&w));
	ANSWERS(1, detach(A));
	ANSWERS(EINVAL, binds(&w));
	end(&w);
	remove_cgroup(ABC);
	remove_cgroups();
}

/* Whether somebody whom CLONE_INTO_CGROUP puts into @path is refused to bind from the start. */
static bool is_born_refused(const char *path)
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	int fd = open_folder(path), status;
	pid_t child;

	args.cgroup = (uint64_t)fd;
	child = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	CHECK(child >= 0);
	if (child == 0)
		_exit(bind_is_refused() ? 0 : 1);
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	close(fd);
	return WEXITSTATUS(status) == 0;
}

/* As a runtime does it that makes the cgroup first: there is no moment before the layer. */
static void who_is_born_there_is_covered(void)
{
	make(11);
	make_cgroups();
	ANSWERS(0, attach(A));
	CHECK(is_born_refused(A));
	CHECK(is_born_refused(AB));
	CHECK(!is_born_refused(SIBLING));
	ANSWERS(1, detach(A));
	CHECK(!is_born_refused(A));
	remove_cgroups();
}

static void an_update_reaches_tree_and_cgroup(void)
{
	struct resident_request request;
	struct workload inside, tree;

	make(4);
	make_cgroups();
	ANSWERS(0, attach(A));
	inside = start(A);
	tree = start_under(NULL, &layer.install);
	ANSWERS(EPERM, binds(&inside));
	ANSWERS(EPERM, binds(&tree));
	request = layer;
	request.key = layer.modify;
	answer_bind(&request, MPOL_ANSWER(MPOL_ERRNO, EDOM));
	ANSWERS(2, resident_call(RESIDENT_UPDATE, &request));
	ANSWERS(EDOM, binds(&inside));
	ANSWERS(EDOM, binds(&tree));
	request.rules.flags = MPOL_RULES_AUDIT;
	ANSWERS(3, resident_call(RESIDENT_UPDATE, &request));
	ANSWERS(EINVAL, binds(&inside));
	ANSWERS(EINVAL, binds(&tree));
	ANSWERS(2, ask(RESIDENT_AUDITED));
	ANSWERS(1, detach(A));
	end(&inside);
	end(&tree);
	remove_cgroups();
}

static void layers_stack(void)
{
	struct resident_request other = nobind(60), more;
	struct workload w;
	uint64_t i;

	make(5);
	make_cgroups();
	answer_bind(&other, MPOL_ANSWER(MPOL_IGNORE, 0));
	other.rules.answer[MPOL_RULE_MODE + INTERLEAVE] = MPOL_ANSWER(MPOL_ERRNO, EXDEV);
	ANSWERS(0, resident_call(RESIDENT_CREATE, &other));
	w = start(AB);
	ANSWERS(0, at(RESIDENT_ATTACH, other.modify, A));
	ANSWERS(0, attach(AB));
	ANSWERS(-EEXIST, attach(AB));
	ANSWERS(EPERM, binds(&w));
	if (!(deciding_program() & FILES))
		ANSWERS(EXDEV, answer(&w, INTERLEAVE));
	ANSWERS(1, detach(AB));
	for (i = 0; i < RESIDENT_STACK; i++) {
		more = nobind(100 + i);
		ANSWERS(0, resident_call(RESIDENT_CREATE, &more));
		ANSWERS(0, at(RESIDENT_ATTACH, more.install, AB));
	}
	ANSWERS(-E2BIG, attach(AB));
	ANSWERS(EPERM, binds(&w));
	/* Without a key: all of them. */
	ANSWERS(RESIDENT_STACK, at(RESIDENT_DETACH, (struct resident_key){{0}}, AB));
	ANSWERS(0, attach(AB));
	ANSWERS(1, detach(AB));
	ANSWERS(1, at(RESIDENT_DETACH, other.install, A));
	for (i = 0; i < RESIDENT_STACK; i++)
		ANSWERS(0, drop_layer(nobind(100 + i).modify));
	ANSWERS(0, drop_layer(other.modify));
	end(&w);
	remove_cgroups();
}

static void what_is_no_place_is_refused(void)
{
	struct resident_request request;

	make(6);
	make_cgroups();
	ANSWERS(-ERANGE, attach(TOP));
	ANSWERS(-EBADF, attach("/tmp"));
	request = by_key(layer.install);
	request.field = 1000;
	ANSWERS(-EBADF, resident_call(RESIDENT_ATTACH, &request));
	request.field = UINT32_MAX;
	ANSWERS(-EBADF, resident_call(RESIDENT_ATTACH, &request));
	ANSWERS(-EKEYREJECTED, at(RESIDENT_ATTACH, (struct resident_key){{77, 77}}, A));
	ANSWERS(-EKEYREJECTED, at(RESIDENT_ATTACH, (struct resident_key){{0}}, A));
	ANSWERS(-EKEYREJECTED, at(RESIDENT_DETACH, (struct resident_key){{77, 77}}, A));
	ANSWERS(0, attach(A));
	ANSWERS(1, detach(A));
	remove_cgroups();
}

static void only_the_hosts_root_attaches(void)
{
	pid_t pid;
	int status;

	make(7);
	make_cgroups();
	ANSWERS(0, attach(A));
	pid = fork();
	if (pid == 0) {
		move_to(A, getpid());
		CHECK(setresuid(1234, 1234, 1234) == 0);
		ANSWERS(-EPERM, attach(AB));
		ANSWERS(-EPERM, detach(A));
		CHECK(unshare(CLONE_NEWUSER) == 0);
		ANSWERS(-EPERM, attach(AB));
		ANSWERS(-EPERM, detach(A));
		CHECK(bind_is_refused());
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	/* Nor one who is under a layer of the tree. */
	pid = fork();
	if (pid == 0) {
		ANSWERS(0, join(layer.install));
		ANSWERS(-EPERM, detach(A));
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	ANSWERS(1, detach(A));
	remove_cgroups();
}

static void a_cgroup_that_goes_gives_back_what_it_held(void)
{
	struct resident_request request;
	int fd, i;

	make(8);
	make_cgroups();
	ANSWERS(0, attach(AB));
	fd = open(AB, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0);
	ANSWERS(1, ask(RESIDENT_MEMBERS));
	remove_cgroups();
	for (i = 0; i < 100 && ask(RESIDENT_CGROUPS); i++)
		usleep(10000);
	ANSWERS(0, ask(RESIDENT_CGROUPS));
	ANSWERS(0, ask(RESIDENT_MEMBERS));
	request = by_key(layer.install);
	request.field = (uint32_t)fd;
	ANSWERS(-ESTALE, resident_call(RESIDENT_ATTACH, &request));
	close(fd);
}

static void a_layer_that_is_removed_holds_where_it_is_attached(void)
{
	struct workload w;

	make(9);
	make_cgroups();
	w = start(A);
	ANSWERS(0, attach(A));
	ANSWERS(0, drop_layer(layer.modify));
	ANSWERS(-EKEYREJECTED, detach(A));
	ANSWERS(EPERM, binds(&w));
	ANSWERS(1, at(RESIDENT_DETACH, (struct resident_key){{0}}, A));
	ANSWERS(EINVAL, binds(&w));
	end(&w);
	remove_cgroups();
}

/* Once attached, no child of whoever is there gets through, whenever it was forked. */
static void attaching_races_forks(void)
{
	volatile int *attached =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;
	int status, i;

	CHECK(attached != MAP_FAILED);
	make(10);
	make_cgroups();
	pid = fork();
	if (pid == 0) {
		move_to(A, getpid());
		for (i = 0; i < 1000; i++) {
			pid_t child = fork();

			CHECK(child >= 0);
			if (child == 0) {
				bool before = *attached;
				int r = set_policy(BIND);

				_exit(before && r != EPERM);
			}
			CHECK(waitpid(child, &status, 0) == child && status == 0);
		}
		_exit(0);
	}
	for (i = 0; waitpid(pid, &status, WNOHANG) == 0; i++) {
		ANSWERS(0, attach(A));
		*attached = 1;
		usleep(20000);
		*attached = 0;
		/* A child that read it before may still be on its way to the call. */
		usleep(20000);
		if (i % 2)
			ANSWERS(1, at(RESIDENT_DETACH, (struct resident_key){{0}}, A));
		else
			ANSWERS(1, detach(A));
	}
	CHECK(i > 3);
	CHECK(status == 0);
	remove_cgroups();
}

static const struct test tests[] = {
	TEST(workloads_that_run_are_covered_and_let_go, 2),
	TEST(cgroups_made_later_are_covered, 3),
	TEST(who_is_born_there_is_covered, 11),
	TEST(an_update_reaches_tree_and_cgroup, 4),
	TEST(layers_stack, 5),
	TEST(what_is_no_place_is_refused, 6),
	TEST(only_the_hosts_root_attaches, 7),
	TEST(a_cgroup_that_goes_gives_back_what_it_held, 8),
	TEST(a_layer_that_is_removed_holds_where_it_is_attached, 0),
	TEST(attaching_races_forks, 10),
};

int main(void)
{
	return run_tests(tests, sizeof(tests) / sizeof(tests[0]));
}
