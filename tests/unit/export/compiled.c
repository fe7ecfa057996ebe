/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a runtime really loads: the exported JSON, read and given to libseccomp as crun and runc
 * do, and the program that comes out run over the whole space of calls against mpol_verdict().
 * For every shipped profile, alone and over a base profile in docker's form with the CAP_SYS_NICE
 * gate, written for the purpose; with the word `base`, over the one that Debian's
 * golang-github-containers-common ships, or the one that MPOLRUN_TEST_BASE names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bpf_sim.h"
#include "export/oci.h"
#include "policy/policy.h"
#include "profile/load.h"
#include "space.h"

#define CODE_MAX (4 * BPF_MAXINSNS) /* room to see by how much a program is too long */
#define CONTAINERS_COMMON "/usr/share/containers/seccomp.json"

/* Refuses by default; gates, a condition on a capability that is dropped, and one on the kernel. */
static const char gated[] =
	"{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 1,"
	" 'archMap': [{'architecture': 'SCMP_ARCH_X86_64',"
	"              'subArchitectures': ['SCMP_ARCH_X86', 'SCMP_ARCH_X32']},"
	"             {'architecture': 'SCMP_ARCH_AARCH64', 'subArchitectures': "
	"['SCMP_ARCH_ARM']}],"
	" 'syscalls': ["
	"  {'names': ['read', 'write', 'exit_group', 'execve', 'no_such_call'],"
	"   'action': 'SCMP_ACT_ALLOW'},"
	"  {'names': ['ptrace'], 'action': 'SCMP_ACT_ALLOW', 'includes': {'minKernel': '4.8'}},"
	"  {'names': ['acct'], 'action': 'SCMP_ACT_ALLOW', 'includes': {'minKernel': '999.0'}},"
	"  {'names': ['mbind', 'set_mempolicy', 'get_mempolicy', 'move_pages'],"
	"   'action': 'SCMP_ACT_ALLOW', 'includes': {'caps': ['CAP_SYS_NICE']}},"
	"  {'names': ['mbind', 'set_mempolicy', 'get_mempolicy'], 'action': 'SCMP_ACT_ERRNO',"
	"   'errnoRet': 38, 'excludes': {'caps': ['CAP_SYS_NICE']}},"
	"  {'names': ['chroot'], 'action': 'SCMP_ACT_ALLOW', 'includes': {'caps': "
	"['CAP_SYS_CHROOT']}},"
	"  {'names': ['mount', 'fsconfig', 'umount2'], 'action': 'SCMP_ACT_ALLOW',"
	"   'includes': {'caps': ['CAP_SYS_ADMIN']}},"
	"  {'names': ['modify_ldt'], 'action': 'SCMP_ACT_ALLOW', 'includes': {'arches': ['s390']}},"
	"  {'names': ['personality'], 'action': 'SCMP_ACT_ALLOW',"
	"   'args': [{'index': 0, 'value': 8, 'op': 'SCMP_CMP_EQ'}]}"
	" ]}";

static const struct {
	const char *name;
	uint32_t token, audit;
	bool narrow; /* its registers have 32 bits */
} arches[] = {
	{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, false},
	{"SCMP_ARCH_X86", SCMP_ARCH_X86, AUDIT_ARCH_I386, true},
	{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, false},
	{"SCMP_ARCH_ARM", SCMP_ARCH_ARM, AUDIT_ARCH_ARM, true},
};

