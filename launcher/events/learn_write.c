/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The learned profile as people will read it: a comment a key says why it is as it is. */
#include <string.h>
#include <sys/wait.h>

#include "base/text.h"
#include "learn.h"

struct writer {
	FILE *out;
	const struct learner *learner;
	const struct profile *merge; /* or NULL */
};

#define COMMENT_COLUMN 48

static bool allowed_before(const struct writer *writer, uint32_t rule)
{
	return writer->merge && MPOL_ANSWER_KIND(writer->merge->rule[rule].answer) <= MPOL_AUDIT;
}

static bool is_allowed(const struct writer *writer, uint32_t rule)
{
	return writer->learner->seen[rule] || allowed_before(writer, rule);
}

/*
 * Modes that a profile, or a filter, cannot tell from one that is allowed: whoever may set
 * preferred-many must be able to undo it, and `preferred` without a node is `local`.
 */
static bool goes_with(const struct writer *writer, uint32_t rule)
{
	if (rule == MPOL_RULE_MODE + MPOL_ABI_MODE_DEFAULT)
		return is_allowed(writer, MPOL_RULE_MODE + MPOL_ABI_MODE_PREFERRED_MANY);
	if (rule == MPOL_RULE_MODE + MPOL_ABI_MODE_LOCAL)
		return is_allowed(writer, MPOL_RULE_MODE + MPOL_ABI_MODE_PREFERRED);
	return false;
}

/* "5 calls, 2 of them libnuma's start-up probe" */
static void say_seen(const struct writer *writer, uint32_t rule)
{
	uint64_t seen = writer->learner->seen[rule], probed = writer->learner->probed[rule];

	if (!seen) {
		fprintf(writer->out, "%s",
			allowed_before(writer, rule) ? "not seen now, allowed before"
			: goes_with(writer, rule)    ? "not seen; goes with another mode"
						     : "not seen");
		return;
	}
	fprintf(writer->out, "%llu call%s", (unsigned long long)seen, seen == 1 ? "" : "s");
	if (probed == seen)
		fprintf(writer->out, ": libnuma's start-up probe");
	else if (probed)
		fprintf(writer->out, ", %llu of them libnuma's start-up probe",
			(unsigned long long)probed);
}

static void pad(const struct writer *writer, int written)
{
	fprintf(writer->out, "%*s# ", written < COMMENT_COLUMN ? COMMENT_COLUMN - written : 1, "");
}

/* The slot for words that a group does not have; MPOL_RULE_COUNT: it has none. */
static uint32_t unknown_of(enum rule_group group)
{
	if (group == GROUP_MODES)
		return MPOL_RULE_MODE_UNKNOWN;
	return group == GROUP_MBIND_FLAGS ? MPOL_RULE_MBIND_FLAG_UNKNOWN : MPOL_RULE_COUNT;
}

/* `modes: {interleave: allow, ..., others: EPERM}`, a line for each word. */
static void write_words(const struct writer *writer, enum rule_group group)
{
	const struct keyword *keyword = &keywords[group];
	const char *before = "{";
	int n, indent = 5 + (int)strlen(keyword->key);
	uint32_t unknown;
	bool any = false;
	size_t i;

	n = fprintf(writer->out, "  %s: ", keyword->key);
	for (i = 0; i < keyword->n_words; i++) {
		uint32_t rule = (uint32_t)keyword->slot + (uint32_t)keyword->words[i].value;

		if (!is_allowed(writer, rule) && !goes_with(writer, rule))
			continue;
		if (any)
			n = fprintf(writer->out, "%*s", indent, "");
		n += fprintf(writer->out, "%s%s: allow,", before, keyword->words[i].name);
		pad(writer, n);
		say_seen(writer, rule);
		fprintf(writer->out, "\n");
		before = "";
		any = true;
	}
	if (any)
		n = fprintf(writer->out, "%*s", indent, "");
	unknown = unknown_of(group);
	unknown = unknown < MPOL_RULE_COUNT && writer->learner->seen[unknown] ? unknown : 0;
	n += fprintf(writer->out, "%sothers: %s}", before, unknown ? "EINVAL" : "EPERM");
	pad(writer, n);
	if (unknown)
		fprintf(writer->out, "%llu of such as no kernel takes: EINVAL, as it says\n",
			(unsigned long long)writer->learner->seen[unknown]);
	else
		fprintf(writer->out, "not seen\n");
}

