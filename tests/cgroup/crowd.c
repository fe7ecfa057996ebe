/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crowd CGROUP N HOOK...: attach N programs of lsm_cgroup that do nothing to the cgroup whose
 * folder is CGROUP, for each HOOK, as a machine may have it that other tools use. They stay until
 * the cgroup goes. N is "alone" for one that lets no other beside it, there and below. Prints how
 * many the kernel took of each, and what it said last.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int load(const struct btf *btf, const char *hook)
{
	const struct bpf_insn allow[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT}};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_LSM_CGROUP);
	char function[80];
	int id;

	(void)snprintf(function, sizeof(function), "bpf_lsm_%s", hook);
	id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
	if (id < 0)
		return id;
	opts.attach_btf_id = (__u32)id;
	return bpf_prog_load(BPF_PROG_TYPE_LSM, "crowd", "GPL", allow, 2, &opts);
}

int main(int argc, char **argv)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int cgroup, i, n, r, wanted;
	bool alone;

	if (argc < 4 || !btf)
		return 1;
	alone = strcmp(argv[2], "alone") == 0;
	wanted = alone ? 1 : atoi(argv[2]);
	cgroup = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0)
		return 1;
	for (i = 3; i < argc; i++) {
		for (n = 0, r = 0; r == 0 && n < wanted; n += r == 0) {
			int program = load(btf, argv[i]);

			if (program < 0) {
				fprintf(stderr, "crowd: %s: %s\n", argv[i], strerror(-program));
				return 1;
			}
			r = bpf_prog_attach(program, cgroup, BPF_LSM_CGROUP,
					    alone ? 0 : BPF_F_ALLOW_MULTI);
			close(program);
		}
		printf("%s %d %s\n", argv[i], n, strerror(-r));
	}
	return 0;
}