static const struct {
	const char *name;
	enum scmp_compare compare;
} compares[] = {
	{"SCMP_CMP_NE", SCMP_CMP_NE},
	{"SCMP_CMP_EQ", SCMP_CMP_EQ},
	{"SCMP_CMP_GE", SCMP_CMP_GE},
	{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

struct program {
	struct sock_filter code[CODE_MAX];
	size_t len;
};

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

static const char *word(struct json_object *object, const char *key)
{
	const char *text = json_object_get_string(member(object, key));

	assert_non_null(text);
	return text;
}

static uint32_t action_of(const char *name, struct json_object *err)
{
	if (strcmp(name, "SCMP_ACT_ALLOW") == 0)
		return SCMP_ACT_ALLOW;
	if (strcmp(name, "SCMP_ACT_LOG") == 0)
		return SCMP_ACT_LOG;
	if (strcmp(name, "SCMP_ACT_KILL_PROCESS") == 0)
		return SCMP_ACT_KILL_PROCESS;
	assert_string_equal(name, "SCMP_ACT_ERRNO");
	return SCMP_ACT_ERRNO(err ? (uint32_t)json_object_get_int(err) : EPERM);
}

static void add_rules(scmp_filter_ctx filter, uint32_t by_default, struct json_object *entry)
{
	struct json_object *names = member(entry, "names"), *args = member(entry, "args");
	uint32_t action = action_of(word(entry, "action"), member(entry, "errnoRet"));
	struct scmp_arg_cmp conditions[6];
	size_t i, k, n = args ? json_object_array_length(args) : 0, seen = 0;

	if (action == by_default)
		return;
	assert_true(n <= 6);
	for (i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(args, i);
		uint32_t index = (uint32_t)json_object_get_int(member(one, "index"));

		assert_false(seen & 1u << index); /* runtimes would take them for alternatives */
		seen |= 1u << index;
		for (k = 0; strcmp(compares[k].name, word(one, "op")) != 0; k++)
			assert_true(k + 1 < ELEMENTSOF(compares));
		conditions[i] = (struct scmp_arg_cmp){
			.arg = index,
			.op = compares[k].compare,
			.datum_a = json_object_get_uint64(member(one, "value")),
			.datum_b = member(one, "valueTwo")
					   ? json_object_get_uint64(member(one, "valueTwo"))
					   : 0,
		};
	}
	for (i = 0; i < json_object_array_length(names); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));
		int nr = seccomp_syscall_resolve_name(name), r;

		if (nr == __NR_SCMP_ERROR)
			continue; /* as runtimes do */
		r = seccomp_rule_add_array(filter, action, nr, (unsigned int)n, conditions);
		if (r < 0)
			fail_msg("seccomp_rule_add_array(%s, %#x): %s", name, action, strerror(-r));
	}
}

static void compile(struct json_object *section, struct program *ret)
{
	uint32_t by_default =
		action_of(word(section, "defaultAction"), member(section, "defaultErrnoRet"));
	struct json_object *list = member(section, "architectures");
	scmp_filter_ctx filter = seccomp_init(by_default);
	int fds[2];
	size_t i, k;
	ssize_t n;
	FILE *file;

	assert_non_null(filter);
	for (i = 0; i < json_object_array_length(list); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(list, i));
		int r;

		for (k = 0; strcmp(arches[k].name, name) != 0; k++)
			assert_true(k + 1 < ELEMENTSOF(arches));
		r = seccomp_arch_add(filter, arches[k].token);
		assert_true(r == 0 || r == -EEXIST);
	}
	list = member(section, "syscalls");
	for (i = 0; i < json_object_array_length(list); i++)
		add_rules(filter, by_default, json_object_array_get_idx(list, i));

	file = tmpfile();
	assert_non_null(file);
	fds[0] = fileno(file);
	assert_int_equal(seccomp_export_bpf(filter, fds[0]), 0);
	n = pread(fds[0], ret->code, sizeof(ret->code), 0);
	assert_true(n > 0 && (size_t)n % sizeof(ret->code[0]) == 0);
	ret->len = (size_t)n / sizeof(ret->code[0]);
	fclose(file);
	seccomp_release(filter);
	if (bpf_invalid(ret->code, ret->len))
		fail_msg("%zu instructions: %s", ret->len, bpf_invalid(ret->code, ret->len));
}

static uint32_t expected(uint32_t verdict)
{
	uint16_t answer = MPOL_VERDICT_ANSWER(verdict);

	switch (MPOL_ANSWER_KIND(answer)) {
	case MPOL_ALLOW:
		return SCMP_ACT_ALLOW;
	case MPOL_AUDIT:
		return SCMP_ACT_LOG;
	case MPOL_KILL:
		return SCMP_ACT_KILL_PROCESS;
	default:
		return SCMP_ACT_ERRNO(MPOL_ANSWER_ERR(answer));
	}
}

/* clang-format off */
static const char *const names[MPOL_SYS_COUNT] = {MPOL_SYSCALLS(MPOL_SYSCALL_NAME)};
/* clang-format on */

