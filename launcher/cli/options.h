/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line: one table of subcommands and one of options, which parse, and which the help,
 * the completions and the man page are made from. A new option is a row in options_table.c and a
 * field here.
 *
 * Pure, any phase, no allocation: struct options points into argv.
 */
#ifndef MPOLRUN_OPTIONS_H
#define MPOLRUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "base/names.h"
#include "mpol.h"

enum command {
	COMMAND_RUN,
	COMMAND_HELP, /* never seen outside: it becomes SHOW_HELP of what follows */
	COMMAND_DOCTOR,
	COMMAND_EXPLAIN,
	COMMAND_PROFILE, /* only ever with SHOW_HELP: every other use has a verb */
	COMMAND_PROFILE_LIST,
	COMMAND_PROFILE_SHOW,
	COMMAND_PROFILE_CHECK,
	COMMAND_PROFILE_TEST,
	COMMAND_PROFILE_DIFF,
	COMMAND_PROFILE_EXPORT,
	COMMAND_LEARN,
	COMMAND_EVENTS,
	COMMAND_OOM,
	COMMAND_RESIDENT, /* as COMMAND_PROFILE */
	COMMAND_RESIDENT_LOAD,
	COMMAND_RESIDENT_UNLOAD,
	COMMAND_RESIDENT_STATUS,
	COMMAND_LAYER, /* as COMMAND_PROFILE */
	COMMAND_LAYER_CREATE,
	COMMAND_LAYER_LIST,
	COMMAND_LAYER_SHOW,
	COMMAND_LAYER_UPDATE,
	COMMAND_LAYER_EXEC,
	COMMAND_LAYER_REKEY,
	COMMAND_LAYER_REMOVE,
	COMMAND_LAYER_ATTACH,
	COMMAND_LAYER_DETACH,
	COMMAND_OCI_HOOK,
	COMMAND_COUNT, /* from here on: reserved, without a number of their own */
	COMMAND_RESERVED = COMMAND_COUNT,
};

#define COMMAND_BIT(command) (UINT32_C(1) << (command))

struct command_row {
	const char *word; /* "profile" */
	const char *verb; /* "list", or NULL */
	enum command command; /* COMMAND_RESERVED: only the word is taken */
	const char *operands; /* "COMMAND [ARG...]", for people; "" if there are none */
	int min, max; /* how many operands; max -1: any number */
	const char *help;
};

/* A command's row is command_rows[command]; the reserved ones follow. */
extern const struct command_row command_rows[];
extern const size_t n_command_rows;

/* What an option does with its value; this is also what its value is completed from. */
enum option_kind {
	OPTION_FLAG, /* bool = true */
	OPTION_SET, /* int = .value */
	OPTION_SHOW, /* struct options.show = .value, and nothing more is read */
	OPTION_CHOICE, /* int = one of .words */
	OPTION_FD, /* int = a number */
	OPTION_TEXT, /* const char * = the word */
	OPTION_MECHANISMS, /* uint32_t |= MECH_BIT()s of a list */
	OPTION_RULES, /* uint32_t |= GROUP_BIT()s of a list */
	OPTION_SOURCE, /* append to struct options.sources, of kind .value */
	OPTION_CAPABILITIES, /* struct options.keep_caps and .keep_caps_list */
	OPTION_RESERVED, /* for a later release: an error that says so, and .help if there is any */
};

struct option_row {
	const char *name; /* "profile", without the dashes */
	char letter; /* 'p', or 0 */
	enum option_kind kind;
	const char *argument; /* "PROFILE", or NULL: takes none */
	bool optional; /* the value may be left out; if there, then after '=' */
	uint32_t commands; /* COMMAND_BIT()s that it belongs to */
	size_t offset; /* of its field in struct options, where .kind needs one */
	int value;
	const struct name *words;
	size_t n_words;
	const char *help; /* one sentence, for --help and the completions */
	const char *more; /* scdoc text for the man page, after the sentence; or NULL */
};

#define OPTIONS_MAX 64

extern const struct option_row option_rows[];
extern const size_t n_option_rows;

enum show {
	SHOW_NOTHING,
	SHOW_HELP,
	SHOW_VERSION,
	SHOW_USAGE, /* called without any argument */
};

enum option_source_kind {
	SOURCE_PROFILE,
	SOURCE_DENY,
};

/* A word of -p or --deny. The policy is their intersection, in this order. */
struct option_source {
	enum option_source_kind kind;
	const char *text;
};

enum audit_choice {
	AUDIT_AS_IS,
	AUDIT_ON,
	AUDIT_OFF,
};

