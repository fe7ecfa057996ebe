/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the resident share. Each runs in a guest, against the real programs. */
#ifndef TESTS_RESIDENT_CHECK_H
#define TESTS_RESIDENT_CHECK_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "resident/client.h"

#define BIND 2
#define INTERLEAVE 3

/* Ends the process that finds a fault; its parents pass that on. */
#define CHECK(what)                                                                           \
	do {                                                                                  \
		if (!(what)) {                                                                \
			fprintf(stderr, "%s:%d: not so: %s (errno %d)\n", __FILE__, __LINE__, \
				#what, errno);                                                \
			_exit(1);                                                             \
		}                                                                             \
	} while (0)

/* A verb's answer that must be this: it is printed when it is not. */
#define ANSWERS(expected, call)                                                               \
	do {                                                                                  \
		int _got = (call), _expected = (expected);                                    \
		if (_got != _expected) {                                                      \
			fprintf(stderr, "%s:%d: %s answers %d, not %d\n", __FILE__, __LINE__, \
				#call, _got, _expected);                                      \
			_exit(1);                                                             \
		}                                                                             \
	} while (0)

/*
 * The call that is refused. Where no program decides on modes, files stand in for them: opening one
 * that is bound, or interleaved, in the place of setting such a policy.
 */
#define FILES (RESIDENT_LSM_FILES | RESIDENT_FMOD_FILES)

static inline const char *file_of(int mode)
{
	return mode == BIND ? "/tmp/resident-bind" : "/tmp/resident-interleave";
}

/* enum resident_program: what may decide; kprobe only for a test that asks for it. */
static uint32_t kinds_wanted = RESIDENT_PROGRAMS & ~RESIDENT_KPROBE;

/* Only programs of one kind. */
static inline void decide_by(const char *name)
{
	if (strcmp(name, "lsm") == 0)
		kinds_wanted = RESIDENT_LSM;
	else if (strcmp(name, "fmod_ret") == 0)
		kinds_wanted = RESIDENT_SKIPPABLE;
	else if (strcmp(name, "kprobe") == 0)
		kinds_wanted = RESIDENT_KPROBE;
	else
		CHECK(!"a kind of program");
}

/* The programs that decide here, best first; 0 where none may. */
static inline uint32_t deciding_program(void)
{
	static const uint32_t programs[] = {RESIDENT_LSM_SET,   RESIDENT_FMOD_SET,
					    RESIDENT_ENTRY_SET, RESIDENT_KPROBE_SET,
					    RESIDENT_LSM_FILES, RESIDENT_FMOD_FILES};
	static uint32_t found;
	uint32_t have = 0;
	size_t i;

	if (found)
		return found;
	ANSWERS(0, resident_hello(&have));
	have &= kinds_wanted | RESIDENT_NO_PREEMPT;
	for (i = 0; i < sizeof(programs) / sizeof(programs[0]) && !found; i++)
		if ((have & programs[i]) &&
		    (!(programs[i] & RESIDENT_SKIPPABLE) || (have & RESIDENT_NO_PREEMPT)))
			found = programs[i];
	return found;
}

/* The one that decides about files here, beside what decides about modes; 0 where none may. */
static inline uint32_t files_program(void)
{
	uint32_t have = 0;

	ANSWERS(0, resident_hello(&have));
	if (have & RESIDENT_LSM_FILES)
		return RESIDENT_LSM_FILES;
	return have & RESIDENT_NO_PREEMPT ? have & RESIDENT_FMOD_FILES : 0;
}

/* EINVAL, the kernel's own answer to a policy without nodes; or what refused it. */
static inline int set_policy(int mode)
{
	int fd;

	if (!(deciding_program() & FILES))
		return syscall(SYS_set_mempolicy, mode, NULL, 0) < 0 ? errno : 0;
	fd = open(file_of(mode), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	close(fd);
	return EINVAL;
}

static inline bool bind_is_refused(void)
{
	return set_policy(BIND) == EPERM;
}

/* A file of which a range, not the first one, has policy @mode. */
static inline void make_file(const char *path, int mode)
{
	unsigned long nodes = 1;
	void *p;
	int fd;

	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	CHECK(fd >= 0 && ftruncate(fd, 16384) == 0);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 8192);
	CHECK(p != MAP_FAILED);
	CHECK(syscall(SYS_mbind, p, 4096, mode, &nodes, 64, 0) == 0);
	CHECK(munmap(p, 4096) == 0 && close(fd) == 0);
}

static inline void make_files(void)
{
	make_file(file_of(BIND), BIND);
	make_file(file_of(INTERLEAVE), INTERLEAVE);
}

/* Let @request answer bind, or a file that is bound, with @answer. */
static inline void answer_bind(struct resident_request *request, __u16 answer)
{
	request->rules.answer[MPOL_RULE_MODE + BIND] = answer;
	request->rules.answer[MPOL_RULE_FILES] = answer;
}

/* A layer that refuses bind, with keys made of @seed. */
static inline struct resident_request nobind(uint64_t seed)
{
	struct resident_request request = {
		.version = RESIDENT_ABI,
		.deciders = deciding_program(),
		.install = {{seed, 1}},
		.modify = {{seed, 2}},
	};

	request.rules.version = MPOL_RULES_VERSION;
	answer_bind(&request, MPOL_ANSWER(MPOL_ERRNO, EPERM));
	return request;
}

static inline struct resident_request by_key(struct resident_key key)
{
	return (struct resident_request){.version = RESIDENT_ABI, .key = key};
}

static inline int join(struct resident_key install)
{
	struct resident_request request = by_key(install);

	return resident_call(RESIDENT_JOIN, &request);
}

static inline int drop_layer(struct resident_key modify)
{
	struct resident_request request = by_key(modify);

	return resident_call(RESIDENT_REMOVE, &request);
}

static inline void no_new_privs(void)
{
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

/* Run @f in a child; a fault there is one here. */
static inline void in_child(void (*f)(void))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		f();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	if (WIFSIGNALED(status))
		fprintf(stderr, "the child died of signal %d\n", WTERMSIG(status));
	CHECK(!WIFSIGNALED(status));
	if (status)
		_exit(1);
}

/* How many members the layer with @key has. */
static inline int members_of(struct resident_key key)
{
	struct resident_request request = by_key(key);

	request.field = RESIDENT_MEMBERS;
	return resident_call(RESIDENT_QUERY, &request);
}

/* What ended is forgotten a moment later: wait until the layer with @key has @n members. */
static inline int members_become(struct resident_key key, int n)
{
	int i;

	for (i = 0; i < 100 && members_of(key) != n; i++)
		usleep(50000);
	return members_of(key);
}

struct test {
	const char *name;
	void (*run)(void);
	uint64_t seed; /* of a layer that it leaves behind */
};

#define TEST(f, seed)       \
	{                   \
#f, f, seed \
	}

/*
 * Each in a child of its own, which ends as a member or not; 77 where nothing here can be tested.
 */
static inline int run_tests(const struct test *tests, size_t n)
{
	size_t i;

	if (!deciding_program()) {
		puts("nothing here decides, or only what may be skipped");
		return 77;
	}
	make_files();
	for (i = 0; i < n; i++) {
		printf("%s\n", tests[i].name);
		fflush(stdout);
		in_child(tests[i].run);
		if (tests[i].seed)
			ANSWERS(0, drop_layer(nobind(tests[i].seed).modify));
		/* Whatever a test's children joined, we are free. */
		CHECK(!bind_is_refused());
	}
	return 0;
}

#endif
