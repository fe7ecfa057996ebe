/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a kernel was built and booted, from texts that ordinary users may read. Pure. */
#ifndef MPOLRUN_HOST_KERNEL_FACTS_H
#define MPOLRUN_HOST_KERNEL_FACTS_H

#include <stdbool.h>
#include <stddef.h>

/* A fact that there may be no source for. */
enum known {
	KNOWN_NOT, /* nobody says */
	KNOWN_NO,
	KNOWN_YES,
};

/* Any of these texts may be NULL: it could not be had. */
struct kernel_texts {
	const char *version; /* uname -v */
	const char *cmdline; /* /proc/cmdline */
	const char *config; /* /proc/config.gz or /boot/config-RELEASE */
	const char *lsm; /* /sys/kernel/security/lsm */
	const char *sched_preempt; /* /sys/kernel/debug/sched/preempt: "none (voluntary) full" */
};

/* Whether CONFIG_@name is y. */
enum known config_is_set(const char *config, const char *name);

/* The value of the last @key ("lsm=") on a kernel command line; what follows " -- " is init's. */
bool cmdline_value(const char *cmdline, const char *key, char *buf, size_t size);

/* "none", "voluntary", "full", "lazy", "rt" or "unknown". */
const char *preempt_model(const struct kernel_texts *texts);

/* Whether the bpf security module is among the active ones. */
enum known bpf_in_lsm(const struct kernel_texts *texts);

/* What the kernel's symbol table, or the names in its types, say. */
struct kernel_symbols {
	bool seen; /* it was read, and has names in it */
	bool hook; /* security_set_mempolicy() */
	bool error_injection; /* within_error_injection_list() */
	bool bpf_lsm; /* bpf_lsm_file_open() */
};

/* Take note of one line of /proc/kallsyms: "ffffffff81659390 t do_set_mempolicy". */
void kernel_symbol(struct kernel_symbols *symbols, const char *line);

/* Take note of a name of the kernel itself. */
void kernel_name(struct kernel_symbols *symbols, const char *name, size_t length);

#endif
