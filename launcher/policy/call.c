/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "call.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "profile/keywords.h"
#include "profile/profile.h"

enum argument {
	ARGUMENT_MODE,
	ARGUMENT_NODES,
	ARGUMENT_MBIND_FLAGS,
	ARGUMENT_MOVE,
	ARGUMENT_MPOL,
};

#define ARGUMENTS_MAX 3

static const struct form {
	const char *name;
	enum mpol_act act;
	size_t min, max;
	enum argument argument[ARGUMENTS_MAX];
} forms[] = {
	{"mbind", MPOL_ACT_SET, 1, 3, {ARGUMENT_MODE, ARGUMENT_NODES, ARGUMENT_MBIND_FLAGS}},
	{"set_mempolicy", MPOL_ACT_SET, 1, 2, {ARGUMENT_MODE, ARGUMENT_NODES}},
	{"set_mempolicy_home_node", MPOL_ACT_HOME_NODE, 0, 1, {ARGUMENT_NODES}},
	{"get_mempolicy", MPOL_ACT_GET, 0, 0, {0}},
	{"migrate_pages", MPOL_ACT_MIGRATE, 0, 2, {ARGUMENT_NODES, ARGUMENT_NODES}},
	{"move_pages", MPOL_ACT_MOVE, 1, 1, {ARGUMENT_MOVE}},
	{"mount", MPOL_ACT_NONE, 0, 1, {ARGUMENT_MPOL}},
};

static const struct name move_words[] = {
	{"nodes", MPOL_ACT_MOVE, NULL, "pages are moved"},
	{"query", MPOL_ACT_MOVE_QUERY, NULL, "nodes is NULL: only asks where pages are"},
};

/* A piece of the text that is being read. */
struct piece {
	const char *text; /* NULL: there is none any more */
	size_t length;
};

static struct piece trimmed(struct piece piece)
{
	while (piece.length && isblank((unsigned char)*piece.text)) {
		piece.text++;
		piece.length--;
	}
	while (piece.length && isblank((unsigned char)piece.text[piece.length - 1]))
		piece.length--;
	return piece;
}

/* Cut the next part, up to @separator, off @rest; false if nothing is left. */
static bool next_part(struct piece *rest, char separator, struct piece *ret)
{
	const char *end;

	if (!rest->text)
		return false;
	*ret = *rest;
	end = memchr(rest->text, separator, rest->length);
	if (end) {
		ret->length = (size_t)(end - rest->text);
		rest->text += ret->length + 1;
		rest->length -= ret->length + 1;
	} else {
		rest->text = NULL;
	}
	*ret = trimmed(*ret);
	return true;
}

static int wrong(const struct piece *piece, struct fault *fault, const char *kind,
		 const char *nearest)
{
	if (nearest)
		fault_hint(fault, "did you mean '%s'?", nearest);
	return fault_set(fault, -EINVAL, "unknown %s '%.*s'", kind, (int)piece->length,
			 piece->text);
}

/* The piece as a string of its own; one too long for any word is cut, which no word survives. */
static const char *word_of(const struct piece *piece, char *buf, size_t size)
{
	snprintf(buf, size, "%.*s", (int)piece->length, piece->text);
	return buf;
}

