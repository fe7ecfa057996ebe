/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <mpol.h>

#include "parse.h"

#define BIND 2
#define INTERLEAVE 3
#define STARTED 100 /* exit status of a child that could not go under its layer */

static struct mpol_plan *plan(const char *text, uint32_t flags)
{
	struct mpol_policy *policy = parse(text);
	struct mpol_plan *made = NULL;
	struct mpol_error err = {.what = ""};

	/* What is tested here is a server; the resident is, where there is one (tests/sandbox). */
	if (mpol_plan_new(policy, flags & MPOL_PLAN_LIVE ? MPOL_MECHANISM_NOTIFY : 0, flags, &made,
			  &err) < 0)
		fail_msg("%s: %s", text, err.what);
	mpol_policy_unref(policy);
	return made;
}

static uint32_t answer_of(const struct mpol_policy *policy, uint64_t mode, uint32_t *error)
{
	const uint64_t args[6] = {mode};
	struct mpol_answer answer;

	assert_int_equal(mpol_policy_decide(policy, MPOL_CALL_SET_MEMPOLICY, args, &answer), 0);
	*error = answer.error;
	return answer.kind;
}

static void a_policy_decides_as_its_text_says(void **state)
{
	struct mpol_policy *policy = parse("{mempolicy: {modes: {bind: EINVAL}}}");
	const uint64_t args[6] = {BIND | UINT64_C(1) << 40};
	struct mpol_answer answer;
	uint32_t error;

	(void)state;
	assert_int_equal(answer_of(policy, BIND, &error), MPOL_KIND_ERRNO);
	assert_int_equal(error, EINVAL);
	assert_int_equal(answer_of(policy, INTERLEAVE, &error), MPOL_KIND_ALLOW);
	assert_int_equal(mpol_policy_decide(policy, MPOL_CALL_SET_MEMPOLICY, args, &answer), 0);
	assert_string_equal(answer.rule, "modes.bind");
	assert_int_equal(mpol_policy_decide(policy, 99, args, &answer), -EINVAL);
	mpol_policy_unref(policy);
}

static void a_fault_has_a_place_and_a_hint(void **state)
{
	static const char wrong[] = "version: 1\nmempolicy:\n  modes: {bnd: EPERM}\n";
	static const char extends[] = "version: 1\nextends: [nobind]\n";
	struct mpol_policy *policy = NULL;
	struct mpol_error err;

	(void)state;
	assert_int_equal(mpol_policy_parse(wrong, strlen(wrong), "db.yaml", 0, &policy, &err),
			 -EINVAL);
	assert_null(policy);
	assert_int_equal(err.line, 3);
	assert_int_equal(err.column, 11);
	assert_non_null(strstr(err.hint, "bind"));
	assert_int_equal(mpol_policy_parse(extends, strlen(extends), "x", 0, &policy, NULL),
			 -ENOENT);
	assert_int_equal(mpol_policy_load("no-such-profile", &policy, &err), -ENOENT);
	assert_int_equal(mpol_policy_load("builtin:nobind", &policy, &err), 0);
	mpol_policy_unref(policy);
}

static void an_intersection_outlives_its_parts(void **state)
{
	struct mpol_policy *of[] = {parse("{mempolicy: {modes: {bind: EPERM}}}"),
				    parse("{mempolicy: {modes: {interleave: kill}}}")};
	struct mpol_policy *both;
	uint32_t error;

	(void)state;
	assert_int_equal(mpol_policy_intersect(of, 2, &both, NULL), 0);
	mpol_policy_unref(of[0]);
	mpol_policy_unref(of[1]);
	assert_int_equal(answer_of(both, BIND, &error), MPOL_KIND_ERRNO);
	assert_int_equal(answer_of(both, INTERLEAVE, &error), MPOL_KIND_KILL);
	assert_int_equal(answer_of(both, 1, &error), MPOL_KIND_ALLOW);
	assert_int_equal(mpol_policy_intersect(of, 0, &both, NULL), -EINVAL);
	mpol_policy_unref(both);
}