enum format_choice {
	FORMAT_NONE,
	FORMAT_OCI_SECCOMP,
	FORMAT_K8S,
};

enum list_format {
	LIST_TEXT,
	LIST_OPENMETRICS,
};

struct options {
	enum command command;
	enum show show; /* not SHOW_NOTHING: the rest was not read; call options_show() */

	struct option_source sources[MPOL_SOURCES_MAX];
	size_t n_sources; /* 0: MPOLRUN_PROFILE, which is the caller's business */
	uint32_t mechanisms; /* MECH_BIT()s; MECH_ALL unless --mechanism was given */
	uint32_t best_effort; /* GROUP_BIT()s */
	bool audit;
	bool live;
	const char *name; /* of a new live layer; or NULL */
	/* NAME or fd:N: --layer, or the first operand of `layer VERB`; or NULL */
	const char *layer;
	int ticket_fd; /* -EBADF: none */
	const char *mode, *group; /* of NAME.install; or NULL */
	bool foreground;
	const char *log; /* where events go; or NULL */
	int log_format; /* enum log_format */
	bool summary;
	int list_format; /* enum list_format */
	const char *output; /* where a learned profile goes; or NULL */
	bool widen; /* the profile that is there, instead of replacing it */
	int audit_switch; /* enum audit_choice */
	int status_fd; /* -EBADF: none. Not looked at: whether it is open is run's business */
	bool keep_caps;
	const char *keep_caps_list; /* NULL: all of them */
	int no_new_privs; /* enum no_new_privs */
	bool keep_fds;
	bool dry_run;
	bool json;
	bool force;
	int own_cgroup; /* enum own_cgroup */
	const char *cgroup, *pid, *container; /* which cgroup; or NULL */
	const char *runtime_root; /* where .container is looked for; or NULL */
	bool require_clean;
	bool follow;
	bool watch; /* again every second */
	int format; /* enum format_choice */
	const char *merge; /* a base profile; or NULL */
	int verbosity; /* -1 quiet, 0, 1 verbose */
	/* the subcommand that the COMMAND before any option is near to; or NULL */
	const char *misspelt;

	char **argv; /* COMMAND and its arguments, or the operands; ends in NULL as argv does */
	int argc;
};

/*
 * Parse a command line. Options stop at the first word that is not one, or at "--"; a first word
 * that is in command_rows is the subcommand, any other is the COMMAND of `run`, and so is any word
 * that follows an option. Survives argc == 0. @ret is untouched on failure.
 *   -EINVAL   @fault says what is wrong, and for a word the nearest valid one
 *   -E2BIG    more than MPOL_SOURCES_MAX of -p and --deny
 *   -ENOTSUP  a word or option that is reserved for a later release
 */
int options_parse(int argc, char **argv, struct options *ret, struct fault *fault);

/* Whether @command is only ever followed by a verb, which makes another command of it. */
static inline bool command_has_verbs(enum command command)
{
	return command == COMMAND_PROFILE || command == COMMAND_RESIDENT ||
	       command == COMMAND_LAYER;
}

/* Whether the first operand of @command is a layer, which stands before the options. */
static inline bool command_takes_layer(enum command command)
{
	return command > COMMAND_LAYER && command <= COMMAND_LAYER_DETACH &&
	       command != COMMAND_LAYER_LIST;
}

/* Whether the operands of @command are a program and its arguments. */
static inline bool command_executes(enum command command)
{
	return command == COMMAND_RUN || command == COMMAND_LAYER_EXEC || command == COMMAND_LEARN;
}

/* Whether somebody must see the calls that are refused, which a static filter does not show. */
static inline bool options_watch(const struct options *options)
{
	return (options->log && strcmp(options->log, "audit") != 0) || options->summary;
}

/* Whether an option is shown for, and taken by, @command. */
static inline bool option_belongs(const struct option_row *row, enum command command)
{
	return row->kind != OPTION_RESERVED && (row->commands & COMMAND_BIT(command));
}

/*
 * Whether @command has an option of that name: one name may stand for two options of different
 * commands.
 */
bool option_is_known(const char *name, enum command command);

/* Print what --help, --version or an empty command line ask for. Returns the exit status. */
int options_show(const struct options *options);

/* The help of one subcommand, in 80 columns; of `run`, with a list of all the others. */
void options_help(enum command command, FILE *out);

/* How @command is called, one line without its end: "mpolrun doctor [--json]". */
void options_usage(enum command command, FILE *out);

#endif
