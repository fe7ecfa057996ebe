/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bpf_sim.h"

#include <stdlib.h>
#include <string.h>

const char *bpf_invalid(const struct sock_filter *code, size_t len)
{
	size_t i;

	if (len == 0 || len > BPF_MAXINSNS)
		return "empty, or longer than the kernel takes";
	for (i = 0; i < len; i++) {
		const struct sock_filter *insn = &code[i];

		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (insn->k % 4 || insn->k >= sizeof(struct seccomp_data))
				return "a load outside seccomp_data, or unaligned";
			break;
		case BPF_JMP | BPF_JA:
			if (insn->k >= len - i - 1)
				return "a jump out of the program";
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			if (insn->jt >= len - i - 1 || insn->jf >= len - i - 1)
				return "a jump out of the program";
			break;
		case BPF_ALU | BPF_AND | BPF_K:
		case BPF_RET | BPF_K:
			break;
		default:
			return "an instruction that is not simulated";
		}
	}
	if (code[len - 1].code != (BPF_RET | BPF_K))
		return "does not end in a return";
	return NULL;
}

const char *bpf_untidy(const struct sock_filter *code, size_t len)
{
	bool reached[BPF_MAXINSNS] = {true};
	size_t i;

	for (i = 0; i < len; i++) {
		const struct sock_filter *insn = &code[i];

		if (!reached[i])
			return "an instruction that nothing reaches";
		if (insn->code == (BPF_RET | BPF_K))
			continue;
		if (BPF_CLASS(insn->code) != BPF_JMP) {
			if (insn->code == code[i + 1].code && BPF_CLASS(insn->code) == BPF_LD)
				return "a load that the next one overwrites";
			reached[i + 1] = true;
		} else if (BPF_OP(insn->code) == BPF_JA) {
			if (insn->k == 0)
				return "a jump to the next instruction";
			reached[i + 1 + insn->k] = true;
		} else {
			if (insn->jt == insn->jf)
				return "a test that decides nothing";
			reached[i + 1 + insn->jt] = reached[i + 1 + insn->jf] = true;
		}
	}
	return NULL;
}

static bool test_holds(const struct sock_filter *insn, uint32_t a)
{
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		return a == insn->k;
	case BPF_JGT:
		return a > insn->k;
	case BPF_JGE:
		return a >= insn->k;
	default:
		return a & insn->k;
	}
}

uint32_t bpf_run(const struct sock_filter *code, size_t len, const struct seccomp_data *data)
{
	uint32_t a = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		const struct sock_filter *insn = &code[i];

		switch (BPF_CLASS(insn->code)) {
		case BPF_LD:
			memcpy(&a, (const char *)data + insn->k, sizeof(a));
			break;
		case BPF_ALU:
			a &= insn->k;
			break;
		case BPF_RET:
			return insn->k;
		default:
			if (BPF_OP(insn->code) == BPF_JA)
				i += insn->k;
			else
				i += test_holds(insn, a) ? insn->jt : insn->jf;
		}
	}
	abort(); /* not valid: bpf_invalid() was not asked */
}

bool bpf_allows_by_number(const struct sock_filter *code, size_t len, uint32_t arch, int nr)
{
	uint32_t a = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		const struct sock_filter *insn = &code[i];

		switch (BPF_CLASS(insn->code)) {
		case BPF_LD:
			if (insn->k == offsetof(struct seccomp_data, nr))
				a = (uint32_t)nr;
			else if (insn->k == offsetof(struct seccomp_data, arch))
				a = arch;
			else
				return false;
			break;
		case BPF_ALU:
			a &= insn->k;
			break;
		case BPF_RET:
			return insn->k == SECCOMP_RET_ALLOW;
		default:
			if (BPF_OP(insn->code) == BPF_JA)
				i += insn->k;
			else
				i += test_holds(insn, a) ? insn->jt : insn->jf;
		}
	}
	abort();
}