static void a_policy_and_its_profiles_are_told(void **state)
{
	struct mpol_policy *policy = parse("{best-effort: [mount], mempolicy: {modes: {bind: "
					   "EINVAL}, mount: deny, nodes: {0: allow, others: "
					   "EPERM}}}");
	struct mpol_answer answer;
	struct mpol_error err;
	char *text, *from;
	size_t len;

	(void)state;
	assert_int_equal(mpol_policy_test(policy, "mbind(bind)", &answer, &err), 0);
	assert_int_equal(answer.kind, MPOL_KIND_ERRNO);
	assert_int_equal(answer.error, EINVAL);
	assert_string_equal(answer.text, "EINVAL");
	assert_string_equal(answer.rule, "modes.bind");
	assert_string_equal(answer.profile, "test");
	assert_int_equal(answer.line, 1);
	assert_int_equal(mpol_policy_test(policy, "mbind(interleave)", &answer, &err), 0);
	assert_int_equal(answer.kind, MPOL_KIND_ALLOW);
	assert_true(answer.needs_nodes);
	assert_int_equal(mpol_policy_test(policy, "mbind(interleave, 0)", &answer, &err), 0);
	assert_false(answer.needs_nodes);
	assert_int_equal(mpol_policy_test(policy, "mbind(bnd)", &answer, &err), -EINVAL);
	assert_non_null(strstr(err.hint, "bind"));

	assert_int_equal(mpol_policy_json(policy, &text), 0);
	assert_non_null(strstr(text, "\"modes.bind\""));
	assert_non_null(strstr(text, "\"answer\": \"EINVAL\""));
	assert_non_null(strstr(text, "\"nodes\": \"1-"));
	assert_non_null(strstr(text, "\"best-effort\""));
	free(text);
	mpol_policy_unref(policy);

	assert_int_equal(mpol_profile_list(&text), 0);
	assert_non_null(strstr(text, "\"name\": \"nobind\""));
	free(text);
	assert_int_equal(mpol_profile_text("builtin:nobind", &text, &len, &from, &err), 0);
	assert_int_equal(strlen(text), len);
	assert_non_null(strstr(text, "bind: EPERM"));
	assert_string_equal(from, "builtin:nobind");
	free(text);
	free(from);
	assert_int_equal(mpol_profile_text("no-such", &text, &len, &from, &err), -ENOENT);
}

static void a_filter_says_how_much_room_it_needs(void **state)
{
	struct mpol_policy *policy = parse("{mempolicy: {modes: {bind: EPERM}}}");
	struct sock_filter program[512];
	size_t len = 1, again;

	(void)state;
	assert_int_equal(mpol_policy_seccomp(policy, AUDIT_ARCH_X86_64, program, &len), -ENOSPC);
	assert_true(len > 1 && len <= 512);
	again = len;
	assert_int_equal(mpol_policy_seccomp(policy, AUDIT_ARCH_X86_64, program, &again), 0);
	assert_int_equal(again, len);
	assert_int_equal(mpol_policy_seccomp(policy, AUDIT_ARCH_S390X, program, &again),
			 -EOPNOTSUPP);
	mpol_policy_unref(policy);
}

static void what_is_not_covered_is_told(void **state)
{
	struct mpol_policy *policy = parse("{mempolicy: {nodes: {0-3: allow, others: EPERM}}}");
	struct mpol_server *server = NULL;
	struct mpol_plan *made = NULL;
	struct mpol_error err;

	(void)state;
	assert_int_equal(mpol_plan_new(policy, 0, 0, &made, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.what, "nodes"));
	assert_non_null(made);
	assert_int_equal(mpol_layer_create(made, &server), -EOPNOTSUPP);
	mpol_plan_free(made);
	made = NULL;
	assert_int_equal(mpol_plan_new(policy, 0x100, 0, &made, &err), -EINVAL);
	assert_null(made);
	mpol_policy_unref(policy);
}

