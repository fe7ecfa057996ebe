/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that a profile can get wrong: what is said, exactly where, and with which advice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "parse.h"

#define V "version: 1\n"
#define M V "mempolicy:\n"

struct wrong {
	const char *text;
	size_t len; /* 0: up to the NUL */
	const char *message; /* as a person reads it, after "p.yaml:" */
	int err; /* 0: -EINVAL */
};

#define BYTES(text) (text), sizeof(text) - 1

static const struct wrong wrong[] = {
	/* words */
	{M "  modes:\n    bind: EPERM\n    bnd: EPERM\n", 0,
	 "5:5: unknown mode 'bnd' (did you mean 'bind'?)"},
	{M "  modes: {MPOL_BND: EPERM}\n", 0,
	 "3:11: unknown mode 'MPOL_BND' (did you mean 'MPOL_BIND'?)"},
	{M "  modes: {Bind: EPERM}\n", 0, "3:11: unknown mode 'Bind' (did you mean 'bind'?)"},
	{M "  modes: {other: EPERM}\n", 0, "3:11: unknown mode 'other' (did you mean 'others'?)"},
	{M "  modes: {rhinoceros: EPERM}\n", 0, "3:11: unknown mode 'rhinoceros'"},
	{M "  modes: {static-nodes: EPERM}\n", 0, "3:11: unknown mode 'static-nodes'"},
	{M "  mode-flags: {static_nodes: EPERM}\n", 0,
	 "3:16: unknown mode flag 'static_nodes' (did you mean 'static-nodes'?)"},
	{M "  mbind-flags: {moveall: EPERM}\n", 0,
	 "3:17: unknown mbind flag 'moveall' (did you mean 'move-all'?)"},
	{M "  mount: EPREM\n", 0,
	 "3:10: unknown answer 'EPREM' for 'mount' (did you mean 'EPERM'?)"},
	{M "  mount: elephant\n", 0,
	 "3:10: unknown answer 'elephant' for 'mount' (allow, audit, deny, kill, or an errno like "
	 "EINVAL)"},
	{M "  home-node: elephant\n", 0,
	 "3:14: unknown answer 'elephant' for 'home-node' (allow, audit, deny, ignore, kill, or an "
	 "errno like EINVAL)"},
	{M "  mount: query\n", 0,
	 "3:10: unknown answer 'query' for 'mount' (allow, audit, deny, kill, or an errno like "
	 "EINVAL)"},
	{V "pages: {move: qery}\n", 0,
	 "2:15: unknown answer 'qery' for 'move' (did you mean 'query'?)"},
	{V "start: {inherited: rest}\n", 0,
	 "2:20: unknown word 'rest' for 'inherited' (did you mean 'reset'?)"},
	{V "start: {inherited: elephant}\n", 0,
	 "2:20: unknown word 'elephant' for 'inherited' (reset, keep or refuse)"},
	{V "start: {policy: intrleave:0}\n", 0,
	 "2:17: unknown memory policy 'intrleave:0' (did you mean 'interleave'?)"},
	{V "start: {policy: bind}\n", 0,
	 "2:17: 'bind' is no memory policy that a task can have (none, local, prefer:0, or like "
	 "interleave=static:0-3)"},
	{V "best-effort: [migrate]\n", 0,
	 "2:15: unknown rule 'migrate' in 'best-effort' (did you mean 'pages.migrate'?)"},
	{V "best-effort: [files, mont]\n", 0,
	 "2:22: unknown rule 'mont' in 'best-effort' (did you mean 'mount'?)"},

	/* answers out of range, and false successes */
	{M "  mount: 4096\n", 0, "3:10: errno 4096 is out of range (1 to 4095)"},
	{M "  mount: 0\n", 0, "3:10: errno 0 is out of range (1 to 4095)"},
	{M "  get-mempolicy: ignore\n", 0,
	 "3:18: 'get-mempolicy' cannot be ignored (a false success does harm there; deny it, or "
	 "name an errno)"},
	{M "  mount: ignore\n", 0,
	 "3:10: 'mount' cannot be ignored (a false success does harm there; deny it, or name an "
	 "errno)"},
	{M "  files: ignore\n", 0,
	 "3:10: 'files' cannot be ignored (a false success does harm there; deny it, or name an "
	 "errno)"},
	{M "  cpuset: ignore\n", 0,
	 "3:11: 'cpuset' cannot be ignored (a false success does harm there; deny it, or name an "
	 "errno)"},
	{V "pages: {migrate: ignore}\n", 0,
	 "2:18: 'migrate' cannot be ignored (a false success does harm there; deny it, or name an "
	 "errno)"},
	{V "pages: {move: ignore}\n", 0,
	 "2:15: 'move' cannot be ignored (a false success does harm there; deny it, or name an "
	 "errno)"},

	/* keys */
	{V "mempolcy: {}\n", 0, "2:1: unknown key 'mempolcy' (did you mean 'mempolicy'?)"},
	{V "modes: {bind: EPERM}\n", 0, "2:1: unknown key 'modes' (it belongs under 'mempolicy:')"},
	{V "migrate: deny\n", 0, "2:1: unknown key 'migrate' (it belongs under 'pages:')"},
	{V "<<: {}\n", 0, "2:1: unknown key '<<' (merge keys are not known here; use `extends`)"},
	{V "rhinoceros: 1\n", 0, "2:1: unknown key 'rhinoceros'"},
	{V "x: 1\n", 0, "2:1: unknown key 'x'"},
	{M "  mods: {}\n", 0, "3:3: unknown key 'mods' in 'mempolicy' (did you mean 'modes'?)"},
	{M "  x-owner: me\n", 0, "3:3: unknown key 'x-owner' in 'mempolicy'"},
	{V "pages:\n  mov: query\n", 0, "3:3: unknown key 'mov' in 'pages' (did you mean 'move'?)"},
	{V "start: {inherit: reset}\n", 0,
	 "2:9: unknown key 'inherit' in 'start' (did you mean "
	 "'inherited'?)"},
	{V "? {a: b}\n: c\n", 0, "2:3: a key must be a word, not a map"},
	{V "? [a]\n: c\n", 0, "2:3: a key must be a word, not a list"},
	{M "  nodes: {[0]: deny}\n", 0, "3:11: a key must be a word, not a list"},
	{V "\"\": 1\n", 0, "2:1: unknown key ''"},

	/* twice */
	{V "pages: {}\npages: {}\n", 0, "3:1: 'pages' is said twice (first in line 2)"},
	{V "version: 1\n", 0, "2:1: 'version' is said twice (first in line 1)"},
	{V "\"version\": 1\n", 0, "2:1: 'version' is said twice (first in line 1)"},
	{M "  mount: deny\n  files: deny\n  mount: deny\n", 0,
	 "5:3: 'mount' is said twice (first in line 3)"},
	{M "  modes: {bind: EPERM, bind: EPERM}\n", 0,
	 "3:24: 'bind' is said twice (first in line 3)"},
	{M "  modes:\n    bind: EPERM\n    MPOL_BIND: EPERM\n", 0,
	 "5:5: 'MPOL_BIND' is said twice (first in line 4)"},
	{M "  modes: {others: allow, others: deny}\n", 0,
	 "3:26: 'others' is said twice (first in line 3)"},
	{V "x-a: 1\nx-b: 1\nx-a: 2\n", 0, "4:1: 'x-a' is said twice (first in line 2)"},
	{M "  nodes: {others: deny, others: deny}\n", 0,
	 "3:25: 'others' is said twice (first in line 3)"},
	{V "start: {policy: none, policy: none}\n", 0,
	 "2:23: 'policy' is said twice (first in line 2)"},

	/* types */
	{V "mempolicy: []\n", 0,
	 "2:12: 'mempolicy' must be a map, not a list (for example 'mempolicy: {mount: deny}')"},
	{V "mempolicy: deny\n", 0,
	 "2:12: 'mempolicy' must be a map, not a word (for example 'mempolicy: {mount: deny}')"},
	{V "mempolicy:\n", 0,
	 "2:11: 'mempolicy' must be a map, not nothing (for example 'mempolicy: {mount: deny}')"},
	{V "pages: [move]\n", 0,
	 "2:8: 'pages' must be a map, not a list (for example 'pages: {move: query}')"},
	{M "  modes: [bind]\n", 0,
	 "3:10: 'modes' must be a map, not a list (for example 'modes: {others: allow}')"},
	{M "  nodes: 0-3\n", 0,
	 "3:10: 'nodes' must be a map, not a word (for example 'nodes: {0-3: allow, others: "
	 "EPERM}')"},
	{M "  modes: {bind: [EPERM]}\n", 0,
	 "3:17: 'bind' must be an answer, not a list (for example 'bind: deny')"},
	{M "  modes: {bind: {a: b}}\n", 0,
	 "3:17: 'bind' must be an answer, not a map (for example 'bind: deny')"},
	{M "  modes: {bind}\n", 0,
	 "3:15: 'bind' must be an answer, not nothing (for example 'bind: deny')"},
	{M "  mount:\n", 0,
	 "3:9: 'mount' must be an answer, not nothing (for example 'mount: "
	 "deny')"},
	{V "extends: nobind\n", 0,
	 "2:10: 'extends' must be a list, not a word (for example 'extends: [nobind]')"},
	{V "extends: [a, [b]]\n", 0, "2:14: 'extends' must be a list of words: here is a list"},
	{V "extends: [\"\"]\n", 0, "2:11: 'extends' must be a list of words: here is a word"},
	{V "extends:\n- a\n-\n", 0, "4:2: 'extends' must be a list of words: here is nothing"},
	{V "best-effort: files\n", 0,
	 "2:14: 'best-effort' must be a list, not a word (for example 'best-effort: [files]')"},
	{V "description: [a]\n", 0, "2:14: 'description' must be a text, not a list"},
	{V "description:\n", 0, "2:13: 'description' must be a text, not nothing"},
	{V "start: reset\n", 0,
	 "2:8: 'start' must be a map, not a word (for example 'start: {inherited: reset}')"},
	{V "start: {inherited: [reset]}\n", 0,
	 "2:20: 'inherited' must be a word, not a list (reset, keep or refuse)"},
	{V "start: {policy: {a: b}}\n", 0,
	 "2:17: 'policy' must be a word, not a map (none, local, prefer:0, or like "
	 "interleave=static:0-3)"},

	/* nodes */
	{M "  nodes: {0-3: allow, 2: deny}\n", 0, "3:23: node 2 is named twice"},
	{M "  nodes: {\"0,0\": deny}\n", 0, "3:11: '0,0' names a node twice"},
	{M "  nodes: {1024: deny}\n", 0, "3:11: node out of range in '1024' (0 to 1023)"},
	{M "  nodes: {3-1: deny}\n", 0,
	 "3:11: '3-1' is no list of nodes (like 0, 0-3, '0,2' or others)"},
	{M "  nodes: {all: deny}\n", 0,
	 "3:11: 'all' is no list of nodes (like 0, 0-3, '0,2' or others)"},
	{M "  nodes: {\"\": deny}\n", 0,
	 "3:11: '' is no list of nodes (like 0, 0-3, '0,2' or others)"},
	{M "  nodes:\n    0: EPERM\n    1: EINVAL\n", 0,
	 "5:8: two different answers for nodes (line 4 says EPERM, and there is one for all)"},
	{M "  nodes: {0: deny, others: EINVAL}\n", 0,
	 "3:28: two different answers for nodes (line 3 says EPERM, and there is one for all)"},

	/* version */
	{"mempolicy: {}\n", 0,
	 "1:1: the profile does not say its version (begin with 'version: 1')"},
	{"# a comment\n\n{}\n", 0,
	 "3:1: the profile does not say its version (begin with 'version: 1')"},
	{"version: 2\n", 0, "1:10: needs a newer mpolrun: this one reads version 1", -ENOTSUP},
	{"version: 99999999999999999999\n", 0,
	 "1:10: needs a newer mpolrun: this one reads version 1", -ENOTSUP},
	{"quota: {}\nversion: 2\n", 0, "2:10: needs a newer mpolrun: this one reads version 1",
	 -ENOTSUP},
	{"version: 0\n", 0, "1:10: 'version' must be a whole number, 1 or more (version: 1)"},
	{"version: \"1\"\n", 0, "1:10: 'version' must be a whole number, 1 or more (version: 1)"},
	{"version: 1.0\n", 0, "1:10: 'version' must be a whole number, 1 or more (version: 1)"},
	{"version: -1\n", 0, "1:10: 'version' must be a whole number, 1 or more (version: 1)"},
	{"version: [1]\n", 0, "1:10: 'version' must be a whole number, 1 or more (version: 1)"},
	{"version:\n", 0, "1:9: 'version' must be a whole number, 1 or more (version: 1)"},

	/* the document */
	{"", 0, "1:1: the profile is empty (begin with 'version: 1')"},
	{"\n# nothing\n", 0, "1:1: the profile is empty (begin with 'version: 1')"},
	{"---\n", 0, "1:1: the profile is empty (begin with 'version: 1')"},
	{"\xef\xbb\xbf", 0, "1:1: the profile is empty (begin with 'version: 1')"},
	{"nobind\n", 0, "1:1: a profile must be a map, not a word (begin with 'version: 1')"},
	{"- version: 1\n", 0, "1:1: a profile must be a map, not a list (begin with 'version: 1')"},
	{V "---\nversion: 1\n", 0, "2:1: a second document begins here"},
	{V "...\n---\nversion: 1\n", 0, "3:1: a second document begins here"},

	/* what YAML has and profiles do not */
	{V "mempolicy: &a {}\n", 0,
	 "2:12: a profile cannot have an anchor (write the value out, or use `extends`)"},
	{M "  mount: &a deny\n", 0,
	 "3:10: a profile cannot have an anchor (write the value out, or use `extends`)"},
	{V "x-a: &a [1]\n", 0,
	 "2:6: a profile cannot have an anchor (write the value out, or use `extends`)"},
	{V "x-a: [1]\npages: *a\n", 0,
	 "3:8: a profile cannot have an alias (write the value out, or use `extends`)"},
	{M "  mount: !!str deny\n", 0, "3:10: a profile cannot have a tag (leave it out)"},
	{M "  mount: !deny deny\n", 0, "3:10: a profile cannot have a tag (leave it out)"},
	{M "  mount: ! deny\n", 0, "3:10: a profile cannot have a tag (leave it out)"},
	{V "# \xc3\xa4!\nx-\xc3\xa4: ! \"b\"\n", 0,
	 "3:6: a profile cannot have a tag (leave it out)"},
	{V "pages: ! {}\n", 0, "2:8: a profile cannot have a tag (leave it out)"},
	{"!!map\nversion: 1\n", 0, "1:1: a profile cannot have a tag (leave it out)"},

	/* the syntax */
	{M "  # \xc3\xa4\xf0\x9f\x90\x98\n\tmount: deny\n", 0,
	 "4:1: a tab where YAML allows none (indent with spaces)"},
	{M "\tmount: deny\n", 0, "3:1: a tab where YAML allows none (indent with spaces)"},
	{M "  modes: {bind: EPERM\n  mount: deny\n", 0,
	 "3:17: unknown answer 'EPERM mount' for 'bind' (is a ',' or '}' missing?)"},
	{M "  modes: {bind: EPERM,\n", 0,
	 "4:1: did not find expected node content (is a '}' or ']' missing?)"},
	{V "description: a: b\n", 0,
	 "2:15: mapping values are not allowed in this context (a second ': ' in the line, or a "
	 "wrong indentation)"},
	{V "description: \"a\n", 0,
	 "3:1: found unexpected end of stream (while scanning a quoted scalar that begins in line "
	 "2)"},
	{V "pages: {move: query}}\n", 0,
	 "2:21: did not find expected key (while parsing a block mapping that begins in line 1)"},

	/* bytes */
	{BYTES(V "pages: {}\0\n"), "2:10: a NUL byte"},
	{BYTES("\0"), "1:1: a NUL byte"},
	{V "description: \xff\n", 0, "2:14: not valid UTF-8 (byte 0xff)"},
	{V "description: \xc3\xa4\xc3\n", 0, "2:15: not valid UTF-8 (byte 0xc3)"},
	{V "description: \xed\xa0\x80\n", 0, "2:14: not valid UTF-8 (byte 0xed)"},
	{V "description: \xc0\x80\n", 0, "2:14: not valid UTF-8 (byte 0xc0)"},
	{"\xff\xfev\0", 0, "1:1: not valid UTF-8 (byte 0xff)"},
	{V "description: \xe2\x82", 0, "2:14: not valid UTF-8 (byte 0xe2)"},
	{V "description: a\x1b[31m\n", 0, "2:15: a control character (U+001B)"},
	{V "# \xe2\x80\xae\n", 0, "2:3: a character that turns the direction of the text (U+202E)"},
	{V "# \xe2\x80\xa8\n", 0, "2:3: a line break that is neither LF nor CRLF (U+2028)"},
	{V "# \xc2\x85\n", 0, "2:3: a control character (U+0085)"},
	{V "\xef\xbb\xbf\n", 0, "2:1: a byte order mark inside the text (U+FEFF)"},
	{V "x-a: \"\\0\"\n", 0, "2:6: a NUL in a word"},
	/* a message may quote anything, and stays one printable line */
	{V "\"a\\nb\\e[1m\": 1\n", 0, "2:1: unknown key 'a?b?[1m'"},

	/* columns are characters, lines end in LF, CR or CRLF */
	{V "x-\xc3\xa4\xf0\x9f\x90\x98: {a: !x b}\n", 0,
	 "2:11: a profile cannot have a tag (leave it out)"},
	{"version: 1\r\nmempolicy:\r\n  mont: deny\r\n", 0,
	 "3:3: unknown key 'mont' in 'mempolicy' (did you mean 'mount'?)"},
	{"version: 1\rmempolicy:\r  mont: deny\r", 0,
	 "3:3: unknown key 'mont' in 'mempolicy' (did you mean 'mount'?)"},
	{"\xef\xbb\xbfversion: 1\nmont: deny\n", 0, "2:1: unknown key 'mont'"},
	{"\xef\xbb\xbfverson: 1\n", 0, "1:1: unknown key 'verson' (did you mean 'version'?)"},
	{"{\"version\": 1, \"mempolicy\": {\"mont\": \"deny\"}}", 0,
	 "1:30: unknown key 'mont' in 'mempolicy' (did you mean 'mount'?)"},
};

