/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The subcommands and the options: a row here is all there is to say about one. */
#include "options.h"

#include "base/cleanup.h"
#include "events/target.h"
#include "run/choices.h"

const struct command_row command_rows[] = {
	[COMMAND_RUN] = {"run", NULL, COMMAND_RUN, "[--] COMMAND [ARG...]", 1, -1,
			 "run COMMAND under the profiles"},
	[COMMAND_HELP] = {"help", NULL, COMMAND_HELP, "[SUBCOMMAND [VERB]]", 0, 2,
			  "print this help, or that of a subcommand"},
	[COMMAND_DOCTOR] = {"doctor", NULL, COMMAND_DOCTOR, "", 0, 0,
			    "what can be enforced here, and what to change to get more"},
	[COMMAND_EXPLAIN] = {"explain", NULL, COMMAND_EXPLAIN, "", 0, 0,
			     "the policy and what enforces it here, rule by rule"},
	[COMMAND_PROFILE] = {"profile", NULL, COMMAND_PROFILE, "VERB ...", 0, -1,
			     "look at profiles"},
	[COMMAND_PROFILE_LIST] = {"profile", "list", COMMAND_PROFILE_LIST, "", 0, 0,
				  "the profiles that a name finds"},
	[COMMAND_PROFILE_SHOW] = {"profile", "show", COMMAND_PROFILE_SHOW, "PROFILE", 1, 1,
				  "a profile's text, and where it comes from"},
	[COMMAND_PROFILE_CHECK] = {"profile", "check", COMMAND_PROFILE_CHECK, "PROFILE...", 1, -1,
				   "whether each is valid, and can work"},
	[COMMAND_PROFILE_TEST] = {"profile", "test", COMMAND_PROFILE_TEST, "PROFILE CALL...", 2, -1,
				  "what it answers to a call: 'mbind(bind|static-nodes, 0)'"},
	[COMMAND_PROFILE_DIFF] = {"profile", "diff", COMMAND_PROFILE_DIFF, "PROFILE PROFILE", 2, 2,
				  "the rules in which two profiles differ"},
	[COMMAND_PROFILE_EXPORT] = {"profile", "export", COMMAND_PROFILE_EXPORT, "PROFILE", 1, 1,
				    "a profile for a container runtime or Kubernetes"},
	[COMMAND_LEARN] = {"learn", NULL, COMMAND_LEARN, "[--] COMMAND [ARG...]", 1, -1,
			   "run COMMAND, and write the tightest profile that lets it run"},
	[COMMAND_EVENTS] = {"events", NULL, COMMAND_EVENTS, "[LAYER]", 0, 1,
			    "the calls that layers refuse: root's all, a user's own"},
	[COMMAND_OOM] = {"oom", NULL, COMMAND_OOM, "[FILE|-]", 0, 1,
			 "which kills a memory policy led to, and what would have prevented them"},
	[COMMAND_RESIDENT] = {"resident", NULL, COMMAND_RESIDENT, "VERB ...", 0, -1,
			      "the BPF programs that give everyone in-kernel layers (root)"},
	[COMMAND_RESIDENT_LOAD] = {"resident", "load", COMMAND_RESIDENT_LOAD, "", 0, 0,
				   "load them, or put new ones in the place of running ones"},
	[COMMAND_RESIDENT_UNLOAD] = {"resident", "unload", COMMAND_RESIDENT_UNLOAD, "", 0, 0,
				     "unload them, unless somebody lives under them"},
	[COMMAND_RESIDENT_STATUS] = {"resident", "status", COMMAND_RESIDENT_STATUS, "", 0, 0,
				     "what is attached, and how much is in use"},
	[COMMAND_LAYER] = {"layer", NULL, COMMAND_LAYER, "VERB ...", 0, -1, "live layers, by name"},
	[COMMAND_LAYER_CREATE] = {"layer", "create", COMMAND_LAYER_CREATE, "", 0, 0,
				  "make a layer that lives until it is removed"},
	[COMMAND_LAYER_LIST] = {"layer", "list", COMMAND_LAYER_LIST, "", 0, 0,
				"the layers that there are"},
	[COMMAND_LAYER_SHOW] = {"layer", "show", COMMAND_LAYER_SHOW, "", 0, 0,
				"a layer's policy, its launches and what became of their calls"},
	[COMMAND_LAYER_UPDATE] = {"layer", "update", COMMAND_LAYER_UPDATE, "", 0, 0,
				  "give a layer another policy, for all who live under it"},
	[COMMAND_LAYER_EXEC] = {"layer", "exec", COMMAND_LAYER_EXEC, "[--] COMMAND [ARG...]", 1, -1,
				"run COMMAND under a layer"},
	[COMMAND_LAYER_REKEY] = {"layer", "rekey", COMMAND_LAYER_REKEY, "", 0, 0,
				 "give a layer new tickets; the old ones are worth nothing then"},
	[COMMAND_LAYER_REMOVE] = {"layer", "remove", COMMAND_LAYER_REMOVE, "", 0, 0,
				  "end a layer; who lives under it stays under it"},
	[COMMAND_LAYER_ATTACH] = {"layer", "attach", COMMAND_LAYER_ATTACH, "", 0, 0,
				  "put a cgroup, whatever runs in it, under a layer (root)"},
	[COMMAND_LAYER_DETACH] = {"layer", "detach", COMMAND_LAYER_DETACH, "", 0, 0,
				  "let go a cgroup that a layer is attached to (root)"},
	[COMMAND_OCI_HOOK] = {"oci-hook", NULL, COMMAND_OCI_HOOK, "[PROFILE]", 0, 1,
			      "put a container under a layer: for its runtime to call (root)"},
};
const size_t n_command_rows = ELEMENTSOF(command_rows);

