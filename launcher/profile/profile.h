/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile: what one file says, with the place of every word, before it is intersected with
 * others.
 */
#ifndef MPOLRUN_PROFILE_H
#define MPOLRUN_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "keywords.h"
#include "mpol_abi.h"

#define PROFILE_VERSION 1
#define PROFILE_SIZE_MAX 65536
#define PROFILE_DEPTH_MAX 16 /* of `extends` */
#define PROFILE_SET_MAX 64 /* profiles that one policy may be made of */

struct place {
	uint32_t line, column; /* from 1; 0: not said */
};

struct setting {
	uint16_t answer;
	bool set; /* by its own word or by `others`, which also sets the slots of what is unknown */
	struct place place; /* of the word that set it */
};

enum start_inherited {
	START_UNSAID, /* the policy decides: reset if any mode is refused, else keep */
	START_KEEP,
	START_RESET,
	START_REFUSE,
};

/* A memory policy in words of tmpfs(5), "interleave=static:0-3". */
struct start_policy {
	bool set; /* false: none */
	uint32_t mode; /* with its flag bits, as set_mempolicy(2) takes it */
	__u64 nodes[MPOL_NODES_WORDS];
	struct place place;
};

struct profile {
	char *name; /* as people see it: "builtin:nobind", "./db.yaml", "inline" */
	char *description; /* or NULL */
	char **extends; /* as written */
	struct place *extends_place;
	size_t n_extends;
	uint32_t best_effort; /* GROUP_BIT()s */
	struct setting rule[MPOL_RULE_COUNT];
	__u64 nodes_refused[MPOL_NODES_WORDS];
	enum start_inherited inherited;
	struct place inherited_place;
	struct start_policy start;
};

#define PROFILE_INLINE 0x1u /* `version` may be left out */

/*
 * Parse @text (@len bytes, need not end in NUL; YAML or JSON) into a profile called @name.
 *
 * Pure: reads no file, @extends stays a list of names. Any phase. What the profile says is checked
 * word by word; whether it makes sense as a whole is the policy's business.
 *   -EINVAL   a fault: @fault has line, column, what and, for a word, the nearest valid one
 *   -EFBIG    more than PROFILE_SIZE_MAX bytes
 *   -ENOTSUP  `version` is newer than PROFILE_VERSION
 *   -ENOMEM
 */
int profile_parse(const char *text, size_t len, const char *name, uint32_t flags,
		  struct profile **ret, struct fault *fault);

/*
 * A profile that restricts one thing: "bind", "bind=EINVAL", "modes.bind", "mbind-flags.move-all",
 * "mount=deny", "pages.move=query". Pure, any phase. -EINVAL with a fault, -ENOMEM.
 */
int profile_from_deny(const char *text, struct profile **ret, struct fault *fault);

/*
 * "none", or "MODE[=FLAG][:NODELIST]" in words of tmpfs(5), as mount options and mountinfo say it,
 * the two modes with a blank in their name also with a hyphen. Sets all of *ret but the place:
 * `prefer` without a node is `local`, as in the kernel; interleaving without nodes leaves them
 * empty, which means all nodes with memory: set_mempolicy(2) wants to be told them.
 *   -ENOENT  no such mode
 *   -EINVAL  flags or nodes that it cannot have, or lacks
 *   -ERANGE, -EEXIST  as text_to_bitmap()
 */
int start_policy_parse(const char *text, struct start_policy *ret);

/*
 * Whether it names no node and means all that have memory, as `interleave` does. set_mempolicy(2)
 * has no such meaning: whoever sets it fills in the nodes.
 */
bool start_policy_means_all_nodes(const struct start_policy *start);

/* Whether both say the same, wherever they say it. */
bool start_policy_equal(const struct start_policy *a, const struct start_policy *b);

/* The reverse, into @buf, which is returned. */
const char *start_policy_text(const struct start_policy *start, char *buf, size_t size);

/* "keep", "reset" or "refuse"; NULL for START_UNSAID. */
const char *inherited_name(enum start_inherited inherited);

void profile_free(struct profile *profile); /* NULL is fine */

static inline void cleanup_profile(struct profile **profile)
{
	profile_free(*profile);
}

#endif
