/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel_facts.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "procfs.h"

enum known config_is_set(const char *config, const char *name)
{
	char key[80], value[16];

	if (!config)
		return KNOWN_NOT;
	(void)snprintf(key, sizeof(key), "CONFIG_%s=", name);
	if (!procfs_line(config, key, value, sizeof(value)))
		return KNOWN_NO;
	return strcmp(value, "y") == 0 ? KNOWN_YES : KNOWN_NO;
}

bool cmdline_value(const char *cmdline, const char *key, char *buf, size_t size)
{
	size_t key_length = strlen(key);
	bool found = false;

	if (!cmdline)
		return false;
	while (*cmdline) {
		size_t length = strcspn(cmdline, " \n");

		if (length == 2 && memcmp(cmdline, "--", 2) == 0)
			break;
		if (length >= key_length && memcmp(cmdline, key, key_length) == 0 &&
		    length - key_length < size) {
			memcpy(buf, cmdline + key_length, length - key_length);
			buf[length - key_length] = '\0';
			found = true;
		}
		cmdline += length + (cmdline[length] != '\0');
	}
	return found;
}

static const char *const models[] = {"none", "voluntary", "full", "lazy"};

static const char *find_model(const char *word, size_t length)
{
	size_t i;

	for (i = 0; i < ELEMENTSOF(models); i++)
		if (strlen(models[i]) == length && memcmp(models[i], word, length) == 0)
			return models[i];
	return NULL;
}

/* What the configuration makes of a kernel that nobody told otherwise when it was booted. */
static const char *configured_model(const char *config)
{
	static const struct {
		const char *option, *model;
	} choices[] = {
		{"PREEMPT_NONE", "none"},
		{"PREEMPT_VOLUNTARY", "voluntary"},
		{"PREEMPT_LAZY", "lazy"},
		{"PREEMPT", "full"},
	};
	size_t i;

	for (i = 0; i < ELEMENTSOF(choices); i++)
		if (config_is_set(config, choices[i].option) == KNOWN_YES)
			return choices[i].model;
	return NULL;
}

static bool has_word(const char *text, const char *word)
{
	return text_has_word(text, strlen(text), word, " ");
}

const char *preempt_model(const struct kernel_texts *texts)
{
	const char *model = NULL, *version = texts->version ? texts->version : "";
	char value[16];

	if (has_word(version, "PREEMPT_RT"))
		return "rt";
	/* What holds now: root may have changed it since the boot. */
	if (texts->sched_preempt) {
		const char *open = strchr(texts->sched_preempt, '(');

		if (open)
			model = find_model(open + 1, strcspn(open + 1, ")"));
		if (model)
			return model;
	}
	if (has_word(version, "PREEMPT_DYNAMIC")) {
		if (cmdline_value(texts->cmdline, "preempt=", value, sizeof(value)))
			model = find_model(value, strlen(value));
		/* A word that the kernel does not know changes nothing. */
		if (!model)
			model = configured_model(texts->config);
		/* Without the command line nobody knows whether it overrides the configuration. */
		return model && texts->cmdline ? model : "unknown";
	}
	model = configured_model(texts->config);
	if (model)
		return model;
	if (has_word(version, "PREEMPT"))
		return "full";
	/*
	 * Not to preempt is what a kernel does that says nothing; none or voluntary is one to us.
	 */
	return version[0] ? "voluntary" : "unknown";
}

static bool lists_bpf(const char *list)
{
	return text_has_word(list, strlen(list), "bpf", ",\n\"");
}

enum known bpf_in_lsm(const struct kernel_texts *texts)
{
	char list[512];

	if (texts->lsm)
		return lists_bpf(texts->lsm) ? KNOWN_YES : KNOWN_NO;
	if (config_is_set(texts->config, "BPF_LSM") == KNOWN_NO)
		return KNOWN_NO;
	if (!texts->cmdline)
		return KNOWN_NOT;
	if (cmdline_value(texts->cmdline, "lsm=", list, sizeof(list)))
		return lists_bpf(list) ? KNOWN_YES : KNOWN_NO;
	if (texts->config && procfs_line(texts->config, "CONFIG_LSM=", list, sizeof(list)))
		return lists_bpf(list) ? KNOWN_YES : KNOWN_NO;
	return KNOWN_NOT;
}

void kernel_name(struct kernel_symbols *symbols, const char *name, size_t length)
{
	symbols->seen = true;
#define IS(text) (length == sizeof(text) - 1 && memcmp(name, text, sizeof(text) - 1) == 0)
	if (IS("security_set_mempolicy"))
		symbols->hook = true;
	else if (IS("within_error_injection_list"))
		symbols->error_injection = true;
	else if (IS("bpf_lsm_file_open"))
		symbols->bpf_lsm = true;
#undef IS
}

void kernel_symbol(struct kernel_symbols *symbols, const char *line)
{
	const char *name = strchr(line, ' ');
	size_t length;

	name = name ? strchr(name + 1, ' ') : NULL;
	if (!name)
		return;
	name++;
	length = strcspn(name, "\t\n ");
	if (name[length] == '\t') /* a module's: anybody may call a function so */
		symbols->seen = true;
	else
		kernel_name(symbols, name, length);
}