static const struct name audit_words[] = {
	{"on", AUDIT_ON, NULL, "refuse nothing, count what would be refused"},
	{"off", AUDIT_OFF, NULL, "refuse"},
};

static const struct name log_format_words[] = {
	{"text", LOG_TEXT, NULL, "a line for people"},
	{"json", LOG_JSON, NULL, "a line with a JSON object"},
};

static const struct name format_words[] = {
	{"oci-seccomp", FORMAT_OCI_SECCOMP, NULL, "the seccomp section of an OCI runtime"},
	{"k8s", FORMAT_K8S, NULL, "a SeccompProfile of the security profiles operator"},
};

static const struct name list_format_words[] = {
	{"text", LIST_TEXT, NULL, "for people"},
	{"openmetrics", LIST_OPENMETRICS, NULL, "counters, for a node exporter"},
};

static const struct name cgroup_words[] = {
	{"auto", OWN_CGROUP_AUTO, NULL, "where it can be one of root's, with the layer attached"},
	{"yes", OWN_CGROUP_YES, NULL, "or do not run; without the layer where that cannot be"},
	{"no", OWN_CGROUP_NO, NULL, "stay in the cgroup that it is started in"},
};

static const struct name no_new_privs_words[] = {
	{"auto", NNP_AUTO, NULL, "yes, unless root can do without it"},
	{"yes", NNP_YES, NULL, "always"},
};

#define RUN COMMAND_BIT(COMMAND_RUN)
#define CREATE COMMAND_BIT(COMMAND_LAYER_CREATE)
#define UPDATE COMMAND_BIT(COMMAND_LAYER_UPDATE)
#define EXEC COMMAND_BIT(COMMAND_LAYER_EXEC)
#define LEARN COMMAND_BIT(COMMAND_LEARN)
#define ATTACH COMMAND_BIT(COMMAND_LAYER_ATTACH)
#define DETACH COMMAND_BIT(COMMAND_LAYER_DETACH)
#define EVENTS COMMAND_BIT(COMMAND_EVENTS)
#define EXPLAIN COMMAND_BIT(COMMAND_EXPLAIN)
#define EXPORT COMMAND_BIT(COMMAND_PROFILE_EXPORT)
#define HOOK COMMAND_BIT(COMMAND_OCI_HOOK)
#define JSON                                                                         \
	(COMMAND_BIT(COMMAND_DOCTOR) | EXPLAIN | COMMAND_BIT(COMMAND_PROFILE_LIST) | \
	 COMMAND_BIT(COMMAND_PROFILE_CHECK) | COMMAND_BIT(COMMAND_PROFILE_TEST) |    \
	 COMMAND_BIT(COMMAND_PROFILE_DIFF) | COMMAND_BIT(COMMAND_RESIDENT_STATUS) |  \
	 COMMAND_BIT(COMMAND_LAYER_LIST) | COMMAND_BIT(COMMAND_LAYER_SHOW) |         \
	 COMMAND_BIT(COMMAND_OOM) | EVENTS)