static void equals_the_verdict(const struct program *program, const struct mpol_rules *rules,
			       uint32_t calls, enum space_size size, const char *title)
{
	uint32_t call, native = seccomp_arch_native();
	size_t a, i, k, n;

	for (call = 0; call < MPOL_SYS_COUNT; call++) {
		const struct seccomp_data *samples = space_samples(call, size, &n);

		if (!(calls & 1u << call))
			continue;
		for (a = 0; a < ELEMENTSOF(arches); a++) {
			bool ours = native == SCMP_ARCH_X86_64 ? a < 2 : a >= 2;
			int nr = seccomp_syscall_resolve_name_arch(arches[a].token, names[call]);

			if (!ours)
				continue;
			assert_true(nr >= 0);
			for (i = 0; i < n; i++) {
				struct seccomp_data data = samples[i];
				struct mpol_call decoded;
				uint32_t got, want;
				__u64 args[6];

				data.arch = arches[a].audit;
				data.nr = nr;
				/*
				 * The call itself sees no more of a register, nor does
				 * libseccomp.
				 */
				for (k = 0; k < 6; k++)
					args[k] = arches[a].narrow ? (uint32_t)data.args[k]
								   : data.args[k];
				mpol_decode(call, args, &decoded);
				want = expected(mpol_verdict(rules, &decoded));
				got = bpf_run(program->code, program->len, &data);
				if (got != want)
					fail_msg("%s: %s on %s, args %#llx %#llx %#llx %#llx %#llx "
						 "%#llx: %#x instead of %#x",
						 title, names[call], arches[a].name, data.args[0],
						 data.args[1], data.args[2], data.args[3],
						 data.args[4], data.args[5], got, want);
			}
		}
	}
}

/* x32 too: a number of it is none of ours, but of the kernel's. */
static void others_are_refused_whole(const struct program *program)
{
	struct seccomp_data data = {.arch = AUDIT_ARCH_S390X};
	uint32_t call;

	for (data.nr = 0; data.nr < 500; data.nr++)
		assert_int_not_equal(bpf_run(program->code, program->len, &data), SCMP_ACT_ALLOW);
	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		return;
	for (call = 0; call < MPOL_SYS_COUNT; call++) {
		data.arch = AUDIT_ARCH_X86_64;
		data.nr = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X32, names[call]);
		assert_true(data.nr & 0x40000000);
		assert_int_not_equal(bpf_run(program->code, program->len, &data), SCMP_ACT_ALLOW);
	}
}

static uint32_t of_number(const struct program *program, const char *name, uint64_t arg)
{
	struct seccomp_data data = {
		.nr = seccomp_syscall_resolve_name(name),
		.arch = seccomp_arch_native() == SCMP_ARCH_X86_64 ? AUDIT_ARCH_X86_64
								  : AUDIT_ARCH_AARCH64,
		.args = {arg},
	};

	assert_true(data.nr >= 0);
	return bpf_run(program->code, program->len, &data);
}

static int rules_of(const char *what, uint32_t best_effort, enum export_dialect dialect,
		    struct mpol_rules *ret, struct fault *fault)
{
	_cleanup_(profile_set_done) struct profile_set set = {.n = 0};
	_cleanup_(cleanup_policy) struct policy *policy = NULL;
	uint32_t lost;

	if (profile_load(what, &set, fault) < 0 ||
	    policy_build(set.profiles, set.n, &policy, fault) < 0)
		fail_msg("%s: %s", what, fault->what);
	return export_rules(policy, best_effort, dialect, ret, &lost, fault);
}

static void shipped(size_t i, struct mpol_rules *ret)
{
	struct fault fault = {.line = 0};
	char what[64];

	snprintf(what, sizeof(what), "builtin:%s", profile_builtins[i].name);
	assert_int_equal(rules_of(what,
				  GROUP_BIT(GROUP_FILES) | GROUP_BIT(GROUP_CPUSET) |
					  GROUP_BIT(GROUP_NODES) | GROUP_BIT(GROUP_MODES),
				  EXPORT_OCI, ret, &fault),
			 0);
}

#define ALL_CALLS ((1u << MPOL_SYS_COUNT) - 1)

static void fragments_equal_the_verdict(void **state)
{
	static struct program program;
	size_t i;

	(void)state;
	for (i = 0; i < n_profile_builtins; i++) {
		struct json_object *section;
		struct mpol_rules rules;

		shipped(i, &rules);
		section = export_fragment(&rules);
		assert_non_null(section);
		compile(section, &program);
		json_object_put(section);
		equals_the_verdict(&program, &rules, ALL_CALLS, SPACE_ALL,
				   profile_builtins[i].name);
		assert_int_equal(of_number(&program, "read", 0), SCMP_ACT_ALLOW);
		assert_int_equal(of_number(&program, "reboot", 0), SCMP_ACT_ALLOW);
		others_are_refused_whole(&program);
	}
}

