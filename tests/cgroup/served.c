/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cgroups that have programs of their own, where the kernel has such, and those that have not: what
 * is attached holds once, whoever decides, and whenever somebody is killed over it.
 */
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "check.h"
#include "resident/attach.h"
#include "resident/pins.h"
#include "resident/sys_bpf.h"

#define A TOP "/served-a"
#define AB A "/b"

static struct resident_request layer;

static struct resident_request make(uint64_t seed)
{
	struct resident_request request = nobind(seed);

	ANSWERS(0, resident_call(RESIDENT_CREATE, &request));
	return request;
}

static void make_cgroups(void)
{
	CHECK(mkdir(A, 0755) == 0 && mkdir(AB, 0755) == 0);
}

static void remove_cgroups(void)
{
	remove_cgroup(AB);
	remove_cgroup(A);
}

/* Whether this kernel has such programs for what decides here. */
static bool has_own(void)
{
	return deciding_program() == RESIDENT_LSM_SET && access(PINS_CGROUP, F_OK) == 0;
}

static int programs_of(const char *path)
{
	uint32_t ids[64], flags[64];
	int fd = open_folder(path), n = sys_bpf_query(fd, ids, flags, 64);

	close(fd);
	return n;
}

static int attach(const struct resident_request *request, const char *path)
{
	const struct resident_request by = by_key(request->install);
	struct attach_report report = {.programs = ~0u};
	int fd = open_folder(path), r;

	r = resident_attach(RESIDENT_ATTACH, &by, fd, &report);
	close(fd);
	if (r == 0 && has_own()) {
		ANSWERS(0, report.why);
		ANSWERS(RESIDENT_BY_CGROUP, (int)report.programs);
		ANSWERS(2, programs_of(path));
	}
	return r;
}

static int detach(const struct resident_request *request, const char *path)
{
	const struct resident_request by = by_key(request->install);
	int fd = open_folder(path), r = resident_detach(&by, fd);

	close(fd);
	return r;
}

static int ask(const struct resident_request *request, enum resident_field field)
{
	struct resident_request query = by_key(request->install);

	query.field = field;
	return resident_call(RESIDENT_QUERY, &query);
}

static void what_is_attached_holds_until_it_is_detached(void)
{
	struct workload inside, below;
	struct resident_request other = make(70);

	layer = make(71);
	make_cgroups();
	inside = start(A);
	below = start(AB);
	ANSWERS(0, attach(&layer, A));
	ANSWERS(-EEXIST, attach(&layer, A));
	ANSWERS(EPERM, binds(&inside));
	ANSWERS(EPERM, binds(&below));
	ANSWERS(EINVAL, answer(&inside, INTERLEAVE));
	ANSWERS(2, ask(&layer, RESIDENT_REFUSED));
	/* A second one, there and below; each decides, and each is counted. */
	ANSWERS(0, attach(&other, A));
	ANSWERS(EPERM, binds(&inside));
	ANSWERS(3, ask(&layer, RESIDENT_REFUSED));
	ANSWERS(1, ask(&other, RESIDENT_REFUSED));
	ANSWERS(1, detach(&layer, A));
	ANSWERS(-ENOENT, detach(&layer, A));
	ANSWERS(EPERM, binds(&inside));
	ANSWERS(3, ask(&layer, RESIDENT_REFUSED));
	ANSWERS(0, attach(&layer, AB));
	ANSWERS(EPERM, binds(&below));
	ANSWERS(4, ask(&layer, RESIDENT_REFUSED));
	ANSWERS(3, ask(&other, RESIDENT_REFUSED));
	ANSWERS(1, detach(&other, A));
	ANSWERS(EINVAL, binds(&inside));
	ANSWERS(EPERM, binds(&below));
	ANSWERS(1, detach(&layer, AB));
	ANSWERS(EINVAL, binds(&below));
	ANSWERS(0, programs_of(A));
	ANSWERS(0, programs_of(AB));
	ANSWERS(0, drop_layer(other.modify));
	end(&inside);
	end(&below);
	remove_cgroups();
}

/* Where both are the same layer it is asked once, and where they are two, both are. */
static void tree_and_cgroup_are_counted_once_each(void)
{
	struct resident_request tree = make(72);
	struct workload both, same;

	layer = make(73);
	make_cgroups();
	same = start_under(A, &layer.install);
	both = start_under(A, &tree.install);
	ANSWERS(0, attach(&layer, A));
	ANSWERS(EPERM, binds(&same));
	ANSWERS(1, ask(&layer, RESIDENT_REFUSED));
	ANSWERS(EPERM, binds(&both));
	ANSWERS(2, ask(&layer, RESIDENT_REFUSED));
	ANSWERS(1, ask(&tree, RESIDENT_REFUSED));
	ANSWERS(1, detach(&layer, A));
	ANSWERS(EPERM, binds(&both));
	ANSWERS(2, ask(&layer, RESIDENT_REFUSED));
	ANSWERS(2, ask(&tree, RESIDENT_REFUSED));
	end(&same);
	end(&both);
	ANSWERS(0, drop_layer(tree.modify));
	remove_cgroups();
}

