/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this kernel would offer to programs inside it, from what ordinary users may read. */
#include <fcntl.h>
#include <linux/btf.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel_facts.h"
#include "parts.h"
#include "procfs.h"

/* The buffers that a struct kernel_texts points into. */
struct texts {
	struct kernel_texts t;
	char *cmdline, *config, *lsm, *sched_preempt;
	struct utsname uts;
};

static void cleanup_texts(struct texts *texts)
{
	free(texts->cmdline);
	free(texts->config);
	free(texts->lsm);
	free(texts->sched_preempt);
}

static void texts_read(struct texts *ret)
{
	char path[128];

	if (uname(&ret->uts) == 0)
		ret->t.version = ret->uts.version;
	if (procfs_read("/proc/cmdline", &ret->cmdline) == 0)
		ret->t.cmdline = ret->cmdline;
	if (procfs_read("/sys/kernel/security/lsm", &ret->lsm) == 0)
		ret->t.lsm = ret->lsm;
	if (procfs_read("/sys/kernel/debug/sched/preempt", &ret->sched_preempt) == 0)
		ret->t.sched_preempt = ret->sched_preempt;

	(void)snprintf(path, sizeof(path), "/boot/config-%s", ret->uts.release);
	if (procfs_read_gz("/proc/config.gz", &ret->config) == 0 ||
	    procfs_read(path, &ret->config) == 0)
		ret->t.config = ret->config;
}

/*
 * By the names in the types of the kernel, which every user may read, and which no program can be
 * attached without: they take a tenth of the time that the symbol table does. False where they are
 * not to be had.
 */
static bool types_read(struct kernel_symbols *ret)
{
	_cleanup_close_ int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct btf_header header;
	size_t kept = 0;
	char names[16384];
	ssize_t n;

	/* By calls that even a filter with a short list lets through. */
	if (fd < 0 || read(fd, &header, sizeof(header)) != (ssize_t)sizeof(header) ||
	    header.magic != BTF_MAGIC ||
	    lseek(fd, (off_t)header.hdr_len + header.str_off, SEEK_SET) < 0)
		return false;
	while ((n = read(fd, names + kept, sizeof(names) - kept)) > 0) {
		const char *name = names, *stop = names + kept + n, *end;

		for (; (end = memchr(name, '\0', (size_t)(stop - name))); name = end + 1)
			kernel_name(ret, name, (size_t)(end - name));
		/* The beginning of a name whose end is read next; none is as long as the buffer. */
		kept = (size_t)(stop - name);
		memmove(names, name, kept);
	}
	return n == 0 && ret->seen;
}

static void symbols_read(struct kernel_symbols *ret)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/kallsyms", "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	if (!f)
		return;
	while (getline(&line, &size, f) > 0)
		kernel_symbol(ret, line);
}

static enum known either(const struct kernel_symbols *symbols, bool symbol, enum known config)
{
	if (symbols->seen && symbol)
		return KNOWN_YES;
	if (config != KNOWN_NOT)
		return config;
	return symbols->seen ? KNOWN_NO : KNOWN_NOT;
}

static void say_lsm(struct host *host, enum known hook, enum known bpf)
{
	struct ability *lsm = &host->mechanism[MECH_LSM];

	if (hook == KNOWN_NO) {
		SAY(lsm->why, "for modes and nodes: no set_mempolicy hook in this kernel");
		SAY(lsm->fix, "a kernel with the set_mempolicy hook; no released one has it");
	} else if (hook == KNOWN_NOT) {
		SAY(lsm->why, "cannot tell whether this kernel has a set_mempolicy hook");
		SAY(lsm->fix, "run doctor where /proc/kallsyms can be read");
	} else if (bpf == KNOWN_NO) {
		SAY(lsm->why, "bpf is not among the active security modules");
		SAY(lsm->fix, "boot with bpf added to lsm=");
	} else if (bpf == KNOWN_NOT) {
		SAY(lsm->why, "cannot tell whether bpf is among the active security modules");
		SAY(lsm->fix, "see /sys/kernel/security/lsm outside of the container");
	}
}

static void say_fmod_ret(struct host *host, enum known error_injection)
{
	struct ability *fmod_ret = &host->mechanism[MECH_FMOD_RET];

	if (error_injection == KNOWN_NO) {
		SAY(fmod_ret->why, "for calls: kernel lacks CONFIG_FUNCTION_ERROR_INJECTION");
		SAY(fmod_ret->fix, "a kernel built with CONFIG_FUNCTION_ERROR_INJECTION");
	} else if (error_injection == KNOWN_NOT) {
		SAY(fmod_ret->why,
		    "for calls: cannot tell if CONFIG_FUNCTION_ERROR_INJECTION is set");
		SAY(fmod_ret->fix, "run doctor where /proc/kallsyms can be read");
	} else if (!(host->features & HOST_NO_PREEMPT)) {
		SAY(fmod_ret->why, "kernel may preempt itself (preempt=%s): programs are skipped",
		    host->preempt);
		SAY(fmod_ret->fix, "boot with preempt=voluntary or preempt=none");
	}
}

static void add_feature(struct host *host, enum host_feature feature, enum known known,
			enum known wanted)
{
	if (known == KNOWN_NOT)
		host->features_unknown |= (uint32_t)feature;
	else if (known == wanted)
		host->features |= (uint32_t)feature;
}

void host_kernel(struct host *host)
{
	_cleanup_(cleanup_texts) struct texts texts = {{0}};
	struct kernel_symbols symbols = {0};
	enum known hook, error_injection, bpf, preempts = KNOWN_YES;

	texts_read(&texts);
	if (!types_read(&symbols))
		symbols_read(&symbols);

	hook = !symbols.seen ? KNOWN_NOT : symbols.hook ? KNOWN_YES : KNOWN_NO;
	error_injection = either(&symbols, symbols.error_injection,
				 config_is_set(texts.t.config, "FUNCTION_ERROR_INJECTION"));
	bpf = bpf_in_lsm(&texts.t);
	if (bpf == KNOWN_NOT && symbols.seen && !symbols.bpf_lsm)
		bpf = KNOWN_NO;
	SAY(host->preempt, "%s", preempt_model(&texts.t));

	if (strcmp(host->preempt, "unknown") == 0)
		preempts = KNOWN_NOT;
	else if (strcmp(host->preempt, "none") == 0 || strcmp(host->preempt, "voluntary") == 0)
		preempts = KNOWN_NO;
	add_feature(host, HOST_HOOK, hook, KNOWN_YES);
	add_feature(host, HOST_ERROR_INJECTION, error_injection, KNOWN_YES);
	add_feature(host, HOST_BPF_LSM, bpf, KNOWN_YES);
	add_feature(host, HOST_NO_PREEMPT, preempts, KNOWN_NO);

	/* The resident, where it answers, has told what is really attached. */
	if (host->resident.ready)
		return;
	say_lsm(host, hook, bpf);
	say_fmod_ret(host, error_injection);
}
