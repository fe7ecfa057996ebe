/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trial.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "resident_abi.h"

/* A prctl(2) that nobody else knows, next to ours. */
#define TRIAL_PRCTL (RESIDENT_PRCTL + 1)
#define TRIAL_ERRNO EXDEV

#define INSN(CODE, DST, SRC, OFF, IMM) \
	((struct bpf_insn){            \
		.code = (CODE), .dst_reg = (DST), .src_reg = (SRC), .off = (OFF), .imm = (IMM)})
#define MOV(DST, IMM) INSN(BPF_ALU64 | BPF_MOV | BPF_K, DST, 0, 0, IMM)
#define LOAD(DST, SRC, OFF) INSN(BPF_LDX | BPF_MEM | BPF_DW, DST, SRC, OFF, 0)
#define JUMP_NOT_EQUAL(DST, IMM, OFF) INSN(BPF_JMP32 | BPF_JNE | BPF_K, DST, 0, OFF, IMM)
#define CALL(HELPER) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, HELPER)
#define EXIT() INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static int load(enum bpf_prog_type type, enum bpf_attach_type attach, int btf_id,
		const struct bpf_insn *insns, size_t n)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach,
		    .attach_btf_id = (__u32)btf_id);

	return bpf_prog_load(type, "mpolrun_trial", "GPL", insns, n, &opts);
}

enum trial_answer trial(const struct btf *btf, enum trial_kind kind, const char *function)
{
	static const struct {
		const char *before; /* the hook's name */
		enum bpf_prog_type type;
		enum bpf_attach_type attach;
	} kinds[] = {
		[TRIAL_LSM] = {"bpf_lsm_", BPF_PROG_TYPE_LSM, BPF_LSM_MAC},
		[TRIAL_LSM_CGROUP] = {"bpf_lsm_", BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP},
		[TRIAL_FMOD_RET] = {"", BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN},
		[TRIAL_FENTRY] = {"", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY},
		[TRIAL_KPROBE] = {"", BPF_PROG_TYPE_KPROBE, 0},
	};
	/* To a program of a cgroup, which has nothing to say, 1 is what 0 is to the others. */
	const struct bpf_insn nothing[] = {MOV(BPF_REG_0, kind == TRIAL_LSM_CGROUP), EXIT()};
	/* Never attached. */
	const struct bpf_insn override[] = {MOV(BPF_REG_2, 0), CALL(BPF_FUNC_override_return),
					    MOV(BPF_REG_0, 0), EXIT()};
	_cleanup_close_ int fd = -EBADF;
	char name[80];
	int id;

	(void)snprintf(name, sizeof(name), "%s%s", kinds[kind].before, function);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	if (id < 0)
		return TRIAL_ABSENT;
	if (kind == TRIAL_KPROBE)
		fd = load(kinds[kind].type, kinds[kind].attach, 0, override, ELEMENTSOF(override));
	else
		fd = load(kinds[kind].type, kinds[kind].attach, id, nothing, ELEMENTSOF(nothing));
	return fd < 0 ? TRIAL_REFUSED : TRIAL_WORKS;
}

bool trial_lsm_runs(const struct btf *btf)
{
	const struct bpf_insn answer[] = {
		LOAD(BPF_REG_1, BPF_REG_1, 0), /* option */
		MOV(BPF_REG_0, 0),
		JUMP_NOT_EQUAL(BPF_REG_1, TRIAL_PRCTL, 1),
		MOV(BPF_REG_0, -TRIAL_ERRNO),
		EXIT(),
	};
	_cleanup_close_ int fd = -EBADF, link = -EBADF;
	int id = btf__find_by_name_kind(btf, "bpf_lsm_task_prctl", BTF_KIND_FUNC);

	if (id < 0)
		return false;
	fd = load(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, id, answer, ELEMENTSOF(answer));
	if (fd < 0)
		return false;
	link = bpf_raw_tracepoint_open(NULL, fd);
	if (link < 0)
		return false;
	return prctl(TRIAL_PRCTL, 0, 0, 0, 0) < 0 && errno == TRIAL_ERRNO;
}
