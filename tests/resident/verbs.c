/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verbs, from an ordinary user: what each answers, that it undoes what it did, who may do what
 * with which key, and how far the tree reaches. Some need root, and are left to it.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "check.h"
#include "uring.h"

static struct resident_request layer; /* of the test that runs */

static void make(uint64_t seed)
{
	layer = nobind(seed);
	ANSWERS(0, resident_call(RESIDENT_CREATE, &layer));
}

static void a_request_that_is_malformed_is_refused(void)
{
	struct resident_request bad = nobind(1);

	ANSWERS(-EPROTO,
		prctl(RESIDENT_PRCTL, RESIDENT_CREATE, &bad, sizeof(bad) - 1, 0) < 0 ? -errno : 0);
	ANSWERS(-EFAULT,
		prctl(RESIDENT_PRCTL, RESIDENT_CREATE, 8, sizeof(bad), 0) < 0 ? -errno : 0);
	ANSWERS(-EFAULT,
		prctl(RESIDENT_PRCTL, RESIDENT_CREATE, 0xffffffff81000000, sizeof(bad), 0) < 0
			? -errno
			: 0);
	ANSWERS(-EPROTO, resident_call(99, &bad));
	bad.version++;
	ANSWERS(-EPROTO, resident_call(RESIDENT_CREATE, &bad));
	bad = nobind(1);
	bad.rules.version++;
	ANSWERS(-EBADMSG, resident_call(RESIDENT_CREATE, &bad));
	bad = nobind(1);
	bad.rules.answer[MPOL_RULE_MODE + BIND] = MPOL_ANSWER(MPOL_ERRNO, 0);
	ANSWERS(-EBADMSG, resident_call(RESIDENT_CREATE, &bad));
	bad.rules.answer[MPOL_RULE_MODE + BIND] = MPOL_ANSWER(MPOL_KILL + 1, 0);
	ANSWERS(-EBADMSG, resident_call(RESIDENT_CREATE, &bad));
	bad = nobind(1);
	bad.rules.answer[MPOL_RULES_ROOM - 1] = MPOL_ANSWER(MPOL_ERRNO, EPERM);
	ANSWERS(-EBADMSG, resident_call(RESIDENT_CREATE, &bad));
	bad = nobind(1);
	bad.deciders = 0;
	ANSWERS(-EBADMSG, resident_call(RESIDENT_CREATE, &bad));
	bad = nobind(1);
	bad.modify = (struct resident_key){{0}};
	ANSWERS(-EBADMSG, resident_call(RESIDENT_CREATE, &bad));
	bad = nobind(1);
	ANSWERS(0, resident_call(RESIDENT_CREATE, &bad));
	ANSWERS(-EEXIST, resident_call(RESIDENT_CREATE, &bad));
	ANSWERS(0, drop_layer(bad.modify));
	ANSWERS(0, resident_call(RESIDENT_CREATE, &bad));
	ANSWERS(0, drop_layer(bad.modify));
}

static void wrong_keys(void)
{
	struct resident_request request;

	make(2);
	no_new_privs();
	ANSWERS(-EKEYREJECTED, join((struct resident_key){{2, 3}}));
	ANSWERS(-EKEYREJECTED, join((struct resident_key){{0}}));
	ANSWERS(-EKEYREJECTED, join(layer.modify));
	ANSWERS(-EKEYREJECTED, drop_layer(layer.install));
	request = layer;
	request.key = layer.install;
	ANSWERS(-EKEYREJECTED, resident_call(RESIDENT_UPDATE, &request));
	ANSWERS(-EKEYREJECTED, resident_call(RESIDENT_REKEY, &request));
	CHECK(!bind_is_refused());
	ANSWERS(0, join(layer.install));
	CHECK(bind_is_refused());
	CHECK(set_policy(INTERLEAVE) == EINVAL);
	/* A member that has the modify key has it in vain. */
	request.key = layer.modify;
	ANSWERS(-EPERM, resident_call(RESIDENT_UPDATE, &request));
	ANSWERS(-EPERM, resident_call(RESIDENT_REKEY, &request));
	ANSWERS(-EPERM, drop_layer(layer.modify));
	ANSWERS(-EEXIST, join(layer.install));
}