/* Answers that no shipped profile has. */
static void every_answer_equals_the_verdict(void **state)
{
	static const uint16_t answers[] = {MPOL_ANSWER(MPOL_AUDIT, 0), MPOL_ANSWER(MPOL_IGNORE, 0),
					   MPOL_ANSWER(MPOL_ERRNO, EPERM),
					   MPOL_ANSWER(MPOL_ERRNO, EACCES),
					   MPOL_ANSWER(MPOL_KILL, 0)};
	static struct program program;
	uint64_t seed = 3;
	int round, tried = 0;

	(void)state;
	for (round = 0; round < 20; round++) {
		struct mpol_rules rules = {.version = MPOL_RULES_VERSION};
		struct json_object *section;
		size_t size;
		int n;

		for (n = 0; n < 4; n++)
			rules.answer[(noise(&seed) >> 33) % MPOL_RULE_COUNT] =
				answers[(noise(&seed) >> 33) % ELEMENTSOF(answers)];
		assert_int_equal(export_size(&rules, &size), 0);
		if (size > EXPORT_SIZE_MAX)
			continue; /* which no export gives out, see below */
		section = export_fragment(&rules);
		compile(section, &program);
		json_object_put(section);
		equals_the_verdict(&program, &rules, ALL_CALLS, SPACE_FEW, "mixed answers");
		tried++;
	}
	assert_true(tried > 10);
}

static struct json_object *parse_base(const char *text)
{
	char *copy = strdup(text), *at;
	struct json_object *base;

	assert_non_null(copy);
	for (at = copy; *at; at++)
		if (*at == '\'')
			*at = '"';
	base = json_tokener_parse(copy);
	free(copy);
	assert_non_null(base);
	return base;
}

#define CALL(name) (1u << MPOL_SYS_##name)

static void over_a_gated_base(void **state)
{
	const uint32_t decided =
		CALL(MBIND) | CALL(SET_MEMPOLICY) | CALL(GET_MEMPOLICY) | CALL(MOVE_PAGES);
	struct json_object *base = parse_base(gated), *section;
	static struct program program;
	struct fault fault = {.line = 0};
	uint32_t refused;
	size_t i;

	(void)state;
	for (i = 0; i < n_profile_builtins; i++) {
		struct mpol_rules rules;

		shipped(i, &rules);
		assert_int_equal(export_merged(&rules, base, &section, &refused, &fault), 0);
		assert_int_equal(refused, ALL_CALLS & ~decided);
		compile(section, &program);
		json_object_put(section);
		equals_the_verdict(&program, &rules, decided, SPACE_FEW, profile_builtins[i].name);
		assert_int_equal(of_number(&program, "read", 0), SCMP_ACT_ALLOW);
		others_are_refused_whole(&program);
		assert_int_equal(of_number(&program, "ptrace", 0), SCMP_ACT_ALLOW);
		assert_int_equal(of_number(&program, "chroot", 0), SCMP_ACT_ALLOW);
		assert_int_equal(of_number(&program, "personality", 8), SCMP_ACT_ALLOW);
		assert_int_equal(of_number(&program, "personality", 9), SCMP_ACT_ERRNO(EPERM));
		assert_int_equal(of_number(&program, "acct", 0), SCMP_ACT_ERRNO(EPERM));
		assert_int_equal(of_number(&program, "mount", 0), SCMP_ACT_ERRNO(EPERM));
		assert_int_equal(of_number(&program, "umount2", 0), SCMP_ACT_ERRNO(EPERM));
		assert_int_equal(of_number(&program, "migrate_pages", 0), SCMP_ACT_ERRNO(EPERM));
		assert_int_equal(of_number(&program, "reboot", 0), SCMP_ACT_ERRNO(EPERM));
	}
	json_object_put(base);
}