static void a_layer_of_the_cgroup_alone_ends_with_it(void)
{
	struct resident_request alone = nobind(74), by;
	struct workload w;
	int fd;

	layer = make(75);
	make_cgroups();
	w = start(AB);
	fd = open_folder(A);
	ANSWERS(0, resident_attach(RESIDENT_CREATE_AND_ATTACH, &alone, fd, NULL));
	ANSWERS(EPERM, binds(&w));
	ANSWERS(1, ask(&alone, RESIDENT_CGROUPS));
	by = by_key(alone.install);
	ANSWERS(1, resident_detach(&by, fd));
	ANSWERS(-EKEYREJECTED, ask(&alone, RESIDENT_CGROUPS));
	ANSWERS(EINVAL, binds(&w));
	ANSWERS(0, resident_attach(RESIDENT_CREATE_AND_ATTACH, &alone, fd, NULL));
	close(fd);
	end(&w);
	remove_cgroups();
	ANSWERS(-EKEYREJECTED, ask(&alone, RESIDENT_CGROUPS));
}

/* What their own programs decide on is taken from them before it is detached, or not at all. */
static void nobody_detaches_behind_their_back(void)
{
	struct resident_request request;
	int fd;

	layer = make(76);
	make_cgroups();
	ANSWERS(0, attach(&layer, A));
	request = by_key(layer.install);
	fd = open_folder(A);
	request.field = (uint32_t)fd;
	if (has_own())
		ANSWERS(-EBUSY, resident_call(RESIDENT_DETACH, &request));
	/* Nor are they handed what they do not know. */
	request.deciders = RESIDENT_LSM_SET;
	request.part = 77;
	ANSWERS(-ESTALE, resident_call(RESIDENT_HAND_OVER, &request));
	request.deciders = RESIDENT_LSM_FILES;
	ANSWERS(-EBADMSG, resident_call(RESIDENT_HAND_OVER, &request));
	close(fd);
	ANSWERS(1, detach(&layer, A));
	remove_cgroups();
}

/* As uid 0 with all capabilities but these, in the cgroup A. */
static void drop_right_to_all(void)
{
	struct {
		uint32_t version;
		int pid;
	} header = {0x20080522, 0};
	struct {
		uint32_t effective, permitted, inheritable;
	} data[2] = {{0}};

	move_to(A, getpid());
	CHECK(syscall(SYS_capset, &header, data) == 0);
}