/* Whoever knows a key can make a layer with it, but not another's. */
static void a_key_means_the_layer_of_its_owner(void)
{
	struct resident_request request;

	make(12);
	no_new_privs();
	request = by_key((struct resident_key){{0}});
	request.field = RESIDENT_OWNER;
	ANSWERS((int)getuid(), resident_call(RESIDENT_QUERY, &request));
	request = by_key(layer.install);
	request.field = RESIDENT_OWNER;
	ANSWERS((int)getuid(), resident_call(RESIDENT_QUERY, &request));
	request.field = 0;
	request.owner = getuid() + 2;
	ANSWERS(-EKEYREJECTED, resident_call(RESIDENT_QUERY, &request));
	ANSWERS(-EKEYREJECTED, resident_call(RESIDENT_JOIN, &request));
	CHECK(!bind_is_refused());
	request.key = layer.modify;
	ANSWERS(-EKEYREJECTED, resident_call(RESIDENT_REMOVE, &request));
	request.key = layer.install;
	request.owner = getuid() + 1;
	ANSWERS(1, resident_call(RESIDENT_QUERY, &request));
	ANSWERS(0, resident_call(RESIDENT_JOIN, &request));
	CHECK(bind_is_refused());
}

static long migrate(pid_t pid, unsigned long *nodes)
{
	return syscall(SYS_migrate_pages, pid, sizeof(*nodes) * 8, nodes, nodes) < 0 ? -errno : 0;
}

/* By the 32-bit ABI; @nodes is below 4 GiB. */
static long migrate_i386(pid_t pid, unsigned long *nodes)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(294), "b"(pid), "c"(sizeof(*nodes) * 8), "d"(nodes), "S"(nodes)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)r;
}