/* What is logged runs: it is let through, and gets the rules. */
static void over_a_base_that_logs(void **state)
{
	static const char *const bases[] = {
		"{'defaultAction': 'SCMP_ACT_LOG'}",
		"{'defaultAction': 'SCMP_ACT_ALLOW',"
		" 'syscalls': [{'names': ['mbind', 'mount'], 'action': 'SCMP_ACT_LOG'}]}",
	};
	static struct program program;
	struct fault fault = {.line = 0};
	uint32_t refused;
	size_t b, i;

	(void)state;
	for (b = 0; b < ELEMENTSOF(bases); b++)
		for (i = 0; i < n_profile_builtins; i++) {
			struct json_object *base = parse_base(bases[b]), *section;
			struct mpol_rules rules;

			shipped(i, &rules);
			assert_int_equal(export_merged(&rules, base, &section, &refused, &fault),
					 0);
			assert_int_equal(refused, 0);
			compile(section, &program);
			json_object_put(section);
			json_object_put(base);
			equals_the_verdict(&program, &rules, ALL_CALLS, SPACE_FEW,
					   profile_builtins[i].name);
		}
}

static void over_a_base_that_asks_somebody(void **state)
{
	static const char *const bases[] = {
		"{'defaultAction': 'SCMP_ACT_TRACE'}",
		"{'defaultAction': 'SCMP_ACT_ALLOW',"
		" 'syscalls': [{'names': ['mbind'], 'action': 'SCMP_ACT_NOTIFY'}]}",
	};
	struct fault fault = {.line = 0};
	struct json_object *section;
	struct mpol_rules rules;
	char text[1024];
	uint32_t refused;
	size_t b;

	(void)state;
	shipped(0, &rules);
	for (b = 0; b < ELEMENTSOF(bases); b++) {
		struct json_object *base = parse_base(bases[b]);

		assert_int_equal(export_merged(&rules, base, &section, &refused, &fault), -EDOM);
		assert_non_null(strstr(fault_text(&fault, text, sizeof(text)), "somebody else"));
		json_object_put(base);
	}
}

static void over_a_base_that_others_ship(void **state)
{
	const uint32_t decided = CALL(MBIND) | CALL(SET_MEMPOLICY) | CALL(GET_MEMPOLICY) |
				 CALL(MOUNT) | CALL(FSCONFIG);
	const char *path = getenv("MPOLRUN_TEST_BASE");
	struct json_object *base = json_object_from_file(path ? path : CONTAINERS_COMMON);
	struct json_object *section;
	static struct program program;
	struct fault fault = {.line = 0};
	uint32_t refused;
	size_t i;

	(void)state;
	assert_non_null(base);
	for (i = 0; i < n_profile_builtins; i++) {
		struct mpol_rules rules;

		shipped(i, &rules);
		assert_int_equal(export_merged(&rules, base, &section, &refused, &fault), 0);
		compile(section, &program);
		json_object_put(section);
		equals_the_verdict(&program, &rules, decided & ~refused, SPACE_FEW,
				   profile_builtins[i].name);
		assert_false(refused & (CALL(MBIND) | CALL(SET_MEMPOLICY)));
		assert_int_equal(of_number(&program, "read", 0), SCMP_ACT_ALLOW);
		assert_int_not_equal(of_number(&program, "kexec_load", 0), SCMP_ACT_ALLOW);
	}
	json_object_put(base);
}

/* A base that allows by default, and has nothing to say: the result is as the fragment. */
static void over_a_base_that_allows_everything(void **state)
{
	struct json_object *base = parse_base("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': ["
					      "{'names': ['migrate_pages'], 'action': "
					      "'SCMP_ACT_ERRNO', 'errnoRet': 95}]}"),
			   *section;
	static struct program program;
	struct fault fault = {.line = 0};
	struct mpol_rules rules;
	uint32_t refused;

	(void)state;
	assert_int_equal(rules_of("nobind", 0, EXPORT_OCI, &rules, &fault), 0);
	assert_int_equal(export_merged(&rules, base, &section, &refused, &fault), 0);
	assert_int_equal(refused, CALL(MIGRATE_PAGES));
	compile(section, &program);
	json_object_put(section);
	json_object_put(base);
	equals_the_verdict(&program, &rules, ALL_CALLS & ~refused, SPACE_FEW, "nobind");
	assert_int_equal(of_number(&program, "migrate_pages", 0), SCMP_ACT_ERRNO(95));
}