/* The exit status of @pid, which went under @child. */
static int status_of(struct mpol_child *child, pid_t pid)
{
	int status;

	mpol_child_done(child);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The errno of set_mempolicy(@mode) in a child under @layer, 0: it was allowed. */
static int try_under(int layer, int mode)
{
	unsigned long node0 = 1;
	struct mpol_child child;
	pid_t pid;

	assert_int_equal(mpol_child_prepare(layer, 0, &child), 0);
	pid = fork();
	if (pid == 0) {
		if (mpol_child_enter(&child) < 0)
			_exit(STARTED);
		_exit(syscall(SYS_set_mempolicy, mode, &node0, 64) < 0 ? errno : 0);
	}
	return status_of(&child, pid);
}

/* As an outer layer that ignores it would. */
static int fake_set_mempolicy(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_set_mempolicy, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
		       ? -1
		       : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Whether a child with @mode, if that is one, goes under @layer below such a filter. */
static bool starts_below_a_fake(int layer, int mode)
{
	unsigned long node0 = 1;
	struct mpol_child child;
	int status;
	pid_t pid;

	assert_int_equal(mpol_child_prepare(layer, 0, &child), 0);
	pid = fork();
	if (pid == 0) {
		if ((mode && syscall(SYS_set_mempolicy, mode, &node0, 64) < 0) ||
		    fake_set_mempolicy() < 0)
			_exit(1);
		_exit(mpol_child_enter(&child) < 0 ? STARTED : 0);
	}
	status = status_of(&child, pid);
	assert_int_not_equal(status, 1);
	return status == 0;
}

static void a_reset_that_a_filter_above_fakes_lets_nobody_start_with_a_policy(void **state)
{
	struct mpol_plan *made = plan("{mempolicy: {modes: {bind: EPERM}}}", 0);
	struct mpol_server *server;
	int layer = mpol_layer_create(made, &server);

	(void)state;
	assert_true(layer >= 0);
	assert_false(starts_below_a_fake(layer, BIND));
	assert_false(starts_below_a_fake(layer, INTERLEAVE));
	assert_true(starts_below_a_fake(layer, 0));
	close(layer);
	mpol_plan_free(made);
}

static void a_static_layer_is_joined_by_its_ticket_and_never_changed(void **state)
{
	struct mpol_plan *made = plan("{mempolicy: {modes: {bind: EPERM}}}", 0);
	struct mpol_plan *live = plan("{mempolicy: {modes: {bind: EINVAL}}}", MPOL_PLAN_LIVE);
	struct mpol_server *server = (void *)1;
	struct mpol_info info = {.size = sizeof(info)};
	int layer = mpol_layer_create(made, &server);

	(void)state;
	assert_true(layer >= 0);
	assert_null(server);
	assert_int_equal(try_under(layer, BIND), EPERM);
	assert_int_equal(try_under(layer, INTERLEAVE), 0);
	assert_int_equal(mpol_layer_info(layer, &info), 0);
	assert_int_equal(info.rights, MPOL_RIGHT_INSTALL);
	assert_int_equal(mpol_layer_update(layer, live, 0), -EACCES);
	assert_int_equal(mpol_layer_restrict(layer, MPOL_RIGHT_MODIFY), -EACCES);
	close(layer);
	mpol_plan_free(made);
	mpol_plan_free(live);
}

struct served {
	struct mpol_server *server;
	pthread_t thread;
	int stop[2];
};

static void *serve_until(void *arg)
{
	struct served *served = arg;

	return (void *)(intptr_t)mpol_serve(served->server, served->stop[0]);
}

static void a_live_layer_is_changed_for_the_next_process(void **state)
{
	struct mpol_plan *made = plan("{mempolicy: {modes: {bind: EPERM}}}", MPOL_PLAN_LIVE);
	struct mpol_plan *other =
		plan("{mempolicy: {modes: {interleave: EINVAL}}}", MPOL_PLAN_LIVE);
	struct mpol_info info = {.size = sizeof(info)};
	struct served served;
	int layer, narrow;
	void *r;

	(void)state;
	assert_int_equal(pipe(served.stop), 0);
	layer = mpol_layer_create(made, &served.server);
	assert_true(layer >= 0);
	assert_non_null(served.server);
	assert_int_equal(pthread_create(&served.thread, NULL, serve_until, &served), 0);

	narrow = mpol_layer_restrict(layer, MPOL_RIGHT_INSTALL);
	assert_true(narrow >= 0);
	assert_int_equal(try_under(narrow, BIND), EPERM);
	assert_int_equal(try_under(narrow, INTERLEAVE), 0);
	assert_int_equal(mpol_layer_update(narrow, other, 0), -EACCES);
	assert_int_equal(mpol_layer_update(layer, other, 9), -ESTALE);
	assert_int_equal(try_under(narrow, BIND), EPERM);
	assert_int_equal(mpol_layer_update(layer, other, 1), 0);
	assert_int_equal(try_under(narrow, BIND), 0);
	assert_int_equal(try_under(narrow, INTERLEAVE), EINVAL);
	assert_int_equal(mpol_layer_info(narrow, &info), 0);
	assert_int_equal(info.generation, 2);
	assert_int_equal(info.refused, 3);
	assert_int_equal(info.rights, MPOL_RIGHT_INSTALL);

	close(served.stop[1]);
	pthread_join(served.thread, &r);
	assert_null(r);
	mpol_server_free(served.server);
	assert_int_equal(mpol_layer_info(layer, &info), -EHOSTUNREACH);
	close(narrow);
	close(layer);
	mpol_plan_free(made);
	mpol_plan_free(other);
}

static bool is_listed(const char *name)
{
	bool found = false;
	char **names;
	size_t i, n;

	assert_int_equal(mpol_layer_list(&names, &n), 0);
	for (i = 0; i < n; i++) {
		found = found || strcmp(names[i], name) == 0;
		free(names[i]);
	}
	free(names);
	return found;
}

/* As what the kernel can do says, a name has the modify right or not; the ticket has it anyway. */
static void a_layer_is_named_audited_rekeyed_and_removed(void **state)
{
	struct mpol_plan *made = plan("{mempolicy: {modes: {bind: EPERM}}}", MPOL_PLAN_LIVE);
	struct mpol_info info = {.size = sizeof(info)};
	char folder[] = "/tmp/mpol-lib-XXXXXX", name[32], path[64];
	struct served served;
	struct mpol_error err;
	int layer, anew, named;
	void *r;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(setenv("XDG_RUNTIME_DIR", folder, 1), 0);
	snprintf(name, sizeof(name), "lib-%d", (int)getpid());
	assert_int_equal(pipe(served.stop), 0);
	layer = mpol_layer_create(made, &served.server);
	assert_true(layer >= 0);
	assert_non_null(served.server);
	assert_int_equal(pthread_create(&served.thread, NULL, serve_until, &served), 0);

	assert_int_equal(mpol_layer_name(layer, "../x", 0600, (uint32_t)-1, &err), -EINVAL);
	assert_non_null(strstr(err.what, "no name"));
	assert_false(is_listed(name));
	assert_int_equal(mpol_layer_name(layer, name, 0600, (uint32_t)-1, &err), 0);
	assert_true(is_listed(name));
	assert_int_equal(mpol_layer_name(layer, name, 0600, (uint32_t)-1, &err), -EEXIST);
	named = mpol_layer_open(name, MPOL_RIGHT_INSTALL, &err);
	assert_true(named >= 0);
	assert_int_equal(mpol_layer_audit(named, 1), -EACCES);
	assert_int_equal(try_under(named, BIND), EPERM);
	assert_int_equal(mpol_layer_audit(layer, 1), 0);
	assert_int_equal(try_under(named, BIND), 0);
	assert_int_equal(mpol_layer_audit(layer, 0), 0);
	assert_int_equal(try_under(named, BIND), EPERM);

	anew = mpol_layer_rekey(layer);
	assert_true(anew >= 0);
	assert_int_equal(mpol_layer_info(named, &info), -EKEYREJECTED);
	assert_int_equal(mpol_layer_remove(layer), -EKEYREJECTED);
	assert_int_equal(mpol_layer_info(anew, &info), 0);
	assert_int_equal(info.mechanisms, MPOL_MECHANISM_NOTIFY);
	assert_int_equal(mpol_layer_remove(anew), 0);
	pthread_join(served.thread, &r);
	assert_null(r);
	mpol_server_free(served.server);
	assert_int_equal(mpol_layer_unname("../x", &err), -EINVAL);
	assert_int_equal(mpol_layer_unname(name, &err), 0);
	assert_false(is_listed(name));
	snprintf(path, sizeof(path), "%s/mpolrun", folder);
	(void)rmdir(path);
	assert_int_equal(rmdir(folder), 0);
	close(named);
	close(anew);
	close(layer);
	mpol_plan_free(made);
}

/* What a layer says of itself in JSON has @text. */
static bool tells(int layer, const char *text)
{
	char *json = NULL;
	bool found;

	assert_int_equal(mpol_layer_json(layer, &json), 0);
	found = strstr(json, text) != NULL;
	free(json);
	return found;
}

static void a_layer_is_changed_with_its_switch_and_told(void **state)
{
	struct mpol_plan *made = plan("{mempolicy: {modes: {bind: EPERM}}}", MPOL_PLAN_LIVE);
	struct mpol_policy *policy = parse("{mempolicy: {modes: {interleave: EINVAL}}}");
	struct mpol_plan_request request = {.size = sizeof(request)};
	struct mpol_change change = {.size = sizeof(change), .audit = MPOL_AUDIT_ON};
	char folder[] = "/tmp/mpol-lib-XXXXXX", path[64];
	struct mpol_plan *other = NULL;
	struct served served;
	struct mpol_error err;
	int layer, anew;
	char *json;
	void *r;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(setenv("XDG_RUNTIME_DIR", folder, 1), 0);
	assert_int_equal(pipe(served.stop), 0);
	layer = mpol_layer_create(made, &served.server);
	assert_true(layer >= 0);
	assert_int_equal(pthread_create(&served.thread, NULL, serve_until, &served), 0);
	assert_true(tells(layer, "\"modes.bind\"") && tells(layer, "\"audit\": false"));
	assert_true(tells(layer, "\"notify\"") && tells(layer, "\"profile\": \"test\""));

	request.layer = layer;
	assert_int_equal(mpol_plan_with(policy, &request, &other, &err), 0);
	assert_int_equal(mpol_plan_json(other, &json), 0);
	assert_non_null(strstr(json, "\"mechanism\": \"notify\""));
	free(json);
	assert_int_equal(mpol_layer_change(layer, other, &change, &err), 0);
	assert_true(tells(layer, "\"modes.interleave\"") && tells(layer, "\"audit\": true"));
	assert_int_equal(try_under(layer, INTERLEAVE), 0);
	change.audit = MPOL_AUDIT_OFF;
	change.generation = 1;
	assert_int_equal(mpol_layer_change(layer, NULL, &change, &err), -ESTALE);
	assert_string_equal(err.what, mpol_strerror(-ESTALE));
	change.generation = 2;
	assert_int_equal(mpol_layer_change(layer, NULL, &change, &err), 0);
	assert_int_equal(try_under(layer, INTERLEAVE), EINVAL);
	assert_true(tells(layer, "\"generation\": 3"));
	change.audit = MPOL_AUDIT_AS_IS;
	assert_int_equal(mpol_layer_change(layer, NULL, &change, &err), -EINVAL);

	/* By its name, where that has the right to: the ticket has not the keys any more. */
	assert_int_equal(mpol_layer_rekey_name("no-such", &err), -ENOENT);
	assert_int_equal(mpol_layer_remove_name("no-such", &err), -ENOENT);
	anew = mpol_layer_rekey(layer);
	assert_true(anew >= 0);
	assert_int_equal(mpol_layer_change(layer, other, &change, &err), -EKEYREJECTED);
	assert_int_equal(mpol_layer_remove(anew), 0);
	pthread_join(served.thread, &r);
	mpol_server_free(served.server);
	snprintf(path, sizeof(path), "%s/mpolrun", folder);
	(void)rmdir(path);
	assert_int_equal(rmdir(folder), 0);
	close(anew);
	close(layer);
	mpol_plan_free(made);
	mpol_plan_free(other);
	mpol_policy_unref(policy);
}

/* The whole of a file, into @buf. */
static const char *slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

/* In a process of its own, by the library; its log, and its ticket as bytes and as an fd. */
static void a_layer_is_started_logged_and_handed_out(void **state)
{
	struct mpol_plan *made = plan("{mempolicy: {modes: {bind: EPERM}}}", MPOL_PLAN_LIVE);
	struct mpol_plan *fixed = plan("{mempolicy: {modes: {bind: EPERM}}}", 0);
	char path[] = "/tmp/mpol-lib-log-XXXXXX", text[4096];
	struct mpol_log log = {.size = sizeof(log), .format = MPOL_LOG_JSON, .where = path};
	struct mpol_info info = {.size = sizeof(info)};
	struct mpol_error err;
	int layer, file, pair[2];

	(void)state;
	file = mkstemp(path);
	assert_true(file >= 0);
	log.layer = "started";
	assert_int_equal(mpol_layer_start(fixed, &log, &err), -EOPNOTSUPP);
	log.format = 2;
	assert_int_equal(mpol_layer_start(made, &log, &err), -EINVAL);
	log.format = MPOL_LOG_JSON;
	layer = mpol_layer_start(made, &log, &err);
	assert_true(layer >= 0);
	assert_int_equal(try_under(layer, BIND), EPERM);
	assert_int_equal(try_under(layer, INTERLEAVE), 0);
	assert_non_null(strstr(slurp(path, text, sizeof(text)), "\"started\""));
	assert_non_null(strstr(text, "modes.bind"));

	assert_int_equal(ftruncate(file, 0), 0);
	assert_int_equal(mpol_layer_hand_out(layer, file), 0);
	assert_int_equal(mpol_layer_info(file, &info), 0);
	assert_int_equal(info.rights, MPOL_RIGHT_INSTALL | MPOL_RIGHT_MODIFY);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(mpol_layer_hand_out(layer, pair[0]), 0);
	assert_int_equal(read(pair[1], text, sizeof(text)), 1);
	assert_int_equal(text[0], 'T');
	assert_true(mpol_layer_hand_out(layer, -1) < 0);
	assert_int_equal(mpol_layer_remove(layer), 0);
	close(pair[0]);
	close(pair[1]);
	close(file);
	close(layer);
	assert_int_equal(unlink(path), 0);
	mpol_plan_free(made);
	mpol_plan_free(fixed);
}

static void a_structure_of_another_size_is_looked_at(void **state)
{
	struct mpol_plan *made = plan("{mempolicy: {modes: {bind: EPERM}}}", 0);
	struct {
		struct mpol_info info;
		uint64_t newer;
	} longer = {.info = {.size = sizeof(longer)}};
	struct mpol_server *server;
	int layer = mpol_layer_create(made, &server);

	(void)state;
	assert_int_equal(mpol_layer_info(layer, &longer.info), 0);
	longer.newer = 1;
	assert_int_equal(mpol_layer_info(layer, &longer.info), -E2BIG);
	longer.info.size = 4;
	assert_int_equal(mpol_layer_info(layer, &longer.info), -EINVAL);
	assert_int_equal(mpol_layer_info(0, &longer.info) < 0, 1);
	close(layer);
	mpol_plan_free(made);
}

static void a_policy_is_a_seccomp_profile_of_containers(void **state)
{
	static const char base[] = "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": "
				   "[{\"names\": [\"mbind\", \"read\"], \"action\": "
				   "\"SCMP_ACT_ALLOW\"}]}";
	struct mpol_policy *policy = parse("{mempolicy: {modes: {bind: EPERM}},"
					   " start: {inherited: reset}}");
	struct mpol_policy *nodes = parse("{mempolicy: {nodes: {0: allow, others: EPERM}}}");
	char *json = NULL, *notes = NULL;
	struct mpol_error err;
	uint32_t rule, bit = 0;

	(void)state;
	assert_int_equal(mpol_policy_oci(policy, NULL, 0, 0, &json, &notes, &err), 0);
	assert_non_null(strstr(json, "\"defaultAction\": \"SCMP_ACT_ALLOW\""));
	assert_non_null(strstr(json, "\"mbind\""));
	assert_null(strstr(json, "\"read\""));
	assert_string_equal(notes, "start.inherited happens at a launch by mpolrun, and is not in "
				   "it: a container keeps a policy that its runtime has\n");
	free(json);
	free(notes);
	assert_int_equal(mpol_policy_oci(policy, base, 0, 0, &json, NULL, NULL), 0);
	assert_non_null(strstr(json, "\"defaultAction\": \"SCMP_ACT_ERRNO\""));
	assert_non_null(strstr(json, "\"read\""));
	assert_non_null(strstr(json, "\"args\""));
	free(json);
	json = (char *)1;
	assert_int_equal(mpol_policy_oci(policy, "{", 0, 0, &json, NULL, &err), -EINVAL);
	assert_non_null(strstr(err.what, "no JSON"));
	assert_int_equal(mpol_policy_oci(policy, NULL, 0, 2, &json, NULL, NULL), -EINVAL);
	assert_int_equal(mpol_policy_oci(policy, NULL, UINT32_MAX, 0, &json, NULL, NULL), -EINVAL);
	assert_int_equal(mpol_policy_oci(nodes, NULL, 0, 0, &json, NULL, &err), -EDOM);
	assert_non_null(strstr(err.what, "nodes"));
	assert_ptr_equal(json, (char *)1);
	for (rule = 0; mpol_rule_name(rule); rule++)
		if (strcmp(mpol_rule_name(rule), "nodes") == 0)
			bit = UINT32_C(1) << rule;
	assert_true(bit);
	assert_int_equal(mpol_policy_oci(nodes, NULL, bit, 0, &json, &notes, &err), 0);
	assert_non_null(strstr(notes, "not in it: nodes"));
	free(json);
	free(notes);
	mpol_policy_unref(policy);
	mpol_policy_unref(nodes);
}

static void a_plan_tells_what_holds_each_line(void **state)
{
	static const char nodes[] = "{best-effort: [get-mempolicy], mempolicy: {nodes: {0: allow, "
				    "others: EPERM}}}";
	struct mpol_policy *policy = parse("{mempolicy: {modes: {bind: EPERM}}}");
	struct mpol_policy *lossy = parse(nodes);
	struct mpol_plan_request request = {.size = sizeof(request), .layer = MPOL_NO_LAYER};
	struct mpol_server *server = NULL;
	struct mpol_plan *made = NULL;
	struct mpol_error err;
	uint32_t rule = 0;
	char *json;

	(void)state;
	assert_int_equal(mpol_plan_with(policy, &request, &made, &err), 0);
	assert_int_equal(mpol_plan_json(made, &json), 0);
	assert_non_null(strstr(json, "\"covered\": true"));
	assert_non_null(strstr(json, "\"words\": \"bind\""));
	assert_non_null(strstr(json, "\"profile\": \"test\""));
	assert_non_null(strstr(json, "\"line\": 1"));
	assert_non_null(strstr(json, "\"mechanism\": \"seccomp\""));
	free(json);
	mpol_plan_free(made);

	/* To be lost by leave of the caller, and to be read only. */
	assert_int_equal(mpol_plan_with(lossy, &request, &made, &err), -EOPNOTSUPP);
	assert_int_equal(mpol_plan_json(made, &json), 0);
	assert_non_null(strstr(json, "\"covered\": false"));
	assert_non_null(strstr(json, "\"cover\": \"none\""));
	free(json);
	mpol_plan_free(made);
	while (strcmp(mpol_rule_name(rule), "nodes") != 0)
		rule++;
	request.best_effort = UINT32_C(1) << rule;
	request.zero = 1;
	assert_int_equal(mpol_plan_with(lossy, &request, &made, &err), -EINVAL);
	request.zero = 0;
	request.flags = MPOL_PLAN_LAUNCH | MPOL_PLAN_EXPLAIN;
	assert_int_equal(mpol_plan_with(lossy, &request, &made, &err), 0);
	assert_int_equal(mpol_plan_json(made, &json), 0);
	assert_non_null(strstr(json, "\"loss\": \"caller\""));
	free(json);
	assert_int_equal(mpol_layer_create(made, &server), -EOPNOTSUPP);
	mpol_plan_free(made);
	request.flags = 0x1000;
	assert_int_equal(mpol_plan_with(policy, &request, &made, &err), -EINVAL);
	request.flags = 0;
	request.layer = 0; /* no ticket */
	assert_true(mpol_plan_with(policy, &request, &made, &err) < 0);
	mpol_policy_unref(policy);
	mpol_policy_unref(lossy);
}

/* A caller of an older header has a shorter structure, perhaps at the very end of its memory. */
static void a_structure_is_not_read_beyond_its_size(void **state)
{
	struct mpol_policy *policy = parse("{mempolicy: {modes: {bind: EPERM}}}");
	long page = sysconf(_SC_PAGESIZE);
	struct mpol_plan *made = NULL;
	struct mpol_error err;
	uint32_t *size;
	char *pages;

	(void)state;
	pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
	size = (uint32_t *)(pages + page) - 1;
	*size = sizeof(*size);
	assert_int_equal(mpol_plan_with(policy, (struct mpol_plan_request *)size, &made, &err),
			 -EINVAL);
	munmap(pages, 2 * page);
	mpol_policy_unref(policy);
}

static void what_is_combined_is_the_strictest_of_all(void **state)
{
	const struct mpol_source sources[] = {
		{MPOL_SOURCE_PROFILE, 0, "{mempolicy: {modes: {bind: EPERM}}}"},
		{MPOL_SOURCE_DENY, 0, "interleave=EINVAL"},
		{MPOL_SOURCE_DENY, 0, "bnd"},
		{2, 0, "bind"},
	};
	struct mpol_policy *policy = NULL;
	struct mpol_error err;
	uint32_t error;

	(void)state;
	assert_int_equal(mpol_policy_combine(sources, 0, &policy, &err), -EINVAL);
	assert_int_equal(mpol_policy_combine(sources, 3, &policy, &err), -EINVAL);
	assert_non_null(strstr(err.hint, "bind"));
	assert_int_equal(mpol_policy_combine(&sources[3], 1, &policy, &err), -EINVAL);
	assert_null(policy);
	assert_int_equal(mpol_policy_combine(sources, 2, &policy, &err), 0);
	assert_int_equal(answer_of(policy, INTERLEAVE, &error), MPOL_KIND_ERRNO);
	assert_int_equal(error, EINVAL);
	assert_int_equal(answer_of(policy, BIND, &error), MPOL_KIND_ERRNO);
	assert_int_equal(error, EPERM);
	assert_int_equal(answer_of(policy, 0, &error), MPOL_KIND_ALLOW);
	mpol_policy_unref(policy);
}

/* That it attaches is tests/cgroup's: that takes a kernel with the resident. */
static void what_cannot_be_attached_is_told(void **state)
{
	struct mpol_plan *made = plan("{mempolicy: {modes: {bind: EPERM}}}", 0);
	struct mpol_attach found = {.size = sizeof(found), .bound = 7};
	char *json = (char *)1;
	struct mpol_error err;
	struct mpol_server *server;
	int layer = mpol_layer_create(made, &server);
	int folder = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC), file;

	(void)state;
	assert_int_equal(mpol_layer_attach(layer, folder, 2, &found, &json, &err), -EINVAL);
	assert_int_equal(mpol_layer_attach(layer, folder, 0, &found, &json, &err), -ENOTDIR);
	assert_non_null(strstr(err.what, "not a cgroup"));
	assert_int_equal(mpol_layer_attach(layer, -1, 0, &found, &json, &err), -EBADF);
	assert_int_equal(mpol_layer_detach(layer, folder, &err), -ENOTDIR);
	assert_int_equal(found.bound, 7);
	assert_ptr_equal(json, (char *)1);
	found.size = 4;
	assert_int_equal(mpol_layer_attach(layer, folder, 0, &found, NULL, NULL), -EINVAL);
	file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	assert_int_equal(mpol_layer_detach(layer, file, NULL), -ENOTDIR);
	assert_string_equal(mpol_strerror(-ETIMEDOUT), "its supervisor does not answer");
	assert_non_null(mpol_strerror(-99999));
	close(file);
	close(folder);
	close(layer);
	mpol_plan_free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_decides_as_its_text_says),
		cmocka_unit_test(a_fault_has_a_place_and_a_hint),
		cmocka_unit_test(an_intersection_outlives_its_parts),
		cmocka_unit_test(a_policy_and_its_profiles_are_told),
		cmocka_unit_test(a_filter_says_how_much_room_it_needs),
		cmocka_unit_test(what_is_not_covered_is_told),
		cmocka_unit_test(a_reset_that_a_filter_above_fakes_lets_nobody_start_with_a_policy),
		cmocka_unit_test(a_static_layer_is_joined_by_its_ticket_and_never_changed),
		cmocka_unit_test(a_live_layer_is_changed_for_the_next_process),
		cmocka_unit_test(a_layer_is_named_audited_rekeyed_and_removed),
		cmocka_unit_test(a_layer_is_changed_with_its_switch_and_told),
		cmocka_unit_test(a_layer_is_started_logged_and_handed_out),
		cmocka_unit_test(a_structure_of_another_size_is_looked_at),
		cmocka_unit_test(a_policy_is_a_seccomp_profile_of_containers),
		cmocka_unit_test(a_plan_tells_what_holds_each_line),
		cmocka_unit_test(a_structure_is_not_read_beyond_its_size),
		cmocka_unit_test(what_is_combined_is_the_strictest_of_all),
		cmocka_unit_test(what_cannot_be_attached_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