#define EVERY (COMMAND_BIT(COMMAND_COUNT) - 1)

#define FIELD(field) .offset = offsetof(struct options, field)
#define WORDS(table) .words = (table), .n_words = ELEMENTSOF(table)

const struct option_row option_rows[] = {
	{"profile", 'p', OPTION_SOURCE, "PROFILE", .commands = RUN | EXPLAIN | CREATE | UPDATE,
	 .value = SOURCE_PROFILE,
	 .help = "what to refuse: a name, a file, '{yaml}', fd:N or - (standard input)",
	 .more = "A name is looked for as described under FILES; a word with a slash, or one that "
		 "ends in .yaml, is a path. Several are intersected: for each rule the strictest "
		 "answer wins. See *mpolrun-profile*(5)."},
	{"deny", 0, OPTION_SOURCE, "RULE[=ANSWER]", .commands = RUN | EXPLAIN | CREATE | UPDATE,
	 .value = SOURCE_DENY,
	 .help = "refuse one thing more: a mode, or a rule such as mbind-flags.move-all",
	 .more = "ANSWER is *deny* (EPERM) unless said; any other of *mpolrun-profile*(5) will do, "
		 "such as *EINVAL* or *kill*. Needs no profile beside it."},
	{"mechanism", 0, OPTION_MECHANISMS, "LIST",
	 .commands = RUN | EXPLAIN | CREATE | COMMAND_BIT(COMMAND_RESIDENT_LOAD), FIELD(mechanisms),
	 .help = "only these mechanisms, of those that doctor shows",
	 .more = "A list with commas. A rule that they do not cover is not covered."},
	{"best-effort", 0, OPTION_RULES, "RULE,...",
	 .commands = RUN | EXPLAIN | CREATE | UPDATE | EXPORT | HOOK, FIELD(best_effort),
	 .help = "run although nothing here enforces these rules; warns",
	 .more = "The rules as *explain* names them, such as *nodes*. Without it, a rule that "
		 "nothing here can enforce is a reason not to run, unless every profile that "
		 "restricts it calls it best effort."},
	{"audit", 0, OPTION_FLAG, .commands = RUN | CREATE | HOOK, FIELD(audit),
	 .help = "refuse nothing; report what would have been refused",
	 .more = "The report goes where the mechanism has it; seccomp's to the kernel's audit "
		 "log, unless there is a *--log*."},
	{"audit", 0, OPTION_CHOICE, "SWITCH", .commands = UPDATE, FIELD(audit_switch),
	 WORDS(audit_words), .help = "whether the layer refuses (off) or only counts (on)",
	 .more = "Alone, or together with a new policy. Left out, it stays as it is."},
	{"log", 0, OPTION_TEXT, "WHERE", .commands = RUN | EXPLAIN | CREATE, FIELD(log),
	 .help = "tell of refused calls: stderr, fd:N, a file, journal or audit",
	 .more = "A file is appended to. *audit* is the kernel's own audit log. See *EVENTS*."},
	{"log-format", 0, OPTION_CHOICE, "FORMAT", .commands = RUN | EXPLAIN | CREATE,
	 FIELD(log_format), WORDS(log_format_words),
	 .help = "how --log writes: text, or json (an object a line)"},
	{"summary", 0, OPTION_FLAG, .commands = RUN, FIELD(summary),
	 .help = "say at the end what was refused, to whom and how often",
	 .more = "For that mpolrun waits above COMMAND, whose process id is then another one."},
	{"output", 'o', OPTION_TEXT, "FILE", .commands = LEARN, FIELD(output),
	 .help = "the profile that is written; - is standard output"},
	{"merge", 0, OPTION_FLAG, .commands = LEARN, FIELD(widen),
	 .help = "allow what FILE allows already, too"},
	{"live", 0, OPTION_FLAG, .commands = RUN | EXPLAIN, FIELD(live),
	 .help = "only mechanisms that can be changed while COMMAND runs",
	 .more = "What the resident cannot hold, a process beside COMMAND then decides, call by "
		 "call. See *LIVE LAYERS*."},
	{"name", 0, OPTION_TEXT, "NAME", .commands = RUN, FIELD(name),
	 .help = "give COMMAND's live layer a name, for mpolrun layer; implies --live"},
	{"layer", 0, OPTION_TEXT, "LAYER", .commands = RUN, FIELD(layer),
	 .help = "run COMMAND under a layer that there is: a name, or fd:N",
	 .more = "N is a file descriptor of a ticket. The policy is the layer's own; *-p* and "
		 "*--deny* go with new layers only."},
	{"ticket-fd", 0, OPTION_FD, "N", .commands = RUN | CREATE, FIELD(ticket_fd),
	 .help = "hand out the layer's ticket here, with the right to change it",
	 .more = "Over a UNIX socket as a file descriptor, into a pipe or file as bytes. Whoever "
		 "can read it has the right. The descriptor is not passed on to COMMAND. "
		 "Implies --live."},
	{"mode", 0, OPTION_TEXT, "MODE", .commands = RUN | CREATE, FIELD(mode),
	 .help = "who may run programs under the layer, as the mode of a file (0600)",
	 .more = "That of NAME.install, see *LIVE LAYERS*."},
	{"group", 0, OPTION_TEXT, "GROUP", .commands = RUN | CREATE, FIELD(group),
	 .help = "the group that --mode speaks of"},
	{"foreground", 0, OPTION_FLAG, .commands = CREATE, FIELD(foreground),
	 .help = "do not go to the background: for a service, with Type=notify"},
	{"status-fd", 0, OPTION_FD, "N", .commands = RUN | EXEC, FIELD(status_fd),
	 .help = "write what happens to this file descriptor, as lines of JSON",
	 .more = "The descriptor is not passed on to COMMAND."},
	{"keep-caps", 0, OPTION_CAPABILITIES, "LIST", true, RUN | EXEC | LEARN,
	 .help = "keep capabilities that can undo the policy (all of them without a LIST)",
	 .more = "A list with commas, such as *sys_admin,bpf*. A process that holds one of them "
		 "can free itself, and what it then does is not refused."},
	{"no-new-privs", 0, OPTION_CHOICE, "WHEN", .commands = RUN | EXEC | LEARN,
	 FIELD(no_new_privs), WORDS(no_new_privs_words),
	 .help = "whether to set no_new_privs: auto (unless root needs none) or yes",
	 .more = "Under no_new_privs set-user-ID programs such as *sudo*(8) gain nothing. "
		 "*auto* leaves it off only with CAP_SYS_ADMIN and CAP_SETPCAP."},
	{"keep-fds", 0, OPTION_FLAG, .commands = RUN | EXEC | LEARN, FIELD(keep_fds),
	 .help = "leave open inherited descriptors that can undo the policy",
	 .more = "Those are of cgroup files, BPF objects, io_uring and seccomp listeners. All "
		 "others are passed on to COMMAND anyway."},
	{"dry-run", 0, OPTION_FLAG, .commands = RUN | EXEC, FIELD(dry_run),
	 .help = "look at everything, change nothing, do not run COMMAND",
	 .more = "Prints what would enforce which rule."},
	{"cgroup", 0, OPTION_CHOICE, "WHEN", .commands = RUN | EXEC, FIELD(own_cgroup),
	 WORDS(cgroup_words), .help = "whether COMMAND gets a cgroup of its own: auto, yes or no",
	 .more = "It is made below the one that mpolrun is in. Where root starts COMMAND, and the "
		 "resident holds the layer, the layer is attached to it. See *CGROUPS*."},
	{"cgroup", 0, OPTION_TEXT, "PATH", .commands = ATTACH | DETACH, FIELD(cgroup),
	 .help = "the cgroup: its folder, such as /sys/fs/cgroup/system.slice",
	 .more = "With it go the cgroups below it, those that are made later too. The root "
		 "cgroup is refused."},
	{"pid", 0, OPTION_TEXT, "PID", .commands = ATTACH | DETACH, FIELD(pid),
	 .help = "the whole cgroup of that process; its neighbours are named"},
	{"container", 0, OPTION_TEXT, "ID", .commands = ATTACH | DETACH, FIELD(container),
	 .help = "the cgroup of that container of crun, runc or podman",
	 .more = "The beginning of a long id is enough where no other begins so."},
	{"runtime-root", 0, OPTION_TEXT, "FOLDER", .commands = ATTACH | DETACH, FIELD(runtime_root),
	 .help = "where the container's runtime keeps its state (/run/crun, /run/runc, ...)"},
	{"require-clean", 0, OPTION_FLAG, .commands = ATTACH, FIELD(require_clean),
	 .help = "refuse if somebody in there holds what the layer comes too late for",
	 .more = "That is a memory policy that the layer forbids, and a file of a cgroup that is "
		 "open for writing, by which one can leave. Without it they are named."},
	{"force", 0, OPTION_FLAG, .commands = COMMAND_BIT(COMMAND_RESIDENT_UNLOAD), FIELD(force),
	 .help = "unload although somebody lives under it, who is then free"},
	{"format", 0, OPTION_CHOICE, "FORMAT", .commands = EXPORT, FIELD(format),
	 WORDS(format_words), .help = "oci-seccomp (for a runtime), or k8s (a SeccompProfile)",
	 .more = "See *EXPORTS*."},
	{"merge", 0, OPTION_TEXT, "BASE", .commands = EXPORT, FIELD(merge),
	 .help = "over this seccomp profile: a file, docker or containerd",
	 .more = "Otherwise the exported profile allows every other system call."},
	{"follow", 0, OPTION_FLAG, .commands = COMMAND_BIT(COMMAND_OOM) | EVENTS, FIELD(follow),
	 .help = "go on at the log's end, as more is written"},
	{"watch", 0, OPTION_FLAG, .commands = COMMAND_BIT(COMMAND_LAYER_SHOW), FIELD(watch),
	 .help = "every second, until q is pressed: members, memory and refused calls",
	 .more = "See *LIVE LAYERS*."},
	{"format", 0, OPTION_CHOICE, "FORMAT", .commands = COMMAND_BIT(COMMAND_LAYER_LIST),
	 FIELD(list_format), WORDS(list_format_words),
	 .help = "text, or openmetrics (for a node exporter's textfile folder)"},
	{"json", 0, OPTION_FLAG, .commands = JSON, FIELD(json),
	 .help = "for machines: one JSON object, with a version key"},
	{"quiet", 'q', OPTION_SET, .commands = RUN | EXEC | LEARN, FIELD(verbosity), .value = -1,
	 .help = "no warnings; only errors"},
	{"verbose", 'v', OPTION_SET, .commands = RUN | EXEC | LEARN, FIELD(verbosity), .value = 1,
	 .help = "say what is done", .more = "Of *-q* and *-v* the last one counts."},
	{"version", 'V', OPTION_SHOW, .commands = EVERY, .value = SHOW_VERSION,
	 .help = "print the version"},
	{"help", 'h', OPTION_SHOW, .commands = EVERY, .value = SHOW_HELP,
	 .help = "print this help, or that of a subcommand"},
};
const size_t n_option_rows = ELEMENTSOF(option_rows);

_Static_assert(ELEMENTSOF(option_rows) <= OPTIONS_MAX, "more options than OPTIONS_MAX");