static void bases_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *base;
		int error;
	} bases[] = {
		{"[]", -EINVAL},
		{"{}", -EINVAL},
		{"{'defaultAction': 7}", -EINVAL},
		{"{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': {}}", -EINVAL},
		{"{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [null]}", -EINVAL},
		{"{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['mbind']}]}",
		 -EINVAL},
		{"{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': 'mbind', 'action': "
		 "'SCMP_ACT_ALLOW'}]}",
		 -EINVAL},
		{"{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['mbind'], 'action': "
		 "'SCMP_ACT_ALLOW', 'includes': 1}]}",
		 -EINVAL},
		{"{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['mbind'], 'action': "
		 "'SCMP_ACT_ALLOW', 'args': [{'index': 0, 'value': 1, 'op': 'SCMP_CMP_EQ'}]}]}",
		 -EDOM},
		{"{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['mbind'], 'action': "
		 "'SCMP_ACT_ALLOW', 'args': []}]}",
		 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(bases); i++) {
		struct json_object *base = parse_base(bases[i].base), *section = NULL;
		struct fault fault = {.line = 0};
		struct mpol_rules rules;
		uint32_t refused;

		assert_int_equal(rules_of("nobind", 0, EXPORT_OCI, &rules, &fault), 0);
		assert_int_equal(export_merged(&rules, base, &section, &refused, &fault),
				 bases[i].error);
		assert_int_equal(section != NULL, bases[i].error == 0);
		assert_int_equal(fault.what[0] != '\0', bases[i].error != 0);
		json_object_put(section);
		json_object_put(base);
	}
}

static void what_json_cannot_say_is_named(void **state)
{
	static const struct {
		const char *profile, *named;
		uint32_t best_effort;
	} profiles[] = {
		{"{mempolicy: {nodes: {0: allow, others: EPERM}}}", "'nodes'",
		 GROUP_BIT(GROUP_NODES)},
		{"{mempolicy: {files: deny}}", "'files'", GROUP_BIT(GROUP_FILES)},
		{"{mempolicy: {cpuset: deny}}", "'cpuset'", GROUP_BIT(GROUP_CPUSET)},
		{"{mempolicy: {modes: {local: EPERM, others: allow}}}", "'modes'",
		 GROUP_BIT(GROUP_MODES)},
	};
	struct mpol_rules rules;
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(profiles); i++) {
		struct fault fault = {.line = 0};

		assert_int_equal(rules_of(profiles[i].profile, 0, EXPORT_OCI, &rules, &fault),
				 -EDOM);
		assert_non_null(strstr(fault.what, profiles[i].named));
		assert_int_equal(rules_of(profiles[i].profile, profiles[i].best_effort, EXPORT_OCI,
					  &rules, &fault),
				 0);
		if (profiles[i].best_effort == GROUP_BIT(GROUP_MODES))
			assert_int_not_equal(rules.answer[MPOL_RULE_MODE + MPOL_ABI_MODE_LOCAL], 0);
	}
}

static void the_operator_is_given_no_errno_that_it_loses(void **state)
{
	struct fault fault = {.line = 0};
	struct mpol_rules rules;
	uint32_t rule;

	(void)state;
	assert_int_equal(rules_of("nobind-quiet", 0, EXPORT_K8S, &rules, &fault), -EDOM);
	assert_non_null(strstr(fault.what, "'modes.bind'"));
	assert_int_equal(rules_of("nobind-quiet", 0, EXPORT_OCI, &rules, &fault), 0);
	assert_int_equal(
		rules_of("{mempolicy: {home-node: EACCES}}", 0, EXPORT_K8S, &rules, &fault), -EDOM);
	assert_int_equal(rules_of("nobind", 0, EXPORT_K8S, &rules, &fault), 0);
	for (rule = 0; rule < MPOL_RULE_COUNT; rule++)
		assert_true(MPOL_ANSWER_KIND(rules.answer[rule]) != MPOL_ERRNO ||
			    MPOL_ANSWER_ERR(rules.answer[rule]) == EPERM);
	assert_int_not_equal(rules.answer[MPOL_RULE_MODE_UNKNOWN], 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest shipped_base[] = {
		cmocka_unit_test(over_a_base_that_others_ship),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments_equal_the_verdict),
		cmocka_unit_test(every_answer_equals_the_verdict),
		cmocka_unit_test(over_a_gated_base),
		cmocka_unit_test(over_a_base_that_logs),
		cmocka_unit_test(over_a_base_that_asks_somebody),
		cmocka_unit_test(over_a_base_that_allows_everything),
		cmocka_unit_test(bases_that_are_none_are_refused),
		cmocka_unit_test(what_json_cannot_say_is_named),
		cmocka_unit_test(the_operator_is_given_no_errno_that_it_loses),
	};

	if (argc == 2 && strcmp(argv[1], "base") == 0)
		return cmocka_run_group_tests(shipped_base, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