static void each_fault_has_its_sentence_its_place_and_its_advice(void **state)
{
	size_t i, bad = 0;

	(void)state;
	for (i = 0; i < ELEMENTSOF(wrong); i++) {
		const struct wrong *w = &wrong[i];
		struct profile *profile = NULL;
		struct fault fault = {.what = "left over", .hint = "left over"};
		char text[1024] = "accepted", expected[1024];
		int r = profile_parse(w->text, w->len ? w->len : strlen(w->text), "p.yaml", 0,
				      &profile, &fault);

		if (r < 0)
			fault_text(&fault, text, sizeof(text));
		snprintf(expected, sizeof(expected), "p.yaml:%s", w->message);
		if (strcmp(text, expected) != 0 || r != (w->err ? w->err : -EINVAL)) {
			print_message("%d from:\n%sexpected: %s\nis:       %s\n", r, w->text,
				      expected, text);
			bad++;
		}
		assert_null(profile);
	}
	assert_int_equal(bad, 0);
}

static void no_one_needs_to_ask_for_the_fault(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(wrong); i++) {
		struct profile *profile = NULL;
		const struct wrong *w = &wrong[i];

		assert_int_equal(profile_parse(w->text, w->len ? w->len : strlen(w->text), "p.yaml",
					       0, &profile, NULL),
				 w->err ? w->err : -EINVAL);
		assert_null(profile);
	}
}

