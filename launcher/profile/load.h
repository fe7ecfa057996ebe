/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where profiles come from: names, files, fds, words, and those built into the program. */
#ifndef MPOLRUN_PROFILE_LOAD_H
#define MPOLRUN_PROFILE_LOAD_H

#include "profile.h"

/* Profiles that will be intersected, in the order in which they were asked for. */
struct profile_set {
	struct profile *profiles[PROFILE_SET_MAX];
	size_t n;
};

void profile_set_done(struct profile_set *set);

/*
 * Load what `-p WHAT` names and everything that it extends, and append them to @set: the profile
 * itself first. WHAT is NAME, builtin:NAME, a path (has a slash or ends in .yaml), '{...}' inline,
 * fd:N, or - for standard input.
 *
 * NAME.yaml is looked for in $XDG_CONFIG_HOME/mpolrun/profiles (~/.config without it; never for
 * euid 0), /etc/mpolrun/profiles, /usr/share/mpolrun/profiles and among the built-in ones. Where
 * capabilities_exceed_caller() the environment is left out, and a path is refused: what is wrong
 * with a file that only we can read must not be quoted to someone who cannot. In `extends` a path
 * is relative to the file that says it, from an inline text or an fd to the current folder; a file
 * that is reached twice is loaded once.
 *
 * A path must lead to a regular file; fd:N and - are read from where they are to their end,
 * whatever they are, and stay open.
 *
 * @set is untouched on failure.
 *   -ENOENT  no such profile; the hint names the nearest
 *   -ELOOP   `extends` goes round, or deeper than PROFILE_DEPTH_MAX
 *   -E2BIG   more than PROFILE_SET_MAX profiles
 *   -EPERM   a path, with more privileges than the caller has
 *   -EINVAL  a directory, fifo or device
 *   and those of profile_parse(), open(2) and read(2)
 */
int profile_load(const char *what, struct profile_set *set, struct fault *fault);

/* Append what `--deny TEXT` says; else @set is untouched. -E2BIG, or as profile_from_deny() */
int profile_load_deny(const char *text, struct profile_set *set, struct fault *fault);

/* Read all of @fd, at most PROFILE_SIZE_MAX bytes (-EFBIG); *ret ends in NUL, is the caller's. */
int profile_read_fd(int fd, char **ret, size_t *ret_len);

/* One that a name would find. */
struct profile_entry {
	char *name; /* "nobind" */
	char *from; /* "/etc/mpolrun/profiles/nobind.yaml" or "builtin:nobind" */
};

/*
 * All names that profile_load() finds, sorted, each where it is found first. *ret is the caller's.
 */
int profile_list(struct profile_entry **ret, size_t *ret_n);
void profile_list_free(struct profile_entry *entries, size_t n);

/* The text of what `-p WHAT` names, as it stands; the caller's. */
int profile_text(const char *what, char **ret, size_t *ret_len, char **ret_from,
		 struct fault *fault);

/* The built-in ones, made from profiles/ at build time. */
struct profile_builtin {
	const char *name;
	const char *text;
	size_t len;
	int (*make)(struct profile *profile); /* of an empty one what @text says; -ENOMEM */
};
extern const struct profile_builtin profile_builtins[];
extern const size_t n_profile_builtins;

#endif
