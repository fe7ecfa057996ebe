/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crowd NAME...: attach programs that do nothing to each kernel function NAME, "lsm/HOOK" or
 * "fmod_ret/FUNCTION", until the kernel takes no more there, as a machine may have it that many
 * tools watch. Then "ready" on stdout, and they stay until standard input ends.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MANY 100 /* more than a function takes */
#define QUIET 4 /* times in a row that none takes any, half a second apart */

static int load(const struct btf *btf, const char *name)
{
	const struct bpf_insn nothing[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0},
					   {.code = BPF_JMP | BPF_EXIT}};
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	const char *slash = strchr(name, '/');
	char function[80];
	bool lsm;
	int id;

	if (!slash)
		return -EINVAL;
	lsm = strncmp(name, "lsm/", 4) == 0;
	(void)snprintf(function, sizeof(function), "%s%s", lsm ? "bpf_lsm_" : "", slash + 1);
	id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
	if (id < 0)
		return id;
	opts.expected_attach_type = lsm ? BPF_LSM_MAC : BPF_MODIFY_RETURN;
	opts.attach_btf_id = (__u32)id;
	return bpf_prog_load(lsm ? BPF_PROG_TYPE_LSM : BPF_PROG_TYPE_TRACING, "crowd", "GPL",
			     nothing, 2, &opts);
}

/* The links are left open, and end with us. How many @name took; or -errno of its program. */
static int fill(const struct btf *btf, const char *name)
{
	int program, link = 0, n = 0;

	while (link >= 0 && n < MANY) {
		program = load(btf, name);
		if (program < 0)
			return program;
		link = bpf_raw_tracepoint_open(NULL, program);
		n += link >= 0;
		close(program);
	}
	return link == -E2BIG ? n : -EINVAL;
}

int main(int argc, char **argv)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int i, r, more, quiet;
	char c;

	if (!btf)
		return 1;
	/* What somebody detached just now is in its place for a moment: full is what stays so. */
	for (quiet = 0; quiet < QUIET; quiet = more ? 0 : quiet + 1) {
		if (quiet)
			usleep(1000000 / 2);
		for (i = 1, more = 0; i < argc; i++, more += r) {
			r = fill(btf, argv[i]);
			if (r < 0) {
				fprintf(stderr, "crowd: %s: %s\n", argv[i], strerror(-r));
				return 1;
			}
			if (r > 0)
				fprintf(stderr, "crowd: %s: %d\n", argv[i], r);
		}
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}