/* As the kernel takes it from a register: any number that 64 bits hold, of which 32 count. */
static bool number_of(const char *word, uint32_t *ret)
{
	const char *digits = *word == '-' ? word + 1 : word;
	unsigned long long n;
	char *end;

	if (!isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	n = strtoull(word, &end, 0);
	if (*end || errno)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static int take_mode(struct piece piece, struct call *call, struct fault *fault)
{
	const struct keyword *modes = &keywords[GROUP_MODES], *flags = &keywords[GROUP_MODE_FLAGS];
	const struct keyword *kind = modes;
	uint32_t mode = 0, number;
	struct piece part;
	char word[64];

	while (next_part(&piece, '|', &part)) {
		const struct name *name;

		word_of(&part, word, sizeof(word));
		name = name_find(kind->words, kind->n_words, word);
		if (name && kind == modes)
			mode |= (uint32_t)name->value;
		else if (name)
			mode |= UINT32_C(1) << (MPOL_ABI_FLAG_SHIFT + name->value);
		else if (number_of(word, &number))
			mode |= number;
		else
			return wrong(&part, fault, kind == modes ? "mode" : "mode flag",
				     name_nearest(kind->words, kind->n_words, word));
		kind = flags; /* one mode, then its flags */
	}
	call->call.mode = mode;
	return 0;
}

static int take_mbind_flags(struct piece piece, struct call *call, struct fault *fault)
{
	const struct keyword *flags = &keywords[GROUP_MBIND_FLAGS];
	uint32_t number;
	struct piece part;
	char word[64];

	if (!piece.length)
		return 0;
	while (next_part(&piece, '|', &part)) {
		const struct name *name;

		word_of(&part, word, sizeof(word));
		name = name_find(flags->words, flags->n_words, word);
		if (name)
			call->call.mbind_flags |= UINT32_C(1) << name->value;
		else if (number_of(word, &number))
			call->call.mbind_flags |= number;
		else
			return wrong(&part, fault, "mbind flag",
				     name_nearest(flags->words, flags->n_words, word));
	}
	return 0;
}

static int take_nodes(const struct piece *piece, struct call *call, struct fault *fault)
{
	__u64 nodes[MPOL_NODES_WORDS] = {0};
	char word[256];

	if (!piece->length)
		return 0;
	word_of(piece, word, sizeof(word));
	if (piece->length >= sizeof(word) ||
	    (strcmp(word, "none") != 0 && text_to_bitmap(word, nodes, MPOL_NODES_WORDS) < 0))
		return fault_set(fault, -EINVAL, "'%s' is no list of nodes, such as 0-3,8", word);
	memcpy(call->nodes, nodes, sizeof(nodes));
	call->nodes_said = true;
	return 0;
}

static int take_move(const struct piece *piece, struct call *call, struct fault *fault)
{
	const struct name *name;
	char word[64];

	word_of(piece, word, sizeof(word));
	name = name_find(move_words, ELEMENTSOF(move_words), word);
	if (!name)
		return wrong(piece, fault, "argument of move_pages",
			     name_nearest(move_words, ELEMENTSOF(move_words), word));
	call->call.act = (uint32_t)name->value;
	return 0;
}

/* Only the option that a policy speaks of: other mounts are nobody's business here. */
static int take_mpol(const struct piece *piece, struct call *call, struct fault *fault)
{
	struct start_policy policy;
	char word[256];

	if (!piece->length)
		return 0;
	word_of(piece, word, sizeof(word));
	if (strncmp(word, "mpol=", 5) != 0)
		return wrong(piece, fault, "argument of mount", "mpol=");
	if (start_policy_parse(word + 5, &policy) < 0)
		return fault_set(fault, -EINVAL, "'%s' is no policy as tmpfs(5) has it", word + 5);
	call->call.act = MPOL_ACT_MOUNT;
	return 0;
}

static int take_argument(enum argument argument, const struct piece *piece, struct call *call,
			 struct fault *fault)
{
	switch (argument) {
	case ARGUMENT_MODE:
		return take_mode(*piece, call, fault);
	case ARGUMENT_NODES:
		return take_nodes(piece, call, fault);
	case ARGUMENT_MBIND_FLAGS:
		return take_mbind_flags(*piece, call, fault);
	case ARGUMENT_MOVE:
		return take_move(piece, call, fault);
	case ARGUMENT_MPOL:
		return take_mpol(piece, call, fault);
	}
	return -EINVAL;
}

static int unknown_call(const struct piece *name, struct fault *fault)
{
	struct name table[ELEMENTSOF(forms)];
	char word[64];
	size_t i;

	for (i = 0; i < ELEMENTSOF(forms); i++)
		table[i] = (struct name){.name = forms[i].name};
	return wrong(name, fault, "call",
		     name_nearest(table, ELEMENTSOF(table), word_of(name, word, sizeof(word))));
}

/*
 * Node lists have commas too, "0-3,8": in an argument that may hold one, a comma between two digits
 * does not end it.
 */
static bool next_argument(struct piece *rest, enum argument argument, struct piece *ret)
{
	bool list = argument == ARGUMENT_NODES || argument == ARGUMENT_MPOL;
	struct piece part;

	if (!next_part(rest, ',', ret))
		return false;
	while (list && rest->text && rest->length && isdigit((unsigned char)*rest->text) &&
	       ret->length && isdigit((unsigned char)ret->text[ret->length - 1])) {
		next_part(rest, ',', &part);
		ret->length = (size_t)(part.text + part.length - ret->text);
	}
	return true;
}

/* "CALL(ARGUMENTS)" into its two parts. No parentheses, or nothing in them: no arguments. */
static int split(const char *text, struct piece *name, struct piece *arguments, struct fault *fault)
{
	struct piece all = trimmed((struct piece){text, strlen(text)});
	const char *open = memchr(all.text, '(', all.length);

	*arguments = (struct piece){NULL, 0};
	*name = all;
	if (!open)
		return 0;
	if (all.text[all.length - 1] != ')')
		return fault_set(fault, -EINVAL, "the call does not end in ')'");
	*name = trimmed((struct piece){all.text, (size_t)(open - all.text)});
	*arguments =
		trimmed((struct piece){open + 1, (size_t)(all.text + all.length - 1 - (open + 1))});
	if (!arguments->length)
		arguments->text = NULL;
	return 0;
}

int call_parse(const char *text, struct call *ret, struct fault *fault)
{
	const struct form *form = NULL;
	struct piece name, rest, piece;
	struct call call = {0};
	size_t i, n = 0;
	int r;

	r = split(text, &name, &rest, fault);
	if (r < 0)
		return r;
	for (i = 0; i < ELEMENTSOF(forms) && !form; i++)
		if (strlen(forms[i].name) == name.length &&
		    memcmp(forms[i].name, name.text, name.length) == 0)
			form = &forms[i];
	if (!form)
		return unknown_call(&name, fault);

	call.call.act = form->act;
	while (rest.text) {
		if (n == form->max)
			return fault_set(fault, -EINVAL, "%s has an argument too many", form->name);
		next_argument(&rest, form->argument[n], &piece);
		r = take_argument(form->argument[n++], &piece, &call, fault);
		if (r < 0)
			return r;
	}
	if (n < form->min)
		return fault_set(fault, -EINVAL, "%s needs %s", form->name,
				 form->argument[n] == ARGUMENT_MODE ? "a mode"
								    : "'query' or 'nodes'");
	*ret = call;
	return 0;
}

__u32 call_decide(const struct call *call, const struct mpol_rules *rules)
{
	struct mpol_call decided = call->call;

	decided.nodes = call->nodes_said ? mpol_see_nodes(rules, call->nodes) : MPOL_NODES_UNSEEN;
	return mpol_verdict(rules, &decided);
}