/* @depth maps in each other: all of it on one line, and as blocks. */
static char *nested(size_t depth, bool flow)
{
	char *text = NULL;
	size_t size = 0, i;
	FILE *f = open_memstream(&text, &size);

	fputs(V "x-a:", f);
	if (flow) {
		for (i = 0; i < depth; i++)
			fputs(" [", f);
		for (i = 0; i < depth; i++)
			fputs("]", f);
	} else {
		for (i = 0; i < depth; i++)
			fprintf(f, "\n%*sa:", (int)i + 1, "");
		fputs(" b", f);
	}
	fputs("\n", f);
	fclose(f);
	return text;
}

static void nesting_has_a_bottom(void **state)
{
	static const size_t deep[] = {32, 100, 1000, 15000};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		_cleanup_free_ char *text = nested(31, i);

		profile_free(good(text));
	}
	for (i = 0; i < 2 * ELEMENTSOF(deep); i++) {
		/* blocks of more than 350 levels are over 64 KiB */
		size_t depth = i & 1 || deep[i / 2] < 300 ? deep[i / 2] : 300;
		_cleanup_free_ char *text = nested(depth, i & 1);
		struct profile *profile = NULL;
		struct fault fault = {0};

		assert_int_equal(profile_parse(text, strlen(text), "p.yaml", 0, &profile, &fault),
				 -EINVAL);
		assert_string_equal(fault.what, "nested deeper than 32");
	}
}