static void write_answer(const struct writer *writer, enum rule_group group)
{
	uint32_t rule = keywords[group].slot;
	int n = fprintf(writer->out, "  %s: %s", keywords[group].key,
			is_allowed(writer, rule) ? "allow" : "EPERM");

	pad(writer, n);
	say_seen(writer, rule);
	fprintf(writer->out, "\n");
}

/* A query is a question that harms nobody, and part of a move's answer. */
static void write_move(const struct writer *writer)
{
	bool moves = is_allowed(writer, MPOL_RULE_MOVE);
	bool queries = is_allowed(writer, MPOL_RULE_MOVE_QUERY);
	int n = fprintf(writer->out, "  move: %s", moves ? "allow" : queries ? "query" : "EPERM");

	pad(writer, n);
	fprintf(writer->out, "moves: ");
	say_seen(writer, MPOL_RULE_MOVE);
	fprintf(writer->out, "; queries: ");
	say_seen(writer, MPOL_RULE_MOVE_QUERY);
	fprintf(writer->out, "\n");
}

/* A filter sees no more than that there are options. */
static void write_mount(const struct writer *writer)
{
	bool allowed = is_allowed(writer, MPOL_RULE_MOUNT);
	int n = fprintf(writer->out, "  mount: %s", allowed ? "allow" : "deny");

	pad(writer, n);
	say_seen(writer, MPOL_RULE_MOUNT);
	fprintf(writer->out, "%s\n",
		allowed ? ": mounts with options, whichever; deny where the resident holds it"
			: "");
}

/* Software asks, and takes a refusal for a machine without NUMA. */
static void write_get(const struct writer *writer)
{
	int n = fprintf(writer->out, "  get-mempolicy: allow");

	pad(writer, n);
	say_seen(writer, MPOL_RULE_GET_MEMPOLICY);
	fprintf(writer->out, "; never refused: programs probe with it\n");
}

static void write_nodes(const struct writer *writer)
{
	const struct learner *learner = writer->learner;
	char list[512];

	if (bitmap_is_empty(learner->nodes, MPOL_NODES_WORDS))
		return;
	fprintf(writer->out,
		"  # nodes: {%s: allow, others: EPERM}   # named%s; needs a kernel with the hook\n",
		text_from_bitmap(learner->nodes, MPOL_NODES_WORDS, list, sizeof(list)),
		learner->nodes_unknown ? ", and others that could not be read" : "");
}

static void write_head(const struct writer *writer, int status)
{
	const struct learner *learner = writer->learner;

	fprintf(writer->out, "version: 1\ndescription: learned from ");
	if (writer->merge)
		fprintf(writer->out, "several runs, the last one of ");
	else
		fprintf(writer->out, "1 run, ");
	fprintf(writer->out, "%llu task%s", (unsigned long long)learner->tasks,
		learner->tasks == 1 ? "" : "s");
	if (WIFSIGNALED(status))
		fprintf(writer->out, ", signal %d\n", WTERMSIG(status));
	else
		fprintf(writer->out, ", exit %d\n", WEXITSTATUS(status));
	if (learner->undecoded)
		fprintf(writer->out,
			"# %llu calls came through an ABI that no profile can allow, such as x32\n",
			(unsigned long long)learner->undecoded);
}

void learner_write(FILE *out, const struct learner *learner, int status,
		   const struct profile *merge)
{
	const struct writer writer = {.out = out, .learner = learner, .merge = merge};

	write_head(&writer, status);
	fprintf(out, "mempolicy:\n");
	write_words(&writer, GROUP_MODES);
	write_words(&writer, GROUP_MODE_FLAGS);
	write_words(&writer, GROUP_MBIND_FLAGS);
	write_nodes(&writer);
	write_answer(&writer, GROUP_HOME_NODE);
	write_get(&writer);
	write_mount(&writer);
	fprintf(out, "pages:\n");
	write_answer(&writer, GROUP_MIGRATE);
	write_move(&writer);
}