static bool writes(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

#define PIN PINS_MAPS "/cgroups"
#define FTRACE "/proc/sys/kernel/ftrace_enabled"
#define OTHER "/proc/sys/vm/swappiness"

static void root_without_rights_in_the_cgroup(void)
{
	struct resident_request request = by_key(layer.install);
	int fd = open_folder(A);

	/* The twins: the same, before there was anything to be kept from. */
	drop_right_to_all();
	ANSWERS(-EPERM, resident_detach(&request, fd));
	request.field = (uint32_t)fd;
	ANSWERS(-EPERM, resident_call(RESIDENT_HAND_OVER, &request));
	ANSWERS(-EPERM, sys_bpf_get(PIN));
	if (has_own())
		ANSWERS(-EPERM, sys_bpf_get(PINS_CGROUP "/set_mempolicy"));
	CHECK(unlink(PIN) < 0 && errno == EPERM);
	CHECK(rename(PIN, PIN "2") < 0 && errno == EPERM);
	CHECK(chmod(PIN, 0666) < 0 && errno == EPERM);
	CHECK(access(FTRACE, F_OK) < 0 || !writes(FTRACE));
	CHECK(writes(OTHER));
	CHECK(bind_is_refused());
}

/* Others are not in its way: an unlinked pin of ours would be missed. */
static void root_without_rights_elsewhere(void)
{
	int fd;

	drop_right_to_all();
	fd = sys_bpf_get(PIN);
	CHECK(fd >= 0);
	close(fd);
	CHECK(access(FTRACE, F_OK) < 0 || writes(FTRACE));
	CHECK(writes(OTHER));
}

static void who_is_covered_does_not_end_it(void)
{
	struct workload w;

	layer = make(77);
	make_cgroups();
	in_child(root_without_rights_elsewhere);
	w = start(A);
	ANSWERS(0, attach(&layer, A));
	in_child(root_without_rights_in_the_cgroup);
	ANSWERS(EPERM, binds(&w));
	CHECK(access(PIN, F_OK) == 0);
	ANSWERS(1, detach(&layer, A));
	end(&w);
	remove_cgroups();
}

/* Attached to what goes at the same time, a layer is held by nobody in the end. */
static void attaching_races_a_removal(void)
{
	int i, attached = 0, late = 0;

	layer = make(78);
	for (i = 0; i < 200; i++) {
		struct resident_request request = by_key(layer.install);
		int fd, r, status;
		pid_t pid;

		CHECK(mkdir(A, 0755) == 0);
		fd = open_folder(A);
		request.field = (uint32_t)fd;
		pid = fork();
		if (pid == 0) {
			usleep((useconds_t)(i * 7 % 400));
			_exit(rmdir(A) < 0);
		}
		usleep((useconds_t)(i * 11 % 400));
		r = resident_attach(RESIDENT_ATTACH, &request, fd, NULL);
		CHECK(r == 0 || r == -ESTALE);
		attached += r == 0;
		late += r != 0;
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		close(fd);
	}
	printf("  %d attached, %d too late\n", attached, late);
	ANSWERS(0, members_become(layer.install, 0));
	ANSWERS(0, ask(&layer, RESIDENT_CGROUPS));
}

/* Run @f in a child, and kill it at its system call number @at; true: it had ended before. */
static bool ended_before(void (*f)(void), int at)
{
	int status, calls = 0;
	bool inside = false;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		CHECK(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
		raise(SIGSTOP);
		f();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	CHECK(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0);
	for (;;) {
		inside = !inside;
		CHECK(ptrace(PTRACE_SYSCALL, pid, 0, 0) == 0);
		CHECK(waitpid(pid, &status, 0) == pid);
		if (!WIFSTOPPED(status)) {
			CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			return true;
		}
		/* On the way in, and on the way out of the same one, by turns. */
		if (calls++ == at)
			break;
	}
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	return false;
}

static void attach_it(void)
{
	ANSWERS(0, attach(&layer, A));
}

static void detach_it(void)
{
	ANSWERS(1, detach(&layer, A));
}

/* It is attached if, and only if, it holds; and whoever comes next can end that. */
static void killed_at_every_step(void)
{
	struct resident_request other = make(79);
	int at, attached, n_attach = 0, n_held = 0, n_detach = 0;
	bool ended = false;
	struct workload w;

	layer = make(80);
	make_cgroups();
	w = start(AB);
	for (at = 0; !ended; at++) {
		ended = ended_before(attach_it, at);
		attached = ask(&layer, RESIDENT_CGROUPS);
		ANSWERS(attached ? EPERM : EINVAL, binds(&w));
		n_held += attached;
		n_attach++;
		if (!attached)
			continue;
		ANSWERS(1, detach(&layer, A));
		ANSWERS(EINVAL, binds(&w));
		ANSWERS(0, programs_of(A));
	}
	ended = false;
	for (at = 0; !ended; at++) {
		ANSWERS(0, attach(&layer, A));
		ended = ended_before(detach_it, at);
		attached = ask(&layer, RESIDENT_CGROUPS);
		ANSWERS(attached ? EPERM : EINVAL, binds(&w));
		n_detach++;
		/* Another that comes and goes there tidies up. */
		ANSWERS(0, attach(&other, A));
		ANSWERS(1, detach(&other, A));
		ANSWERS(attached ? EPERM : EINVAL, binds(&w));
		if (attached)
			ANSWERS(1, detach(&layer, A));
		ANSWERS(0, programs_of(A));
	}
	printf("  killed at %d steps of attaching, after %d of which it held, and at %d of "
	       "detaching\n",
	       n_attach - 1, n_held - 1, n_detach - 1);
	CHECK(n_held > 2 && n_held < n_attach && n_detach > 5);
	ANSWERS(0, ask(&layer, RESIDENT_MEMBERS));
	end(&w);
	ANSWERS(0, drop_layer(other.modify));
	remove_cgroups();
}

static const struct test tests[] = {
	TEST(what_is_attached_holds_until_it_is_detached, 71),
	TEST(tree_and_cgroup_are_counted_once_each, 73),
	TEST(a_layer_of_the_cgroup_alone_ends_with_it, 75),
	TEST(nobody_detaches_behind_their_back, 76),
	TEST(who_is_covered_does_not_end_it, 77),
	TEST(attaching_races_a_removal, 78),
	TEST(killed_at_every_step, 80),
};

int main(void)
{
	return run_tests(tests, sizeof(tests) / sizeof(tests[0]));
}