static void no_more_than_64_kib(void **state)
{
	_cleanup_free_ char *text = malloc(PROFILE_SIZE_MAX + 1);
	struct profile *profile = NULL;
	struct fault fault = {.hint = "left over"};
	char buf[1024];

	(void)state;
	assert_non_null(text);
	memset(text, '#', PROFILE_SIZE_MAX + 1);
	memcpy(text, V, strlen(V));
	assert_int_equal(profile_parse(text, PROFILE_SIZE_MAX, "p.yaml", 0, &profile, NULL), 0);
	profile_free(profile);
	profile = NULL;
	assert_int_equal(profile_parse(text, PROFILE_SIZE_MAX + 1, "p.yaml", 0, &profile, &fault),
			 -EFBIG);
	assert_null(profile);
	assert_string_equal(fault_text(&fault, buf, sizeof(buf)), "p.yaml: is larger than 64 KiB");
}

static void thousands_of_foreign_keys_take_no_time(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	unsigned int i;

	(void)state;
	fputs(V, f);
	for (i = 0; i < 7000; i++)
		fprintf(f, "x-%x:\n", i);
	fclose(f);
	assert_true(size <= PROFILE_SIZE_MAX);
	profile_free(good(text));
	free(text);
}

/* Every text that differs from a good one in one byte is refused or means something in range. */
static void one_wrong_byte_is_survived(void **state)
{
	static const char text[] =
		V "description: \"\xc3\xa4\"\nextends: [a]\nbest-effort: [files]\n"
		  "mempolicy:\n  modes: {bind: 5, others: allow}\n  nodes: {0-3: kill}\n"
		  "pages: {move: query}\nstart: {policy: prefer=static:0}\n";
	char copy[sizeof(text)];
	size_t at, accepted = 0;
	int byte, i;

	(void)state;
	for (at = 0; at < sizeof(text) - 1; at++)
		for (byte = 0; byte < 256; byte++) {
			struct profile *profile = NULL;

			memcpy(copy, text, sizeof(text));
			copy[at] = (char)byte;
			if (profile_parse(copy, sizeof(text) - 1, "p.yaml", 0, &profile, NULL) < 0)
				continue;
			accepted++;
			for (i = 0; i < MPOL_RULE_COUNT; i++)
				assert_true(MPOL_ANSWER_KIND(profile->rule[i].answer) <= MPOL_KILL);
			profile_free(profile);
		}
	assert_true(accepted > sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_has_its_sentence_its_place_and_its_advice),
		cmocka_unit_test(no_one_needs_to_ask_for_the_fault),
		cmocka_unit_test(nesting_has_a_bottom),
		cmocka_unit_test(no_more_than_64_kib),
		cmocka_unit_test(thousands_of_foreign_keys_take_no_time),
		cmocka_unit_test(one_wrong_byte_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