/* By the hook that both calls have, which tells them apart. */
static void migration_is_refused_and_a_query_is_not(void)
{
	struct resident_request request = nobind(13);
	unsigned long *nodes = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	void *page = nodes;
	uint32_t have = 0;
	int status = -1;
	pid_t pid;

	CHECK(nodes != MAP_FAILED);
	*nodes = 1;
	ANSWERS(0, resident_hello(&have));
	request.deciders = have & RESIDENT_LSM_MIGRATE;
	if (have & RESIDENT_NO_PREEMPT)
		request.deciders |= have & RESIDENT_FMOD_MIGRATE;
	CHECK(request.deciders);
	memset(request.rules.answer, 0, sizeof(request.rules.answer));
	request.rules.answer[MPOL_RULE_MIGRATE] = MPOL_ANSWER(MPOL_ERRNO, EDOM);
	CHECK(migrate(0, nodes) == 0 && migrate_i386(0, nodes) == 0);
	no_new_privs();
	ANSWERS(0, resident_call(RESIDENT_CREATE_AND_JOIN, &request));
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	CHECK(migrate(0, nodes) == -EDOM && migrate_i386(0, nodes) == -EDOM);
	CHECK(migrate(pid, nodes) == -EDOM);
	CHECK(syscall(SYS_move_pages, pid, 1, &page, NULL, &status, 0) == 0);
	CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

static void join_without_no_new_privs(void)
{
	make(3);
	if (geteuid() == 0) {
		ANSWERS(0, join(layer.install));
		return;
	}
	ANSWERS(-EACCES, join(layer.install));
	CHECK(!bind_is_refused());
	/* A capability in a user namespace of one's own counts there, as for seccomp(2). */
	CHECK(unshare(CLONE_NEWUSER) == 0);
	ANSWERS(0, join(layer.install));
	CHECK(bind_is_refused());
}

static void *sleep_long(void *data)
{
	pause();
	return data;
}

static void join_with_threads(void)
{
	pthread_t thread;

	make(4);
	no_new_privs();
	CHECK(pthread_create(&thread, NULL, sleep_long, NULL) == 0);
	ANSWERS(-EMLINK, join(layer.install));
	ANSWERS(-EMLINK, resident_call(RESIDENT_CREATE_AND_JOIN, &layer));
	CHECK(!bind_is_refused());
}

static void sixteen_layers(void)
{
	struct resident_request request = nobind(5);
	int i;

	no_new_privs();
	for (i = 0; i < RESIDENT_STACK; i++)
		ANSWERS(0, resident_call(RESIDENT_CREATE_AND_JOIN, &request));
	ANSWERS(-E2BIG, resident_call(RESIDENT_CREATE_AND_JOIN, &request));
	request.field = RESIDENT_DEPTH;
	ANSWERS(RESIDENT_STACK, resident_call(RESIDENT_QUERY, &request));
	CHECK(bind_is_refused());
}

static void ask_member(int to, int from, int expected)
{
	char c = 0;
	int got;

	CHECK(write(to, &c, 1) == 1 && read(from, &got, sizeof(got)) == sizeof(got));
	ANSWERS(expected, got);
}

/* A live layer: a member answers what bind comes to, while we change its layer. */
static void update_rekey_remove(void)
{
	struct resident_request request;
	struct resident_key old;
	int to[2], from[2], got;
	pid_t pid;
	char c;

	make(6);
	CHECK(pipe(to) == 0 && pipe(from) == 0);
	pid = fork();
	if (pid == 0) {
		close(to[1]);
		no_new_privs();
		ANSWERS(0, join(layer.install));
		while (read(to[0], &c, 1) == 1) {
			got = set_policy(BIND);
			CHECK(write(from[1], &got, sizeof(got)) == sizeof(got));
		}
		_exit(0);
	}
	ask_member(to[1], from[0], EPERM);

	request = layer;
	request.key = layer.modify;
	answer_bind(&request, MPOL_ANSWER(MPOL_ERRNO, EDOM));
	ANSWERS(2, resident_call(RESIDENT_UPDATE, &request));
	ask_member(to[1], from[0], EDOM);
	request.rules.flags = MPOL_RULES_AUDIT;
	ANSWERS(3, resident_call(RESIDENT_UPDATE, &request));
	ask_member(to[1], from[0], EINVAL);
	request.rules.flags = 0;
	answer_bind(&request, 0);
	ANSWERS(4, resident_call(RESIDENT_UPDATE, &request));
	ask_member(to[1], from[0], EINVAL);
	answer_bind(&request, MPOL_ANSWER(MPOL_ERRNO, EPERM));
	ANSWERS(5, resident_call(RESIDENT_UPDATE, &request));
	ask_member(to[1], from[0], EPERM);

	request.key = layer.install;
	request.field = RESIDENT_GENERATION;
	ANSWERS(5, resident_call(RESIDENT_QUERY, &request));
	request.field = RESIDENT_MEMBERS;
	ANSWERS(1, resident_call(RESIDENT_QUERY, &request));
	request.field = RESIDENT_REFUSED;
	ANSWERS(3, resident_call(RESIDENT_QUERY, &request));
	request.field = RESIDENT_AUDITED;
	ANSWERS(1, resident_call(RESIDENT_QUERY, &request));
	request.field = 99;
	ANSWERS(-EPROTO, resident_call(RESIDENT_QUERY, &request));

	old = layer.modify;
	request.key = old;
	request.install.bits[1] = 11;
	request.modify.bits[1] = 12;
	ANSWERS(0, resident_call(RESIDENT_REKEY, &request));
	ANSWERS(-EKEYREJECTED, drop_layer(old));
	ANSWERS(-EKEYREJECTED, join(layer.install));
	ask_member(to[1], from[0], EPERM);

	/* Removed, it has no keys; who is under it stays. */
	ANSWERS(0, drop_layer(request.modify));
	ANSWERS(-EKEYREJECTED, drop_layer(request.modify));
	ANSWERS(-EKEYREJECTED, join(request.install));
	ask_member(to[1], from[0], EPERM);
	close(to[1]);
	CHECK(waitpid(pid, &got, 0) == pid && got == 0);
}

static int child_of_clone(void *data)
{
	(void)data;
	_exit(bind_is_refused() ? 0 : 1);
}

static void clone_with(unsigned long flags)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(child_of_clone, stack + sizeof(stack), (int)flags | SIGCHLD, NULL);
	int status;

	CHECK(pid > 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(status == 0);
}

static void *bind_in_thread(void *data)
{
	*(int *)data = set_policy(BIND);
	return NULL;
}

static void the_tree_has_no_way_out(void)
{
	struct resident_request request = nobind(7);
	pthread_t thread;
	int answer = 0, status, orphan[2];
	pid_t pid;

	no_new_privs();
	ANSWERS(0, resident_call(RESIDENT_CREATE_AND_JOIN, &request));
	CHECK(bind_is_refused());
	clone_with(0);
	clone_with(CLONE_VM);
	clone_with(CLONE_VM | CLONE_VFORK);
	clone_with(CLONE_FILES | CLONE_FS);
	clone_with(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWIPC);
	CHECK(pthread_create(&thread, NULL, bind_in_thread, &answer) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(answer == EPERM);
	/* An orphan in a session of its own. */
	CHECK(pipe(orphan) == 0);
	pid = fork();
	if (pid == 0) {
		pid_t parent = getpid();

		if (fork() == 0) {
			setsid();
			while (getppid() == parent)
				usleep(1000);
			answer = set_policy(BIND);
			CHECK(write(orphan[1], &answer, sizeof(answer)) == sizeof(answer));
		}
		_exit(0);
	}
	CHECK(read(orphan[0], &answer, sizeof(answer)) == sizeof(answer) && answer == EPERM);
	CHECK(waitpid(pid, &status, 0) == pid);

	pid = fork();
	if (pid == 0) {
		CHECK(unshare(CLONE_NEWUSER) == 0);
		CHECK(bind_is_refused());
		execl("/proc/self/exe", "verbs", "--bind", NULL);
		CHECK(!"executed");
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void workers_of_io_uring_are_members(void)
{
	struct resident_request request = nobind(9);
	pid_t pid;
	int status;

	request.deciders |= files_program();
	CHECK(ring_open_once(file_of(BIND)) >= 0);
	no_new_privs();
	/* The ring comes after the join: its workers are made by a member. */
	pid = fork();
	if (pid == 0) {
		ANSWERS(0, resident_call(RESIDENT_CREATE_AND_JOIN, &request));
		ANSWERS(-EPERM, ring_open_once(file_of(BIND)));
		CHECK(ring_open_once(file_of(INTERLEAVE)) >= 0);
		CHECK(open(file_of(BIND), O_RDONLY | O_CLOEXEC) < 0 && errno == EPERM);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(ring_open_once(file_of(BIND)) >= 0);
}

/* Layers of @seed and what follows it, as many as there may be. */
static uint64_t make_all(uint64_t seed)
{
	struct resident_request request;
	uint64_t made;
	int r = 0;

	for (made = 0; made < 2000; made++) {
		request = nobind(seed + made);
		r = resident_call(RESIDENT_CREATE, &request);
		if (r)
			break;
	}
	ANSWERS(-EDQUOT, r);
	return made;
}

/* One user's layers are one user's: the last two tests as two users. */
static void a_quota_harms_its_owner_alone(void)
{
	struct resident_request request;
	uint64_t seed, made = make_all(1000);

	CHECK(made >= 1000);
	if (geteuid() == 0) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			CHECK(setresuid(1234, 1234, 1234) == 0);
			request = nobind(5000);
			ANSWERS(0, resident_call(RESIDENT_CREATE, &request));
			ANSWERS(0, drop_layer(request.modify));
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	} else {
		/*
		 * A user namespace does not make another user of one: there are those few left that
		 * tasks of the tests before held, which the kernel let go of meanwhile.
		 */
		CHECK(unshare(CLONE_NEWUSER) == 0);
		made += make_all(1000 + made);
		CHECK(made <= 1024);
	}
	for (seed = 1000; seed < 1000 + made; seed++) {
		request = nobind(seed);
		ANSWERS(0, drop_layer(request.modify));
	}
	request = nobind(5000);
	ANSWERS(0, resident_call(RESIDENT_CREATE, &request));
	ANSWERS(0, drop_layer(request.modify));
}

/* 30 bits of the label of @id, for who shows @key. */
static int label_part(uint32_t id, struct resident_key key, uint32_t part)
{
	struct resident_request request = by_key(key);

	request.field = id;
	request.part = part;
	return resident_call(RESIDENT_LABEL, &request);
}

/* To its owner and root, and to who may change the layer; for as long as its rules are the same. */
static void a_label_is_shown_to_whom_events_are(void)
{
	const struct resident_key none = {{0}};
	struct resident_label label = {.owner = getuid()};
	struct resident_request request = nobind(14);
	uint64_t words[sizeof(label) / sizeof(uint64_t) + 1] = {0};
	uint32_t part, bit;
	int status;
	pid_t pid;

	for (part = 0; part < sizeof(label.text); part++)
		label.text[part] = (uint8_t)(part * 7 + 1);
	request.key.bits[0] = (uintptr_t)label.text;
	ANSWERS(0, resident_call(RESIDENT_CREATE, &request));
	request.key = request.install;
	request.field = RESIDENT_ID;
	label.id = (uint32_t)resident_call(RESIDENT_QUERY, &request);
	CHECK((int)label.id > 0);
	memcpy(words, &label, sizeof(label));
	/* But the last one, which is not whole. */
	for (part = 0; part < RESIDENT_LABEL_PARTS - 1; part++) {
		bit = part * RESIDENT_BITS;
		ANSWERS((int)(((words[bit / 64] >> (bit % 64)) |
			       (bit % 64 ? words[bit / 64 + 1] << (64 - bit % 64) : 0)) &
			      (RESIDENT_YES - 1)),
			label_part(label.id, none, part));
	}
	CHECK((label_part(label.id, none, part) & 0xff) == label.text[sizeof(label.text) - 1]);
	ANSWERS(-EPROTO, label_part(label.id, none, RESIDENT_LABEL_PARTS));
	ANSWERS(-EPROTO, label_part(label.id, none, ~0u));
	ANSWERS(-ENOENT, label_part(label.id + 1, none, 0));
	ANSWERS(-ENOENT, label_part(0, none, 0));
	ANSWERS(-EKEYREJECTED, label_part(label.id, (struct resident_key){{14, 99}}, 0));
	pid = fork();
	if (pid == 0) {
		/* Another user; without root, who is nobody in particular in a user namespace. */
		CHECK(geteuid() == 0 ? setresuid(1234, 1234, 1234) == 0
				     : unshare(CLONE_NEWUSER) == 0);
		ANSWERS(-EACCES, label_part(label.id, none, 2));
		ANSWERS(-EACCES, label_part(label.id, request.install, 2));
		CHECK(label_part(label.id, request.modify, 2) >= 0);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);

	request.key = request.modify;
	ANSWERS(2, resident_call(RESIDENT_UPDATE, &request));
	ANSWERS(-ENOENT, label_part(label.id, none, 0));
	ANSWERS(0, drop_layer(request.modify));
	/* A layer whose text cannot be read is a layer all the same. */
	request = nobind(14);
	request.key.bits[0] = 0xffffffff81000000;
	ANSWERS(0, resident_call(RESIDENT_CREATE, &request));
	request.key = request.install;
	request.field = RESIDENT_ID;
	label.id = (uint32_t)resident_call(RESIDENT_QUERY, &request);
	ANSWERS(-ENOENT, label_part(label.id, none, 0));
	ANSWERS(0, drop_layer(request.modify));
}

static const struct test tests[] = {
	TEST(a_request_that_is_malformed_is_refused, 0),
	TEST(wrong_keys, 2),
	TEST(a_key_means_the_layer_of_its_owner, 12),
	TEST(migration_is_refused_and_a_query_is_not, 0),
	TEST(join_without_no_new_privs, 3),
	TEST(join_with_threads, 4),
	TEST(sixteen_layers, 0),
	TEST(update_rekey_remove, 0),
	TEST(a_label_is_shown_to_whom_events_are, 0),
	TEST(the_tree_has_no_way_out, 0),
	TEST(workers_of_io_uring_are_members, 0),
	TEST(a_quota_harms_its_owner_alone, 0),
};

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--bind") == 0) {
		CHECK(bind_is_refused());
		return 0;
	}
	return run_tests(tests, sizeof(tests) / sizeof(tests[0]));
}
